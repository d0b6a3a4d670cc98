/* service_wait.h - a call whose answer may be in the cache, or on its way to it
 *
 * A hit is told by the ready queue. A miss leads a flight or waits for another's, within its own
 * time; what cannot be shared is called alone, as any call. Where all of it fails and a stale entry
 * may be used then, the outcome has both.
 */
#pragma once

#include "service/service_call.h"

/* In place of beginning the call's first attempt. */
void service_wait_begin(struct service_call *c, const struct service_caching *caching);
/* Nobody waits for the call any more. Harmless where it is not in the cache's hands. */
void service_wait_leave(struct service_call *c, enum service_call_why why);
/* Of the call that the flight which it leads makes for it, so far. */
unsigned service_wait_n_attempts(const struct service_call *c);
/* The outcome is about to be told: what the cache had to do with it is added. */
void service_wait_dress(struct service_call *c, struct outcome *o);
/* An outcome that is, or will be, a failure gets a stale entry where there is one. */
void service_wait_use_stale(struct service_call *c, struct outcome *o);
/* Gives back what it holds. */
void service_wait_done(struct service_call *c);
