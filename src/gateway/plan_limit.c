/* plan_limit.c - what is known of an endpoint's rate limit beforehand */
#include "base/check.h"
#include "base/units.h"
#include "gateway/plan.h"

/* Of limits of one name callers have one allowance; one that changes on a reload begins anew. */
static struct slice write_name(const struct config_endpoint *e, struct arena *arena)
{
    const struct config_rate_limit *l = &e->rate_limit;
    struct slice method = l->is_top ? SLICE("") : e->method;
    struct slice path = l->is_top ? SLICE("") : e->path;
    return arena_print(arena, "%.*s %.*s\n%llu %llu %u %.*s%.*s\n", SLICE_ARG(method),
                       SLICE_ARG(path), (unsigned long long)l->gcra.interval_ns,
                       (unsigned long long)l->gcra.burst, (unsigned)l->by, SLICE_ARG(l->header),
                       SLICE_ARG(l->claim));
}

/* A quota for a span of whole seconds that comes to the same rate and covers the burst. */
static struct slice write_policy(const struct gcra_settings *s, struct arena *arena)
{
    uint64_t whole_ns = s->burst * s->interval_ns;
    uint64_t seconds = (whole_ns + NS_A_SECOND - 1) / NS_A_SECOND;
    uint64_t quota = seconds * NS_A_SECOND / s->interval_ns;
    return arena_print(arena, "\"default\";q=%llu;w=%llu",
                       (unsigned long long)(quota > s->burst ? quota : s->burst),
                       (unsigned long long)seconds);
}

/* A page of another origin may read what the limit tells it. */
static void expose(struct plan *p, struct arena *arena)
{
    struct slice fields = p->config->rate_limit.per_hour
                              ? SLICE("ratelimit, ratelimit-policy, retry-after")
                              : SLICE("retry-after");
    struct slice named = p->cors.expose;
    p->cors.expose =
        arena_print(arena, "%.*s%s%.*s", SLICE_ARG(named), named.n ? ", " : "", SLICE_ARG(fields));
    CHECK(p->cors.expose.at);
}

void plan_look_at_limit(struct plan *p, struct arena *arena)
{
    const struct config_rate_limit *l = &p->config->rate_limit;
    p->certain = p->once & ~p->conditional;
    if (!l->is_on)
        return;
    if (p->cors.config)
        expose(p, arena);
    p->limit_name = write_name(p->config, arena);
    CHECK(p->limit_name.at);
    if (!l->per_hour)
        return;
    p->limit_policy = write_policy(&l->gcra, arena);
    CHECK(p->limit_policy.at);
}
