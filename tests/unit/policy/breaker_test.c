/* breaker_test.c - a breaker's life as tables of time */
#include <pthread.h>

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

static void failures_add_up_over_the_whole_window(void **unused)
{
    (void)unused;
    struct breaker b = {0};
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(state(&b, START + i * 1000), BREAKER_CLOSED);
        calls(&b, START + i * 1000, 2, BREAKER_FAILED);
    }
    assert_int_equal(state(&b, START + 9000), BREAKER_OPEN);
}

static void a_window_may_be_shorter_than_its_buckets(void **unused)
{
    (void)unused;
    const struct breaker_settings brief = {
        .is_on = true, .failures_permille = 500, .window_ms = 5, .min_calls = 1, .open_ms = 1};
    struct breaker b = {0};
    struct breaker_ticket t = breaker_ask(&b, &brief, START);
    breaker_tell(&b, &brief, t, BREAKER_FAILED, START);
    assert_int_equal(breaker_state_of(&b, &brief, START), BREAKER_OPEN);
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

/* Though it is the same state again. */
static void what_was_asked_two_changes_ago_does_not_count_either(void **unused)
{
    (void)unused;
    struct breaker b = {0};
    struct breaker_ticket old = breaker_ask(&b, &settings, START);
    open_it(&b, START);
    struct breaker_ticket probe = breaker_ask(&b, &settings, START + 5000);
    call(&b, START + 5000, BREAKER_FAILED);
    for (unsigned i = 0; i < settings.probes - 1; i++)
        call(&b, START + 10000, BREAKER_GOOD);
    breaker_tell(&b, &settings, probe, BREAKER_GOOD, START + 10000);
    assert_int_equal(state(&b, START + 10000), BREAKER_HALF_OPEN);
    breaker_tell(&b, &settings, probe, BREAKER_FAILED, START + 10000);
    assert_int_equal(state(&b, START + 10000), BREAKER_HALF_OPEN);
    call(&b, START + 10000, BREAKER_GOOD);
    for (unsigned i = 0; i < 100; i++)
        breaker_tell(&b, &settings, old, BREAKER_FAILED, START + 10000);
    assert_int_equal(state(&b, START + 10000), BREAKER_CLOSED);
}

static void a_cancelled_probe_gives_back_its_own_place_only(void **unused)
{
    (void)unused;
    struct breaker b = {0};
    open_it(&b, START);
    struct breaker_ticket first = breaker_ask(&b, &settings, START + 5000);
    for (unsigned i = 1; i < settings.probes; i++)
        breaker_ask(&b, &settings, START + 5000);
    breaker_tell(&b, &settings, first, BREAKER_NEITHER, START + 5000);
    assert_int_equal(breaker_ask(&b, &settings, START + 5000).pass, BREAKER_PROBE);
    assert_int_equal(breaker_ask(&b, &settings, START + 5000).pass, BREAKER_REFUSED);
}

static void the_only_probe_may_be_cancelled(void **unused)
{
    (void)unused;
    struct breaker_settings one = settings;
    struct breaker b = {0};
    one.probes = 1;
    open_it(&b, START);
    for (unsigned i = 0; i < 3; i++) {
        struct breaker_ticket t = breaker_ask(&b, &one, START + 5000);
        assert_int_equal(t.pass, BREAKER_PROBE);
        breaker_tell(&b, &one, t, BREAKER_NEITHER, START + 5000);
    }
}

static void it_tells_its_state_to_the_millisecond(void **unused)
{
    (void)unused;
    struct breaker b = {0};
    assert_int_equal(breaker_open_for_ms(&b, &settings, START), 0);
    open_it(&b, START);
    assert_int_equal(breaker_open_for_ms(&b, &settings, START), 5000);
    assert_int_equal(state(&b, START + 4999), BREAKER_OPEN);
    assert_int_equal(breaker_open_for_ms(&b, &settings, START + 4999), 1);
    assert_int_equal(state(&b, START + 5000), BREAKER_HALF_OPEN);
    assert_int_equal(breaker_open_for_ms(&b, &settings, START + 5000), 0);
    assert_int_equal(breaker_open_for_ms(&b, &settings, START + 5001), 0);
    breaker_ask(&b, &settings, START + 5000);
    assert_int_equal(breaker_open_for_ms(&b, &settings, START + 5000), 0);
}

static void what_passes_by_force_changes_nothing(void **unused)
{
    (void)unused;
    struct breaker b = {0};
    open_it(&b, START);
    breaker_force(&b, BREAKER_FORCED_CLOSED);
    calls(&b, START + 4000, 100, BREAKER_FAILED);
    assert_int_equal(state(&b, START + 4000), BREAKER_CLOSED);
    breaker_force(&b, BREAKER_AUTOMATIC);
    assert_int_equal(state(&b, START + 5000), BREAKER_HALF_OPEN);
    breaker_ask(&b, &settings, START + 5000);
    breaker_force(&b, BREAKER_FORCED_CLOSED);
    calls(&b, START + 5000, 100, BREAKER_GOOD);
    breaker_force(&b, BREAKER_FORCED_OPEN);
    assert_int_equal(state(&b, START + 5000), BREAKER_OPEN);
    breaker_force(&b, BREAKER_AUTOMATIC);
    assert_int_equal(state(&b, START + 5000), BREAKER_HALF_OPEN);
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
    assert_int_equal(breaker_state_of(&b, &off, START), BREAKER_CLOSED);
}

enum {
    THREADS = 4,
    PROBES = 60000,
    ROUNDS = 24
};

static pthread_barrier_t together;

static void run_threads(void *(*work)(void *))
{
    pthread_t threads[THREADS];
    pthread_barrier_init(&together, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, NULL), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&together);
}

