/* blob.c - counted blocks from free lists of quarter-step sizes */
#include "base/blob.h"

#include <stdlib.h>

#include "base/check.h"

enum {
    SMALLEST_BITS = 10, /* 1 KiB */
    OF_NO_POOL = BLOB_N_CLASSES
};

/* Class 4k+q holds (4+q) * 2^(k-2) KiB: the smallest class whose size is at least n. */
static unsigned class_of(size_t n)
{
    if (n <= (size_t)1 << SMALLEST_BITS)
        return 0;
    unsigned octave = (unsigned)(63 - __builtin_clzll((unsigned long long)(n - 1)));
    unsigned quarter = (unsigned)((n - 1) >> (octave - 2)) & 3;
    return (octave - SMALLEST_BITS) * 4 + quarter + 1;
}

static size_t size_of(unsigned size_class)
{
    return ((size_t)(4 + size_class % 4) << (size_class / 4)) << (SMALLEST_BITS - 2);
}

void blob_pool_init(struct blob_pool *pool, size_t kept_limit, atomic_size_t *n_held)
{
    *pool = (struct blob_pool){.kept_limit = kept_limit, .n_held = n_held};
}

void blob_pool_done(struct blob_pool *pool)
{
    for (unsigned i = 0; i < BLOB_N_CLASSES; i++) {
        while (pool->free[i]) {
            struct blob *b = pool->free[i];
            pool->free[i] = b->next_free;
            free(b);
        }
    }
    pool->n_kept_bytes = 0;
}

static struct blob *make(unsigned size_class, size_t capacity)
{
    struct blob *b = malloc(sizeof(struct blob) + capacity);
    CHECK(b);
    b->size_class = (uint16_t)size_class;
    b->capacity = capacity;
    return b;
}

struct blob *blob_new_behind(size_t n_front, size_t n)
{
    CHECK(n_front <= UINT16_MAX);
    char *at = malloc(n_front + sizeof(struct blob) + n);
    CHECK(at);
    struct blob *b = (struct blob *)(void *)(at + n_front);
    *b = (struct blob){
        .size_class = OF_NO_POOL, .n_front = (uint16_t)n_front, .capacity = n, .n = n};
    atomic_init(&b->n_holders, 1);
    return b;
}

struct blob *blob_new(size_t n)
{
    return blob_new_behind(0, n);
}

struct blob *blob_take(struct blob_pool *pool, size_t n)
{
    unsigned size_class = class_of(n);
    CHECK(size_class < BLOB_N_CLASSES);
    struct blob *b = pool->free[size_class];
    if (b) {
        pool->free[size_class] = b->next_free;
        pool->n_kept_bytes -= b->capacity;
    } else {
        b = make(size_class, size_of(size_class));
    }
    if (pool->n_held)
        atomic_fetch_add_explicit(pool->n_held, b->capacity, memory_order_relaxed);
    atomic_init(&b->n_holders, 1);
    b->n = 0;
    return b;
}

struct blob *blob_take_grown(struct blob_pool *pool, struct blob *b, size_t n)
{
    if (b->capacity >= n)
        return b;
    struct blob *grown = blob_take(pool, n);
    memcpy(grown->at, b->at, b->n);
    grown->n = b->n;
    blob_release(pool, b);
    return grown;
}

void blob_count(struct blob *b, atomic_size_t *n_held)
{
    CHECK(b->size_class == OF_NO_POOL && !b->n_held);
    b->n_held = n_held;
    if (n_held)
        atomic_fetch_add_explicit(n_held, b->capacity, memory_order_relaxed);
}

static void free_own(struct blob *b)
{
    if (b->n_held)
        atomic_fetch_sub_explicit(b->n_held, b->capacity, memory_order_relaxed);
    free((char *)b - b->n_front);
}

void blob_release(struct blob_pool *pool, struct blob *b)
{
    if (atomic_fetch_sub_explicit(&b->n_holders, 1, memory_order_acq_rel) != 1)
        return;
    if (b->size_class == OF_NO_POOL) {
        free_own(b);
        return;
    }
    if (pool->n_held)
        atomic_fetch_sub_explicit(pool->n_held, b->capacity, memory_order_relaxed);
    if (pool->n_kept_bytes + b->capacity > pool->kept_limit) {
        free(b);
        return;
    }
    b->next_free = pool->free[b->size_class];
    pool->free[b->size_class] = b;
    pool->n_kept_bytes += b->capacity;
}

void blob_pool_count(struct blob_pool *pool, size_t *counted, size_t n)
{
    if (pool->n_held && n > *counted)
        atomic_fetch_add_explicit(pool->n_held, n - *counted, memory_order_relaxed);
    else if (pool->n_held && n < *counted)
        atomic_fetch_sub_explicit(pool->n_held, *counted - n, memory_order_relaxed);
    *counted = n;
}
