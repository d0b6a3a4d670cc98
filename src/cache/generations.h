/* generations.h - purging by name and tag without a list of what has them
 *
 * A clock goes up by one with each purge. What is purged hashes to one of a fixed number of
 * counters, which remembers the time of its last purge. An entry keeps the time at which its call
 * began and its counters: where one of them was purged later, it is no entry any more. Two tags
 * that share a counter purge each other's entries: that costs calls, never truth. As one time does
 * for all counters, tags may become known with the answer. One counter is of every purge: for what
 * has more names than anybody keeps. What instances share has no part in this clock: for it a
 * counter also has a time of the day. Atomic; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum {
    GENERATIONS_N = 65536, /* counters: 1 MiB, touched as they are used */
    GENERATIONS_EVERY = 0, /* the one that each purge is of, whatever it is of besides */
};

enum generations_kind {
    GENERATIONS_NAME, /* of an entry: product:1042:EUR */
    GENERATIONS_TAG,
    GENERATIONS_URL, /* SERVICE:TARGET of a source, or the path of a whole answer */
};

struct generations;

struct generations *generations_new(void);
void generations_free(struct generations *g);

/* The time between purges; taken before a call begins, kept with what comes of it. */
uint64_t generations_now(const struct generations *g);
uint16_t generations_counter(enum generations_kind kind, struct slice what);

/* When it was purged last; of all, those included that are on their way. */
uint64_t generations_purged(const struct generations *g, uint16_t counter);
uint64_t generations_purged_all(const struct generations *g);
/* Is what began then and has these counters still good? */
bool generations_is_good(const struct generations *g, uint64_t begun, const uint16_t *counters,
                         unsigned n);
/* May what began then be kept now? Not where it was on its way during a purge of some that only
 * what is there already could be told from: generations_purge_coming(). */
bool generations_may_keep(const struct generations *g, uint64_t begun);

/* Until when, in milliseconds since 1970, what a store has of it is from before a purge. Only
 * grows.
 */
void generations_distrust(struct generations *g, uint16_t counter, uint64_t until_ms);
void generations_distrust_all(struct generations *g, uint64_t until_ms);
uint64_t generations_distrusted(const struct generations *g, uint16_t counter);

void generations_purge(struct generations *g, uint16_t counter);
void generations_purge_all(struct generations *g);
void generations_purge_coming(struct generations *g);
