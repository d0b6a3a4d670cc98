/* delivery_status.c - the table of failures */
#include "gateway/delivery_status.h"

static bool passes(const struct run_source *s)
{
    bool is_listed = service_passed_has(&s->plan->passed, s->outcome.status);
    if (s->outcome.kind != OUTCOME_STATUS)
        return false;
    switch (s->outcome.status) {
    case 404:
    case 410:
        return true;
    case 401:
    case 403:
        return s->has_credentials || is_listed;
    default:
        return is_listed;
    }
}

/* Where nothing is passed on. */
static unsigned of_kind(const struct outcome *o)
{
    switch (o->kind) {
    case OUTCOME_STATUS:
        return o->status == 429 ? 503 : 502;
    case OUTCOME_TIMEOUT:
        return 504;
    case OUTCOME_OPEN:
    case OUTCOME_OVERLOADED:
        return 503;
    case OUTCOME_MISSING: /* RFC 9111 5.2.1.7; else there is no place for its value */
        return o->caching.is_withheld ? 504 : 502;
    case OUTCOME_OK:
    case OUTCOME_UNREACHABLE:
    case OUTCOME_INVALID:
    case OUTCOME_TOO_LARGE:
    case OUTCOME_DEPENDENCY:
    case OUTCOME_DENIED:
        break;
    }
    return 502;
}

/* A dependency's cause may be a failed dependency itself; a cycle is refused at load. */
static unsigned find_cause(const struct run *r, unsigned source)
{
    const struct run_source *s = &r->sources[source];
    while (s->outcome.kind == OUTCOME_DEPENDENCY && s->cause >= 0)
        s = &r->sources[s->cause];
    return (unsigned)(s - r->sources);
}

static unsigned choose(const struct run *r, unsigned source)
{
    if (r->limited >> source & 1)
        return 429;
    return r->refused >> source & 1 ? 400 : of_kind(&r->sources[source].outcome);
}

struct delivery_verdict delivery_status(const struct run *r, unsigned source)
{
    unsigned cause = find_cause(r, source);
    const struct run_source *s = &r->sources[cause];
    bool is_passed = passes(s);
    return (struct delivery_verdict){
        .status = is_passed ? s->outcome.status : choose(r, cause),
        .source = cause,
        .is_passed = is_passed,
    };
}
