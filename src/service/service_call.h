/* service_call.h - one call of a source to its service, from the request to an outcome
 *
 * A call is started, and ends exactly once: by its outcome, by its own timeout, or by being given
 * up. on_ended never comes inside service_call_start(); the call is gone when it returns.
 *
 * A safe call that nobody waits for any more is cancelled. An unsafe one that may have reached its
 * service is detached instead: it goes on by itself within its timeout and then tells another
 * owner, for the log. It needs nothing of the request that began it from then on.
 */
#pragma once

#include "base/arena.h"
#include "http/exchange.h"
#include "service/outcome.h"
#include "service/service.h"

struct service_call;

/* Names of fields of the answer that are asked for; each stands there once. */
struct service_wanted {
    const struct slice *names;
    unsigned n;
};

/* Failures whose body is asked for as well. */
struct service_passed {
    const unsigned *statuses;
    unsigned n;
};

/* Looked at during service_call_start() only, but for the arena, the names and the statuses. */
struct service_request {
    struct slice line;   /* method, a space, the target: "GET /products/7" */
    struct slice fields; /* whole header lines, each with its CRLF; without Host and the time
                            that we wait, which are the call's business */
    bool is_head;        /* of method HEAD */
    bool is_safe;        /* may be cancelled at any time */
    bool is_idempotent;  /* may be made again */
    uint64_t timeout_ms; /* of one attempt */
    uint64_t left_ms;    /* of the whole answer */
    struct arena *arena; /* for what the outcome needs; the owner's until on_ended or detach */
    struct service_wanted wanted;
    struct service_passed passed;
};

/* The outcome is the callee's to copy; the share of its blob is the callee's. */
typedef void service_call_ended(void *owner, const struct outcome *outcome);

struct service_call *service_call_start(struct service *s, const struct service_request *r,
                                        service_call_ended *on_ended, void *owner);
/* Must it be detached rather than cancelled? */
bool service_call_must_go_on(const struct service_call *c);
/* From now on it belongs to another owner; its outcome has no body, no detail and no fields. */
void service_call_detach(struct service_call *c, service_call_ended *on_ended, void *owner);
/* Nothing comes any more. */
void service_call_cancel(struct service_call *c);
/* Frees those that are kept to be used again. */
void service_call_free_kept(struct service_context *context);
