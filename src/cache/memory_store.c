/* memory_store.c - shards by the highest bits of the hash */
#include "cache/memory_store.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"
#include "cache/shard.h"

enum {
    SHARD_BYTES =
        32 << 20, /* one for each so many bytes, so that a shard has room for large ones */
    SHARDS_MAX = 64,
    LINE = 64 /* bytes of the processor's cache: no two locks in one */
};

struct place {
    _Alignas(LINE) struct shard shard;
};

struct memory_store {
    unsigned bits; /* 2 to the power of bits shards */
    struct place *places;
};

static unsigned n_shards(const struct memory_store *s)
{
    return 1U << s->bits;
}

struct memory_store *memory_store_new(size_t limit, const struct generations *g,
                                      atomic_size_t *n_held)
{
    struct memory_store *s = memory_take_zero(1, sizeof *s);
    while (n_shards(s) < SHARDS_MAX && limit / SHARD_BYTES >= 2 * (size_t)n_shards(s))
        s->bits++;
    s->places = aligned_alloc(LINE, n_shards(s) * sizeof *s->places);
    CHECK(s->places);
    for (unsigned i = 0; i < n_shards(s); i++)
        shard_init(&s->places[i].shard, limit / n_shards(s), g, n_held);
    return s;
}

void memory_store_free(struct memory_store *s)
{
    for (unsigned i = 0; i < n_shards(s); i++)
        shard_done(&s->places[i].shard);
    free(s->places);
    free(s);
}

static struct shard *shard_of(struct memory_store *s, const struct cache_key *k)
{
    return &s->places[s->bits ? k->hash >> (64 - s->bits) : 0].shard;
}

struct blob *memory_store_find_from(struct memory_store *s, const struct cache_key *k,
                                    uint64_t now_ms, struct memory_store_origin *from)
{
    return shard_find(shard_of(s, k), k->text, (uint32_t)k->hash, now_ms / 1000, from);
}

struct blob *memory_store_find(struct memory_store *s, const struct cache_key *k, uint64_t now_ms)
{
    struct memory_store_origin from;
    return memory_store_find_from(s, k, now_ms, &from);
}

static uint32_t seconds_above(uint64_t ms)
{
    uint64_t seconds = ms / 1000 + (ms % 1000 > 0);
    return seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX;
}

bool memory_store_put(struct memory_store *s, const struct cache_key *k,
                      const struct memory_store_entry *new)
{
    CHECK(new->n_counters <= MEMORY_STORE_COUNTERS);
    struct entry *e = entry_new(new->n_counters, new->record.n);
    memcpy(entry_record(e)->at, new->record.at, new->record.n);
    e->begun = new->begun;
    e->is_found = new->is_found;
    e->hash = (uint32_t)k->hash;
    e->until_s = seconds_above(new->until_ms);
    if (new->n_counters)
        memcpy(e->counters, new->counters, new->n_counters * sizeof *new->counters);
    return shard_put(shard_of(s, k), k->text, e);
}

void memory_store_remove(struct memory_store *s, const struct cache_key *k)
{
    shard_remove(shard_of(s, k), k->text, (uint32_t)k->hash);
}

struct meaning {
    bool (*is_meant)(const void *what, const struct blob *record);
    const void *what;
};

static bool is_meant(const struct shard *s, const struct entry *e, const void *what)
{
    (void)s;
    const struct meaning *m = what;
    return m->is_meant(m->what, entry_record(e));
}

size_t memory_store_purge(struct memory_store *s,
                          bool (*is_it)(const void *what, const struct blob *record),
                          const void *what)
{
    struct meaning m = {is_it, what};
    size_t n = 0;
    for (unsigned i = 0; i < n_shards(s); i++)
        n += shard_purge(&s->places[i].shard, is_meant, &m);
    return n;
}

size_t memory_store_sweep(struct memory_store *s, unsigned parts, uint64_t now_ms)
{
    size_t n = 0;
    for (unsigned i = 0; i < n_shards(s); i++)
        n += shard_sweep(&s->places[i].shard, parts, now_ms / 1000);
    return n;
}

void memory_store_count(struct memory_store *s, struct memory_store_count *c)
{
    *c = (struct memory_store_count){0};
    for (unsigned i = 0; i < n_shards(s); i++) {
        struct shard_count of;
        shard_count(&s->places[i].shard, &of);
        c->n_entries += of.n_entries;
        c->n_bytes += of.n_bytes;
        c->n_evicted += of.n_evicted;
    }
}
