/* limit_test.c - places, fixed and adaptive */
#include <math.h>
#include <pthread.h>

#include "../unit.h"
#include "policy/limit.h"

static const struct limit_settings fixed = {.is_on = true, .max = 3};
static const struct limit_settings adaptive = {
    .is_on = true, .initial = 20, .least = 1, .most = 1000};

static void a_fixed_limit_has_so_many_places(void **unused)
{
    (void)unused;
    struct limit l;
    limit_init(&l, &fixed);
    for (unsigned i = 0; i < 3; i++)
        assert_true(limit_take(&l, &fixed));
    assert_false(limit_take(&l, &fixed));
    limit_give(&l, &fixed, LIMIT_CANCELLED, 0, 1);
    assert_true(limit_take(&l, &fixed));
    assert_false(limit_take(&l, &fixed));
}

/* A service with so many threads: what is beyond them waits. All places are always asked for. */
static unsigned settle(struct limit *l, uint64_t *now, double threads, double service_us,
                       unsigned rounds)
{
    while (rounds--) {
        unsigned n = 0;
        while (limit_take(l, &adaptive))
            n++;
        double queue = n > threads ? n / threads : 1;
        uint64_t took = (uint64_t)(service_us * queue);
        *now += took / 1000 + 1;
        while (n--)
            limit_give(l, &adaptive, LIMIT_DONE, took, *now);
    }
    return limit_now(l, &adaptive);
}

static void with_room_the_limit_grows(void **unused)
{
    (void)unused;
    struct limit l;
    uint64_t now = 1000;
    limit_init(&l, &adaptive);
    assert_true(settle(&l, &now, 500, 50000, 200) > 100);
}

static void an_overloaded_service_is_given_less(void **unused)
{
    (void)unused;
    struct limit l;
    uint64_t now = 1000;
    limit_init(&l, &adaptive);
    settle(&l, &now, 200, 50000, 300);
    unsigned before = limit_now(&l, &adaptive);
    unsigned after = settle(&l, &now, 20, 50000, 100);
    assert_true(before > 100);
    assert_true(after < before / 2);
}

static void it_never_leaves_its_bounds(void **unused)
{
    (void)unused;
    struct limit l;
    uint64_t now = 1000;
    limit_init(&l, &adaptive);
    assert_true(settle(&l, &now, 1e9, 200000, 3000) <= adaptive.most);
    for (unsigned i = 0; i < 2000; i++) {
        now += 10;
        assert_true(limit_take(&l, &adaptive));
        limit_give(&l, &adaptive, LIMIT_DROPPED, 1000000, now);
    }
    assert_true(limit_now(&l, &adaptive) >= adaptive.least);
}

/* One call in twenty is dropped, and never the one that ends a window. */
static void a_drop_anywhere_in_a_window_lowers_it(void **unused)
{
    (void)unused;
    struct limit l;
    uint64_t now = 1000;
    limit_init(&l, &adaptive);
    for (unsigned round = 0; round < 50; round++, now += 100) {
        unsigned n = 0;
        while (limit_take(&l, &adaptive))
            n++;
        for (unsigned i = 0; i < n; i++)
            limit_give(&l, &adaptive, i == n - 1 ? LIMIT_DROPPED : LIMIT_DONE, 5000, now);
    }
    assert_true(limit_now(&l, &adaptive) < 20);
}

/* The first of many calls that are under way to end are the quickest ones. */
static void the_first_calls_do_not_stand_for_all(void **unused)
{
    (void)unused;
    struct limit l;
    uint64_t now = 1000;
    limit_init(&l, &adaptive);
    for (unsigned i = 0; i < 10; i++)
        assert_true(limit_take(&l, &adaptive));
    for (unsigned i = 0; i < 10; i++)
        limit_give(&l, &adaptive, LIMIT_DONE, 10000, now);
    assert_true(settle(&l, &now, 500, 25000, 200) > 50);
}

