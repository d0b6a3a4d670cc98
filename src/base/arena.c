/* arena.c - chunks in a chain, a pointer that only moves forward */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

struct arena_chunk {
    struct arena_chunk *next;
    size_t size; /* of the whole chunk, this head included */
    max_align_t bytes[];
};

enum {
    ALIGNMENT = _Alignof(max_align_t)
};

void arena_init(struct arena *a, size_t first_size, size_t limit)
{
    *a = (struct arena){.limit = limit, .first_size = first_size};
}

static void use(struct arena *a, struct arena_chunk *c)
{
    a->last = c;
    a->at = (char *)c->bytes;
    a->end = (char *)c + c->size;
}

static void free_from(struct arena_chunk *c)
{
    while (c) {
        struct arena_chunk *next = c->next;
        free(c);
        c = next;
    }
}

void arena_reset(struct arena *a)
{
    if (!a->first)
        return;
    if (a->first->size > a->first_size) {
        arena_done(a);
        return;
    }
    free_from(a->first->next);
    a->first->next = NULL;
    a->taken = a->first->size;
    use(a, a->first);
}

void arena_done(struct arena *a)
{
    free_from(a->first);
    arena_init(a, a->first_size, a->limit);
}

static bool add_chunk(struct arena *a, size_t n)
{
    size_t size = a->first ? a->last->size * 2 : a->first_size;
    if (size < n + sizeof(struct arena_chunk))
        size = n + sizeof(struct arena_chunk);
    if (size > a->limit - a->taken)
        size = n + sizeof(struct arena_chunk);
    if (n > a->limit || size > a->limit - a->taken)
        return false;
    struct arena_chunk *c = malloc(size);
    CHECK(c);
    c->next = NULL;
    c->size = size;
    if (a->first)
        a->last->next = c;
    else
        a->first = c;
    a->taken += size;
    use(a, c);
    return true;
}

void *arena_take(struct arena *a, size_t n)
{
    if (n > SIZE_MAX / 2)
        return NULL;
    n = (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if ((!a->first || (size_t)(a->end - a->at) < n) && !add_chunk(a, n))
        return NULL;
    void *at = a->at;
    a->at += n;
    return at;
}

void *arena_take_zero(struct arena *a, size_t n_items, size_t size)
{
    size_t n;
    if (__builtin_mul_overflow(n_items, size, &n))
        return NULL;
    void *at = arena_take(a, n);
    if (at)
        memset(at, 0, n);
    return at;
}

struct slice arena_copy(struct arena *a, struct slice bytes)
{
    char *at = arena_take(a, bytes.n + 1);
    if (!at)
        return SLICE_NONE;
    if (bytes.n)
        memcpy(at, bytes.at, bytes.n);
    at[bytes.n] = '\0';
    return (struct slice){at, bytes.n};
}

struct slice arena_print(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(n >= 0);
    char *at = arena_take(a, (size_t)n + 1);
    if (!at)
        return SLICE_NONE;
    va_start(args, format);
    vsnprintf(at, (size_t)n + 1, format, args);
    va_end(args);
    return (struct slice){at, (size_t)n};
}
