/* service_call_attempt.c - what must agree before an attempt, and what hears of its end */
#include "base/check.h"
#include "service/service_call_internal.h"
#include "service/service_queue.h"

enum {
    NS_A_US = 1000,
    SAMPLES_LEAST = 20, /* calls that must be known before a quantile says something */
    SLOW_LEAST_US = 50000,
    SLOW_TIMES = 8, /* a target that takes so much longer than the others is as good as failing */
};

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

/* The whole answer was no failure of the service, whatever we make of it. */
static bool is_failure(const struct service_call *c, const struct outcome *o)
{
    if (o->kind == OUTCOME_TIMEOUT)
        return !c->request.is_hurried;
    return o->kind == OUTCOME_UNREACHABLE || o->status >= 500;
}

static bool is_slow(const struct service *s, uint64_t us)
{
    uint64_t slow_ms = s->config->breaker.slow_ms;
    return slow_ms && us > slow_ms * 1000;
}

/* Compared to the mean of the other targets that are known. */
static bool is_outlier(const struct service *s, unsigned target, uint64_t us)
{
    double sum = 0;
    unsigned n = 0;
    for (unsigned i = 0; i < s->n_targets; i++)
        if (i != target && s->loads[i].latency_us > 0) {
            sum += s->loads[i].latency_us;
            n++;
        }
    return n && us > SLOW_LEAST_US && (double)us > SLOW_TIMES * sum / n;
}

static void tell_target(struct service *s, const struct service_try *t, enum balance_end how,
                        uint64_t us)
{
    const struct loop *l = s->context->loop;
    if (s->n_targets == 1)
        return;
    bool failed = how == BALANCE_FAILED || (how == BALANCE_GOOD && is_outlier(s, t->target, us));
    balance_end(&s->balance, t->target, how, us, l->now_ns);
    if (how != BALANCE_CANCELLED)
        ejection_tell(s->shared->ejections, s->n_targets, t->target, failed, l->now_ms);
}

/* o: NULL where the attempt was cancelled. */
static void record(struct service_try *t, const struct outcome *o)
{
    struct service_call *c = t->call;
    struct service *s = c->service;
    uint64_t now_ms = s->context->loop->now_ms;
    uint64_t us = us_since(c, t->started_ns);
    bool failed = o && is_failure(c, o);
    bool is_told = o && (o->kind != OUTCOME_TIMEOUT || failed) && o->kind != OUTCOME_OVERLOADED;
    enum breaker_result result = BREAKER_NEITHER;
    enum balance_end end = BALANCE_CANCELLED;
    enum limit_end limit = LIMIT_CANCELLED;
    if (is_told) {
        result = failed || is_slow(s, us) ? BREAKER_FAILED : BREAKER_GOOD;
        end = failed || o->status == 429 ? BALANCE_FAILED : BALANCE_GOOD;
        limit = failed || o->status == 429 ? LIMIT_DROPPED : LIMIT_DONE;
    }
    t->attempt = NULL;
    breaker_tell(&s->shared->breaker, &s->config->breaker, t->ticket, result, now_ms);
    tell_target(s, t, end, us);
    if (s->config->concurrency.limit.is_on)
        limit_give(&s->shared->limit, &s->config->concurrency.limit, limit, us, now_ms);
    if (s->latency && end == BALANCE_GOOD)
        quantile_add(s->latency, us, now_ms);
}

