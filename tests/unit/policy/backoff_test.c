/* backoff_test.c - waits within their bounds */
#include "../unit.h"
#include "policy/backoff.h"

static const struct backoff_settings settings = {.base_ms = 10, .cap_ms = 100};

static void the_bound_doubles_up_to_the_cap(void **unused)
{
    (void)unused;
    static const uint64_t most[] = {20, 40, 80, 100, 100};
    for (unsigned retry = 1; retry <= 5; retry++) {
        uint64_t greatest = 0;
        for (uint64_t random = 0; random < 1000; random++) {
            uint64_t wait = backoff_ms(&settings, retry, 0, random);
            greatest = wait > greatest ? wait : greatest;
        }
        assert_int_equal(greatest, most[retry - 1]);
        assert_int_equal(backoff_most_ms(&settings, retry), greatest);
    }
}

static void any_wait_within_it_may_come(void **unused)
{
    (void)unused;
    for (uint64_t random = 0; random <= 20; random++)
        assert_int_equal(backoff_ms(&settings, 1, 0, random), random);
}

static void what_the_service_asks_for_is_the_least(void **unused)
{
    (void)unused;
    assert_int_equal(backoff_ms(&settings, 1, 3000, 0), 3000);
    assert_int_equal(backoff_ms(&settings, 1, 5, 0), 5);
}

/* Else all whom it asked come back in the same moment. */
static void those_that_it_asked_do_not_come_back_at_once(void **unused)
{
    (void)unused;
    for (uint64_t random = 0; random <= 20; random++)
        assert_int_equal(backoff_ms(&settings, 1, 3000, random), 3000 + random);
}

static void many_retries_do_not_overflow(void **unused)
{
    (void)unused;
    assert_true(backoff_ms(&settings, UINT32_MAX, 0, UINT64_MAX) <= settings.cap_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bound_doubles_up_to_the_cap),
        cmocka_unit_test(any_wait_within_it_may_come),
        cmocka_unit_test(what_the_service_asks_for_is_the_least),
        cmocka_unit_test(those_that_it_asked_do_not_come_back_at_once),
        cmocka_unit_test(many_retries_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
