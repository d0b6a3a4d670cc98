/* service_queue.h - calls that wait until a service may take one more (CONTRACT 3.8, concurrency)
 *
 * Bounded in length over all workers, and in time by the attempt's own. Required sources go first.
 */
#pragma once

#include "service/service.h"

void service_queue_init(struct service *s);
void service_queue_done(struct service *s);
/* false: too many wait already. */
bool service_queue_add(struct service *s, struct service_call *c) MUST_USE;
/* Harmless where it does not wait. */
void service_queue_remove(struct service_call *c);
/* A place may be free: those that wait take it, later in this turn. */
void service_queue_wake(struct service *s);
