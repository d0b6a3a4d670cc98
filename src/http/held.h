/* held.h - bytes that were read and cannot be used yet: part of a head, or what was read ahead
 *
 * Empty nearly always, and then without memory: most heads come whole. The bytes lie contiguous
 * in a blob of the worker's pool that grows as it fills; how far is up to the caller.
 */
#pragma once

#include "base/blob.h"
#include "net/stream.h"

struct held {
    struct blob *blob; /* NULL: nothing is held */
    size_t from;       /* the first byte that is still wanted */
};

static inline struct slice held_bytes(const struct held *h)
{
    if (!h->blob)
        return SLICE_NONE;
    return (struct slice){h->blob->at + h->from, h->blob->n - h->from};
}

/* Keeps these bytes and nothing else: either an end of what is held, or, where nothing is held, any
 * others (copied). */
void held_keep(struct held *h, struct blob_pool *blobs, struct slice rest);
/* Where the next bytes go behind those held; something must be held. May move them. */
struct stream_room held_room(struct held *h, struct blob_pool *blobs);
/* n bytes were read into the room. */
void held_add(struct held *h, size_t n);
void held_drop(struct held *h, struct blob_pool *blobs);