/* Calls that took so long end, while so many are under way. */
static void end_calls(struct limit *l, unsigned n, unsigned in_flight, uint64_t took, uint64_t now)
{
    atomic_store(&l->in_flight, in_flight);
    while (n--)
        limit_give(l, &adaptive, LIMIT_DONE, took, now);
}

/* Gradient2 as it is published, a window at a time. */
struct reference {
    double limit, long_us;
    unsigned n;
};

static void follow(struct reference *r, double short_us, double peak)
{
    r->n++;
    r->long_us += (short_us - r->long_us) / (r->n <= 10 ? r->n : 600);
    if (r->long_us / short_us > 2)
        r->long_us *= 0.95;
    double gradient = fmax(0.5, fmin(1, 1.5 * r->long_us / short_us));
    r->long_us = floor(r->long_us * 1024 + 1) / 1024;
    if (peak * 2 < r->limit && gradient >= 1)
        return;
    r->limit = r->limit * 0.8 + (r->limit * gradient + sqrt(r->limit)) * 0.2;
    r->limit = fmax(adaptive.least, fmin(adaptive.most, r->limit));
}

/* `now` counts in 1024ths and cuts what is below. */
static void assert_follows(struct limit *l, struct reference *r, const unsigned (*windows)[3])
{
    for (uint64_t now = 1000; (*windows)[0]; windows++)
        for (unsigned i = 0; i < (*windows)[0]; i++, now += 100) {
            unsigned took = (*windows)[1], in_flight = (*windows)[2];
            end_calls(l, 10, in_flight, took, now);
            follow(r, took, in_flight);
            assert_true(fabs((double)atomic_load(&l->now) / 1024 - r->limit) < 0.002);
            r->limit = (double)atomic_load(&l->now) / 1024;
        }
}

static void it_follows_the_published_algorithm(void **unused)
{
    (void)unused;
    static const unsigned windows[][3] = {/* so many, us, in flight */
                                          {3, 5, 100},  {3, 8, 100},  {4, 4, 100},   {10, 7, 100},
                                          {5, 9, 100},  {5, 5, 10},   {20, 20, 100}, {5, 11, 10},
                                          {40, 2, 100}, {30, 1, 100}, {30, 3, 1000}, {3, 400, 10},
                                          {0, 0, 0}};
    struct limit l;
    struct reference r = {.limit = adaptive.initial};
    limit_init(&l, &adaptive);
    assert_follows(&l, &r, windows);
}

static void it_stays_between_its_least_and_its_most(void **unused)
{
    (void)unused;
    static const unsigned up[][3] = {{300, 1000, 1000}, {0, 0, 0}};
    static const unsigned down[][3] = {{20, 1000, 1000}, {200, 100000, 1000}, {0, 0, 0}};
    struct limit l;
    struct reference r = {.limit = 990};
    limit_init(&l, &(struct limit_settings){.initial = 990});
    assert_follows(&l, &r, up);
    assert_int_equal(limit_now(&l, &adaptive), adaptive.most);
    r = (struct reference){.limit = 1};
    limit_init(&l, &(struct limit_settings){.initial = 1});
    assert_follows(&l, &r, down);
    for (unsigned i = 1; i < 100; i++) {
        const struct limit_settings higher = {.least = 500, .most = 1000};
        atomic_store(&l.in_flight, 10);
        for (unsigned k = 0; k < 10; k++)
            limit_give(&l, &higher, LIMIT_DONE, 100000, 100000 + 100 * i);
    }
    assert_int_equal(atomic_load(&l.now), 500 * 1024);
}

static void half_of_the_places_in_use_are_enough_to_grow(void **unused)
{
    (void)unused;
    struct limit l;
    limit_init(&l, &adaptive);
    end_calls(&l, 10, 9, 5000, 1000);
    assert_int_equal(atomic_load(&l.now), 20 * 1024);
    end_calls(&l, 10, 10, 5000, 1100);
    assert_true(atomic_load(&l.now) > 20 * 1024);
}

