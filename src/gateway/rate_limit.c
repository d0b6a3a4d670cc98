/* rate_limit.c - who asks, and what is charged */
#include "gateway/rate_limit.h"

#include "gateway/gateway_internal.h"
#include "gateway/problem.h"
#include "gateway/rate_caller.h"

enum {
    NS_A_MS = 1000 * 1000,
    CONCURRENT_RETRY_MS = 1000
};

static const uint64_t ns_a_second = UINT64_C(1000) * NS_A_MS;

static const struct config_rate_limit *config_of(const struct visit *v)
{
    return &v->plan->config->rate_limit;
}

static struct digest find_key(const struct visit *v)
{
    uint8_t room[PROXIES_NETWORK];
    struct slice parts[RATE_CALLER_PARTS];
    rate_caller_write(v, parts, room);
    return rate_table_key(v->gateway->context.rates, parts, RATE_CALLER_PARTS);
}

static bool has_entered(const struct visit *v)
{
    return v->limit.key.low;
}

static struct rate_slot *find_slot(const struct visit *v)
{
    return rate_table_find(v->gateway->context.rates, v->limit.key);
}

static bool charge(struct visit *v, uint64_t n)
{
    struct rate_limit *l = &v->limit;
    l->told = gcra_take(&find_slot(v)->word, &config_of(v)->gcra, n, v->gateway->loop->now_ns);
    l->is_told = true;
    return l->told.passes;
}

static void refuse(struct visit *v, enum counter_id reason, struct slice detail)
{
    const struct problem p = {
        .status = 429,
        .detail = detail,
        .retry_after_ms = rate_limit_retry_ms(v),
    };
    struct answer a;
    counters_add(v->gateway->context.counters, reason, 1);
    if (answer_init(&a, v, 0))
        problem_send(v, &p, &a);
    else
        answer_give_up(v->exchange);
}

static bool refuse_for_rate(struct visit *v)
{
    refuse(v, COUNT_LIMITED_RATE,
           SLICE("there were too many requests, or they made too many calls"));
    return false;
}

static bool enter(struct visit *v)
{
    struct rate_slot *s = find_slot(v);
    if (rate_slot_enter(s, config_of(v)->concurrent)) {
        v->limit.entered = s;
        return true;
    }
    refuse(v, COUNT_LIMITED_CONCURRENT, SLICE("too many requests are under way"));
    return false;
}

/* What a client proves is known later than where it comes from. */
static bool is_due(const struct visit *v, bool is_proved)
{
    const struct config_rate_limit *c = config_of(v);
    bool needs_proof = c->by == CONFIG_BY_KEY || c->by == CONFIG_BY_CLAIM;
    return c->is_on && !v->is_shared && needs_proof == is_proved;
}

bool rate_limit_enter(struct visit *v, bool is_proved)
{
    const struct config_rate_limit *c = config_of(v);
    if (!is_due(v, is_proved) || has_entered(v))
        return true;
    v->limit.key = find_key(v);
    if (c->per_hour && !c->counts_calls && !charge(v, 1))
        return refuse_for_rate(v);
    return !c->concurrent || enter(v);
}

void rate_limit_lend(const struct visit *from, struct visit *to)
{
    to->limit.key = from->limit.key;
}

static bool counts_calls(const struct visit *v)
{
    return has_entered(v) && config_of(v)->per_hour && config_of(v)->counts_calls;
}

bool rate_limit_charge(struct visit *v)
{
    if (!counts_calls(v) || v->is_shared)
        return true;
    uint64_t certain = v->plan->certain & v->selection.called;
    return charge(v, (uint64_t)__builtin_popcountll(certain)) || refuse_for_rate(v);
}

bool rate_limit_charge_calls(struct visit *v, unsigned n)
{
    if (!counts_calls(v))
        return true;
    if (v->is_shared) {
        gcra_owe(&find_slot(v)->word, &config_of(v)->gcra, n, v->gateway->loop->now_ns);
        return true;
    }
    if (charge(v, n))
        return true;
    counters_add(v->gateway->context.counters, COUNT_LIMITED_SOURCES, 1);
    return false;
}

void rate_limit_leave(struct visit *v)
{
    if (v->limit.entered)
        rate_slot_leave(v->limit.entered);
    v->limit.entered = NULL;
}

static uint64_t divide_up(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

uint64_t rate_limit_retry_ms(const struct visit *v)
{
    const struct rate_limit *l = &v->limit;
    return l->is_told && !l->told.passes ? divide_up(l->told.retry_ns, NS_A_MS)
                                         : CONCURRENT_RETRY_MS;
}

unsigned rate_limit_tell(const struct visit *v, struct field fields[RATE_LIMIT_FIELDS])
{
    const struct gcra_verdict *told = &v->limit.told;
    if (!v->limit.is_told)
        return 0;
    struct slice left = arena_print(&v->exchange->arena, "\"default\";r=%llu;t=%llu",
                                    (unsigned long long)told->left,
                                    (unsigned long long)divide_up(told->full_ns, ns_a_second));
    if (!left.at)
        return 0;
    fields[0] = (struct field){SLICE("RateLimit-Policy"), v->plan->limit_policy};
    fields[1] = (struct field){SLICE("RateLimit"), left};
    return RATE_LIMIT_FIELDS;
}
