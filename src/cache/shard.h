/* shard.h - a part of the memory store under a lock of its own; and what is evicted from it
 *
 * S3-FIFO (Yang et al., SOSP 2023): newcomers go through a small queue, a tenth of the bytes. Those
 * that were asked for more than once meanwhile go on to the main queue; the others leave, and their
 * hashes stay as ghosts: who comes back while its ghost is there goes to the main queue at once.
 * From the end of the main queue an entry goes to its beginning again, once for each use up to
 * three. A hit only counts a use, so readers share the lock.
 * No call holds the lock for more than SHARD_STEPS steps at a time. Any thread.
 */
#pragma once

#include <pthread.h>

#include "cache/buckets.h"
#include "cache/memory_store.h"

enum {
    SHARD_STEPS = 64
};

struct shard {
    pthread_rwlock_t lock;
    const struct generations *generations;
    atomic_size_t *n_held;
    struct buckets buckets;
    struct list small, main; /* the newest first */
    size_t limit;
    size_t n_bytes, n_small_bytes; /* of entries */
    uint64_t n_evicted;
    uint32_t n_unswept, sweep_step; /* buckets of this round, from the first on; at a time */
};

struct shard_count {
    size_t n_entries, n_bytes;
    uint64_t n_evicted;
};

/* n_held: as of memory_store_new(). */
void shard_init(struct shard *s, size_t limit, const struct generations *g, atomic_size_t *n_held);
void shard_done(struct shard *s);

/* hash: 32 bits of the key's. *from is set where something is found. */
struct blob *shard_find(struct shard *s, struct slice key, uint32_t hash, uint64_t now_s,
                        struct memory_store_origin *from);
/* Takes e over: its record, times and counters are set. */
bool shard_put(struct shard *s, struct slice key, struct entry *e);
void shard_remove(struct shard *s, struct slice key, uint32_t hash);

typedef bool shard_is_meant(const struct shard *s, const struct entry *e, const void *what);
size_t shard_purge(struct shard *s, shard_is_meant *is_meant, const void *what);
/* One in `parts` of the buckets, next to those of the last sweep. One thread at a time. */
size_t shard_sweep(struct shard *s, unsigned parts, uint64_t now_s);
void shard_count(struct shard *s, struct shard_count *c);
