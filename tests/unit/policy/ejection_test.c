/* ejection_test.c - targets that go out and come back */
#include <string.h>

#include "../unit.h"
#include "policy/ejection.h"

enum {
    N = 4,
    START = 1000000
};

static struct ejection_target targets[N];
static unsigned eras[N];

static int begin(void **unused)
{
    (void)unused;
    memset(targets, 0, sizeof targets);
    memset(eras, 0, sizeof eras);
    return 0;
}

/* What began and ended in one moment. */
static void tell(unsigned target, bool failed, uint64_t now)
{
    ejection_tell(targets, N, target, (struct ejection_call){failed, eras[target], now, now});
}

static void fail_times(unsigned target, unsigned times, uint64_t now)
{
    while (times--)
        tell(target, true, now);
}

static bool is_out(unsigned target, uint64_t now)
{
    return ejection_is_out(&targets[target], now);
}

static void five_failures_in_a_row_eject(void **unused)
{
    (void)unused;
    fail_times(0, 4, START);
    assert_false(is_out(0, START));
    fail_times(0, 1, START);
    assert_true(is_out(0, START));
    assert_false(is_out(0, START + EJECTION_BASE_MS));
}

static void a_good_answer_ends_the_row(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 100; i++) {
        fail_times(0, 4, START);
        tell(0, false, START);
    }
    assert_false(is_out(0, START));
}

static void each_time_is_longer_up_to_the_cap(void **unused)
{
    (void)unused;
    uint64_t now = START;
    for (uint64_t out = EJECTION_BASE_MS; out < EJECTION_CAP_MS; out *= 2) {
        fail_times(0, 5, now);
        assert_true(is_out(0, now + out - 1));
        assert_false(is_out(0, now + out));
        now += out;
    }
    fail_times(0, 5, now);
    assert_true(is_out(0, now + EJECTION_CAP_MS - 1));
    assert_false(is_out(0, now + EJECTION_CAP_MS));
}

static void good_answers_take_its_times_away(void **unused)
{
    (void)unused;
    fail_times(0, 5, START);
    fail_times(0, 5, START + 5000);
    tell(0, false, START + 20000);
    tell(0, false, START + 20000);
    fail_times(0, 5, START + 20000);
    assert_false(is_out(0, START + 20000 + EJECTION_BASE_MS));
}

static void who_was_never_out_owes_nothing(void **unused)
{
    (void)unused;
    fail_times(0, 1, START);
    tell(0, false, START);
    fail_times(0, 5, START);
    assert_true(is_out(0, START + EJECTION_BASE_MS - 1));
    assert_false(is_out(0, START + EJECTION_BASE_MS));
}

static void who_is_back_may_fail_four_times_again(void **unused)
{
    (void)unused;
    fail_times(0, 5, START);
    fail_times(0, 4, START + EJECTION_BASE_MS);
    assert_false(is_out(0, START + EJECTION_BASE_MS));
    fail_times(0, 1, START + EJECTION_BASE_MS);
    assert_true(is_out(0, START + EJECTION_BASE_MS));
}

static void who_could_not_be_left_out_owes_nothing(void **unused)
{
    (void)unused;
    fail_times(0, 5, START);
    fail_times(1, 5, START);
    fail_times(2, 50, START);
    assert_false(is_out(2, START));
    fail_times(2, 1, START + EJECTION_BASE_MS);
    assert_true(is_out(2, START + 2 * EJECTION_BASE_MS - 1));
    assert_false(is_out(2, START + 2 * EJECTION_BASE_MS));
}

static void never_more_than_half_are_out(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < N; i++)
        fail_times(i, 50, START);
    unsigned n = 0;
    for (unsigned i = 0; i < N; i++)
        n += is_out(i, START);
    assert_int_equal(n, N / 2);
}

static void the_only_target_is_never_out(void **unused)
{
    (void)unused;
    struct ejection_target only = {0};
    for (unsigned i = 0; i < 50; i++)
        ejection_tell(&only, 1, 0, (struct ejection_call){true, 0, START, START});
    assert_false(ejection_is_out(&only, START));
}

static void empty_places_do_not_count(void **unused)
{
    (void)unused;
    ejection_clear(&targets[1], true);
    ejection_clear(&targets[2], true);
    fail_times(0, 50, START);
    fail_times(3, 50, START);
    assert_true(is_out(0, START));
    assert_false(is_out(3, START));
}

static void another_target_in_the_same_place_begins_anew(void **unused)
{
    (void)unused;
    fail_times(0, 5, START);
    eras[0] = ejection_clear(&targets[0], false);
    assert_false(is_out(0, 0));
    assert_false(is_out(0, START));
    fail_times(0, 4, START);
    assert_false(is_out(0, START));
    fail_times(0, 1, START);
    assert_true(is_out(0, START));
    assert_false(is_out(0, START + EJECTION_BASE_MS));
}

/* Those that had the place before still have calls under way. */
static void what_another_did_in_the_same_place_counts_neither_way(void **unused)
{
    (void)unused;
    fail_times(0, 5, START);
    unsigned nobody = ejection_clear(&targets[0], true);
    unsigned now = ejection_clear(&targets[0], false);
    fail_times(0, 20, START);
    eras[0] = nobody;
    fail_times(0, 20, START);
    assert_false(is_out(0, START));
    eras[0] = now;
    fail_times(0, 4, START);
    eras[0] = nobody;
    tell(0, false, START);
    eras[0] = now;
    fail_times(0, 1, START);
    assert_true(is_out(0, START));
}

static void what_began_before_its_return_counts_neither_way(void **unused)
{
    (void)unused;
    const uint64_t back = START + EJECTION_BASE_MS;
    fail_times(0, 5, START);
    ejection_tell(targets, N, 0, (struct ejection_call){false, 0, START - 100, START + 1});
    assert_int_equal(targets[0].times, 1);
    for (unsigned i = 0; i < 20; i++)
        ejection_tell(targets, N, 0, (struct ejection_call){true, 0, back - 1, back + 1000});
    assert_false(is_out(0, back + 1000));
    fail_times(0, 5, back);
    assert_true(is_out(0, back + 2 * EJECTION_BASE_MS - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(five_failures_in_a_row_eject, begin),
        cmocka_unit_test_setup(a_good_answer_ends_the_row, begin),
        cmocka_unit_test_setup(each_time_is_longer_up_to_the_cap, begin),
        cmocka_unit_test_setup(good_answers_take_its_times_away, begin),
        cmocka_unit_test_setup(who_was_never_out_owes_nothing, begin),
        cmocka_unit_test_setup(who_is_back_may_fail_four_times_again, begin),
        cmocka_unit_test_setup(who_could_not_be_left_out_owes_nothing, begin),
        cmocka_unit_test_setup(never_more_than_half_are_out, begin),
        cmocka_unit_test_setup(the_only_target_is_never_out, begin),
        cmocka_unit_test_setup(empty_places_do_not_count, begin),
        cmocka_unit_test_setup(another_target_in_the_same_place_begins_anew, begin),
        cmocka_unit_test_setup(what_another_did_in_the_same_place_counts_neither_way, begin),
        cmocka_unit_test_setup(what_began_before_its_return_counts_neither_way, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
