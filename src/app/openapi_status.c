/* openapi_status.c - the statuses that an endpoint can answer with, by what it calls */
#include "app/openapi_internal.h"
#include "base/check.h"
#include "gateway/plan.h"

#define BIT(source) (UINT64_C(1) << (source))

/* Sets of an endpoint's sources, a bit each. */
struct sources {
    const struct config_endpoint *endpoint;
    struct place_tree places;
    uint64_t cached; /* their answers are remembered */
    uint64_t idle;   /* they may make no call: their condition does not hold, their list is empty */
    uint64_t fatal;  /* their failure can end the answer */
};

/* Without what one needs it fails. */
static uint64_t with_needs(const struct sources *s, uint64_t required)
{
    uint64_t all = 0;
    for (uint64_t left = required; left; left &= left - 1)
        all |= s->places.called[__builtin_ctzll(left)];
    return all;
}

static struct sources look_at(const struct config_endpoint *e, struct arena *arena)
{
    struct sources s = {.endpoint = e};
    uint64_t required = 0, replaced = 0;
    place_compile(&s.places, e, arena);
    s.idle = s.places.conditional;
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *c = &e->sources[i];
        s.cached |= c->cache.is_on ? BIT(i) : 0;
        s.idle |= c->each.is_given ? BIT(i) : 0;
        required |= c->is_required ? BIT(i) : 0;
        replaced |= c->has_fallback ? BIT(i) : 0;
    }
    s.fatal = with_needs(&s, required & ~replaced) & ~replaced;
    return s;
}

/* May the caches have all that is asked for where these are called? */
static bool may_be_had(const struct sources *s, uint64_t called)
{
    if (called & ~s->cached & ~s->idle)
        return false;
    for (uint64_t left = called & s->cached; left; left &= left - 1)
        if (!(s->places.called[__builtin_ctzll(left)] & ~s->cached))
            return true;
    return false;
}

/* Does some request get an answer with an ETag (docs/caching.md)? A client may select one source,
 * and what that needs. */
static bool has_etag(const struct sources *s)
{
    const struct config_endpoint *e = s->endpoint;
    if (e->cache.is_on || !slice_equal(e->method, SLICE("GET")))
        return e->cache.is_on;
    bool has = may_be_had(s, s->places.all);
    for (unsigned i = 0; e->select.n && i < e->n_sources; i++)
        has |= s->places.of[i] && may_be_had(s, s->places.called[i] | s->places.kept);
    return has;
}

static void mark(bool *statuses, unsigned first, unsigned second)
{
    statuses[first] = statuses[second] = true;
}

static void mark_of_source(struct openapi_statuses *s, const struct config_endpoint *e,
                           const struct config_source *source)
{
    mark(s->has_problem, 404, 410);
    mark(s->has_problem, 502, 504);
    if (plan_sends_credentials(e, source))
        mark(s->has_problem, 401, 403);
    for (unsigned i = 0; i < source->n_pass; i++)
        s->is_passed[source->pass[i]] = true;
}

struct openapi_statuses openapi_statuses(const struct config_endpoint *e, struct arena *arena)
{
    struct sources sources = look_at(e, arena);
    struct openapi_statuses s = {.has_etag = has_etag(&sources)};
    mark(s.has_problem, 400, 406); /* any request may be malformed, */
    s.has_problem[503] = true;     /* or come at a bad time */
    s.has_problem[413] = e->reads_body;
    s.has_problem[429] = e->rate_limit.is_on;
    s.has_problem[401] = e->n_auth;
    s.has_problem[403] = e->n_auth && e->n_scopes;
    for (uint64_t left = sources.fatal; left; left &= left - 1)
        mark_of_source(&s, e, &e->sources[__builtin_ctzll(left)]);
    return s;
}
