/* service_call.h - one call of a source to its service, from the request to an outcome
 *
 * Where its answer may be remembered the cache is asked first (service_wait.h). Then, in this
 * order: the breaker lets it pass, a place is free (or it waits for one), a target is
 * chosen, an attempt is made; a late one may be doubled on another target, a failed one made again,
 * as far as the service's settings, its budgets and the time that is left allow (CONTRACT 3.8).
 *
 * A call is started, and ends exactly once: by its outcome, or by being given up. on_ended never
 * comes inside service_call_start(); the call is gone when it returns.
 *
 * A safe call that nobody waits for any more is cancelled. An unsafe one that may have reached its
 * service is detached instead: it goes on by itself within its timeout and then tells another
 * owner, for the log. It needs nothing of the request that began it from then on.
 */
#pragma once

#include "service/service.h"
#include "service/service_request.h"

struct service_call;

/* What its settings allow a call of a source. */
struct service_call_most {
    unsigned n_attempts; /* one after the other: without a hedge */
    bool is_hedged;
    bool may_wait; /* for a place */
    bool obeys;    /* waits as long as a Retry-After says before it is made again */
    uint64_t ms;   /* until its outcome: waits for a place, attempts and pauses that all take the
                      longest. Not in it: a Retry-After, and waiting for what the cache says */
};
struct service_call_most service_call_most(const struct config_source *s);
/* `ms` of a source's request. */
uint64_t service_call_most_ms(const struct service *s, const struct service_request *r);

/* The request is looked at during this call only, but for the arena, the names and the statuses. */
struct service_call *service_call_start(struct service *s, const struct service_request *r,
                                        service_ended *on_ended, void *owner);
/* Must it be detached rather than cancelled? */
bool service_call_must_go_on(const struct service_call *c);
/* From now on it belongs to another owner; its outcome has no body, no detail and no fields. */
void service_call_detach(struct service_call *c, service_ended *on_ended, void *owner);
/* The time is over, and the call is about to be cancelled for that. Where the cache has a stale
 * entry that may stand for it, the outcome, a failure, gets it: see `has_stale`. */
void service_call_use_stale(struct service_call *c, struct outcome *o);
/* Somebody of this rank waits for it, too (service_request.h): where it waits for a place, it goes
 * before more of the others. false: too late, what came of it is on its way. */
bool service_call_raise(struct service_call *c, int rank);
/* On the loop's clock. */
uint64_t service_call_started_ns(const struct service_call *c);
/* So far; of a flight's call where it leads one. */
unsigned service_call_n_attempts(const struct service_call *c);
/* A miss, where it asked the cache. */
enum outcome_cache service_call_caching(const struct service_call *c);
enum service_call_why {
    SERVICE_CALL_UNWANTED, /* nobody waits for it any more */
    SERVICE_CALL_LATE,     /* the time of the whole answer is over */
};
/* Nothing comes any more. */
void service_call_cancel(struct service_call *c, enum service_call_why why);
/* Frees those that are kept to be used again. */
void service_call_free_kept(struct service_context *context);
