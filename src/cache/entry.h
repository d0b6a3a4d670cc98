/* entry.h - what a shard of the memory store knows of a record
 *
 * Small, because there may be millions, and in one block with the record, so that a lookup goes to
 * one place: 44 bytes and two for each counter, then the blob of the record. The block is freed
 * with the last share of the blob; until then the entry's part is the shard's, changed under its
 * lock. Only n_uses is counted up by readers that share the lock. The key is the record's own.
 */
#pragma once

#include <stdatomic.h>

#include "base/blob.h"
#include "base/list.h"

struct entry {
    struct entry *next; /* of its bucket; or of those that are freed after the lock is */
    struct list place;  /* in its queue */
    uint64_t begun;     /* generations_now() before its call */
    uint32_t hash;
    uint32_t until_s; /* since 1970; of no use from then on */
    atomic_uchar n_uses;
    bool is_main;  /* in the main queue */
    bool is_found; /* as of struct memory_store_entry */
    uint8_t n_counters;
    uint16_t counters[];
};

/* Bytes before the blob. */
static inline size_t entry_size(unsigned n_counters)
{
    return (offsetof(struct entry, counters) + n_counters * sizeof(uint16_t) + 7) & ~(size_t)7;
}

/* With room for a record of n bytes; its fields are the caller's to set. */
static inline struct entry *entry_new(unsigned n_counters, size_t n)
{
    struct blob *record = blob_new_behind(entry_size(n_counters), n);
    struct entry *e = (struct entry *)(void *)((char *)record - entry_size(n_counters));
    memset(e, 0, entry_size(n_counters));
    e->n_counters = (uint8_t)n_counters;
    return e;
}

static inline struct blob *entry_record(const struct entry *e)
{
    return (struct blob *)(void *)((char *)(uintptr_t)e + entry_size(e->n_counters));
}

/* What malloc() takes for n bytes: a word of its own, all in steps of 16. */
static inline size_t entry_allocated(size_t n)
{
    return (n + sizeof(size_t) + 15) & ~(size_t)15;
}

/* All that it takes, its record included. */
static inline size_t entry_bytes(const struct entry *e)
{
    return entry_allocated(entry_size(e->n_counters) + sizeof(struct blob) +
                           entry_record(e)->capacity);
}

/* The shard's share. What answers hold yet counts in *n_held until they are through. */
static inline void entry_release(struct entry *e, atomic_size_t *n_held)
{
    struct blob *record = entry_record(e);
    if (!blob_is_alone(record)) /* nobody finds it any more, so that alone it stays */
        blob_count(record, n_held);
    blob_release(NULL, record);
}
