/* service_call_attempt.c - what must agree before an attempt, and what hears of its end */
#include "base/check.h"
#include "base/units.h"
#include "service/service_call_internal.h"
#include "service/service_queue.h"
#include "service/service_span.h"

enum {
    SLOW_LEAST_US = 50000,
    SLOW_TIMES = 8, /* a target that takes so much longer than the others is as good as failing */
    TOO_MANY = 429, /* statuses by which a service asks for less */
    UNAVAILABLE = 503,
    LATE_BEHIND = 504,
};

static const uint64_t lately_ns = UINT64_C(10000000000);

static uint64_t us_since(const struct service_call *c, uint64_t ns)
{
    return (c->service->context->loop->now_ns - ns) / NS_A_US;
}

static void refuse(struct service_call *c, enum outcome_kind kind, struct slice detail)
{
    if (c->n_attempts) /* what the last attempt came to says more */
        return;
    c->outcome.kind = kind;
    c->outcome.detail = detail;
}

static bool is_slow(const struct service *s, uint64_t us)
{
    uint64_t slow_ms = s->config->breaker.slow_ms;
    return slow_ms && us > slow_ms * US_A_MS;
}

/* Compared to the mean of the other targets of which something is known lately. */
static bool is_outlier(const struct service *s, unsigned target, uint64_t us)
{
    uint64_t now_ns = s->context->loop->now_ns;
    double sum = 0;
    unsigned n = 0;
    if (us <= SLOW_LEAST_US)
        return false;
    for (unsigned i = 0; i < s->n_targets; i++)
        if (i != target && service_is_well(s, i) && s->loads[i].latency_us > 0 &&
            now_ns - s->loads[i].told_ns < lately_ns) {
            sum += s->loads[i].latency_us;
            n++;
        }
    return n && (double)us > (double)SLOW_TIMES * sum / n;
}

/* What an attempt says of its service, and of its target. */
enum verdict {
    VERDICT_GOOD,
    VERDICT_BUSY,    /* the service is well, and asks for less */
    VERDICT_FAILED,  /* and says nothing of how much it could do, */
    VERDICT_OVERRUN, /* or has too much to do, as it seems */
    VERDICT_OUTRUN,  /* given up, as its twin was faster */
    VERDICT_NONE,
};

/* Who had too little time is not judged by being late. */
static enum verdict judge_late(const struct service_try *t, uint64_t us)
{
    uint64_t had_ms = us / US_A_MS < t->given_ms ? us / US_A_MS : t->given_ms;
    return had_ms >= t->call->request.fair_ms ? VERDICT_OVERRUN : VERDICT_NONE;
}

/* A whole answer below 500 is no failure of the service, whatever we make of it. */
static enum verdict judge_whole(const struct outcome *o)
{
    if (o->kind == OUTCOME_OVERLOADED) /* of our own memory */
        return VERDICT_NONE;
    if (o->status == TOO_MANY)
        return VERDICT_BUSY;
    if (o->status == UNAVAILABLE || o->status == LATE_BEHIND)
        return VERDICT_OVERRUN;
    return o->status >= 500 ? VERDICT_FAILED : VERDICT_GOOD;
}

static enum verdict judge(const struct service_try *t, const struct outcome *o, uint64_t us)
{
    switch (o->end) {
    case OUTCOME_WHOLE:
        return judge_whole(o);
    case OUTCOME_LATE:
        return judge_late(t, us);
    case OUTCOME_BROKEN:
        return VERDICT_FAILED;
    case OUTCOME_UNSENT:
        break;
    }
    return VERDICT_NONE;
}

static void tell_breaker(struct service *s, const struct service_try *t, enum verdict v,
                         uint64_t us)
{
    static const enum breaker_result results[] = {
        [VERDICT_GOOD] = BREAKER_GOOD,      [VERDICT_BUSY] = BREAKER_GOOD,
        [VERDICT_FAILED] = BREAKER_FAILED,  [VERDICT_OVERRUN] = BREAKER_FAILED,
        [VERDICT_OUTRUN] = BREAKER_NEITHER, [VERDICT_NONE] = BREAKER_NEITHER,
    };
    enum breaker_result result = results[v];
    if (result == BREAKER_GOOD && is_slow(s, us))
        result = BREAKER_FAILED;
    breaker_tell(&s->shared->breaker, &s->config->breaker, t->ticket, result,
                 s->context->loop->now_ms);
}

