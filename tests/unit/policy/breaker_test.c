/* breaker_test.c - a breaker's life as tables of time */
#include "../unit.h"
#include "policy/breaker.h"

static const struct breaker_settings settings = {
    .is_on = true,
    .failures_permille = 500,
    .window_ms = 10000,
    .min_calls = 20,
    .open_ms = 5000,
    .probes = 3,
};

enum {
    START = 1000000
};

static enum breaker_pass call(struct breaker *b, uint64_t now, enum breaker_result result)
{
    struct breaker_ticket t = breaker_ask(b, &settings, now);
    breaker_tell(b, &settings, t, result, now);
    return t.pass;
}

static void calls(struct breaker *b, uint64_t now, unsigned n, enum breaker_result result)
{
    while (n--)
        call(b, now, result);
}

static enum breaker_state state(const struct breaker *b, uint64_t now)
{
    return breaker_state_of(b, &settings, now);
}

static void open_it(struct breaker *b, uint64_t now)
{
    calls(b, now, 20, BREAKER_FAILED);
    assert_int_equal(state(b, now), BREAKER_OPEN);
}

static void it_opens_when_the_share_is_reached(void **unused)
{
    (void)unused;
    struct breaker b = {0};
    calls(&b, START, 10, BREAKER_GOOD);
    calls(&b, START, 9, BREAKER_FAILED);
    assert_int_equal(state(&b, START), BREAKER_CLOSED);
    call(&b, START, BREAKER_FAILED);
    assert_int_equal(state(&b, START), BREAKER_OPEN);
    assert_int_equal(call(&b, START, BREAKER_GOOD), BREAKER_REFUSED);
}

static void below_the_least_number_of_calls_it_stays_closed(void **unused)
{
    (void)unused;
    struct breaker b = {0};
    calls(&b, START, 19, BREAKER_FAILED);
    assert_int_equal(state(&b, START), BREAKER_CLOSED);
}

static void below_the_share_it_stays_closed(void **unused)
{
    (void)unused;
    struct breaker b = {0};
    for (unsigned i = 0; i < 1000; i++) {
        calls(&b, START + i * 10, 51, BREAKER_GOOD);
        calls(&b, START + i * 10, 49, BREAKER_FAILED);
    }
    assert_int_equal(state(&b, START + 10000), BREAKER_CLOSED);
}

static void failures_that_left_the_window_count_no_more(void **unused)
{
    (void)unused;
    struct breaker b = {0};
    calls(&b, START, 19, BREAKER_FAILED);
    calls(&b, START + 10000, 19, BREAKER_FAILED);
    assert_int_equal(state(&b, START + 10000), BREAKER_CLOSED);
}

static void cancelled_calls_count_neither_way(void **unused)
{
    (void)unused;
    struct breaker b = {0};
    calls(&b, START, 1000, BREAKER_NEITHER);
    calls(&b, START, 19, BREAKER_FAILED);
    assert_int_equal(state(&b, START), BREAKER_CLOSED);
    call(&b, START, BREAKER_FAILED);
    assert_int_equal(state(&b, START), BREAKER_OPEN);
}

static void after_its_time_so_many_probes_pass_and_no_more(void **unused)
{
    (void)unused;
    struct breaker b = {0};
    open_it(&b, START);
    assert_int_equal(breaker_ask(&b, &settings, START + 4999).pass, BREAKER_REFUSED);
    for (unsigned i = 0; i < settings.probes; i++)
        assert_int_equal(breaker_ask(&b, &settings, START + 5000).pass, BREAKER_PROBE);
    assert_int_equal(breaker_ask(&b, &settings, START + 5000).pass, BREAKER_REFUSED);
}

static void good_probes_close_it_with_an_empty_window(void **unused)
{
    (void)unused;
    struct breaker b = {0};
    open_it(&b, START);
    for (unsigned i = 0; i < settings.probes; i++)
        assert_int_equal(call(&b, START + 5000, BREAKER_GOOD), BREAKER_PROBE);
    assert_int_equal(state(&b, START + 5000), BREAKER_CLOSED);
    calls(&b, START + 5000, 19, BREAKER_FAILED);
    assert_int_equal(state(&b, START + 5000), BREAKER_CLOSED);
}

