/* key_life_test.c - keys are asked for in time, and not too often */
#include "../unit.h"
#include "edge/key_life.h"

enum {
    NOW = 1000000,
    MINUTE = 60000
};

static struct key_life life;

static void begin(void)
{
    key_life_init(&life, NOW);
    assert_true(key_life_is_due(&life, NOW));
    key_life_begin(&life);
}

static void keys_are_asked_for_at_once_and_one_at_a_time(void **state)
{
    (void)state;
    begin();
    assert_false(key_life_is_due(&life, NOW + 100 * MINUTE));
    assert_true(key_life_next_ms(&life) == UINT64_MAX);
}

static void the_answer_says_when_to_ask_again_within_bounds(void **state)
{
    static const struct {
        uint64_t lifetime_ms, wait_ms;
    } rows[] = {
        {KEY_LIFE_UNTOLD, 10 * MINUTE},     {0, 5 * MINUTE},
        {5 * MINUTE, 5 * MINUTE},           {60 * MINUTE, 60 * MINUTE},
        {UINT64_MAX - 1, 24 * 60 * MINUTE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin();
        key_life_take(&life, NOW, rows[i].lifetime_ms);
        assert_false(key_life_is_due(&life, NOW + rows[i].wait_ms - 1));
        assert_true(key_life_is_due(&life, NOW + rows[i].wait_ms));
        assert_true(key_life_next_ms(&life) == NOW + rows[i].wait_ms);
    }
}

/* The longest wait after so many failures, over many random numbers. */
static uint64_t longest_wait(unsigned n_failures)
{
    uint64_t longest = 0;
    for (uint64_t random = 0; random < 1000; random++) {
        begin();
        for (unsigned i = 1; i < n_failures; i++) {
            key_life_fail(&life, NOW, random);
            key_life_begin(&life);
        }
        key_life_fail(&life, NOW, random * 0x9e3779b97f4a7c15);
        uint64_t wait_ms = key_life_next_ms(&life) - NOW;
        assert_in_range(wait_ms, 500, 2 * MINUTE);
        longest = wait_ms > longest ? wait_ms : longest;
    }
    return longest;
}

static void a_failure_is_tried_again_after_a_time_that_grows(void **state)
{
    (void)state;
    assert_in_range(longest_wait(1), 500, 3000);
    assert_in_range(longest_wait(4), 8000, 17000);
    assert_in_range(longest_wait(20), 50000, 2 * MINUTE);
}

static void an_unknown_key_is_a_reason_to_ask_once_in_a_cool_down(void **state)
{
    (void)state;
    begin();
    key_life_take(&life, NOW, KEY_LIFE_UNTOLD);
    assert_true(key_life_miss(&life, NOW + 1));
    assert_true(key_life_is_due(&life, NOW + 1));
    key_life_begin(&life);
    assert_true(key_life_miss(&life, NOW + 2)); /* by what is under way */
    key_life_take(&life, NOW + 3, KEY_LIFE_UNTOLD);
    assert_false(key_life_miss(&life, NOW + KEY_LIFE_COOL_DOWN_MS));
    assert_true(key_life_miss(&life, NOW + 1 + KEY_LIFE_COOL_DOWN_MS));
}

static void unknown_keys_do_not_hurry_one_that_fails(void **state)
{
    (void)state;
    begin();
    key_life_fail(&life, NOW, UINT64_MAX);
    assert_true(key_life_miss(&life, NOW + 1));
    key_life_begin(&life);
    key_life_fail(&life, NOW + 2, UINT64_MAX);
    assert_false(key_life_miss(&life, NOW + 3));
    assert_false(key_life_is_due(&life, NOW + 3));
}

static void what_was_given_up_is_due_at_once(void **state)
{
    (void)state;
    begin();
    key_life_hurry(&life, NOW + 5);
    assert_true(key_life_is_due(&life, NOW + 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_asked_for_at_once_and_one_at_a_time),
        cmocka_unit_test(the_answer_says_when_to_ask_again_within_bounds),
        cmocka_unit_test(a_failure_is_tried_again_after_a_time_that_grows),
        cmocka_unit_test(an_unknown_key_is_a_reason_to_ask_once_in_a_cool_down),
        cmocka_unit_test(unknown_keys_do_not_hurry_one_that_fails),
        cmocka_unit_test(what_was_given_up_is_due_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
