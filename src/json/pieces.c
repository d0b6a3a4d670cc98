/* pieces.c - a list of slices that doubles in its arena
 *
 * The last slice stays where it lies, for the next one may touch it. Once another stands behind it
 * and it is small, it moves to the copies, and becomes part of the slice before it where that one
 * is their end.
 */
#include "json/pieces.h"

enum {
    FIRST_CAPACITY = 16,
    SMALL = 64, /* bytes: about what a slice costs on its way out */
    COPIES_FIRST = 512,
    COPIES_MAX = 8192,
};

static bool grow(struct pieces *p)
{
    unsigned capacity = p->capacity ? 2 * p->capacity : FIRST_CAPACITY;
    struct slice *at = arena_take(p->arena, capacity * sizeof *at);
    if (!at)
        return false;
    if (p->at)
        memcpy(at, p->at, p->n * sizeof *at);
    p->at = at;
    p->capacity = capacity;
    return true;
}

static bool has_room_for_copy(struct pieces *p, size_t n)
{
    if ((size_t)(p->copies_end - p->copies_at) >= n)
        return true;
    size_t size = 2 * (size_t)(p->copies_end - p->copies);
    size = size < COPIES_FIRST ? COPIES_FIRST : size > COPIES_MAX ? COPIES_MAX : size;
    char *at = arena_take(p->arena, size);
    if (!at)
        return false;
    p->copies = p->copies_at = at;
    p->copies_end = at + size;
    return true;
}

/* Without room the slice is left as it is. */
static void move_last_to_copies(struct pieces *p)
{
    struct slice *last = &p->at[p->n - 1];
    if (last->n > SMALL || !has_room_for_copy(p, last->n))
        return;
    bool is_joined = p->n > 1 && last[-1].at + last[-1].n == p->copies_at;
    memcpy(p->copies_at, last->at, last->n);
    if (is_joined) {
        last[-1].n += last->n;
        p->n--;
    } else {
        last->at = p->copies_at;
    }
    p->copies_at += last->n;
}

bool pieces_add(struct pieces *p, struct slice bytes)
{
    if (bytes.n == 0)
        return true;
    struct slice *last = p->n ? &p->at[p->n - 1] : NULL;
    bool is_joined = last && last->at + last->n == bytes.at;
    if (is_joined) {
        last->n += bytes.n;
    } else {
        if (last)
            move_last_to_copies(p);
        if ((!p->at || p->n == p->capacity) && !grow(p))
            return false;
        p->at[p->n++] = bytes;
    }
    p->n_bytes += bytes.n;
    return true;
}

struct slice pieces_join(struct pieces *p)
{
    if (p->n == 0)
        return SLICE("");
    if (p->n == 1)
        return p->at[0];
    char *at = arena_take(p->arena, p->n_bytes);
    if (!at)
        return SLICE_NONE;
    size_t n = 0;
    for (unsigned i = 0; i < p->n; i++) {
        memcpy(at + n, p->at[i].at, p->at[i].n);
        n += p->at[i].n;
    }
    p->at[0] = (struct slice){at, n};
    p->n = 1;
    return p->at[0];
}
