/* buckets.h - entries by hash, in a table that grows and shrinks by one bucket at a time
 *
 * Linear hashing (Litwin, 1980): there are about as many buckets as entries, and an entry that
 * comes or goes splits or joins one or two, so that no operation moves the whole table. Buckets lie
 * in segments. Each also remembers the last hash that was given to it as a ghost; so a ghost lives,
 * on average, for as many more ghosts as the store has entries.
 * One thread at a time; several may look.
 */
#pragma once

#include "cache/entry.h"

enum {
    BUCKETS_SEGMENT = 256 /* buckets; there is always one segment */
};

struct bucket {
    struct entry *first;
    uint32_t ghost; /* 0: none */
};

struct buckets {
    struct bucket **segments;
    uint32_t n, n_max;
    uint32_t n_entries;
    unsigned n_walks; /* that go through them by number: none are joined meanwhile */
};

/* most: entries, about; more of them make longer chains. */
void buckets_init(struct buckets *b, size_t most);
/* The entries are not freed. */
void buckets_done(struct buckets *b);
/* What they take, the ghosts included. */
size_t buckets_bytes(const struct buckets *b);

struct bucket *buckets_of(const struct buckets *b, uint32_t hash);
struct bucket *buckets_numbered(const struct buckets *b, uint32_t number);
void buckets_add(struct buckets *b, struct entry *e);
void buckets_remove(struct buckets *b, struct entry *e);
/* After many have gone during a walk: joins up to n. false: there is nothing left to join. */
bool buckets_narrow(struct buckets *b, unsigned n);

void buckets_add_ghost(struct buckets *b, uint32_t hash);
/* Was there one? It is none any more. */
bool buckets_take_ghost(struct buckets *b, uint32_t hash);
