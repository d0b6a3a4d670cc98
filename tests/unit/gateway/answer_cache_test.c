/* answer_cache_test.c - how long it is believed that answers are each client's own */
#include "../unit.h"
#include "gateway/answer_cache_internal.h"

/* Else, for as long as it was set back, everybody would have a run of their own. */
static void a_sign_from_a_clock_that_was_set_back_does_not_hold(void **state)
{
    (void)state;
    const uint64_t came_ms = 100000;
    const struct record sign = {.freshness = {.came_ms = came_ms}};
    struct loop loop = {0};
    struct gateway gateway = {.loop = &loop};
    const struct visit v = {.gateway = &gateway};
    assert_true(record_is_sign(&sign));
    loop.wall_us = (came_ms - FRESHNESS_SKEW_MS) * 1000;
    assert_true(answer_cache_holds(&v, &sign));
    loop.wall_us -= 1000;
    assert_false(answer_cache_holds(&v, &sign));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sign_from_a_clock_that_was_set_back_does_not_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
