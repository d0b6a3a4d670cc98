/* rate_share.c - what is held, what the store says, and what is done without it */
#include "gateway/rate_share.h"

#include <stdlib.h>

#include "base/check.h"
#include "gateway/gateway_internal.h"
#include "gateway/rate_caller.h"
#include "policy/lease.h"
#include "service/service_cache.h"
#include "store/tier_rate.h"

/* Outlives its visit: what the store has given is kept. */
struct rate_ask {
    struct visit *visit; /* NULL: it waits no longer */
    struct loop *loop;
    struct rate_table *rates;
    struct digest key;
    struct gcra_settings limit;
    struct lease_wish wish;
    uint64_t asked_ns;
    bool has_wanted;
};

static struct tier *tier_of(const struct visit *v)
{
    const struct service_cache *c = v->gateway->context.cache;
    return c ? c->tier : NULL;
}

bool rate_share_is_on(const struct visit *v)
{
    return tier_of(v);
}

static const struct gcra_settings *settings_of(const struct visit *v)
{
    return &v->plan->config->rate_limit.gcra;
}

static struct lease find_lease(struct rate_table *rates, struct digest key)
{
    struct rate_slot *s = rate_table_find(rates, key);
    return (struct lease){&s->word, &s->held};
}

static struct lease lease_of(const struct visit *v)
{
    return find_lease(v->gateway->context.rates, v->limit.key);
}

static void write_name(const struct visit *v, char out[DIGEST_SIZE])
{
    struct slice parts[RATE_CALLER_PARTS];
    uint8_t room[PROXIES_NETWORK];
    rate_caller_write(v, parts, room);
    rate_table_name(parts, RATE_CALLER_PARTS, out);
}

static void tell(struct rate_ask *a, struct gcra_verdict verdict)
{
    struct visit *v = a->visit;
    a->visit = NULL;
    v->limit.ask = NULL;
    rate_limit_hear(v, verdict, a->loop->now_ns - a->asked_ns);
}

/* Nobody waits for it: what it took of what was held is back. */
static void give_up(const struct rate_ask *a)
{
    lease_put_back(find_lease(a->rates, a->key), &a->wish);
}

static void go_alone(struct rate_ask *a)
{
    uint64_t untold;
    struct lease l = find_lease(a->rates, a->key);
    tell(a, lease_take_alone(l, &a->limit, &a->wish, a->loop->now_ns, &untold));
}

static void on_late(void *owner)
{
    struct rate_ask *a = owner;
    if (!a->visit)
        return;
    go_alone(a);
    a->wish = (struct lease_wish){0}; /* has come to its end */
}

static void hear(struct rate_ask *a, const struct tier_rate_told *t)
{
    struct lease l = find_lease(a->rates, a->key);
    const struct lease_told told = {
        .asked_ns = a->asked_ns,
        .ahead_ns = t->ahead_ns,
        .passes = t->passes,
        .extra = t->extra,
        .was_wanted = a->has_wanted,
    };
    struct gcra_verdict verdict = lease_hear(l, &a->limit, &a->wish, &told, a->loop->now_ns);
    if (a->visit)
        tell(a, verdict);
}

static void hear_nothing(struct rate_ask *a)
{
    if (a->has_wanted)
        lease_hear_nothing(find_lease(a->rates, a->key));
    if (a->visit)
        go_alone(a);
    else
        give_up(a);
}

static void on_told(void *owner, const struct tier_rate_told *told)
{
    struct rate_ask *a = owner;
    if (told)
        hear(a, told);
    else
        hear_nothing(a);
    free(a);
}

static const struct tier_rate_handlers handlers = {on_late, on_told};

static bool ask(struct visit *v, const struct lease_wish *wish)
{
    struct lease l = lease_of(v);
    struct rate_ask *a = malloc(sizeof *a);
    CHECK(a);
    *a = (struct rate_ask){
        .visit = v,
        .loop = v->gateway->loop,
        .rates = v->gateway->context.rates,
        .key = v->limit.key,
        .limit = *settings_of(v),
        .wish = *wish,
        .asked_ns = v->gateway->loop->now_ns,
    };
    struct tier_rate_wish w = {
        .limit = a->limit,
        .n = wish->rest,
        .want = lease_want(l, &a->limit),
        .share = LEASE_SHARE,
        .ahead_ns = lease_ahead(l, a->asked_ns),
    };
    write_name(v, w.who);
    a->has_wanted = w.want;
    v->limit.ask = a;
    if (tier_rate_take(tier_of(v), &w, &handlers, a))
        return true;
    if (a->has_wanted)
        lease_hear_nothing(l);
    v->limit.ask = NULL;
    free(a);
    return false;
}

enum rate_share_word rate_share_take(struct visit *v, uint64_t n, struct gcra_verdict *verdict)
{
    struct lease l = lease_of(v);
    struct lease_wish w = {.n = n};
    uint64_t now_ns = v->gateway->loop->now_ns, untold;
    switch (lease_take(l, settings_of(v), &w, now_ns, verdict)) {
    case LEASE_PASSES:
        return RATE_SHARE_PASSES;
    case LEASE_REFUSES:
        return RATE_SHARE_REFUSES;
    case LEASE_ASKS:
        break;
    }
    if (ask(v, &w))
        return RATE_SHARE_WAITS;
    *verdict = lease_take_alone(l, settings_of(v), &w, now_ns, &untold);
    return verdict->passes ? RATE_SHARE_PASSES : RATE_SHARE_REFUSES;
}

void rate_share_owe(const struct visit *v, uint64_t n)
{
    struct tier_rate_wish w = {.limit = *settings_of(v), .n = n, .share = LEASE_SHARE};
    write_name(v, w.who);
    tier_rate_owe(tier_of(v), &w);
}

uint64_t rate_share_give_back(const struct visit *v, uint64_t n)
{
    return lease_give_back(lease_of(v), settings_of(v), n);
}

struct gcra_verdict rate_share_take_now(struct visit *v, uint64_t n)
{
    struct lease l = lease_of(v);
    struct lease_wish w = {.n = n};
    struct gcra_verdict verdict;
    uint64_t untold = 0;
    uint64_t now_ns = v->gateway->loop->now_ns;
    if (lease_take(l, settings_of(v), &w, now_ns, &verdict) == LEASE_ASKS)
        verdict = lease_take_alone(l, settings_of(v), &w, now_ns, &untold);
    if (untold)
        rate_share_owe(v, untold);
    return verdict;
}

void rate_share_leave(struct visit *v)
{
    if (v->limit.ask)
        v->limit.ask->visit = NULL;
    v->limit.ask = NULL;
}
