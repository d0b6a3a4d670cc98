/* generations.c - a clock of purges, and when each counter was purged last */
#include "cache/generations.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/memory.h"

struct generations {
    atomic_uint_fast64_t clock;
    atomic_uint_fast64_t all, coming; /* when these were purged last */
    atomic_uint_fast64_t purged[GENERATIONS_N];
    atomic_uint_fast64_t all_until_ms, until_ms[GENERATIONS_N]; /* what a store has is distrusted */
};

struct generations *generations_new(void)
{
    struct generations *g = memory_take_zero(1, sizeof *g);
    return g;
}

void generations_free(struct generations *g)
{
    free(g);
}

uint64_t generations_now(const struct generations *g)
{
    return atomic_load_explicit(&g->clock, memory_order_acquire);
}

uint16_t generations_counter(enum generations_kind kind, struct slice what)
{
    /* An odd factor moves every kind of one text to a counter of its own. */
    uint64_t hash = map_hash(what) * (2 * (uint64_t)kind + UINT64_C(0x9e3779b97f4a7c15));
    uint16_t counter = (uint16_t)(hash >> 48);
    return counter == GENERATIONS_EVERY ? counter + 1 : counter;
}

static uint64_t time_of(const atomic_uint_fast64_t *purged)
{
    return atomic_load_explicit(purged, memory_order_acquire);
}

uint64_t generations_purged(const struct generations *g, uint16_t counter)
{
    return time_of(&g->purged[counter]);
}

uint64_t generations_purged_all(const struct generations *g)
{
    uint64_t all = time_of(&g->all), coming = time_of(&g->coming);
    return all > coming ? all : coming;
}

static bool is_since(const atomic_uint_fast64_t *purged, uint64_t begun)
{
    return time_of(purged) <= begun;
}

bool generations_is_good(const struct generations *g, uint64_t begun, const uint16_t *counters,
                         unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (!is_since(&g->purged[counters[i]], begun))
            return false;
    return is_since(&g->all, begun);
}

bool generations_may_keep(const struct generations *g, uint64_t begun)
{
    return is_since(&g->coming, begun);
}

static void raise(atomic_uint_fast64_t *to, uint64_t time)
{
    uint64_t last = atomic_load(to);
    while (last < time && !atomic_compare_exchange_weak(to, &last, time))
        ;
}

/* The clock first: what begins from now on begins after the purge was asked for. */
static void purge(struct generations *g, atomic_uint_fast64_t *purged)
{
    uint64_t time = atomic_fetch_add(&g->clock, 1) + 1;
    raise(purged, time);
    raise(&g->purged[GENERATIONS_EVERY], time);
}

void generations_distrust(struct generations *g, uint16_t counter, uint64_t until_ms)
{
    raise(&g->until_ms[counter], until_ms);
    raise(&g->until_ms[GENERATIONS_EVERY], until_ms);
}

void generations_distrust_all(struct generations *g, uint64_t until_ms)
{
    raise(&g->all_until_ms, until_ms);
}

uint64_t generations_distrusted(const struct generations *g, uint16_t counter)
{
    uint64_t all = time_of(&g->all_until_ms), one = time_of(&g->until_ms[counter]);
    return all > one ? all : one;
}

void generations_purge(struct generations *g, uint16_t counter)
{
    purge(g, &g->purged[counter]);
}

void generations_purge_all(struct generations *g)
{
    purge(g, &g->all);
}

void generations_purge_coming(struct generations *g)
{
    purge(g, &g->coming);
}
