/* service_cache.h - what a worker has of the cache: the process's entries, its seats, its flights
 *
 * A call whose request says how it is cached (struct service_caching) asks here first. What is
 * fresh is had without a call. What is not is asked for by one flight in the whole process: a call
 * with memory of its own, whose answer all that wait for it share. A flight belongs to the
 * configuration that it began with; who waits may be of another, and of any worker.
 *
 * One a worker, over all reloads; its own thread's but for init and done.
 */
#pragma once

#include "base/buffer.h"
#include "base/list.h"
#include "cache/cache.h"
#include "net/loop.h"
#include "service/landing.h"

struct service_flight;
struct tier;

struct service_cache {
    struct cache *cache;
    struct tier *tier; /* of this worker; NULL: there is no store */
    struct loop *loop;
    unsigned worker;
    struct seats *seats;
    const struct crew *crew;
    struct buffer key;   /* being written */
    struct list flights; /* that this worker leads */
    struct service_flight *free_flights;
    bool is_draining;
};

/* The crew may be made complete later, before the workers run. */
void service_cache_init(struct service_cache *c, struct cache *cache, struct loop *loop,
                        unsigned worker, const struct crew *crew);
/* No call is under way on any worker. */
void service_cache_done(struct service_cache *c);
/* What is kept of this URL is so no longer, here and in the shared tier. line: of a request. */
void service_cache_forget(struct service_cache *c, struct slice service, struct slice line);
/* May a record be believed that the shared tier had for this URL? Not one from a time that is yet
 * to come, nor one that was purged here and is to be purged there, nor one with more names to be
 * purged by than anybody keeps. */
bool service_cache_believes(const struct service_cache *c, const struct record *r,
                            struct slice url);
/* What is at this key is found no more, here and in the shared tier. */
void service_cache_remove(struct service_cache *c, struct slice key);
/* The same where it is an answer that its origin called public. */
void service_cache_withdraw(struct service_cache *c, struct slice key);
/* Calls that nobody waits for end now, and none is begun any more. */
void service_cache_drain(struct service_cache *c);
