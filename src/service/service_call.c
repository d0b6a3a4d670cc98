/* service_call.c - the life of a call: begun, made again where that may help, told */
#include <stdlib.h>

#include "base/memory.h"
#include "config/config_method.h"
#include "policy/backoff.h"
#include "service/service_cache.h"
#include "service/service_call_internal.h"
#include "service/service_head.h"
#include "service/service_queue.h"
#include "service/service_wait.h"
#include "wire/status.h"

enum {
    KEPT_LIMIT = 16 * 1024 * 1024, /* bytes of a request that may be needed again */
    KEPT_MEMORY = 8 * 1024,        /* bytes of its memory that a call to be used again keeps */
    MEDIAN_PERMILLE = 500,
};

static const struct backoff_settings backoff = {.base_ms = 5, .cap_ms = BACKOFF_CAP_MS};

/* What its settings are applied to. */
struct kind {
    const struct config_service *service;
    uint64_t timeout_ms;
    bool is_safe;
    bool is_idempotent;
};

static unsigned most_attempts(const struct kind *k)
{
    unsigned n = k->service->retry.attempts;
    return n > 1 && k->is_idempotent ? n : 1;
}

/* Nothing is late enough for a hedge once it has ended by its timeout. SRV records may name several
 * targets. */
static bool is_hedged(const struct kind *k)
{
    const struct config_service *to = k->service;
    bool has_others = to->n_targets > 1 || to->targets[0].is_srv;
    return to->hedge.is_on && k->is_safe && has_others && to->hedge.after_ms < k->timeout_ms;
}

static bool obeys(const struct config_retry *r)
{
    for (unsigned i = 0; i < r->n_statuses; i++)
        if (service_head_may_ask_back(r->statuses[i]))
            return true;
    return false;
}

/* A hedge takes the place of an attempt that is made again, which would take as long and begin
 * later. Alone it begins when the first attempt is late: at a quantile before its end at the last.
 */
static struct service_call_most most_of(const struct kind *k)
{
    const struct config_service *to = k->service;
    struct service_call_most most = {
        .n_attempts = most_attempts(k),
        .is_hedged = is_hedged(k),
        .may_wait = to->concurrency.limit.is_on && to->concurrency.queue,
    };
    most.obeys = most.n_attempts > 1 && obeys(&to->retry);
    most.ms = most.n_attempts * (k->timeout_ms + (most.may_wait ? k->timeout_ms : 0));
    for (unsigned retry = 1; retry < most.n_attempts; retry++)
        most.ms += backoff_most_ms(&backoff, retry);
    if (most.is_hedged && most.n_attempts == 1)
        most.ms += to->hedge.after_ms ? to->hedge.after_ms : k->timeout_ms;
    return most;
}

struct service_call_most service_call_most(const struct config_source *s)
{
    return most_of(
        &(struct kind){s->service, s->timeout_ms, s->is_safe, config_method_is_idempotent(s)});
}

uint64_t service_call_most_ms(const struct service *s, const struct service_request *r)
{
    const struct kind k = {s->config, r->timeout_ms, r->is_safe, r->is_idempotent};
    return most_of(&k).ms;
}

static void recycle(struct service_call *c)
{
    struct service_context *context = c->service->context;
    loop_disarm(context->loop, &c->timer);
    loop_ready_cancel(&c->ready);
    service_queue_remove(c);
    service_wait_done(c);
    if (c->kept.capacity > KEPT_MEMORY)
        buffer_done(&c->kept);
    c->next_free = context->free_calls;
    context->free_calls = c;
}

/* An unsafe call that went well has changed what it names (RFC 9111 4.4). A purge for what is never
 * remembered would be one too many: all entries share so many counters, and a store is asked for
 * each. */
static void forget_changed(const struct service_call *c, const struct outcome *o)
{
    struct service_cache *cache = c->service->context->cache;
    bool is_remembered = atomic_load(&c->service->shared->is_remembered);
    if (cache && is_remembered && !c->request.is_safe && status_is_no_error(o->status))
        service_cache_forget(cache, c->service->config->name, c->request.line);
}

