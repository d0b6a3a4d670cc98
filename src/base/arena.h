/* arena.h - memory that dies together
 *
 * What dies with an exchange is taken from its arena and never freed alone. An arena has a
 * limit; reaching it is an error like any other (NULL). A reset keeps the first chunk, so that a
 * recycled arena allocates nothing in the steady state; a chunk that had to be larger than usual,
 * for a large first take, is not kept. One thread at a time.
 */
#pragma once

#include <stddef.h>

#include "base/fault.h"
#include "base/slice.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *first;
    struct arena_chunk *last;
    char *at;     /* next free byte of the last chunk */
    char *end;    /* behind the last chunk */
    size_t taken; /* bytes of all chunks */
    size_t limit;
    size_t first_size;
};

/* No memory is held until the first arena_take(). first_size: bytes of the first chunk, unless more
 * are taken at once; a reset keeps no more than that. */
void arena_init(struct arena *a, size_t first_size, size_t limit);
void arena_reset(struct arena *a);
void arena_done(struct arena *a);

/* n bytes, aligned for any type, not cleared; NULL where the limit is reached. */
void *arena_take(struct arena *a, size_t n) MUST_USE;
/* The same, cleared; NULL too where n_items * size overflows. */
void *arena_take_zero(struct arena *a, size_t n_items, size_t size) MUST_USE;
/* A copy of the bytes with a NUL behind it that is not counted; at is NULL past the limit. */
struct slice arena_copy(struct arena *a, struct slice bytes) MUST_USE;
/* printf into the arena; at is NULL past the limit. */
struct slice arena_print(struct arena *a, const char *format, ...) MUST_USE
    __attribute__((format(printf, 2, 3)));
