/* control_store.h - the shared stores as the control thread knows them
 *
 * It has the one tier of the process that listens to purges and makes those that an operator asks
 * for, resolves the stores' names for the workers, and has what is over in the process's cache
 * swept. Over a reload the tier stays where the stores do, so that nothing is missed.
 */
#pragma once

#include "base/fault.h"
#include "net/loop.h"
#include "observe/counters.h"

struct cache_purge;
struct config;
struct control;
struct control_store_name;
struct metrics;
struct tier;
struct worker_store;

/* Of the control thread; a member of it. */
struct control_store {
    struct tier *tier;                /* NULL: there is no store */
    struct control_store_name *names; /* one a store */
    unsigned n;
    struct counters counters; /* of this tier */
    struct wheel_entry sweep;
};

void control_store_init(struct control *c);
/* Those of the control's snapshot from now on; before: the configuration before it, or NULL. */
void control_store_watch(struct control *c, const struct config *before);
/* Where the stores are, as far as known; the number. `to` has room for all. */
unsigned control_store_known(const struct control *c, struct worker_store *to);
/* On this instance at once, and wherever the stores reach. false: there is no store, and all is
 * done; otherwise done tells, never inside this call, whether the stores have done it. */
bool control_store_purge(struct control *c, const struct cache_purge *p,
                         void (*done)(void *owner, bool is_done), void *owner) MUST_USE;
void control_store_show(const struct control *c, struct metrics *m);
void control_store_done(struct control *c);
