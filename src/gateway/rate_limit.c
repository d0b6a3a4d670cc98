/* rate_limit.c - who asks, and what is charged */
#include "gateway/rate_limit.h"

#include "base/units.h"
#include "gateway/gateway_internal.h"
#include "gateway/problem.h"
#include "gateway/rate_caller.h"

enum {
    CONCURRENT_RETRY_MS = 1000
};

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

static struct rate_slot *find_slot(const struct visit *v)
{
    return rate_table_find(v->gateway->context.rates, v->limit.key);
}

static struct gcra_verdict take_alone(const struct visit *v, uint64_t n)
{
    return gcra_take(&find_slot(v)->word, &config_of(v)->gcra, n, v->gateway->loop->now_ns);
}

/* What the store has said of it is there the second time. */
static enum rate_share_word charge(struct visit *v, uint64_t n)
{
    struct rate_limit *l = &v->limit;
    if (!l->is_heard && !rate_share_is_on(v))
        l->told = take_alone(v, n);
    else if (!l->is_heard && rate_share_take(v, n, &l->told) == RATE_SHARE_WAITS)
        return RATE_SHARE_WAITS;
    l->is_heard = false;
    l->is_told = true;
    return l->told.passes ? RATE_SHARE_PASSES : RATE_SHARE_REFUSES;
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

void rate_limit_refuse(struct visit *v)
{
    refuse(v, COUNT_LIMITED_RATE,
           SLICE("there were too many requests, or they made too many calls"));
}

/* false: it waits, or is refused. */
static bool passes(struct visit *v, uint64_t n)
{
    enum rate_share_word word = charge(v, n);
    if (word == RATE_SHARE_REFUSES)
        rate_limit_refuse(v);
    return word == RATE_SHARE_PASSES;
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
    if (!is_due(v, is_proved) || v->limit.has_entered)
        return true;
    v->limit.key = find_key(v);
    if (c->per_hour && !c->counts_calls && !passes(v, 1))
        return false;
    v->limit.has_entered = true;
    return !c->concurrent || enter(v);
}

void rate_limit_lend(const struct visit *from, struct visit *to)
{
    to->limit.key = from->limit.key;
}

bool rate_limit_counts_calls(const struct visit *v)
{
    return v->limit.key.low && config_of(v)->per_hour && config_of(v)->counts_calls;
}

static void note_paid(struct visit *v, uint64_t n)
{
    struct rate_limit *l = &v->limit;
    uint64_t now_ns = v->gateway->loop->now_ns;
    l->n_open = now_ns < l->full_ns ? l->n_open + n : n;
    l->full_ns = now_ns + l->told.full_ns;
    l->n_paid += n;
}

/* Something of what the client selects. */
static bool may_be_remembered(const struct visit *v)
{
    const struct config_endpoint *e = v->plan->config;
    bool may_be = e->cache.is_on;
    for (unsigned i = 0; i < e->n_sources && !may_be; i++)
        may_be = e->sources[i].cache.is_on && (v->selection.called >> i & 1);
    return may_be && v->gateway->context.cache;
}

bool rate_limit_charge(struct visit *v)
{
    if (!rate_limit_counts_calls(v) || v->is_shared)
        return true;
    uint64_t n = (uint64_t)__builtin_popcountll(v->plan->certain & v->selection.called);
    switch (charge(v, n)) {
    case RATE_SHARE_PASSES:
        note_paid(v, n);
        return true;
    case RATE_SHARE_WAITS:
        return false;
    case RATE_SHARE_REFUSES:
        break;
    }
    v->limit.is_short = may_be_remembered(v);
    if (!v->limit.is_short)
        rate_limit_refuse(v);
    return v->limit.is_short;
}

/* Without waiting. false: none was taken. */
static bool take_now(struct visit *v, unsigned n)
{
    struct rate_limit *l = &v->limit;
    l->told = rate_share_is_on(v) ? rate_share_take_now(v, n) : take_alone(v, n);
    l->is_told = true;
    if (l->told.passes)
        note_paid(v, n);
    return l->told.passes;
}

bool rate_limit_charge_rest(struct visit *v, unsigned n)
{
    v->limit.is_short = false;
    return take_now(v, n);
}

static void owe(const struct visit *v, uint64_t n)
{
    gcra_owe(&find_slot(v)->word, &config_of(v)->gcra, n, v->gateway->loop->now_ns);
    if (rate_share_is_on(v))
        rate_share_owe(v, n);
}

bool rate_limit_charge_calls(struct visit *v, unsigned n)
{
    if (!rate_limit_counts_calls(v) || n == 0)
        return true;
    if (v->is_shared) {
        owe(v, n);
        return true;
    }
    if (take_now(v, n))
        return true;
    counters_add(v->gateway->context.counters, COUNT_LIMITED_SOURCES, 1);
    return false;
}

static void return_unused(struct visit *v, uint64_t n)
{
    const struct gcra_settings *s = &config_of(v)->gcra;
    uint64_t now_ns = v->gateway->loop->now_ns;
    gcra_word *word = &find_slot(v)->word;
    gcra_give_back(word, s, n < v->limit.n_open ? n : v->limit.n_open, v->limit.full_ns, now_ns);
    struct gcra_verdict now = gcra_take(word, s, 0, now_ns);
    v->limit.told.left = now.left;
    v->limit.told.full_ns = now.full_ns;
}

/* As far as this instance may hold them. */
static void return_shared(struct visit *v, uint64_t n)
{
    const struct gcra_settings *s = &config_of(v)->gcra;
    struct gcra_verdict *told = &v->limit.told;
    uint64_t kept = rate_share_give_back(v, n);
    uint64_t kept_ns = kept * s->interval_ns;
    told->left = told->left + kept < s->burst ? told->left + kept : s->burst;
    told->full_ns = told->full_ns > kept_ns ? told->full_ns - kept_ns : 0;
}

void rate_limit_settle(struct visit *v, unsigned n_made)
{
    uint64_t n_paid = v->limit.n_paid;
    if (n_paid <= n_made)
        return;
    rate_limit_keep(v);
    if (rate_share_is_on(v))
        return_shared(v, n_paid - n_made);
    else
        return_unused(v, n_paid - n_made);
}

void rate_limit_keep(struct visit *v)
{
    v->limit.n_paid = 0;
}

bool rate_limit_is_waiting(const struct visit *v)
{
    return v->limit.ask || v->limit.is_heard;
}

bool rate_limit_is_calling(const struct visit *v)
{
    return v->limit.has_entered;
}

void rate_limit_hear(struct visit *v, struct gcra_verdict verdict, uint64_t waited_ns)
{
    v->limit.told = verdict;
    v->limit.is_heard = true;
    v->waited_ms += waited_ns / NS_A_MS;
    if (v->limit.is_whole)
        gateway_resume(v);
}

void rate_limit_wait(struct visit *v)
{
    v->limit.is_whole = true;
    if (v->limit.is_heard)
        gateway_resume(v);
}

void rate_limit_release(struct rate_limit *l)
{
    if (l->entered)
        rate_slot_leave(l->entered);
    l->entered = NULL;
}

void rate_limit_leave(struct visit *v)
{
    rate_share_leave(v);
    if (!v->run)
        rate_limit_settle(v, 0);
    rate_limit_release(&v->limit);
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
                                    (unsigned long long)divide_up(told->full_ns, NS_A_SECOND));
    if (!left.at)
        return 0;
    fields[0] = (struct field){SLICE("RateLimit-Policy"), v->plan->limit_policy};
    fields[1] = (struct field){SLICE("RateLimit"), left};
    return RATE_LIMIT_FIELDS;
}