static void a_failed_probe_opens_it_again_for_as_long(void **unused)
{
    (void)unused;
    struct breaker b = {0};
    open_it(&b, START);
    call(&b, START + 5000, BREAKER_GOOD);
    call(&b, START + 5000, BREAKER_FAILED);
    assert_int_equal(state(&b, START + 5000), BREAKER_OPEN);
    assert_int_equal(breaker_open_for_ms(&b, &settings, START + 6000), 4000);
    assert_int_equal(call(&b, START + 9999, BREAKER_GOOD), BREAKER_REFUSED);
    assert_int_equal(call(&b, START + 10000, BREAKER_GOOD), BREAKER_PROBE);
}

static void a_cancelled_probe_gives_its_place_back(void **unused)
{
    (void)unused;
    struct breaker b = {0};
    open_it(&b, START);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(call(&b, START + 5000, BREAKER_NEITHER), BREAKER_PROBE);
}

static void what_was_asked_before_a_change_does_not_count_after_it(void **unused)
{
    (void)unused;
    struct breaker b = {0};
    struct breaker_ticket old = breaker_ask(&b, &settings, START);
    open_it(&b, START);
    struct breaker_ticket probe = breaker_ask(&b, &settings, START + 5000);
    breaker_tell(&b, &settings, old, BREAKER_FAILED, START + 5000);
    assert_int_equal(state(&b, START + 5000), BREAKER_HALF_OPEN);
    breaker_tell(&b, &settings, probe, BREAKER_FAILED, START + 5000);
    assert_int_equal(state(&b, START + 5000), BREAKER_OPEN);
    breaker_tell(&b, &settings, probe, BREAKER_GOOD, START + 5000);
    assert_int_equal(state(&b, START + 5000), BREAKER_OPEN);
}

static void it_may_be_forced_both_ways_and_let_go(void **unused)
{
    (void)unused;
    struct breaker b = {0};
    breaker_force(&b, BREAKER_FORCED_OPEN);
    assert_int_equal(call(&b, START, BREAKER_GOOD), BREAKER_REFUSED);
    breaker_force(&b, BREAKER_FORCED_CLOSED);
    calls(&b, START, 100, BREAKER_FAILED);
    assert_int_equal(call(&b, START, BREAKER_GOOD), BREAKER_PASS);
    breaker_force(&b, BREAKER_AUTOMATIC);
    assert_int_equal(state(&b, START), BREAKER_OPEN);
}

static void off_it_lets_everything_pass(void **unused)
{
    (void)unused;
    const struct breaker_settings off = {.min_calls = 1, .window_ms = 1000};
    struct breaker b = {0};
    for (unsigned i = 0; i < 100; i++) {
        struct breaker_ticket t = breaker_ask(&b, &off, START);
        assert_int_equal(t.pass, BREAKER_PASS);
        breaker_tell(&b, &off, t, BREAKER_FAILED, START);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_opens_when_the_share_is_reached),
        cmocka_unit_test(below_the_least_number_of_calls_it_stays_closed),
        cmocka_unit_test(below_the_share_it_stays_closed),
        cmocka_unit_test(failures_that_left_the_window_count_no_more),
        cmocka_unit_test(cancelled_calls_count_neither_way),
        cmocka_unit_test(after_its_time_so_many_probes_pass_and_no_more),
        cmocka_unit_test(good_probes_close_it_with_an_empty_window),
        cmocka_unit_test(a_failed_probe_opens_it_again_for_as_long),
        cmocka_unit_test(a_cancelled_probe_gives_its_place_back),
        cmocka_unit_test(what_was_asked_before_a_change_does_not_count_after_it),
        cmocka_unit_test(it_may_be_forced_both_ways_and_let_go),
        cmocka_unit_test(off_it_lets_everything_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
