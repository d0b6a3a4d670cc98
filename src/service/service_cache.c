/* service_cache.c - begun with the worker, ended with it */
#include "service/service_cache.h"

#include "base/check.h"
#include "base/units.h"
#include "service/service_flight.h"
#include "service/service_lookup.h"
#include "store/tier.h"

enum {
    KEY_LIMIT = 256 * 1024 /* bytes; what would have a longer one is not remembered */
};

void service_cache_init(struct service_cache *c, struct cache *cache, struct loop *loop,
                        unsigned worker, const struct crew *crew)
{
    *c = (struct service_cache){.cache = cache, .loop = loop, .worker = worker, .crew = crew};
    c->seats = landing_seats_new(loop, worker);
    buffer_init(&c->key, KEY_LIMIT);
    list_init(&c->flights);
}

void service_cache_done(struct service_cache *c)
{
    service_flight_free_kept(c);
    landing_seats_free(c->seats);
    buffer_done(&c->key);
}

void service_cache_forget(struct service_cache *c, struct slice service, struct slice line)
{
    const char *space = line.n ? memchr(line.at, ' ', line.n) : NULL;
    size_t n_method = space ? (size_t)(space - line.at) + 1 : 0;
    c->key.n = 0;
    if (!space || !buffer_append(&c->key, service) || !buffer_append(&c->key, SLICE(":")) ||
        !buffer_append(&c->key, slice_after(line, n_method)))
        return;
    const struct cache_purge p = {CACHE_PURGE_URL, buffer_slice(&c->key),
                                  c->loop->wall_us / US_A_MS};
    cache_purge(c->cache, &p);
    if (c->tier)
        tier_purge(c->tier, &p, NULL, NULL);
}

bool service_cache_believes(const struct service_cache *c, const struct record *r, struct slice url)
{
    unsigned n_names;
    return record_count_names(r, &n_names) &&
           !freshness_is_ahead(&r->freshness, c->loop->wall_us / US_A_MS) &&
           !cache_distrusts(c->cache, r, url);
}

void service_cache_remove(struct service_cache *c, struct slice key)
{
    const struct cache_key place = cache_key_of(key);
    memory_store_remove(c->cache->memory, &place);
    if (c->tier)
        tier_remove(c->tier, &place);
}

static bool has_public(struct service_cache *c, const struct cache_key *place)
{
    struct record r;
    struct blob *b = memory_store_find(c->cache->memory, place, service_lookup_now_ms(c));
    bool is_so = b && record_read(&r, blob_slice(b)) && service_lookup_is_public(&r);
    if (b)
        blob_release(NULL, b);
    return is_so;
}

void service_cache_withdraw(struct service_cache *c, struct slice key)
{
    const struct cache_key place = cache_key_of(key);
    if (has_public(c, &place))
        memory_store_remove(c->cache->memory, &place);
    if (c->tier)
        tier_withdraw(c->tier, &place);
}

void service_cache_drain(struct service_cache *c)
{
    c->is_draining = true;
    service_flight_drain(c);
}
