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
    unsigned target;
    struct breaker_ticket ticket;
    uint64_t started_ns;
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
    unsigned n_attempts;
    bool is_detached;
    void (*on_timer)(struct service_call *c); /* the end of a wait, or time for a hedge */
    struct wheel_entry timer;
    struct list waiting; /* in the service's queue */
    struct ready ready;  /* an outcome that waits for its turn */
    struct buffer kept;
    struct service_call *next_free;
};

/* Makes the next attempt, waits for a place, or sets the outcome that says why not; then false. */
bool service_call_begin_attempt(struct service_call *c) MUST_USE;
/* The attempts that are under way are given up. */
void service_call_stop_attempts(struct service_call *c, enum service_call_why why);
/* The one way out by itself: the outcome is told, and the call is gone. */
void service_call_tell(struct service_call *c);
/* An attempt has ended with c->outcome. */
void service_call_judge(struct service_call *c);
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
