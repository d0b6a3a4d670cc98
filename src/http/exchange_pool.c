/* exchange_pool.c - a free list; the arena's first chunk stays with its exchange */
#include "http/exchange_pool.h"

#include <stdlib.h>

#include "base/check.h"

void exchange_pool_init(struct exchange_pool *p)
{
    *p = (struct exchange_pool){.n_free = 0};
}

static void destroy(struct exchange *e)
{
    arena_done(&e->arena);
    free(e);
}

void exchange_pool_done(struct exchange_pool *p)
{
    while (p->free) {
        struct exchange *next = p->free->next_free;
        destroy(p->free);
        p->free = next;
    }
    p->n_free = 0;
}

static struct exchange *make(void)
{
    struct exchange *e = malloc(sizeof *e);
    CHECK(e);
    arena_init(&e->arena, EXCHANGE_ARENA_FIRST, 0);
    return e;
}

struct exchange *exchange_pool_acquire(struct exchange_pool *p, struct blob_pool *blobs,
                                       size_t arena_limit, size_t output_limit)
{
    struct exchange *e = p->free;
    if (e) {
        p->free = e->next_free;
        p->n_free--;
    } else {
        e = make();
    }
    /* All but the arena and the slices, of which each write fills what it needs. */
    memset(&e->request, 0, offsetof(struct exchange, slices) - offsetof(struct exchange, request));
    e->arena.limit = arena_limit;
    outbox_init(&e->outbox, &e->arena, blobs, output_limit);
    return e;
}

void exchange_pool_release(struct exchange_pool *p, struct exchange *e)
{
    outbox_clear(&e->outbox);
    if (e->body)
        blob_release(e->outbox.blobs, e->body);
    if (p->n_free == EXCHANGE_POOL_KEPT) {
        destroy(e);
        return;
    }
    arena_reset(&e->arena);
    e->next_free = p->free;
    p->free = e;
    p->n_free++;
}