/* 429 may mean one client as well as one target: nobody is left out for it. */
static void tell_target(struct service *s, const struct service_try *t, enum verdict v, uint64_t us)
{
    static const enum balance_end ends[] = {
        [VERDICT_GOOD] = BALANCE_GOOD,     [VERDICT_BUSY] = BALANCE_FAILED,
        [VERDICT_FAILED] = BALANCE_FAILED, [VERDICT_OVERRUN] = BALANCE_FAILED,
        [VERDICT_OUTRUN] = BALANCE_OUTRUN, [VERDICT_NONE] = BALANCE_CANCELLED,
    };
    const struct loop *l = s->context->loop;
    if (s->n_targets == 1)
        return;
    if (s->targets[t->target].era != t->era || s->targets[t->target].is_gone)
        v = VERDICT_NONE;
    bool failed = v == VERDICT_FAILED || v == VERDICT_OVERRUN ||
                  (v == VERDICT_GOOD && is_outlier(s, t->target, us));
    balance_end(&s->balance, t->target, ends[v], us, l->now_ns);
    if (v == VERDICT_GOOD || failed)
        ejection_tell(s->ejections, s->n_targets, t->target,
                      (struct ejection_call){failed, t->era, t->started_ns / NS_A_MS, l->now_ms});
}

static void give_place(struct service *s, enum verdict v, uint64_t us)
{
    static const enum limit_end ends[] = {
        [VERDICT_GOOD] = LIMIT_DONE,        [VERDICT_BUSY] = LIMIT_DROPPED,
        [VERDICT_FAILED] = LIMIT_CANCELLED, [VERDICT_OVERRUN] = LIMIT_DROPPED,
        [VERDICT_OUTRUN] = LIMIT_CANCELLED, [VERDICT_NONE] = LIMIT_CANCELLED,
    };
    if (s->config->concurrency.limit.is_on)
        service_queue_give_place(s, ends[v], us);
}

/* o: NULL where it was given up. */
static void record(struct service_try *t, enum verdict v, const struct outcome *o)
{
    struct service *s = t->call->service;
    uint64_t us = us_since(t->call, t->started_ns);
    t->attempt = NULL;
    if (t->call->request.trace.is_recorded)
        service_span_tell(s, &t->call->request.trace,
                          &(struct service_span_attempt){t->span, t->target, t->started_ns, o});
    tell_breaker(s, t, v, us);
    tell_target(s, t, v, us);
    give_place(s, v, us);
}

static void give_up_try(struct service_try *t, enum service_call_why why)
{
    if (!t->attempt)
        return;
    bool is_late = why == SERVICE_CALL_LATE && !service_attempt_is_behind(t->attempt);
    service_attempt_cancel(t->attempt);
    record(t, is_late ? judge_late(t, us_since(t->call, t->started_ns)) : VERDICT_NONE, NULL);
}

void service_call_stop_attempts(struct service_call *c, enum service_call_why why)
{
    for (unsigned i = 0; i < SERVICE_CALL_TRIES; i++)
        give_up_try(&c->tries[i], why);
}

static void drop_outcome(struct service_call *c)
{
    if (c->outcome.blob)
        blob_release(&c->service->context->loop->blobs, c->outcome.blob);
    c->outcome.blob = NULL;
}

/* Of good answers alone: what fails fast would make the quantiles short. A first attempt that loses
 * to its hedge took at least so long; left out, all that a hedge has saved would be missing, and
 * the quantiles would sink until the budget is spent. */
static void note_latency(struct service *s, const struct service_try *t)
{
    if (s->latency)
        quantile_add(s->latency, us_since(t->call, t->started_ns), s->context->loop->now_ms);
}

static void end_loser(struct service_try *t)
{
    struct service_call *c = t->call;
    if (!t->attempt)
        return;
    if (t == &c->tries[0] && c->outcome.kind == OUTCOME_OK)
        note_latency(c->service, t);
    service_attempt_cancel(t->attempt);
    record(t, VERDICT_OUTRUN, NULL);
}

