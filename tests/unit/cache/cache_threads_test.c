/* cache_threads_test.c - several threads find, put, purge, sweep, join, leave and land at once */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/random.h"
#include "stored.h"

enum {
    THREADS = 4,
    STEPS = 4000,
    KEYS = 200,
    LATER = 1000000
};

struct shared {
    struct cache *cache;
    atomic_uint next;            /* number of a thread */
    atomic_uint under_way[KEYS]; /* flights of a key: never more than one */
    atomic_uint n_told;          /* seats that flights gave back */
    atomic_uint n_seats;         /* that were taken */
    atomic_uint n_last;          /* that left a flight without seats */
    atomic_uint n_abandoned;
};

/* Not stored_record(), whose body is one for all threads. */
static struct blob *write_record(struct slice key, size_t n)
{
    char body[2000];
    memset(body, (int)('a' + n % 26), n);
    const struct slice tag = SLICE_INIT("shop");
    const struct record r = {
        .status = 200, .key = key, .name = key, .body = {body, n}, .tags = &tag, .n_tags = 1};
    return record_write(&r, 4096);
}

/* Bytes that a thread wrote whole, whoever evicts or replaces them meanwhile. */
static bool is_whole(struct blob *b, struct slice key)
{
    struct record r;
    bool is_good = record_read(&r, blob_slice(b)) && slice_equal(r.key, key);
    for (size_t i = 0; is_good && i < r.body.n; i++)
        is_good = r.body.at[i] == (char)('a' + r.body.n % 26);
    blob_release(NULL, b);
    return is_good;
}

static void find_or_put(struct cache *c, const struct cache_key *k, struct random *r)
{
    struct blob *found = memory_store_find(c->memory, k, 0);
    if (found) {
        if (!is_whole(found, k->text))
            abort();
        return;
    }
    const struct cache_entry e = {.record = write_record(k->text, random_below(r, 2000)),
                                  .until_ms = LATER,
                                  .begun = generations_now(c->generations)};
    (void)cache_put(c, &e);
}

static void disturb(struct cache *c, const struct cache_key *k, struct random *r)
{
    const enum cache_purge_kind kind = (enum cache_purge_kind)random_below(r, CACHE_PURGE_ALL + 1);
    const struct cache_purge p = {.kind = kind,
                                  .what = kind == CACHE_PURGE_TAG ? SLICE("shop") : k->text};
    struct memory_store_count count;
    switch (random_below(r, 40)) {
    case 0:
        cache_purge(c, &p);
        break;
    case 1:
        cache_sweep(c, 0);
        break;
    case 2:
        memory_store_remove(c->memory, k);
        break;
    default:
        memory_store_count(c->memory, &count);
    }
}

static void *use_the_store(void *of)
{
    struct shared *s = of;
    struct random r;
    unsigned number = atomic_fetch_add(&s->next, 1);
    random_init_seeded(&r, number);
    for (unsigned i = 0; i < STEPS; i++) {
        char text[16];
        int n = snprintf(text, sizeof text, "%u", (unsigned)random_below(&r, KEYS));
        struct cache_key k = cache_key_of((struct slice){text, (size_t)n});
        find_or_put(s->cache, &k, &r);
        /* Sweeps are of one thread alone. */
        if (i % 5 == 0 && number == 0)
            disturb(s->cache, &k, &r);
        else if (i % 500 == 0)
            cache_purge(s->cache,
                        &(struct cache_purge){.kind = CACHE_PURGE_TAG, .what = SLICE("shop")});
    }
    return NULL;
}

static void land(struct shared *s, const struct cache_key *k, unsigned number,
                 struct flight_seat seat)
{
    struct flight_seat *seats;
    atomic_fetch_sub(&s->under_way[number], 1);
    atomic_fetch_add(&s->n_told, (unsigned)flights_land(s->cache->flights, k, seat, &seats));
    free(seats);
}

/* As the lead's worker does when it hears that nobody waits: the seat's owner has left. */
static bool abandon(struct shared *s, const struct cache_key *k, unsigned number,
                    struct flight_seat seat)
{
    struct flight_seat told;
    if (!flights_leave(s->cache->flights, k, seat, &told))
        return false;
    atomic_fetch_sub(&s->under_way[number], 1);
    if (flights_abandon(s->cache->flights, k, seat, seat)) {
        atomic_fetch_add(&s->n_abandoned, 1);
        return true;
    }
    atomic_fetch_add(&s->under_way[number], 1);
    return false;
}

