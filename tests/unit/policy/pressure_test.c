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
    assert_int_equal(p.refusal, PRESSURE_NONE);
}

static void from_there_more_and_more_optional_sources_are(void **unused)
{
    (void)unused;
    for (unsigned permille = 800; permille <= 900; permille++) {
        struct pressure p = at_memory(permille);
        unsigned wanted = (permille - 800 + 1) * 10;
        assert_int_equal(p.reason, PRESSURE_MEMORY);
        assert_int_equal(p.optional_permille, wanted < 1000 ? wanted : 1000);
        assert_int_equal(p.refusal, PRESSURE_NONE);
    }
}

static void the_greatest_share_is_the_reason_and_of_equal_ones_the_first(void **unused)
{
    (void)unused;
    struct pressure_signs signs = {
        .lag_us = 425000, .held = 850, .memory = 1000, .in_flight = 85, .connections = 100};
    assert_int_equal(pressure_judge(&signs).reason, PRESSURE_LAG);
    signs.held++;
    assert_int_equal(pressure_judge(&signs).reason, PRESSURE_MEMORY);
    signs.in_flight++;
    assert_int_equal(pressure_judge(&signs).reason, PRESSURE_CONNECTIONS);
}

static void past_a_bound_all_is_alike(void **unused)
{
    (void)unused;
    struct pressure_signs signs = {
        .lag_us = 500000, .held = 5000, .memory = 1000, .connections = 10};
    assert_int_equal(pressure_judge(&signs).reason, PRESSURE_LAG);
    signs = (struct pressure_signs){.held = SIZE_MAX, .memory = 1, .connections = 10};
    assert_int_equal(pressure_judge(&signs).optional_permille, 1000);
    assert_int_equal(pressure_judge(&signs).refusal, PRESSURE_MEMORY);
}

static void a_bound_of_one_is_reached_by_one(void **unused)
{
    (void)unused;
    struct pressure_signs signs = {.memory = 1000, .connections = 1};
    assert_int_equal(pressure_judge(&signs).reason, PRESSURE_NONE);
    signs.in_flight = 1;
    assert_int_equal(pressure_judge(&signs).reason, PRESSURE_CONNECTIONS);
}

static void requests_are_refused_last(void **unused)
{
    (void)unused;
    assert_int_equal(at_memory(969).refusal, PRESSURE_NONE);
    assert_int_equal(at_memory(970).refusal, PRESSURE_MEMORY);
    assert_int_equal(at_memory(5000).refusal, PRESSURE_MEMORY);
}

static void a_late_loop_is_pressure_too(void **unused)
{
    (void)unused;
    struct pressure_signs signs = {.memory = 1000, .connections = 10, .lag_us = 399999};
    assert_int_equal(pressure_judge(&signs).reason, PRESSURE_NONE);
    signs.lag_us = 450000;
    assert_int_equal(pressure_judge(&signs).reason, PRESSURE_LAG);
    signs.lag_us = 490000;
    assert_int_equal(pressure_judge(&signs).refusal, PRESSURE_LAG);
}

static void connections_alone_never_refuse_a_request(void **unused)
{
    (void)unused;
    const struct pressure_signs signs = {.memory = 1000, .in_flight = 10, .connections = 10};
    struct pressure p = pressure_judge(&signs);
    assert_int_equal(p.reason, PRESSURE_CONNECTIONS);
    assert_int_equal(p.optional_permille, 1000);
    assert_int_equal(p.refusal, PRESSURE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(below_four_fifths_nothing_is_left_out),
        cmocka_unit_test(from_there_more_and_more_optional_sources_are),
        cmocka_unit_test(the_greatest_share_is_the_reason_and_of_equal_ones_the_first),
        cmocka_unit_test(past_a_bound_all_is_alike),
        cmocka_unit_test(a_bound_of_one_is_reached_by_one),
        cmocka_unit_test(requests_are_refused_last),
        cmocka_unit_test(a_late_loop_is_pressure_too),
        cmocka_unit_test(connections_alone_never_refuse_a_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
