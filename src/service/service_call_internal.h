/* service_call_internal.h - a call under way, for the files that carry it through */
#pragma once

#include "service/service_attempt.h"
#include "service/service_call.h"

enum {
    SERVICE_CALL_TRIES = 2 /* attempts at once: one, and its hedge */
};

struct service_try {
    struct service_call *call;
    struct service_attempt *attempt; /* NULL: none is under way */
    unsigned target, era;            /* see struct service_target */
    struct breaker_ticket ticket;
    uint64_t started_ns;
    uint64_t given_ms;          /* how long it may take */
    char span[TRACE_SPAN_SIZE]; /* of a recorded trace */
};

struct service_call {
    struct service *service;
    service_ended *on_ended;
    void *owner;
    struct service_request request; /* its bytes lie in `kept`, where they may be needed again */
    struct service_try tries[SERVICE_CALL_TRIES];
    struct balance_set tried;
    struct outcome outcome; /* of the last attempt that ended, or why there was none */
    uint64_t started_ns;
    uint64_t due_ms; /* when the whole answer is */
    unsigned n_attempts, n_retries;
    bool is_detached;
    bool is_half_known;                       /* one of two attempts has ended, with `outcome` */
    void (*on_timer)(struct service_call *c); /* the end of a wait, or time for a hedge */
    struct wheel_entry timer;
    struct list waiting; /* in the service's queue */
    struct ready ready;  /* an outcome that waits for its turn */
    struct buffer kept;
    struct service_wait *wait; /* for the cache (service_wait.h); NULL: it has no part in this */
    struct service_call *next_free;
};

/* Begins, as if there were no cache. What came of it is told later in any case. */
void service_call_go(struct service_call *c);
enum {
    SERVICE_CALL_SAMPLES_LEAST = 20 /* calls that must be known before a quantile says something */
};

/* Makes the next attempt, waits for a place where it has none, or sets the outcome that says why
 * not; then false, and it is to be told. A place that it has is given back then. */
bool service_call_begin_attempt(struct service_call *c, bool has_place) MUST_USE;
/* No place can be had: it has waited too long, or others go before it. */
void service_call_refuse_place(struct service_call *c, struct slice detail);
/* The attempts that are under way are given up. */
void service_call_stop_attempts(struct service_call *c, enum service_call_why why);
/* The one way out by itself: the outcome is told, and the call is gone. */
void service_call_tell(struct service_call *c);
/* An attempt has ended with c->outcome. */
void service_call_judge(struct service_call *c);
/* Is it a cause to call again? */
bool service_call_is_listed(const struct service_call *c, const struct outcome *o);
void service_call_arm(struct service_call *c, uint64_t ms,
                      void (*on_timer)(struct service_call *c));

static inline bool service_call_is_trying(const struct service_call *c)
{
    return c->tries[0].attempt || c->tries[1].attempt;
}

static inline uint64_t service_call_left_ms(const struct service_call *c)
{
    uint64_t now_ms = c->service->context->loop->now_ms;
    return c->due_ms > now_ms ? c->due_ms - now_ms : 0;
}
