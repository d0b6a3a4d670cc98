/* cache.h - what a process remembers: the entries, the flights, and what was purged
 *
 * One a process, over all reloads. The parts have their own headers; this one keeps them together
 * for those who need all three. Any thread.
 */
#pragma once

#include <stdatomic.h>

#include "cache/flights.h"
#include "cache/generations.h"
#include "cache/memory_store.h"
#include "cache/record.h"

struct cache {
    struct generations *generations;
    struct memory_store *memory;
    struct flights *flights;
    atomic_bool is_of_other_paths; /* a reload has changed of which paths whole answers are
                                      remembered: what is kept, and what is under way, may be of
                                      others than a configuration tells */
};

/* memory: bytes; 0: nothing is kept, calls are still shared. n_held: as of memory_store_new(). */
struct cache *cache_new(size_t memory, atomic_size_t *n_held);
void cache_free(struct cache *c);

struct cache_entry {
    struct blob *record; /* (record.h) its key, name and tags are the entry's; taken over */
    struct slice url;    /* purged by unsafe calls to the same: SERVICE:TARGET of a source, or the
                            path of a whole answer; empty: none */
    uint64_t until_ms;   /* since 1970: of no use to anybody from then on */
    uint64_t begun;      /* generations_now() before its call began, or before a store was asked */
    bool is_found;       /* in a store */
};
/* false: not kept: no record, too large, more tags or parts than are kept, or purged since it
 * began. */
bool cache_put(struct cache *c, const struct cache_entry *e);

/* What an answer can be purged by, as far as it is known. */
struct cache_labels {
    struct slice name, url; /* empty: none */
    const struct slice *tags;
    unsigned n_tags;
};
/* When any of them was purged last, or all, on the clock of generations_now(). */
uint64_t cache_purged(const struct cache *c, const struct cache_labels *l);
/* Was any of them purged after that time? Purges of all, and those by prefix, are not of these:
 * they take what is in memory themselves. */
bool cache_is_purged(const struct cache *c, const struct cache_labels *l, uint64_t begun);
/* When a record's name and tags were, and of those that it shows; of a brittle one, of whatever
 * was purged last. */
uint64_t cache_purged_record(const struct cache *c, const struct record *r);

/* Was an answer purged after that time, by what its record tells or by its URL? */
bool cache_is_purged_record(const struct cache *c, const struct record *r, struct slice url,
                            uint64_t begun);

/* Is what a store has of it from before a purge? Not known of purges by prefix, unless it is
 * brittle. */
bool cache_distrusts(const struct cache *c, const struct record *r, struct slice url);

enum cache_purge_kind {
    CACHE_PURGE_KEY, /* of an entry, its key as expanded */
    CACHE_PURGE_TAG,
    CACHE_PURGE_URL,    /* as of cache_entry */
    CACHE_PURGE_PREFIX, /* of names */
    CACHE_PURGE_ALL,
};
struct cache_purge {
    enum cache_purge_kind kind;
    struct slice what;
    uint64_t at_ms; /* since 1970: stores may not have done it by now; 0: they have */
};
/* On this instance. What is on its way when it is called is not kept either. */
void cache_purge(struct cache *c, const struct cache_purge *p);
/* Once a second, by one thread: gives back what is over or purged and nobody asks for, all of it
 * within a minute. */
void cache_sweep(struct cache *c, uint64_t now_ms);
