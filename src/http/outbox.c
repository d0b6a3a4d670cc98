/* outbox.c - a ring of slices that grows in the arena, and the block that small ones share */
#include "http/outbox.h"

#include "base/check.h"

enum {
    FIRST_CAPACITY = 16,
    BLOCK_SIZE = 2048,
};

void outbox_init(struct outbox *o, struct arena *arena, struct blob_pool *blobs, size_t limit)
{
    *o = (struct outbox){.arena = arena, .blobs = blobs, .limit = limit};
}

static struct outbox_item *item_at(const struct outbox *o, unsigned i)
{
    return &o->items[(o->first + i) & (o->capacity - 1)];
}

/* Capacities are powers of two, so that a place is found by masking. */
static bool grow(struct outbox *o)
{
    unsigned capacity = o->capacity ? o->capacity * 2 : FIRST_CAPACITY;
    if (o->capacity == OUTBOX_MAX_SLICES)
        return false;
    struct outbox_item *items = arena_take(o->arena, capacity * sizeof *items);
    if (!items)
        return false;
    for (unsigned i = 0; i < o->n; i++)
        items[i] = *item_at(o, i);
    o->items = items;
    o->capacity = capacity;
    o->first = 0;
    return true;
}

static bool push(struct outbox *o, struct slice bytes, struct blob *owner)
{
    if (o->n == o->capacity && !grow(o))
        return false;
    *item_at(o, o->n++) = (struct outbox_item){bytes, owner};
    o->n_bytes += bytes.n;
    return true;
}

/* The last slice lies where the free part of the block begins. */
static bool is_last_joined(const struct outbox *o)
{
    const struct outbox_item *last = item_at(o, o->n - 1);
    return !last->owner && last->bytes.at + last->bytes.n == o->join_at;
}

/* A head that waits alone must not keep a body of any size away. */
bool outbox_has_room(const struct outbox *o, unsigned n_slices, size_t n_bytes)
{
    if (o->n == 0 || (o->n == 1 && is_last_joined(o)))
        return true;
    return n_slices <= OUTBOX_MAX_SLICES - o->n && o->n_bytes < o->limit &&
           n_bytes <= o->limit - o->n_bytes;
}

char *outbox_reserve(struct outbox *o, size_t n)
{
    if ((size_t)(o->join_end - o->join_at) >= n)
        return o->join_at;
    size_t size = n > BLOCK_SIZE ? n : BLOCK_SIZE;
    char *block = arena_take(o->arena, size);
    if (!block)
        return NULL;
    o->block = o->join_at = block;
    o->join_end = block + size;
    return block;
}

static bool can_grow_last(const struct outbox *o)
{
    return o->n != o->n_peeked && is_last_joined(o);
}

bool outbox_commit(struct outbox *o, size_t n)
{
    CHECK(n <= (size_t)(o->join_end - o->join_at));
    if (can_grow_last(o)) {
        item_at(o, o->n - 1)->bytes.n += n;
        o->n_bytes += n;
    } else if (!push(o, (struct slice){o->join_at, n}, NULL)) {
        return false;
    }
    o->join_at += n;
    return true;
}

static bool join(struct outbox *o, struct slice bytes)
{
    char *at = outbox_reserve(o, bytes.n);
    if (!at)
        return false;
    memcpy(at, bytes.at, bytes.n);
    return outbox_commit(o, bytes.n);
}

bool outbox_put(struct outbox *o, struct slice bytes, struct blob *owner)
{
    if (bytes.n && !outbox_has_room(o, 1, bytes.n))
        return false;
    bool is_copied = bytes.n == 0 || (bytes.n < OUTBOX_JOIN_BELOW && join(o, bytes));
    if (!is_copied)
        return push(o, bytes, owner);
    if (owner)
        blob_release(o->blobs, owner);
    return true;
}

unsigned outbox_peek(struct outbox *o, struct slice *slices, unsigned max)
{
    unsigned n = o->n < max ? o->n : max;
    for (unsigned i = 0; i < n; i++)
        slices[i] = item_at(o, i)->bytes;
    o->n_peeked = n;
    return n;
}

void outbox_drop(struct outbox *o, unsigned n)
{
    CHECK(n <= o->n);
    for (unsigned i = 0; i < n; i++) {
        struct outbox_item *item = item_at(o, i);
        o->n_bytes -= item->bytes.n;
        if (item->owner)
            blob_release(o->blobs, item->owner);
    }
    o->n -= n;
    o->n_peeked = 0;
    if (o->n) {
        o->first = (o->first + n) & (o->capacity - 1);
        return;
    }
    o->first = 0;
    o->join_at = o->block;
}

void outbox_clear(struct outbox *o)
{
    outbox_drop(o, o->n);
}
