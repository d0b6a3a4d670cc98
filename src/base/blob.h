/* blob.h - a block of bytes that several may hold: response bodies, cache entries
 *
 * Counted: whoever holds it may pass it on with blob_share() and gives it back with
 * blob_release(). The count is atomic, the bytes belong to their one writer until it shares them.
 * Blobs come from a pool of the worker, in sizes a quarter apart (1, 1.25, 1.5, 1.75, 2, ...), so
 * that a held blob wastes at most a fifth and the steady state allocates nothing; a blob released
 * on another worker goes to that worker's pool. What is kept longer than an answer is a blob of its
 * own (blob_new()): of one size, freed by its last release anywhere. Its bytes are counted by
 * whoever keeps it, or, where nobody does, as blob_count() says.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/slice.h"

enum {
    BLOB_N_CLASSES = 64
};

struct blob {
    atomic_uint n_holders;
    uint16_t size_class;
    uint16_t n_front; /* of no pool: bytes of its maker's before it */
    size_t capacity;
    size_t n; /* bytes in use, the writer's business */
    union {
        struct blob *next_free; /* while in a pool */
        atomic_size_t *n_held;  /* of no pool: what its bytes are counted in; NULL: nothing */
    };
    char at[];
};

struct blob_pool {
    struct blob *free[BLOB_N_CLASSES];
    size_t n_kept_bytes;
    size_t kept_limit;     /* free bytes kept for the next user; above it blobs are freed */
    atomic_size_t *n_held; /* bytes taken and not released, of the process; may be NULL */
};

/* n_held: the process's count, shared by its pools; NULL where nobody asks. */
void blob_pool_init(struct blob_pool *pool, size_t kept_limit, atomic_size_t *n_held);
void blob_pool_done(struct blob_pool *pool);

/* Exactly n bytes, held once, of no pool. */
struct blob *blob_new(size_t n);
/* The same behind n_front bytes of the caller's (a multiple of 8), which live as long. */
struct blob *blob_new_behind(size_t n_front, size_t n);
/* At least n bytes, held once; never NULL. */
struct blob *blob_take(struct blob_pool *pool, size_t n);
/* A blob with room for at least n bytes and the same content; takes over b, which is of a pool. */
struct blob *blob_take_grown(struct blob_pool *pool, struct blob *b, size_t n);
void blob_release(struct blob_pool *pool, struct blob *b);
/* From now until its last release, *n_held has the bytes of this blob, which is of no pool and has
 * not been counted before. By one of its holders; NULL: nobody asks. */
void blob_count(struct blob *b, atomic_size_t *n_held);
/* What a bound on *n_held leaves; all of it where nobody counts. */
static inline size_t blob_bytes_left(const atomic_size_t *n_held, size_t bound)
{
    size_t held = n_held ? atomic_load_explicit(n_held, memory_order_relaxed) : 0;
    return held < bound ? bound - held : 0;
}

/* Has the one who asks the only share? */
static inline bool blob_is_alone(const struct blob *b)
{
    return atomic_load_explicit(&b->n_holders, memory_order_acquire) == 1;
}
/* Memory that is no blob's, held with them: *counted bytes of it so far, n from now on. */
void blob_pool_count(struct blob_pool *pool, size_t *counted, size_t n);

static inline struct blob *blob_share(struct blob *b)
{
    atomic_fetch_add_explicit(&b->n_holders, 1, memory_order_relaxed);
    return b;
}

static inline struct slice blob_slice(const struct blob *b)
{
    return (struct slice){b->at, b->n};
}