void service_call_tell(struct service_call *c)
{
    service_ended *on_ended = c->on_ended;
    void *owner = c->owner;
    struct outcome outcome = c->outcome;
    outcome.n_attempts = c->n_attempts;
    outcome.started_ns = c->n_attempts ? c->started_ns : 0;
    outcome.ended_ns = c->service->context->loop->now_ns;
    service_wait_dress(c, &outcome);
    forget_changed(c, &outcome);
    recycle(c);
    on_ended(owner, &outcome);
}

static void on_ready(struct ready *r)
{
    service_call_tell(LIST_OWNER(r, struct service_call, ready));
}

static void on_timer(struct wheel_entry *e)
{
    struct service_call *c = LIST_OWNER(e, struct service_call, timer);
    c->on_timer(c);
}

void service_call_arm(struct service_call *c, uint64_t ms, void (*on_time)(struct service_call *c))
{
    struct loop *l = c->service->context->loop;
    c->on_timer = on_time;
    loop_arm(l, &c->timer, service_due_ms(l, ms));
}

bool service_call_is_listed(const struct service_call *c, const struct outcome *o)
{
    const struct config_retry *r = &c->service->config->retry;
    if (o->kind == OUTCOME_UNREACHABLE)
        return r->after_unreachable;
    if (o->kind == OUTCOME_TIMEOUT)
        return r->after_timeout;
    for (unsigned i = 0; i < r->n_statuses; i++)
        if (o->kind == OUTCOME_STATUS && r->statuses[i] == o->status)
            return true;
    return false;
}

static void on_back(struct service_call *c)
{
    if (!service_call_begin_attempt(c, false))
        service_call_tell(c);
}

/* That somebody waits for it. */
static uint64_t wanted_ms(const struct service_call *c)
{
    if (!c->request.until_ms)
        return service_call_left_ms(c);
    uint64_t now_ms = c->service->context->loop->now_ms;
    uint64_t until_ms = c->request.until_ms(c->owner);
    return until_ms > now_ms ? until_ms - now_ms : 0;
}

/* Is there time for a wait, and for a call of usual length behind it? *wait_ms: how long it is. */
static bool has_time(struct service_call *c, uint64_t *wait_ms)
{
    struct service *s = c->service;
    uint64_t median_us = quantile_us(s->latency, MEDIAN_PERMILLE, SERVICE_CALL_SAMPLES_LEAST,
                                     s->context->loop->now_ms);
    *wait_ms = backoff_ms(&backoff, c->n_retries + 1, c->outcome.retry_after_ms,
                          random_next(s->context->random));
    return *wait_ms + median_us / 1000 < wanted_ms(c);
}

static void postpone(struct service_call *c)
{
    uint64_t ms = c->outcome.retry_after_ms;
    if (!ms || !c->request.on_postponed)
        return;
    c->due_ms += ms;
    c->request.on_postponed(c->owner, ms);
}

/* Charged when it begins to wait (Finagle's RetryBudget). */
static bool make_again(struct service_call *c)
{
    struct service *s = c->service;
    const struct config_retry *r = &s->config->retry;
    uint64_t wait_ms;
    if (c->n_attempts == 0 || c->n_attempts >= r->attempts || c->is_detached ||
        !c->request.is_idempotent || !service_call_is_listed(c, &c->outcome) ||
        !has_time(c, &wait_ms) ||
        !budget_withdraw(&s->shared->retries, &r->budget, s->context->loop->now_ms))
        return false;
    c->n_retries++;
    postpone(c);
    service_call_arm(c, wait_ms, on_back);
    return true;
}

void service_call_judge(struct service_call *c)
{
    loop_disarm(c->service->context->loop, &c->timer);
    if (c->outcome.kind == OUTCOME_OK || !make_again(c))
        service_call_tell(c);
}

static struct service_call *take(struct service_context *context)
{
    struct service_call *c = context->free_calls;
    if (c) {
        context->free_calls = c->next_free;
        return c;
    }
    c = memory_take_zero(1, sizeof *c);
    buffer_init(&c->kept, KEPT_LIMIT);
    wheel_entry_init(&c->timer, on_timer);
    list_init(&c->waiting);
    loop_ready_init(&c->ready, on_ready);
    return c;
}

