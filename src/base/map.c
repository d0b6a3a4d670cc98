/* map.c - entries in an array, their places in a table of twice the size */
#include "base/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/check.h"
#include "base/random.h"

enum {
    FIRST_SLOTS = 16
};

static uint64_t seed;

static void choose_seed(void)
{
    struct random r;
    random_init(&r);
    seed = random_next(&r);
}

uint64_t map_hash(struct slice name)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    CHECK(pthread_once(&once, choose_seed) == 0);
    return XXH3_64bits_withSeed(name.at, name.n, seed);
}

void map_init(struct map *m, uint32_t limit)
{
    CHECK(limit <= UINT32_MAX / 4);
    *m = (struct map){.limit = limit};
}

void map_done(struct map *m)
{
    free(m->entries);
    free(m->slots);
    map_init(m, m->limit);
}

/* The slot that holds the name, or the free one where it would go. */
static uint32_t *slot_of(const struct map *m, struct slice name, uint64_t hash)
{
    for (uint32_t i = (uint32_t)hash;; i++) {
        uint32_t *slot = &m->slots[i & (m->n_slots - 1)];
        if (*slot == 0)
            return slot;
        const struct map_entry *e = &m->entries[*slot - 1];
        if (e->hash == hash && slice_equal(e->name, name))
            return slot;
    }
}

static void grow(struct map *m)
{
    m->n_slots = m->n_slots ? m->n_slots * 2 : FIRST_SLOTS;
    free(m->slots);
    m->slots = calloc(m->n_slots, sizeof *m->slots);
    m->entries = realloc(m->entries, m->n_slots / 2 * sizeof *m->entries);
    CHECK(m->slots && m->entries);
    for (uint32_t i = 0; i < m->n; i++)
        *slot_of(m, m->entries[i].name, m->entries[i].hash) = i + 1;
}

enum map_added map_add(struct map *m, struct slice name, void *value)
{
    uint64_t hash = map_hash(name);
    if (m->n && *slot_of(m, name, hash))
        return MAP_PRESENT;
    if (m->n == m->limit)
        return MAP_FULL;
    if (m->n == m->n_slots / 2)
        grow(m);
    m->entries[m->n++] = (struct map_entry){name, value, hash};
    *slot_of(m, name, hash) = m->n;
    return MAP_ADDED;
}

struct map_entry *map_find(const struct map *m, struct slice name)
{
    if (m->n == 0)
        return NULL;
    uint32_t at = *slot_of(m, name, map_hash(name));
    return at ? &m->entries[at - 1] : NULL;
}

void *map_get(const struct map *m, struct slice name)
{
    struct map_entry *e = map_find(m, name);
    return e ? e->value : NULL;
}