static struct breaker_settings threaded = {
    .is_on = true, .failures_permille = 1, .window_ms = 1000, .min_calls = 1, .open_ms = 1};
static struct breaker shared;

static void open_shared(unsigned probes)
{
    shared = (struct breaker){0};
    threaded.probes = probes;
    struct breaker_ticket t = breaker_ask(&shared, &threaded, START - 1);
    breaker_tell(&shared, &threaded, t, BREAKER_FAILED, START - 1);
}

static _Atomic unsigned n_out, n_out_most, n_probes;

static void *ask_and_give_back(void *unused)
{
    (void)unused;
    pthread_barrier_wait(&together);
    for (unsigned i = 0; i < 5 * PROBES; i++) {
        struct breaker_ticket t = breaker_ask(&shared, &threaded, START);
        if (t.pass != BREAKER_PROBE)
            continue;
        unsigned n = ++n_out;
        if (n > n_out_most)
            n_out_most = n;
        n_out--;
        breaker_tell(&shared, &threaded, t, BREAKER_NEITHER, START);
    }
    return NULL;
}

static void threads_lose_no_place_and_take_none_twice(void **unused)
{
    (void)unused;
    open_shared(2);
    run_threads(ask_and_give_back);
    assert_in_range(n_out_most, 1, 2);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(breaker_ask(&shared, &threaded, START).pass, BREAKER_PROBE);
    assert_int_equal(breaker_ask(&shared, &threaded, START).pass, BREAKER_REFUSED);
}

/* Each asks for more than its share of the probes; the results are told at the same time, by each
 * as many as by the others. */
static void *ask_and_do_well(void *unused)
{
    (void)unused;
    struct breaker_ticket probe = breaker_ask(&shared, &threaded, START);
    unsigned n = probe.pass == BREAKER_PROBE;
    pthread_barrier_wait(&together);
    for (unsigned i = 0; i < PROBES; i++)
        n += breaker_ask(&shared, &threaded, START).pass == BREAKER_PROBE;
    n_probes += n;
    pthread_barrier_wait(&together);
    for (n = PROBES / THREADS; n; n--)
        breaker_tell(&shared, &threaded, probe, BREAKER_GOOD, START);
    return NULL;
}

static void threads_lose_no_good_probe(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < ROUNDS; i++) {
        open_shared(PROBES);
        n_probes = 0;
        run_threads(ask_and_do_well);
        assert_int_equal(n_probes, PROBES);
        assert_int_equal(breaker_state_of(&shared, &threaded, START), BREAKER_CLOSED);
    }
}

static void a_thread_whose_clock_is_behind_does_not_end_it(void **unused)
{
    (void)unused;
    struct breaker b = {0};
    open_it(&b, START);
    assert_int_equal(breaker_ask(&b, &settings, START - 1).pass, BREAKER_REFUSED);
    assert_int_equal(state(&b, START - 1), BREAKER_OPEN);
    assert_int_equal(breaker_open_for_ms(&b, &settings, START - 1), settings.open_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_opens_when_the_share_is_reached),
        cmocka_unit_test(below_the_least_number_of_calls_it_stays_closed),
        cmocka_unit_test(below_the_share_it_stays_closed),
        cmocka_unit_test(failures_that_left_the_window_count_no_more),
        cmocka_unit_test(failures_add_up_over_the_whole_window),
        cmocka_unit_test(a_window_may_be_shorter_than_its_buckets),
        cmocka_unit_test(cancelled_calls_count_neither_way),
        cmocka_unit_test(after_its_time_so_many_probes_pass_and_no_more),
        cmocka_unit_test(good_probes_close_it_with_an_empty_window),
        cmocka_unit_test(a_failed_probe_opens_it_again_for_as_long),
        cmocka_unit_test(a_cancelled_probe_gives_its_place_back),
        cmocka_unit_test(what_was_asked_before_a_change_does_not_count_after_it),
        cmocka_unit_test(what_was_asked_two_changes_ago_does_not_count_either),
        cmocka_unit_test(a_cancelled_probe_gives_back_its_own_place_only),
        cmocka_unit_test(the_only_probe_may_be_cancelled),
        cmocka_unit_test(it_tells_its_state_to_the_millisecond),
        cmocka_unit_test(what_passes_by_force_changes_nothing),
        cmocka_unit_test(it_may_be_forced_both_ways_and_let_go),
        cmocka_unit_test(off_it_lets_everything_pass),
        cmocka_unit_test(threads_lose_no_place_and_take_none_twice),
        cmocka_unit_test(threads_lose_no_good_probe),
        cmocka_unit_test(a_thread_whose_clock_is_behind_does_not_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
