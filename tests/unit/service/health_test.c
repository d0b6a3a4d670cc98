/* health_test.c - rows of checks, and the times at which they are made */
#include "../unit.h"
#include "service/health.h"

enum {
    START = 100000
};

static const struct config_health settings = {.is_on = true,
                                              .path = SLICE_INIT("/health"),
                                              .every_ms = 5000,
                                              .timeout_ms = 1000,
                                              .fall = 3,
                                              .rise = 2};

/* Each letter is a check, g or b; what is held of the target behind it stands under it. */
static void a_row_of_bad_checks_takes_a_target_out_and_a_row_of_good_ones_back(void **state)
{
    (void)state;
    static const struct {
        const char *checks, *held;
    } rows[] = {
        {"gggg", "gggg"},         {"bb", "gg"},         {"bbb", "ggb"},
        {"bbgbbgbb", "gggggggg"}, {"bbbb", "ggbb"},     {"bbbgb", "ggbbb"},
        {"bbbgg", "ggbbg"},       {"bbbgbg", "ggbbbb"}, {"bbbggbbb", "ggbbgggb"},
        {"bbbggbbg", "ggbbgggg"},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct health h;
        health_init(&h, &settings, 0, START);
        assert_false(h.is_bad);
        for (unsigned k = 0; rows[i].checks[k]; k++) {
            bool was_bad = h.is_bad;
            bool has_changed = health_tell(&h, &settings, rows[i].checks[k] == 'g');
            assert_int_equal(h.is_bad, rows[i].held[k] == 'b');
            assert_int_equal(has_changed, was_bad != h.is_bad);
        }
    }
}

static void one_check_is_enough_where_so_it_is_said(void **state)
{
    (void)state;
    struct config_health one = settings;
    struct health h;
    one.fall = one.rise = 1;
    health_init(&h, &one, 0, START);
    assert_true(health_tell(&h, &one, false));
    assert_true(h.is_bad);
    assert_true(health_tell(&h, &one, true));
    assert_false(h.is_bad);
}

static void the_first_check_comes_at_a_random_moment_of_the_first_interval(void **state)
{
    (void)state;
    static const struct {
        uint64_t random, due_ms;
    } rows[] = {{0, START}, {4999, START + 4999}, {5000, START}, {UINT64_MAX, START + 1615}};
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct health h;
        health_init(&h, &settings, rows[i].random, START);
        assert_int_equal(h.due_ms, rows[i].due_ms);
    }
}

/* A check that is late does not shift those behind it; whole intervals that went by are lost. */
static void checks_keep_their_beat(void **state)
{
    (void)state;
    static const struct {
        uint64_t begun_ms, next_ms;
    } rows[] = {
        {START, START + 5000},          {START + 5007, START + 10000},
        {START + 14999, START + 15000}, {START + 15000, START + 20000},
        {START + 61000, START + 65000},
    };
    struct health h;
    health_init(&h, &settings, 0, START);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        health_begin(&h, &settings, rows[i].begun_ms);
        assert_int_equal(h.due_ms, rows[i].next_ms);
    }
}

static void checks_are_alike_where_all_that_is_said_of_them_is(void **state)
{
    (void)state;
    struct config_health others[6];
    for (unsigned i = 0; i < 6; i++)
        others[i] = settings;
    assert_true(health_is_alike(&settings, &others[0]));
    others[0].path = SLICE("/ready");
    others[1].every_ms++;
    others[2].timeout_ms++;
    others[3].fall++;
    others[4].rise++;
    others[5].is_on = false;
    for (unsigned i = 0; i < 6; i++)
        assert_false(health_is_alike(&settings, &others[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_of_bad_checks_takes_a_target_out_and_a_row_of_good_ones_back),
        cmocka_unit_test(one_check_is_enough_where_so_it_is_said),
        cmocka_unit_test(the_first_check_comes_at_a_random_moment_of_the_first_interval),
        cmocka_unit_test(checks_keep_their_beat),
        cmocka_unit_test(checks_are_alike_where_all_that_is_said_of_them_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
