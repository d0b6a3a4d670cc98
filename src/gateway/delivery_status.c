/* delivery_status.c - the table of failures */
#include "gateway/delivery_status.h"

static unsigned of_status(const struct run_source *s, bool *is_passed)
{
    switch (s->outcome.status) {
    case 404:
    case 410:
        *is_passed = true;
        break;
    case 401:
    case 403:
        *is_passed = s->has_credentials;
        break;
    case 429:
        return 503;
    default:
        break;
    }
    return *is_passed ? s->outcome.status : 502;
}

/* A dependency's cause may be a failed dependency itself; a cycle is refused at load. */
static const struct run_source *find_cause(const struct run *r, unsigned source)
{
    const struct run_source *s = &r->sources[source];
    while (s->outcome.kind == OUTCOME_DEPENDENCY && s->cause >= 0)
        s = &r->sources[s->cause];
    return s;
}

unsigned delivery_status(const struct run *r, unsigned source, bool *is_passed)
{
    const struct run_source *s = find_cause(r, source);
    *is_passed = false;
    switch (s->outcome.kind) {
    case OUTCOME_STATUS:
        return of_status(s, is_passed);
    case OUTCOME_TIMEOUT:
        return 504;
    case OUTCOME_OPEN:
    case OUTCOME_OVERLOADED:
        return 503;
    case OUTCOME_OK:
    case OUTCOME_UNREACHABLE:
    case OUTCOME_INVALID:
    case OUTCOME_TOO_LARGE:
    case OUTCOME_DEPENDENCY:
    case OUTCOME_MISSING:
    case OUTCOME_DENIED:
        break;
    }
    return 502;
}