static void a_window_has_ten_calls_and_a_tenth_of_a_second(void **unused)
{
    (void)unused;
    struct limit l;
    limit_init(&l, &adaptive);
    end_calls(&l, 9, 100, 5000, 1000);
    assert_int_equal(atomic_load(&l.now), 20 * 1024);
    end_calls(&l, 1, 100, 5000, 1000);
    unsigned first = atomic_load(&l.now);
    assert_true(first > 20 * 1024);
    end_calls(&l, 20, 100, 5000, 1099);
    assert_int_equal(atomic_load(&l.now), first);
    end_calls(&l, 1, 100, 5000, 1100);
    unsigned second = atomic_load(&l.now);
    assert_true(second > first);
    end_calls(&l, 9, 100, 5000, 1300);
    assert_int_equal(atomic_load(&l.now), second);
    end_calls(&l, 1, 100, 5000, 1300);
    assert_true(atomic_load(&l.now) > second);
}

static void calls_that_took_no_time_count(void **unused)
{
    (void)unused;
    struct limit l;
    limit_init(&l, &adaptive);
    end_calls(&l, 10, 100, 0, 1000);
    assert_true(atomic_load(&l.now) > 20 * 1024);
    assert_int_equal(atomic_load(&l.long_us), 1024 + 1);
}

enum {
    THREADS = 4,
    TAKES = 300000
};

static struct limit shared;
static pthread_barrier_t together;
static _Atomic unsigned n_out, n_out_most;

static void *take_and_give(void *unused)
{
    (void)unused;
    pthread_barrier_wait(&together);
    for (unsigned i = 0; i < TAKES; i++) {
        if (!limit_take(&shared, &fixed))
            continue;
        unsigned n = ++n_out;
        if (n > n_out_most)
            n_out_most = n;
        n_out--;
        limit_give(&shared, &fixed, LIMIT_DONE, 1, 1);
    }
    return NULL;
}

static void threads_take_no_place_twice_and_lose_none(void **unused)
{
    (void)unused;
    pthread_t threads[THREADS];
    limit_init(&shared, &fixed);
    pthread_barrier_init(&together, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, NULL), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&together);
    assert_in_range(n_out_most, 1, fixed.max);
    assert_int_equal(atomic_load(&shared.in_flight), 0);
}

static void a_limit_that_nobody_reaches_stays(void **unused)
{
    (void)unused;
    struct limit l;
    limit_init(&l, &adaptive);
    for (uint64_t now = 1000; now < 100000; now += 10) {
        assert_true(limit_take(&l, &adaptive));
        limit_give(&l, &adaptive, LIMIT_DONE, 5000, now);
    }
    assert_int_equal(limit_now(&l, &adaptive), 20);
}

static void cancelled_calls_do_not_adapt(void **unused)
{
    (void)unused;
    struct limit l;
    limit_init(&l, &adaptive);
    for (uint64_t now = 1000; now < 100000; now += 10) {
        assert_true(limit_take(&l, &adaptive));
        limit_give(&l, &adaptive, LIMIT_CANCELLED, 0, now);
    }
    assert_int_equal(l.in_flight, 0);
    atomic_store(&l.in_flight, 1000);
    for (uint64_t now = 200000; now < 204000; now += 10)
        limit_give(&l, &adaptive, LIMIT_CANCELLED, 5000, now);
    assert_int_equal(limit_now(&l, &adaptive), 20);
}

static void a_clock_that_is_behind_ends_no_window(void **unused)
{
    (void)unused;
    struct limit l;
    limit_init(&l, &adaptive);
    end_calls(&l, 10, 100, 5000, 1000);
    unsigned first = atomic_load(&l.now);
    end_calls(&l, 100, 100, 500000, 999);
    assert_int_equal(atomic_load(&l.now), first);
}

static void *serve_with_an_odd_clock(void *behind_ms)
{
    uint64_t behind = *(unsigned *)behind_ms;
    pthread_barrier_wait(&together);
    for (uint64_t i = 0; i < TAKES; i++)
        if (limit_take(&shared, &adaptive))
            limit_give(&shared, &adaptive, LIMIT_DONE, 1000, 1000 + i / 10 - behind);
    return NULL;
}

