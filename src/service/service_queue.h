/* service_queue.h - calls that wait until a service may take one more (CONTRACT 3.8, concurrency)
 *
 * Bounded in length over all workers, and in time by the attempt's own. Required sources go first,
 * the others by priority, and equals as they came. Where no more may wait, the one that goes last
 * on this worker makes room for one that goes before it; for a required one also one of another
 * worker's, at its next look, until when one more waits than may. A worker that has more than its
 * share of the places, while calls of other workers wait, leaves the next free one to them for a
 * moment, and so does one whose calls are optional, while required ones wait.
 */
#pragma once

#include "service/service.h"

void service_queue_init(struct service *s);
void service_queue_done(struct service *s);
/* Does nobody wait, on any worker? */
bool service_queue_is_empty(const struct service *s);
/* Does nobody wait that goes before it? */
bool service_queue_has_turn(const struct service *s, const struct service_call *c);
bool service_queue_take_place(struct service *s) MUST_USE;
void service_queue_give_place(struct service *s, enum limit_end how, uint64_t took_us);
/* false: too many wait already, which its outcome says. */
bool service_queue_add(struct service *s, struct service_call *c) MUST_USE;
/* Harmless where it does not wait. */
void service_queue_remove(struct service_call *c);
/* Somebody of this rank waits for it, too: where it waits, it goes before more of the others. */
void service_queue_raise(struct service_call *c, int rank);
/* A place may be free: those that wait take it, later in this turn. */
void service_queue_wake(struct service *s);
