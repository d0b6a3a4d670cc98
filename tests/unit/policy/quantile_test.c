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

/* Up to 15 each time has its own bucket; then eight share an octave. */
static void what_is_told_is_the_greatest_time_of_a_bucket(void **unused)
{
    (void)unused;
    static const uint64_t rows[][2] = {
        {1, 1},     {7, 7},       {8, 8},       {9, 9},       {15, 15},          {16, 17},
        {17, 17},   {18, 19},     {31, 31},     {32, 35},     {100, 103},        {103, 103},
        {104, 111}, {1000, 1023}, {1023, 1023}, {1024, 1151}, {999999, 1048575},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(NULL);
        quantile_add(&q, rows[i][0], START);
        assert_int_equal(quantile_us(&q, 500, 1, START), rows[i][1]);
    }
}

static void the_rank_is_rounded_up(void **unused)
{
    (void)unused;
    for (unsigned us = 1; us <= 4; us++)
        quantile_add(&q, us, START);
    static const unsigned rows[][2] = {{0, 1},   {1, 1},   {250, 1}, {251, 2}, {500, 2},
                                       {501, 3}, {750, 3}, {751, 4}, {1000, 4}};
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(quantile_us(&q, rows[i][0], 1, START), rows[i][1]);
}

static void both_windows_count_together(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 3; i++)
        quantile_add(&q, 2, START);
    quantile_add(&q, 5, START + WINDOW);
    assert_int_equal(quantile_us(&q, 750, 4, START + WINDOW), 2);
    assert_int_equal(quantile_us(&q, 751, 4, START + WINDOW), 5);
    assert_int_equal(quantile_us(&q, 751, 5, START + WINDOW), 0);
    assert_int_equal(quantile_us(&q, 1, 1, START + 2 * WINDOW), 5);
    assert_int_equal(quantile_us(&q, 1, 2, START + 2 * WINDOW), 0);
    quantile_add(&q, 5, START + 2 * WINDOW);
    quantile_add(&q, 9, START + 2 * WINDOW);
    assert_int_equal(quantile_us(&q, 666, 3, START + 2 * WINDOW), 5);
    assert_int_equal(quantile_us(&q, 667, 3, START + 2 * WINDOW), 9);
}

static void without_any_call_there_is_nothing_to_say(void **unused)
{
    (void)unused;
    assert_int_equal(quantile_us(&q, 500, 0, START), 0);
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
    uint64_t longest = quantile_us(&q, 1000, 1, START);
    for (unsigned bit = 32; bit < 64; bit++) {
        quantile_add(&q, UINT64_C(1) << bit, START);
        assert_int_equal(quantile_us(&q, 1000, 1, START), longest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_quantile_is_right_within_an_eighth, begin),
        cmocka_unit_test_setup(what_is_told_is_the_greatest_time_of_a_bucket, begin),
        cmocka_unit_test_setup(the_rank_is_rounded_up, begin),
        cmocka_unit_test_setup(both_windows_count_together, begin),
        cmocka_unit_test_setup(without_any_call_there_is_nothing_to_say, begin),
        cmocka_unit_test_setup(few_calls_say_nothing, begin),
        cmocka_unit_test_setup(the_last_window_counts_still_and_older_ones_do_not, begin),
        cmocka_unit_test_setup(any_time_has_a_bucket, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