/* Only what is sent at once, and once, can do without its own copy. */
static bool needs_copy(const struct service_call *c)
{
    const struct config_service *s = c->service->config;
    /* A reload may bring a source that remembers before the call ends. */
    bool may_be_remembered = c->service->context->cache && !c->request.is_safe;
    return may_be_remembered || s->retry.attempts > 1 || s->hedge.is_on ||
           s->concurrency.limit.is_on;
}

static struct slice copied(struct service_call *c, size_t *at, size_t n)
{
    struct slice copy = {c->kept.at + *at, n};
    *at += n;
    return copy;
}

static bool keep_request(struct service_call *c)
{
    struct service_request *r = &c->request;
    size_t at = 0;
    c->kept.n = 0;
    if (!buffer_append(&c->kept, r->line) || !buffer_append(&c->kept, r->fields) ||
        !buffer_append(&c->kept, r->body))
        return false;
    r->line = copied(c, &at, r->line.n);
    r->fields = copied(c, &at, r->fields.n);
    r->body = copied(c, &at, r->body.n);
    return true;
}

static bool begin(struct service_call *c)
{
    if (needs_copy(c) && !keep_request(c)) {
        c->outcome =
            (struct outcome){.kind = OUTCOME_TOO_LARGE, .detail = SLICE("the request is too long")};
        return false;
    }
    return service_call_begin_attempt(c, false);
}

void service_call_go(struct service_call *c)
{
    if (!begin(c))
        loop_ready(c->service->context->loop, &c->ready);
}

struct service_call *service_call_start(struct service *s, const struct service_request *r,
                                        service_ended *on_ended, void *owner)
{
    struct service_context *context = s->context;
    struct service_call *c = take(context);
    c->service = s;
    c->on_ended = on_ended;
    c->owner = owner;
    c->request = *r;
    c->tried = (struct balance_set){0};
    c->outcome = (struct outcome){0};
    c->started_ns = context->loop->now_ns;
    c->due_ms = context->loop->now_ms + r->left_ms;
    c->n_attempts = c->n_retries = 0;
    c->is_detached = false;
    if (r->caching && context->cache)
        service_wait_begin(c, r->caching);
    else
        service_call_go(c);
    return c;
}

bool service_call_must_go_on(const struct service_call *c)
{
    const struct service_attempt *a = c->tries[0].attempt;
    return !c->request.is_safe && a && service_attempt_is_sent(a);
}

/* An unsafe call has no hedge: one attempt is under way. */
void service_call_detach(struct service_call *c, service_ended *on_ended, void *owner)
{
    c->on_ended = on_ended;
    c->owner = owner;
    c->is_detached = true;
    service_attempt_detach(c->tries[0].attempt);
}

bool service_call_raise(struct service_call *c, int rank)
{
    if (!list_is_empty(&c->ready.node))
        return false;
    service_queue_raise(c, rank);
    return true;
}

uint64_t service_call_started_ns(const struct service_call *c)
{
    return c->started_ns;
}

unsigned service_call_n_attempts(const struct service_call *c)
{
    return c->n_attempts + service_wait_n_attempts(c);
}

enum outcome_cache service_call_caching(const struct service_call *c)
{
    return c->wait ? OUTCOME_MISS : OUTCOME_UNCACHED;
}

void service_call_cancel(struct service_call *c, enum service_call_why why)
{
    struct service *s = c->service;
    if (c->outcome.blob)
        blob_release(&s->context->loop->blobs, c->outcome.blob);
    service_wait_leave(c, why);
    service_call_stop_attempts(c, why);
    recycle(c);
    service_queue_wake(s);
}

void service_call_use_stale(struct service_call *c, struct outcome *o)
{
    service_wait_use_stale(c, o);
}

void service_call_free_kept(struct service_context *context)
{
    while (context->free_calls) {
        struct service_call *c = context->free_calls;
        context->free_calls = c->next_free;
        buffer_done(&c->kept);
        free(c);
    }
    service_attempt_free_kept(context);
}
