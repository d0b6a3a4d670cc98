/* memory_store.h - entries of this process, bounded by bytes
 *
 * Sharded by the key's hash. What is evicted is chosen by S3-FIFO (Yang et al., SOSP 2023): a small
 * queue for newcomers, a main one for what was asked for again, and ghosts: hashes of what left the
 * small one lately. Readers of a shard do not wait for each other; no operation holds a shard for
 * longer than a bounded number of steps. Entries are records (record.h), immutable: a new one
 * replaces the old. Who finds one holds its blob; eviction never takes bytes from a reader.
 * Any thread.
 */
#pragma once

#include "base/blob.h"
#include "cache/cache_key.h"
#include "cache/generations.h"
#include "cache/record.h"

enum {
    /* Of an entry: each purge's, its name, its url, its tags, and names and urls of what it shows.
     */
    MEMORY_STORE_COUNTERS = 3 + RECORD_TAGS_MAX + 2 * RECORD_SHOWN_MAX
};

struct memory_store;

/* What it holds; sums over the shards, right to within what changes meanwhile. */
struct memory_store_count {
    size_t n_entries, n_bytes;
    uint64_t n_evicted; /* for room, not for time or purges */
};

/* limit: bytes of keys, records and our own book-keeping together, as malloc() takes them. *n_held
 * has the bytes of records that are in it no more and that their finders hold yet; NULL: nobody
 * asks. */
struct memory_store *memory_store_new(size_t limit, const struct generations *g,
                                      atomic_size_t *n_held);
void memory_store_free(struct memory_store *s);
/* A share of the record, the finder's; NULL: none. An entry whose time is over or that was purged
 * is dropped here. now_ms: since 1970. */
struct blob *memory_store_find(struct memory_store *s, const struct cache_key *k, uint64_t now_ms);
/* Where an entry is from: for who knows of it by other labels than those that it was put with. */
struct memory_store_origin {
    uint64_t begun;
    bool is_found;
};
/* The same, and sets *from where it finds something. */
struct blob *memory_store_find_from(struct memory_store *s, const struct cache_key *k,
                                    uint64_t now_ms, struct memory_store_origin *from);

struct memory_store_entry {
    struct slice record; /* of this key; copied into a block with our book-keeping */
    uint64_t until_ms;   /* since 1970: of no use to anybody from then on, to the second above */
    uint64_t begun;      /* generations_now() before its call */
    bool is_found;       /* in a store: its call may be older than `begun` */
    const uint16_t *counters;
    unsigned n_counters; /* at most MEMORY_STORE_COUNTERS */
};
/* false: it is larger than half of what a shard may hold, or was purged since its call began. */
bool memory_store_put(struct memory_store *s, const struct cache_key *k,
                      const struct memory_store_entry *e);
void memory_store_remove(struct memory_store *s, const struct cache_key *k);
/* Every entry that `is_meant` says yes to; the number. Those that come meanwhile may be left. */
size_t memory_store_purge(struct memory_store *s,
                          bool (*is_meant)(const void *what, const struct blob *record),
                          const void *what);
/* Drops what is over or purged among the next 1 / `parts` of the entries; the number. */
size_t memory_store_sweep(struct memory_store *s, unsigned parts, uint64_t now_ms);
void memory_store_count(struct memory_store *s, struct memory_store_count *c);
