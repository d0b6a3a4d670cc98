/* service_attempt.h - one try of a call, on one target
 *
 * An attempt ends exactly once: by its outcome, by its own timeout, or by being cancelled. on_ended
 * never comes inside service_attempt_start(); the attempt is gone when it returns. A kept
 * connection that turns out to have ended is replaced within the attempt.
 */
#pragma once

#include "service/service.h"
#include "service/service_request.h"

struct service_attempt;

/* The request is looked at during this call only, but for the arena, the names and the statuses. */
struct service_attempt *service_attempt_start(struct service *s, unsigned target,
                                              const struct service_request *r,
                                              service_ended *on_ended, void *owner);
/* May a byte of the request have reached the service? */
bool service_attempt_is_sent(const struct service_attempt *a);
/* Has more of the answer come than we have decoded? That it is late is our doing then. */
bool service_attempt_is_behind(const struct service_attempt *a);
/* From now on it needs nothing of the request that began it; its outcome has no body, no detail and
 * no fields. */
void service_attempt_detach(struct service_attempt *a);
/* Nothing comes any more. */
void service_attempt_cancel(struct service_attempt *a);
/* Frees those that are kept to be used again. */
void service_attempt_free_kept(struct service_context *context);
