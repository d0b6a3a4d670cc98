/* limit_test.c - places, fixed and adaptive */
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
    assert_int_equal(limit_now(&l, &adaptive), 20);
    assert_int_equal(l.in_flight, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fixed_limit_has_so_many_places),
        cmocka_unit_test(with_room_the_limit_grows),
        cmocka_unit_test(an_overloaded_service_is_given_less),
        cmocka_unit_test(it_never_leaves_its_bounds),
        cmocka_unit_test(a_drop_anywhere_in_a_window_lowers_it),
        cmocka_unit_test(a_limit_that_nobody_reaches_stays),
        cmocka_unit_test(cancelled_calls_do_not_adapt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