static void threads_whose_clocks_differ_never_lose_the_limit(void **unused)
{
    (void)unused;
    pthread_t threads[THREADS];
    unsigned behind[THREADS];
    limit_init(&shared, &adaptive);
    pthread_barrier_init(&together, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        behind[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, serve_with_an_odd_clock, &behind[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&together);
    assert_in_range(limit_now(&shared, &adaptive), adaptive.initial, adaptive.most);
}

/* A window of so many calls, of which some are dropped. */
static double limit_after(struct limit *l, unsigned n, unsigned n_dropped, uint64_t now)
{
    atomic_store(&l->in_flight, 1000);
    atomic_store(&l->window, now - 100);
    for (unsigned i = 0; i < n; i++)
        limit_give(l, &adaptive, i < n_dropped ? LIMIT_DROPPED : LIMIT_DONE, 5000,
                   i < n - 1 ? now - 1 : now);
    return (double)atomic_load(&l->now) / 1024;
}

static void it_falls_by_the_share_that_is_dropped(void **unused)
{
    (void)unused;
    static const double kept[] = {1, 0.98, 0.96, 0.94, 0.92, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9};
    for (unsigned tenths = 1; tenths <= 10; tenths++) {
        struct limit l;
        limit_init(&l, &(struct limit_settings){.initial = 500});
        assert_true(fabs(limit_after(&l, 100, tenths * 10, 1000) - 500 * kept[tenths]) < 0.01);
    }
}

static void a_few_drops_leave_room(void **unused)
{
    (void)unused;
    struct limit l;
    double limit = 0;
    unsigned n_dropped = 0, n_calls = 0;
    limit_init(&l, &adaptive);
    for (uint64_t now = 1000; now < 200000; now += 100) { /* two in a hundred, as they come */
        unsigned n = 0, dropped = 0;
        for (; n < 10 * limit_now(&l, &adaptive) || n < 10; n++)
            dropped += ++n_calls % 50 == 0;
        limit = limit_after(&l, n, dropped, now);
        n_dropped += dropped;
    }
    assert_true(n_dropped > 100);
    assert_true(limit > 100);
}

static void drops_alone_lower_it_to_its_least(void **unused)
{
    (void)unused;
    struct limit l;
    limit_init(&l, &adaptive);
    for (uint64_t now = 1000; now < 10000; now += 100)
        limit_after(&l, 10, 10, now);
    assert_int_equal(atomic_load(&l.now), adaptive.least * 1024);
}

/* What fails fast does not make the service look fast. */
static void the_time_of_what_is_dropped_says_nothing(void **unused)
{
    (void)unused;
    struct limit l;
    limit_init(&l, &adaptive);
    for (uint64_t now = 1000; now < 10000; now += 100)
        for (unsigned i = limit_after(&l, 9, 0, now) > 0; i > 0; i--)
            limit_give(&l, &adaptive, LIMIT_DROPPED, 1, now);
    assert_in_range(atomic_load(&l.long_us) / 1024, 4900, 5100);
}

/* The first of so many calls takes its own time; the last ends the window. */
static void end_window(struct limit *l, unsigned n, uint64_t first, uint64_t took, uint64_t now)
{
    atomic_store(&l->window, now - 100);
    for (unsigned i = 0; i < n; i++)
        limit_give(l, &adaptive, LIMIT_DONE, i ? took : first, i < n - 1 ? now - 1 : now);
}

/* The average is kept in 1024ths, and one of them above. */
static void twice_as_fast_is_no_recovery_yet(void **unused)
{
    (void)unused;
    struct limit l;
    limit_init(&l, &adaptive);
    end_window(&l, 1024, 2, 3, 1000);
    assert_int_equal(atomic_load(&l.long_us), 3 * 1024);
    end_window(&l, 1024, 1, 1, 2000);
    assert_int_equal(atomic_load(&l.long_us), 2 * 1024 + 1);
}

static void one_call_that_was_not_dropped_tells_the_latency(void **unused)
{
    (void)unused;
    struct limit l;
    limit_init(&l, &adaptive);
    limit_after(&l, 9, 9, 1000);
    assert_int_equal(atomic_load(&l.long_us), 0);
    limit_give(&l, &adaptive, LIMIT_DONE, 1, 1000);
    assert_int_equal(atomic_load(&l.long_us), 1024 + 1);
}

/* Another thread has told the one and not yet the other. */
static void half_of_what_a_call_tells_says_nothing(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        struct limit l;
        limit_init(&l, &adaptive);
        atomic_store(i ? &l.sum_us : &l.n, 1);
        limit_after(&l, i ? 10 : 9, i ? 10 : 9, 1000);
        assert_int_equal(atomic_load(&l.n), 0); /* the window has ended */
        assert_int_equal(atomic_load(&l.long_us), 0);
        assert_int_equal(atomic_load(&l.n_averaged), 0);
    }
}

static void without_any_latency_it_is_not_taken_for_a_bad_one(void **unused)
{
    (void)unused;
    struct limit l;
    limit_init(&l, &adaptive);
    atomic_store(&l.in_flight, 1000);
    atomic_store(&l.n, 100);
    limit_give(&l, &adaptive, LIMIT_DROPPED, 5000, 1000);
    assert_true(atomic_load(&l.now) > 20 * 1024);
}

static void one_drop_counts_though_few_places_were_asked_for(void **unused)
{
    (void)unused;
    struct limit l;
    limit_init(&l, &adaptive);
    atomic_store(&l.in_flight, 9);
    limit_give(&l, &adaptive, LIMIT_DROPPED, 5000, 1000);
    atomic_store(&l.in_flight, 9);
    for (unsigned i = 0; i < 9; i++)
        limit_give(&l, &adaptive, LIMIT_DONE, 5000, 1000);
    assert_true(atomic_load(&l.now) < 20 * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fixed_limit_has_so_many_places),
        cmocka_unit_test(with_room_the_limit_grows),
        cmocka_unit_test(an_overloaded_service_is_given_less),
        cmocka_unit_test(it_never_leaves_its_bounds),
        cmocka_unit_test(a_drop_anywhere_in_a_window_lowers_it),
        cmocka_unit_test(the_first_calls_do_not_stand_for_all),
        cmocka_unit_test(it_follows_the_published_algorithm),
        cmocka_unit_test(it_stays_between_its_least_and_its_most),
        cmocka_unit_test(half_of_the_places_in_use_are_enough_to_grow),
        cmocka_unit_test(a_window_has_ten_calls_and_a_tenth_of_a_second),
        cmocka_unit_test(calls_that_took_no_time_count),
        cmocka_unit_test(threads_take_no_place_twice_and_lose_none),
        cmocka_unit_test(a_limit_that_nobody_reaches_stays),
        cmocka_unit_test(cancelled_calls_do_not_adapt),
        cmocka_unit_test(a_clock_that_is_behind_ends_no_window),
        cmocka_unit_test(threads_whose_clocks_differ_never_lose_the_limit),
        cmocka_unit_test(it_falls_by_the_share_that_is_dropped),
        cmocka_unit_test(a_few_drops_leave_room),
        cmocka_unit_test(drops_alone_lower_it_to_its_least),
        cmocka_unit_test(the_time_of_what_is_dropped_says_nothing),
        cmocka_unit_test(twice_as_fast_is_no_recovery_yet),
        cmocka_unit_test(one_call_that_was_not_dropped_tells_the_latency),
        cmocka_unit_test(half_of_what_a_call_tells_says_nothing),
        cmocka_unit_test(without_any_latency_it_is_not_taken_for_a_bad_one),
        cmocka_unit_test(one_drop_counts_though_few_places_were_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
