/* held.c - a blob, compacted before it grows */
#include "http/held.h"

#include "base/check.h"

enum {
    ROOM = 1024, /* bytes that a read shall find at least */
};

void held_keep(struct held *h, struct blob_pool *blobs, struct slice rest)
{
    if (rest.n == 0) {
        held_drop(h, blobs);
        return;
    }
    if (!h->blob) {
        h->blob = blob_take(blobs, rest.n + ROOM);
        h->from = 0;
        memcpy(h->blob->at, rest.at, rest.n);
        h->blob->n = rest.n;
        return;
    }
    CHECK(rest.at + rest.n == h->blob->at + h->blob->n);
    h->from = (size_t)(rest.at - h->blob->at);
}

struct stream_room held_room(struct held *h, struct blob_pool *blobs)
{
    struct blob *b = h->blob;
    if (b->capacity - b->n < ROOM && h->from > 0) {
        b->n -= h->from;
        memmove(b->at, b->at + h->from, b->n);
        h->from = 0;
    }
    if (b->capacity - b->n < ROOM)
        b = h->blob = blob_take_grown(blobs, b, b->capacity * 2);
    return (struct stream_room){b->at + b->n, b->capacity - b->n};
}

void held_add(struct held *h, size_t n)
{
    CHECK(n <= h->blob->capacity - h->blob->n);
    h->blob->n += n;
}

void held_drop(struct held *h, struct blob_pool *blobs)
{
    if (h->blob)
        blob_release(blobs, h->blob);
    h->blob = NULL;
    h->from = 0;
}