static void lead(struct shared *s, const struct cache_key *k, unsigned number,
                 struct flight_seat seat)
{
    if (atomic_fetch_add(&s->under_way[number], 1) != 0)
        abort();
    if (seat.slot % 2 == 0 || !abandon(s, k, number, seat))
        land(s, k, number, seat);
}

static void *fly(void *of)
{
    struct shared *s = of;
    struct random r;
    struct flight_seat told;
    uint32_t worker = atomic_fetch_add(&s->next, 1);
    random_init_seeded(&r, worker);
    for (uint32_t i = 0; i < STEPS; i++) {
        char text[16];
        unsigned number = (unsigned)random_below(&r, 5);
        int n = snprintf(text, sizeof text, "%u", number);
        struct cache_key k = cache_key_of((struct slice){text, (size_t)n});
        struct flight_seat seat = {worker, i, i};
        struct flight_ask ask = {.seat = seat, .lead = seat};
        bool leads = flights_join(s->cache->flights, &k, &ask) == FLIGHT_LEADS;
        atomic_fetch_add(&s->n_seats, 1);
        if (leads)
            lead(s, &k, number, seat);
        else if (random_below(&r, 2) && flights_leave(s->cache->flights, &k, seat, &told))
            atomic_fetch_add(&s->n_last, 1);
    }
    return NULL;
}

/* Purges all the time: a key may have several flights, and nobody joins one that is too old. */
static void *fly_over_purges(void *of)
{
    struct shared *s = of;
    struct random r;
    const struct cache_labels labels = {.name = SLICE("shop")};
    const struct cache_key k = cache_key_of(SLICE("key"));
    uint32_t worker = atomic_fetch_add(&s->next, 1);
    random_init_seeded(&r, worker);
    for (uint32_t i = 0; i < STEPS; i++) {
        struct flight_seat seat = {worker, i, i};
        struct flight_ask ask = {.seat = seat, .lead = seat};
        if (random_below(&r, 8) == 0)
            cache_purge(s->cache,
                        &(struct cache_purge){.kind = CACHE_PURGE_KEY, .what = labels.name});
        ask.since = cache_purged(s->cache, &labels);
        ask.begun = generations_now(s->cache->generations);
        if (flights_join(s->cache->flights, &k, &ask) == FLIGHT_LEADS) {
            struct flight_seat *seats;
            atomic_fetch_add(&s->n_told,
                             (unsigned)flights_land(s->cache->flights, &k, seat, &seats));
            free(seats);
        }
        if (ask.begun < ask.since)
            abort();
        atomic_fetch_add(&s->n_seats, 1);
    }
    return NULL;
}

static void run(struct shared *s, void *(*what)(void *))
{
    pthread_t threads[THREADS];
    atomic_store(&s->next, 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, what, s), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void the_store_gives_whole_records_to_all_threads(void **unused)
{
    (void)unused;
    atomic_size_t n_held = 0;
    struct shared s = {.cache = cache_new(100 << 10, &n_held)};
    run(&s, use_the_store);
    struct memory_store_count count;
    memory_store_count(s.cache->memory, &count);
    assert_true(count.n_bytes <= 100 << 10);
    assert_true(count.n_evicted > 0);
    assert_int_equal(n_held, 0);
    cache_free(s.cache);
}

static void a_key_has_one_flight_at_a_time_and_each_seat_is_told(void **unused)
{
    (void)unused;
    struct shared s = {.cache = cache_new(0, NULL)};
    run(&s, fly);
    assert_int_equal(flights_count(s.cache->flights), 0);
    assert_true(atomic_load(&s.n_told) > 0);
    assert_true(atomic_load(&s.n_abandoned) > 0);
    assert_true(atomic_load(&s.n_told) <= atomic_load(&s.n_seats));
    cache_free(s.cache);
}

static void over_purges_each_seat_is_told_by_a_flight_that_is_not_too_old(void **unused)
{
    (void)unused;
    struct shared s = {.cache = cache_new(0, NULL)};
    run(&s, fly_over_purges);
    assert_int_equal(flights_count(s.cache->flights), 0);
    assert_int_equal(atomic_load(&s.n_told), atomic_load(&s.n_seats));
    cache_free(s.cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_store_gives_whole_records_to_all_threads),
        cmocka_unit_test(a_key_has_one_flight_at_a_time_and_each_seat_is_told),
        cmocka_unit_test(over_purges_each_seat_is_told_by_a_flight_that_is_not_too_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
