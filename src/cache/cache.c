/* cache.c - records and purges, in the words of the counters */
#include "cache/cache.h"

#include <stdlib.h>

#include "base/memory.h"

enum {
    SWEEPS = 60 /* go over all entries */
};

struct cache *cache_new(size_t memory, atomic_size_t *n_held)
{
    struct cache *c = memory_take_zero(1, sizeof *c);
    c->generations = generations_new();
    c->memory = memory_store_new(memory, c->generations, n_held);
    c->flights = flights_new();
    return c;
}

void cache_free(struct cache *c)
{
    flights_free(c->flights);
    memory_store_free(c->memory);
    generations_free(c->generations);
    free(c);
}

static void add_counter(struct memory_store_entry *e, uint16_t *counters,
                        enum generations_kind kind, struct slice label)
{
    if (label.n)
        counters[e->n_counters++] = generations_counter(kind, label);
}

/* false: it has more names than are kept. */
static bool count_up(const struct record *r, struct slice url, struct memory_store_entry *e,
                     uint16_t *counters)
{
    struct slice tag;
    struct record_shown shown;
    unsigned n;
    if (!record_count_names(r, &n))
        return false;
    e->counters = counters;
    if (r->is_brittle)
        counters[e->n_counters++] = GENERATIONS_EVERY;
    add_counter(e, counters, GENERATIONS_NAME, r->name);
    add_counter(e, counters, GENERATIONS_URL, url);
    for (size_t at = 0; record_next_tag(r, &at, &tag);)
        add_counter(e, counters, GENERATIONS_TAG, tag);
    for (size_t at = 0; record_next_shown(r, &at, &shown);) {
        add_counter(e, counters, GENERATIONS_NAME, shown.name);
        add_counter(e, counters, GENERATIONS_URL, shown.url);
    }
    return true;
}

static bool put(struct cache *c, const struct cache_entry *entry)
{
    uint16_t counters[MEMORY_STORE_COUNTERS];
    struct memory_store_entry e = {
        .record = blob_slice(entry->record),
        .until_ms = entry->until_ms,
        .begun = entry->begun,
        .is_found = entry->is_found,
    };
    struct record r;
    if (!record_read(&r, e.record) || !count_up(&r, entry->url, &e, counters))
        return false;
    struct cache_key key = cache_key_of(r.key);
    return memory_store_put(c->memory, &key, &e);
}

bool cache_put(struct cache *c, const struct cache_entry *entry)
{
    bool is_kept = put(c, entry);
    blob_release(NULL, entry->record);
    return is_kept;
}

static void take_later(const struct cache *c, enum generations_kind kind, struct slice label,
                       uint64_t *time)
{
    if (label.n == 0)
        return;
    uint64_t purged = generations_purged(c->generations, generations_counter(kind, label));
    if (purged > *time)
        *time = purged;
}

static uint64_t purged_of(const struct cache *c, const struct cache_labels *l, uint64_t time)
{
    take_later(c, GENERATIONS_NAME, l->name, &time);
    take_later(c, GENERATIONS_URL, l->url, &time);
    for (unsigned i = 0; i < l->n_tags; i++)
        take_later(c, GENERATIONS_TAG, l->tags[i], &time);
    return time;
}

uint64_t cache_purged(const struct cache *c, const struct cache_labels *l)
{
    return purged_of(c, l, generations_purged_all(c->generations));
}

bool cache_is_purged(const struct cache *c, const struct cache_labels *l, uint64_t begun)
{
    return purged_of(c, l, begun) > begun;
}

uint64_t cache_purged_record(const struct cache *c, const struct record *r)
{
    uint64_t time = cache_purged(c, &(struct cache_labels){.name = r->name});
    struct slice tag;
    struct record_shown shown;
    for (size_t at = 0; record_next_tag(r, &at, &tag);)
        take_later(c, GENERATIONS_TAG, tag, &time);
    for (size_t at = 0; record_next_shown(r, &at, &shown);) {
        take_later(c, GENERATIONS_NAME, shown.name, &time);
        take_later(c, GENERATIONS_URL, shown.url, &time);
    }
    uint64_t every = generations_purged(c->generations, GENERATIONS_EVERY);
    return r->is_brittle && every > time ? every : time;
}

bool cache_is_purged_record(const struct cache *c, const struct record *r, struct slice url,
                            uint64_t begun)
{
    const struct cache_labels labels = {.url = url};
    return cache_purged_record(c, r) > begun || cache_purged(c, &labels) > begun;
}

static bool is_any(const void *what, const struct blob *record)
{
    (void)what;
    (void)record;
    return true;
}

static bool has_prefix(const void *prefix, const struct blob *record)
{
    struct record r;
    struct record_shown shown;
    struct slice beginning = *(const struct slice *)prefix;
    if (!record_read(&r, blob_slice(record)))
        return false;
    bool is_so = slice_starts(r.name, beginning);
    for (size_t at = 0; !is_so && record_next_shown(&r, &at, &shown);)
        is_so = slice_starts(shown.name, beginning);
    return is_so;
}

static bool is_distrusted(const struct cache *c, const struct record *r, enum generations_kind kind,
                          struct slice label)
{
    uint16_t counter = generations_counter(kind, label);
    return generations_distrusted(c->generations, counter) >= r->freshness.came_ms;
}

bool cache_distrusts(const struct cache *c, const struct record *r, struct slice url)
{
    struct slice tag;
    struct record_shown shown;
    bool is_so =
        is_distrusted(c, r, GENERATIONS_NAME, r->name) || is_distrusted(c, r, GENERATIONS_URL, url);
    for (size_t at = 0; !is_so && record_next_tag(r, &at, &tag);)
        is_so = is_distrusted(c, r, GENERATIONS_TAG, tag);
    for (size_t at = 0; !is_so && record_next_shown(r, &at, &shown);)
        is_so = is_distrusted(c, r, GENERATIONS_NAME, shown.name) ||
                is_distrusted(c, r, GENERATIONS_URL, shown.url);
    return is_so || (r->is_brittle && generations_distrusted(c->generations, GENERATIONS_EVERY) >=
                                          r->freshness.came_ms);
}

static void purge_label(struct cache *c, const struct cache_purge *p, enum generations_kind kind)
{
    uint16_t counter = generations_counter(kind, p->what);
    generations_distrust(c->generations, counter, p->at_ms);
    generations_purge(c->generations, counter);
}

void cache_purge(struct cache *c, const struct cache_purge *p)
{
    switch (p->kind) {
    case CACHE_PURGE_KEY:
        purge_label(c, p, GENERATIONS_NAME);
        break;
    case CACHE_PURGE_TAG:
        purge_label(c, p, GENERATIONS_TAG);
        break;
    case CACHE_PURGE_URL:
        purge_label(c, p, GENERATIONS_URL);
        break;
    case CACHE_PURGE_PREFIX:
        generations_distrust(c->generations, GENERATIONS_EVERY, p->at_ms);
        generations_purge_coming(c->generations);
        memory_store_purge(c->memory, has_prefix, &p->what);
        break;
    case CACHE_PURGE_ALL:
        generations_distrust_all(c->generations, p->at_ms);
        generations_purge_all(c->generations);
        memory_store_purge(c->memory, is_any, NULL);
        break;
    }
}

void cache_sweep(struct cache *c, uint64_t now_ms)
{
    memory_store_sweep(c->memory, SWEEPS, now_ms);
}
