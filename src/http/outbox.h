/* outbox.h - what is to be sent, as slices with their owners; pulled by the connection
 *
 * A bounded queue. Small slices are joined by copying into the exchange's arena, so that a writev
 * has few parts; a large one keeps a share of its blob until it is with the kernel. The bound on
 * slices and bytes is the bound on a slow reader. An outbox that is empty, or holds joined bytes
 * alone, takes any one slice, so that whoever waits for room gets it.
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/blob.h"
#include "base/slice.h"

enum {
    OUTBOX_MAX_SLICES = 512, /* that wait */
    OUTBOX_JOIN_BELOW = 256, /* bytes; smaller slices are copied together */
};

struct outbox_item {
    struct slice bytes;
    struct blob *owner; /* NULL: the arena's or constant */
};

struct outbox {
    struct arena *arena;
    struct blob_pool *blobs;
    struct outbox_item *items; /* a ring of capacity items, in the arena */
    unsigned capacity;
    unsigned first;
    unsigned n;
    size_t n_bytes;    /* waiting */
    size_t limit;      /* bytes that may wait */
    unsigned n_peeked; /* from the front: of a write under way, they grow no more */
    char *block;       /* small slices are joined here; used anew whenever all is sent */
    char *join_at;     /* the free part of the block */
    char *join_end;
};

void outbox_init(struct outbox *o, struct arena *arena, struct blob_pool *blobs, size_t limit);
/* false: full; nothing was taken over. */
bool outbox_put(struct outbox *o, struct slice bytes, struct blob *owner) MUST_USE;
/* Would this many more slices of this many bytes in all be taken? */
bool outbox_has_room(const struct outbox *o, unsigned n_slices, size_t n_bytes);
/* n contiguous bytes to be written by the caller, of which outbox_commit() takes the first as one
 * slice. NULL where the arena is full; false where the outbox is. */
char *outbox_reserve(struct outbox *o, size_t n) MUST_USE;
bool outbox_commit(struct outbox *o, size_t n) MUST_USE;
/* Up to max slices from the front, for one write; they stay in the outbox. */
unsigned outbox_peek(struct outbox *o, struct slice *slices, unsigned max);
/* The first n slices are with the kernel: their owners are released. */
void outbox_drop(struct outbox *o, unsigned n);
/* Everything is released. */
void outbox_clear(struct outbox *o);