/* Nothing better can come of its twin: it is the answer, or one that the service means. */
static bool is_final(const struct service_call *c, const struct outcome *o, enum verdict v)
{
    return o->kind == OUTCOME_OK ||
           (o->kind == OUTCOME_STATUS && v == VERDICT_GOOD && !service_call_is_listed(c, o));
}

/* Of two attempts that failed a whole answer says more than none, in whichever order they end. */
static void keep_outcome(struct service_call *c, const struct outcome *o)
{
    struct outcome old = c->outcome;
    uint64_t retry_after_ms = o->retry_after_ms;
    if (c->is_half_known && old.retry_after_ms > retry_after_ms)
        retry_after_ms = old.retry_after_ms;
    if (c->is_half_known && o->kind != OUTCOME_OK && o->end != OUTCOME_WHOLE &&
        old.end == OUTCOME_WHOLE) {
        if (o->blob)
            blob_release(&c->service->context->loop->blobs, o->blob);
    } else {
        drop_outcome(c);
        c->outcome = *o;
    }
    c->outcome.retry_after_ms = retry_after_ms;
}

static void on_attempt_ended(void *owner, const struct outcome *o)
{
    struct service_try *t = owner;
    struct service_call *c = t->call;
    struct service *s = c->service;
    enum verdict v = judge(t, o, us_since(c, t->started_ns));
    record(t, v, o);
    keep_outcome(c, o);
    if (o->kind == OUTCOME_OK)
        note_latency(s, t);
    for (unsigned i = 0; i < SERVICE_CALL_TRIES && is_final(c, o, v); i++)
        end_loser(&c->tries[i]);
    c->is_half_known = service_call_is_trying(c); /* its twin may still do better */
    if (!c->is_half_known)
        service_call_judge(c);
    service_queue_wake(s);
}

/* Whatever becomes of it, this is one call that others may be added to. One that was never made is
 * none: what is left alone would save up for a burst. */
static void deposit(const struct service *s)
{
    uint64_t now_ms = s->context->loop->now_ms;
    if (s->config->retry.attempts > 1)
        budget_deposit(&s->shared->retries, now_ms);
    if (s->config->hedge.is_on)
        budget_deposit(&s->shared->hedges, now_ms);
}

/* The breaker let it pass, and a place is taken. */
static bool try_once(struct service_call *c, struct service_try *t)
{
    struct service *s = c->service;
    int target = service_choose(s, &c->tried, c->request.hash);
    if (target == BALANCE_NONE)
        return false;
    t->call = c;
    t->target = (unsigned)target;
    t->era = s->targets[target].era;
    t->started_ns = s->context->loop->now_ns;
    balance_add(&c->tried, t->target);
    if (s->n_targets > 1)
        balance_begin(&s->balance, t->target);
    c->request.left_ms = service_call_left_ms(c);
    t->given_ms = c->request.timeout_ms;
    if (c->request.is_safe && c->request.left_ms < t->given_ms)
        t->given_ms = c->request.left_ms;
    if (c->n_attempts++ == 0)
        deposit(s);
    if (c->request.trace.is_recorded) {
        trace_make_span(t->span, s->context->random);
        memcpy(c->request.trace.span, t->span, sizeof t->span);
    }
    t->attempt = service_attempt_start(s, t->target, &c->request, on_attempt_ended, t);
    return true;
}

/* What was taken for an attempt that is not made goes back. */
static void give_back(struct service *s, struct breaker_ticket ticket, bool has_place,
                      enum breaker_result result)
{
    breaker_tell(&s->shared->breaker, &s->config->breaker, ticket, result,
                 s->context->loop->now_ms);
    if (has_place)
        give_place(s, VERDICT_NONE, 0);
}

static bool take_place(struct service *s)
{
    return !s->config->concurrency.limit.is_on || service_queue_take_place(s);
}

/* Whoever waits goes first, unless he matters less. */
static bool has_turn(struct service_call *c)
{
    const struct service *s = c->service;
    return !s->config->concurrency.limit.is_on || service_queue_has_turn(s, c);
}

/* A place that is free for a moment is for those that have none. */
static bool has_place_to_spare(struct service *s)
{
    return service_queue_is_empty(s) && take_place(s);
}

/* A service that is being probed, or has no place to spare, is not called twice, and none without
 * credentials; the budget is charged for what is sent. */
