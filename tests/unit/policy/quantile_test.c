/* quantile_test.c - quantiles against sorted lists, and windows that turn */
#include <stdlib.h>

#include "../unit.h"
#include "policy/quantile.h"

enum {
    WINDOW = 1000,
    START = 1000000
};

static struct quantile q;

static int begin(void **unused)
{
    (void)unused;
    quantile_init(&q, WINDOW);
    return 0;
}

static void assert_near(uint64_t got, uint64_t exact)
{
    assert_true(got >= exact && got <= exact + exact / 8 + 1);
}

static void a_quantile_is_right_within_an_eighth(void **unused)
{
    (void)unused;
    for (uint64_t us = 1; us <= 100000; us++)
        quantile_add(&q, us, START);
    static const unsigned permille[] = {1, 10, 500, 900, 950, 990, 999, 1000};
    for (unsigned i = 0; i < sizeof permille / sizeof *permille; i++)
        assert_near(quantile_us(&q, permille[i], 1, START), 100 * permille[i]);
}

static void few_calls_say_nothing(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 9; i++)
        quantile_add(&q, 5000, START);
    assert_int_equal(quantile_us(&q, 950, 10, START), 0);
    quantile_add(&q, 5000, START);
    assert_near(quantile_us(&q, 950, 10, START), 5000);
}

static void the_last_window_counts_still_and_older_ones_do_not(void **unused)
{
    (void)unused;
    quantile_add(&q, 8000000, START);
    assert_near(quantile_us(&q, 1000, 1, START + WINDOW), 8000000);
    for (unsigned gap = 2; gap < 6; gap++) {
        begin(NULL);
        quantile_add(&q, 8000000, START + WINDOW - 1);
        quantile_add(&q, 8000000, START + WINDOW);
        assert_int_equal(quantile_us(&q, 1000, 1, START + WINDOW + gap * WINDOW), 0);
    }
}

static void any_time_has_a_bucket(void **unused)
{
    (void)unused;
    quantile_add(&q, 0, START);
    quantile_add(&q, UINT64_MAX, START);
    assert_int_equal(quantile_us(&q, 1, 1, START), 0);
    assert_true(quantile_us(&q, 1000, 1, START) > UINT64_C(3600) * 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_quantile_is_right_within_an_eighth, begin),
        cmocka_unit_test_setup(few_calls_say_nothing, begin),
        cmocka_unit_test_setup(the_last_window_counts_still_and_older_ones_do_not, begin),
        cmocka_unit_test_setup(any_time_has_a_bucket, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
