/* flights_rests_test.c - who failed rests, twice as long each time, and no longer than half a
 * minute */
#include "../unit.h"
#include "cache/flights_rests.h"

static void each_failure_makes_the_rest_longer_up_to_a_bound(void **unused)
{
    (void)unused;
    static const unsigned seconds[] = {1, 2, 4, 8, 16, 32, 32, 32};
    struct flights_rests r = {0};
    uint64_t now_ms = 5;
    assert_false(flights_rests_has(&r, 7, now_ms));
    for (unsigned i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        flights_rests_add(&r, 7, now_ms);
        assert_true(flights_rests_has(&r, 7, now_ms + seconds[i] * 1000 - 1));
        now_ms += seconds[i] * 1000;
        assert_false(flights_rests_has(&r, 7, now_ms));
    }
}

static void who_goes_well_begins_anew(void **unused)
{
    (void)unused;
    struct flights_rests r = {0};
    flights_rests_add(&r, 7, 0);
    flights_rests_add(&r, 7, 0);
    flights_rests_remove(&r, 7);
    assert_false(flights_rests_has(&r, 7, 0));
    flights_rests_add(&r, 7, 0);
    assert_false(flights_rests_has(&r, 7, 1000));
}

static void others_do_not_rest(void **unused)
{
    (void)unused;
    struct flights_rests r = {0};
    const uint64_t same_place = 7 + ((uint64_t)FLIGHTS_RESTS << 32);
    flights_rests_add(&r, 7, 0);
    flights_rests_remove(&r, same_place);
    assert_true(flights_rests_has(&r, 7, 0));
    assert_false(flights_rests_has(&r, same_place, 0));
    assert_false(flights_rests_has(&r, 0, 0));
    flights_rests_add(&r, same_place, 0);
    assert_false(flights_rests_has(&r, 7, 0));
    assert_false(flights_rests_has(&r, same_place, 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_makes_the_rest_longer_up_to_a_bound),
        cmocka_unit_test(who_goes_well_begins_anew),
        cmocka_unit_test(others_do_not_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
