/* lag_test.c - how soon a lagging loop is noticed, and how soon it is forgotten */
#include "../unit.h"
#include "policy/lag.h"

static const uint64_t ms = 1000000;

static uint64_t after_turns(uint64_t lag, unsigned n, uint64_t took)
{
    for (unsigned i = 0; i < n; i++)
        lag = lag_after_turn(lag, took);
    return lag;
}

static void long_turns_are_noticed_within_seconds(void **unused)
{
    (void)unused;
    assert_in_range(after_turns(0, 5, 600 * ms), 400 * ms, 600 * ms); /* 3 s */
    assert_in_range(after_turns(0, 2, 1000 * ms), 400 * ms, 1000 * ms);
}

static void one_long_turn_alone_is_no_lag(void **unused)
{
    (void)unused;
    assert_in_range(after_turns(0, 1, 600 * ms), 1, 200 * ms);
    assert_in_range(after_turns(0, 1, 3600000 * ms), 1, 399 * ms);
}

static void a_long_turn_counts_beside_many_short_ones(void **unused)
{
    (void)unused;
    uint64_t lag = 0;
    for (unsigned i = 0; i < 10; i++)
        lag = after_turns(after_turns(lag, 1, 900 * ms), 100, ms);
    assert_in_range(lag, 500 * ms, 900 * ms);
}

static void short_turns_make_none(void **unused)
{
    (void)unused;
    assert_int_equal(after_turns(0, 1000, ms / 2), 0);
    assert_int_equal(lag_after_turn(0, ms - 1), 0);
    assert_true(lag_after_turn(0, ms) > 0);
    assert_int_equal(lag_after_turn(ms, 0), ms);
    assert_in_range(after_turns(0, 100000, 5 * ms), 1, 6 * ms);
}

static void rest_takes_it_back(void **unused)
{
    (void)unused;
    uint64_t lag = after_turns(0, 100, 600 * ms);
    assert_in_range(lag, 590 * ms, 600 * ms);
    assert_in_range(lag_after_rest(lag, 2000 * ms), 290 * ms, 310 * ms);
    assert_in_range(lag_after_rest(lag, 3600000 * ms), 0, ms);
    assert_int_equal(lag_after_rest(0, ms), 0);
    assert_int_equal(after_turns(lag, 100000, ms / 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_turns_are_noticed_within_seconds),
        cmocka_unit_test(one_long_turn_alone_is_no_lag),
        cmocka_unit_test(a_long_turn_counts_beside_many_short_ones),
        cmocka_unit_test(short_turns_make_none),
        cmocka_unit_test(rest_takes_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
