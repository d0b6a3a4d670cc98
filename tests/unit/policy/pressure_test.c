/* pressure_test.c - what is left out at which share of a bound */
#include "../unit.h"
#include "policy/pressure.h"

static struct pressure at_memory(unsigned permille)
{
    const struct pressure_signs signs = {
        .held = permille, .memory = 1000, .in_flight = 1, .connections = 10};
    return pressure_judge(&signs);
}

static void below_four_fifths_nothing_is_left_out(void **unused)
{
    (void)unused;
    struct pressure p = at_memory(799);
    assert_int_equal(p.reason, PRESSURE_NONE);
    assert_int_equal(p.optional_permille, 0);
    assert_false(p.refuses);
}

static void from_there_more_and_more_optional_sources_are(void **unused)
{
    (void)unused;
    unsigned last = 0;
    for (unsigned permille = 800; permille <= 900; permille++) {
        struct pressure p = at_memory(permille);
        assert_int_equal(p.reason, PRESSURE_MEMORY);
        assert_true(p.optional_permille > last || p.optional_permille == 1000);
        assert_false(p.refuses);
        last = p.optional_permille;
    }
    assert_int_equal(last, 1000);
}

static void requests_are_refused_last(void **unused)
{
    (void)unused;
    assert_false(at_memory(969).refuses);
    assert_true(at_memory(970).refuses);
    assert_true(at_memory(5000).refuses);
}

static void a_late_loop_is_pressure_too(void **unused)
{
    (void)unused;
    struct pressure_signs signs = {.memory = 1000, .connections = 10, .lag_us = 399999};
    assert_int_equal(pressure_judge(&signs).reason, PRESSURE_NONE);
    signs.lag_us = 450000;
    assert_int_equal(pressure_judge(&signs).reason, PRESSURE_LAG);
    signs.lag_us = 490000;
    assert_true(pressure_judge(&signs).refuses);
}

static void connections_alone_never_refuse_a_request(void **unused)
{
    (void)unused;
    const struct pressure_signs signs = {.memory = 1000, .in_flight = 10, .connections = 10};
    struct pressure p = pressure_judge(&signs);
    assert_int_equal(p.reason, PRESSURE_CONNECTIONS);
    assert_int_equal(p.optional_permille, 1000);
    assert_false(p.refuses);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(below_four_fifths_nothing_is_left_out),
        cmocka_unit_test(from_there_more_and_more_optional_sources_are),
        cmocka_unit_test(requests_are_refused_last),
        cmocka_unit_test(a_late_loop_is_pressure_too),
        cmocka_unit_test(connections_alone_never_refuse_a_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
