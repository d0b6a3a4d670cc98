/* exchange_pool.h - exchanges that wait for their next request, arenas kept
 *
 * One worker's. A bounded number is kept, so that the steady state allocates nothing and a burst
 * leaves little behind.
 */
#pragma once

#include "http/exchange.h"

enum {
    EXCHANGE_POOL_KEPT = 256,
    EXCHANGE_ARENA_FIRST = 10 * 1024, /* bytes: a request, its answer's head and what joins it */
};

struct exchange_pool {
    struct exchange *free;
    unsigned n_free;
};

void exchange_pool_init(struct exchange_pool *p);
void exchange_pool_done(struct exchange_pool *p);

/* A clear exchange with an empty arena of at most arena_limit bytes and an outbox of output_limit.
 */
struct exchange *exchange_pool_acquire(struct exchange_pool *p, struct blob_pool *blobs,
                                       size_t arena_limit, size_t output_limit);
/* Gives back all that it holds. */
void exchange_pool_release(struct exchange_pool *p, struct exchange *e);
