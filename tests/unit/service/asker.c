/* asker.c - a cache of one worker beside the fixture's service */
#include "asker.h"

#include <stdlib.h>

#include "service/service_key.h"

const struct record asker_record = {
    .freshness = {.lifetime_ms = FRESHNESS_UNTOLD,
                  .stale_while_revalidate_ms = FRESHNESS_UNTOLD,
                  .stale_if_error_ms = FRESHNESS_UNTOLD},
    .status = 200,
    .body = SLICE_INIT("1"),
    .is_json = true,
};

static void landed(struct seat *s, const struct landing *l)
{
    struct asker *a = LIST_OWNER(s, struct asker, seat);
    a->n_landed++;
    service_flight_read(l, &a->end);
}

void asker_take_seat(struct asker *a)
{
    landing_seat_init(&a->seat, landed);
}

int asker_setup(void **state)
{
    struct asker *a = calloc(1, sizeof *a);
    void *f;
    assert_non_null(a);
    assert_int_equal(fixture_setup(&f), 0);
    a->f = f;
    a->cache = cache_new(1 << 20, NULL);
    service_cache_init(&a->of_worker, a->cache, &a->f->rig.loop, 0, &a->crew);
    a->crew = (struct crew){&a->of_worker.seats, 1};
    a->f->context.cache = &a->of_worker;
    a->settings = (struct config_cache){.is_on = true,
                                        .ttl_ms = ASKER_TTL_MS,
                                        .stale_while_revalidate_ms = ASKER_TTL_MS,
                                        .stale_if_error_ms = ASKER_KEPT_MS,
                                        .respects_origin = true};
    a->caching = (struct service_caching){
        .settings = &a->settings, .key = SLICE("\1k"), .name = SLICE("name")};
    asker_take_seat(a);
    *state = a;
    return 0;
}

int asker_teardown(void **state)
{
    struct asker *a = *state;
    void *f = a->f;
    if (a->lookup.blob)
        blob_release(NULL, a->lookup.blob);
    assert_int_equal(fixture_teardown(&f), 0);
    service_cache_done(&a->of_worker);
    cache_free(a->cache);
    free(a);
    return 0;
}

struct service_question asker_question(const struct asker *a)
{
    return (struct service_question){&a->caching, a->f->request.fields,
                                     service_lookup_now_ms(&a->of_worker)};
}

void asker_look(struct asker *a)
{
    const struct service_question q = asker_question(a);
    if (a->lookup.blob)
        blob_release(NULL, a->lookup.blob);
    service_lookup_find(&a->of_worker, &q, &a->lookup);
}

static void put(struct asker *a, const struct record *r)
{
    const struct cache_entry e = {.record = record_write(r, 4096),
                                  .until_ms = service_lookup_now_ms(&a->of_worker) + ASKER_KEPT_MS,
                                  .begun = generations_now(a->cache->generations)};
    assert_true(cache_put(a->cache, &e));
}

void asker_keep(struct asker *a, struct record r, uint64_t ago_ms)
{
    struct buffer key;
    buffer_init(&key, 1024);
    assert_true(service_key_put_base(&key, &a->caching, !r.freshness.is_public));
    r.name = a->caching.name;
    r.freshness.came_ms = service_lookup_now_ms(&a->of_worker) - ago_ms;
    if (r.vary.n) {
        const struct record sign = {.key = buffer_slice(&key), .name = r.name, .vary = r.vary};
        put(a, &sign);
        assert_true(service_key_put_vary(&key, r.vary, a->f->request.fields));
    }
    r.key = buffer_slice(&key);
    put(a, &r);
    buffer_done(&key);
}