static void give_up_try(struct service_try *t, enum service_call_why why)
{
    const struct outcome late = {.kind = OUTCOME_TIMEOUT};
    if (!t->attempt)
        return;
    service_attempt_cancel(t->attempt);
    record(t, why == SERVICE_CALL_LATE ? &late : NULL);
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

static void on_attempt_ended(void *owner, const struct outcome *o)
{
    struct service_try *t = owner;
    struct service_call *c = t->call;
    struct service *s = c->service;
    record(t, o);
    drop_outcome(c);
    c->outcome = *o;
    if (o->kind == OUTCOME_OK)
        service_call_stop_attempts(c, SERVICE_CALL_UNWANTED);
    if (!service_call_is_trying(c)) /* else its twin may still do better */
        service_call_judge(c);
    service_queue_wake(s);
}

/* Is there a target that this call has not been to? A hedge never goes where its twin is. */
static bool is_elsewhere(const struct service_call *c)
{
    const struct service *s = c->service;
    for (unsigned i = 0; i < s->n_targets; i++)
        if (s->targets[i].has_address && !balance_has(&c->tried, i))
            return true;
    return false;
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
    t->started_ns = s->context->loop->now_ns;
    balance_add(&c->tried, t->target);
    if (s->n_targets > 1)
        balance_begin(&s->balance, t->target);
    c->request.left_ms = service_call_left_ms(c);
    c->n_attempts++;
    t->attempt = service_attempt_start(s, t->target, &c->request, on_attempt_ended, t);
    return true;
}

/* What was taken for an attempt that is not made goes back. */
static void give_back(struct service *s, struct breaker_ticket ticket, bool has_place,
                      enum breaker_result result)
{
    uint64_t now_ms = s->context->loop->now_ms;
    breaker_tell(&s->shared->breaker, &s->config->breaker, ticket, result, now_ms);
    if (has_place && s->config->concurrency.limit.is_on)
        limit_give(&s->shared->limit, &s->config->concurrency.limit, LIMIT_CANCELLED, 0, now_ms);
}

static bool take_place(struct service *s)
{
    const struct limit_settings *limit = &s->config->concurrency.limit;
    return !limit->is_on || limit_take(&s->shared->limit, limit);
}

/* A service that is being probed, or has no place free, is not called twice; the budget is charged
 * for what is sent. */
static void on_hedge(struct service_call *c)
{
    struct service *s = c->service;
    uint64_t now_ms = s->context->loop->now_ms;
    struct service_try *t = &c->tries[1];
    if (c->is_detached || !is_elsewhere(c))
        return;
    t->ticket = breaker_ask(&s->shared->breaker, &s->config->breaker, now_ms);
    bool has_place = t->ticket.pass == BREAKER_PASS && take_place(s);
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
    uint64_t us = h->after_ms * 1000;
    if (!h->is_on || !c->request.is_safe || s->n_targets < 2)
        return;
    if (us == 0)
        us = quantile_us(s->latency, h->after_permille, SAMPLES_LEAST, s->context->loop->now_ms);
    if (us)
        service_call_arm(c, (us + 999) / 1000, on_hedge);
}

static void on_waited_too_long(struct service_call *c)
{
    service_queue_remove(c);
    refuse(c, OUTCOME_OVERLOADED, SLICE("no call could be made in time"));
    service_call_judge(c);
}

static bool wait_for_place(struct service_call *c, struct breaker_ticket ticket)
{
    struct service *s = c->service;
    give_back(s, ticket, false, BREAKER_NEITHER);
    if (!service_queue_add(s, c)) {
        refuse(c, OUTCOME_OVERLOADED, SLICE("too many calls are under way"));
        return false;
    }
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

bool service_call_begin_attempt(struct service_call *c)
{
    struct service *s = c->service;
    struct service_try *t = &c->tries[0];
    if (s->lacks_credentials) {
        refuse(c, OUTCOME_DENIED, SLICE("no credentials for the service"));
        return false;
    }
    t->ticket = breaker_ask(&s->shared->breaker, &s->config->breaker, s->context->loop->now_ms);
    if (t->ticket.pass == BREAKER_REFUSED)
        return refuse_open(c);
    if (!take_place(s))
        return wait_for_place(c, t->ticket);
    if (!try_once(c, t)) {
        give_back(s, t->ticket, true, BREAKER_FAILED);
        refuse(c, OUTCOME_UNREACHABLE, SLICE("no connection"));
        return false;
    }
    plan_hedge(c);
    return true;
}
