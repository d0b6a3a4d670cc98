/* pieces.h - a JSON text as a list of slices, so that what is kept of a document need not be copied
 *
 * The slices lie in the document that they were cut from, in constants, or in the arena: neighbours
 * that touch are joined, and small ones are copied together, which takes less room than a list of
 * them would.
 */
#pragma once

#include "base/arena.h"

struct pieces {
    struct slice *at;
    unsigned n, capacity;
    size_t n_bytes;
    struct arena *arena; /* for the list, and for copies */
    /* For pieces.c: where copies go. */
    char *copies, *copies_at, *copies_end;
};

static inline struct pieces pieces_in(struct arena *arena)
{
    return (struct pieces){.arena = arena};
}

/* false: the arena is full. An empty slice adds nothing. */
bool pieces_add(struct pieces *p, struct slice bytes) MUST_USE;
/* All of it in one place: the only slice, or a copy in the arena that is the only one from then on;
 * at NULL: the arena is full. */
struct slice pieces_join(struct pieces *p) MUST_USE;