static void on_hedge(struct service_call *c)
{
    struct service *s = c->service;
    uint64_t now_ms = s->context->loop->now_ms;
    struct service_try *t = &c->tries[1];
    if (c->is_detached || s->lacks_credentials || !service_has_other(s, &c->tried))
        return;
    t->ticket = breaker_ask(&s->shared->breaker, &s->config->breaker, now_ms);
    bool has_place = t->ticket.pass == BREAKER_PASS && has_place_to_spare(s);
    if (!has_place || !budget_withdraw(&s->shared->hedges, &s->config->hedge.budget, now_ms) ||
        !try_once(c, t))
        give_back(s, t->ticket, has_place, BREAKER_NEITHER);
    else
        counters_add(s->context->counters, COUNT_CALLS_HEDGED, 1);
}

/* A call that has another target to go to, and is late enough by then. */
static void plan_hedge(struct service_call *c)
{
    struct service *s = c->service;
    const struct config_hedge *h = &s->config->hedge;
    unsigned most = s->config->retry.attempts > SERVICE_CALL_TRIES ? s->config->retry.attempts
                                                                   : SERVICE_CALL_TRIES;
    uint64_t us = h->after_ms * US_A_MS;
    if (!h->is_on || !c->request.is_safe || s->n_targets < 2 || c->n_attempts >= most)
        return;
    if (us == 0)
        us = quantile_us(s->latency, h->after_permille, SERVICE_CALL_SAMPLES_LEAST,
                         s->context->loop->now_ms);
    if (us)
        service_call_arm(c, (us + US_A_MS - 1) / US_A_MS, on_hedge);
}

/* Left out is what was not called at all. */
void service_call_refuse_place(struct service_call *c, struct slice detail)
{
    refuse(c, OUTCOME_OVERLOADED, detail);
    if (c->n_attempts == 0)
        counters_add(c->service->context->counters, COUNT_SHED_SOURCES_CONCURRENCY, 1);
}

static void on_waited_too_long(struct service_call *c)
{
    service_queue_remove(c);
    service_call_refuse_place(c, SLICE("no call could be made in time"));
    service_call_tell(c);
}

static bool wait_for_place(struct service_call *c, struct breaker_ticket ticket)
{
    struct service *s = c->service;
    give_back(s, ticket, false, BREAKER_NEITHER);
    if (!service_queue_add(s, c))
        return false;
    service_call_arm(c, c->request.timeout_ms, on_waited_too_long);
    return true;
}

static bool refuse_open(struct service_call *c)
{
    struct service *s = c->service;
    refuse(c, OUTCOME_OPEN, SLICE("left alone for a while, as it fails too often"));
    if (c->outcome.kind == OUTCOME_OPEN)
        c->outcome.retry_after_ms =
            breaker_open_for_ms(&s->shared->breaker, &s->config->breaker, s->context->loop->now_ms);
    return false;
}

/* May it be called at all, by its credentials and its breaker? */
static bool is_let_pass(struct service_call *c, struct breaker_ticket *ticket)
{
    struct service *s = c->service;
    if (s->lacks_credentials) {
        refuse(c, OUTCOME_DENIED, SLICE("no credentials for the service"));
        return false;
    }
    *ticket = breaker_ask(&s->shared->breaker, &s->config->breaker, s->context->loop->now_ms);
    return ticket->pass != BREAKER_REFUSED || refuse_open(c);
}

bool service_call_begin_attempt(struct service_call *c, bool has_place)
{
    struct service *s = c->service;
    struct service_try *t = &c->tries[0];
    if (!is_let_pass(c, &t->ticket)) {
        if (has_place)
            give_place(s, VERDICT_NONE, 0);
        return false;
    }
    if (!has_place && !(has_turn(c) && take_place(s)))
        return wait_for_place(c, t->ticket);
    bool is_retry = c->n_attempts > 0;
    c->is_half_known = false;
    if (!try_once(c, t)) {
        give_back(s, t->ticket, true, BREAKER_FAILED);
        refuse(c, OUTCOME_UNREACHABLE, SLICE("no connection"));
        return false;
    }
    if (is_retry)
        counters_add(s->context->counters, COUNT_CALLS_RETRIED, 1);
    plan_hedge(c);
    return true;
}
