/* credentials_life_test.c - tables of time: when a token is asked for, and when it is over */
#include "../unit.h"
#include "service/credentials_life.h"

enum {
    START_MS = 5000
};

/* A token that was asked for at that time, and came a moment later. */
static struct credentials_life token(uint64_t asked_ms, uint64_t life_ms)
{
    struct credentials_life l;
    credentials_life_init(&l, asked_ms);
    credentials_life_begin(&l, asked_ms);
    credentials_life_take(&l, 1, life_ms);
    return l;
}

static void the_first_token_is_due_at_once(void **unused)
{
    (void)unused;
    struct credentials_life l;
    credentials_life_init(&l, START_MS);
    assert_true(credentials_life_is_due(&l, START_MS));
    assert_int_equal(credentials_life_next_ms(&l), START_MS);
}

static void nobody_asks_twice_at_a_time(void **unused)
{
    (void)unused;
    struct credentials_life l;
    credentials_life_init(&l, START_MS);
    credentials_life_begin(&l, START_MS);
    assert_false(credentials_life_is_due(&l, START_MS + 1000000));
    assert_true(credentials_life_next_ms(&l) == UINT64_MAX);
}

static void a_token_is_asked_for_ahead_of_its_end(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t life_ms, due_ms;
    } table[] = {
        {1000, 1000},        /* never within a second */
        {1500, 1000},        /* */
        {2000, 1000},        /* half of it, as 30 s before the end is past, */
        {20000, 10000},      /* */
        {40000, 20000},      /* */
        {60000, 30000},      /* 30 s before its end, */
        {100000, 70000},     /* */
        {150000, 120000},    /* 80 % of it, */
        {3600000, 2880000},  /* */
        {86400000, 69120000} /* of a day, too */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct credentials_life l = token(START_MS, table[i].life_ms);
        uint64_t due_ms = START_MS + table[i].due_ms;
        assert_false(credentials_life_is_due(&l, due_ms - 1));
        assert_true(credentials_life_is_due(&l, due_ms));
        assert_int_equal(credentials_life_next_ms(&l), due_ms);
    }
}

static void a_life_counts_from_the_asking(void **unused)
{
    (void)unused;
    struct credentials_life l = token(START_MS, 60000);
    assert_false(credentials_life_end(&l, START_MS + 59999));
    assert_int_equal(l.generation, 1);
    assert_true(credentials_life_end(&l, START_MS + 60000));
    assert_int_equal(l.generation, 0);
}

static void the_end_is_told_once(void **unused)
{
    (void)unused;
    struct credentials_life l = token(START_MS, 60000);
    assert_true(credentials_life_end(&l, START_MS + 70000));
    assert_false(credentials_life_end(&l, START_MS + 70000));
}

static void a_token_without_a_life_is_asked_for_after_an_hour_and_never_ends(void **unused)
{
    (void)unused;
    struct credentials_life l = token(START_MS, CREDENTIALS_NO_END);
    assert_int_equal(credentials_life_next_ms(&l), START_MS + 3600000);
    assert_false(credentials_life_end(&l, UINT64_MAX - 1));
}

static void a_life_of_ages_does_not_overflow(void **unused)
{
    (void)unused;
    struct credentials_life l = token(START_MS, UINT64_MAX / 4);
    assert_false(credentials_life_is_due(&l, START_MS + 86400000));
    assert_true(credentials_life_next_ms(&l) < UINT64_MAX / 8);
}

static void failures_wait_longer_each_time_and_never_for_ever(void **unused)
{
    (void)unused;
    static const uint64_t most_ms[] = {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000};
    for (uint64_t random = 0; random < 50; random++) {
        struct credentials_life l;
        uint64_t now_ms = START_MS;
        credentials_life_init(&l, now_ms);
        for (size_t i = 0; i < sizeof most_ms / sizeof *most_ms; i++) {
            credentials_life_begin(&l, now_ms);
            credentials_life_fail(&l, now_ms, 0, random * 1237);
            assert_false(credentials_life_is_due(&l, now_ms + 99));
            assert_in_range(l.due_ms - now_ms, 100, most_ms[i]);
            now_ms = l.due_ms;
        }
    }
}

static void waits_differ(void **unused)
{
    (void)unused;
    struct credentials_life a, b;
    credentials_life_init(&a, START_MS);
    credentials_life_begin(&a, START_MS);
    b = a;
    credentials_life_fail(&a, START_MS, 0, 300);
    credentials_life_fail(&b, START_MS, 0, 450);
    assert_int_not_equal(a.due_ms, b.due_ms);
}

static void what_the_token_service_asks_for_is_kept_within_reason(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t asked_ms, wait_ms;
    } table[] = {{0, 100}, {7000, 7000}, {86400000, 300000}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct credentials_life l;
        credentials_life_init(&l, START_MS);
        credentials_life_begin(&l, START_MS);
        credentials_life_fail(&l, START_MS, table[i].asked_ms, 0);
        assert_int_equal(l.due_ms, START_MS + table[i].wait_ms);
    }
}

static void a_failure_leaves_the_old_token_to_its_end(void **unused)
{
    (void)unused;
    struct credentials_life l = token(START_MS, 60000);
    credentials_life_begin(&l, START_MS + 30000);
    credentials_life_fail(&l, START_MS + 30000, 0, 0);
    assert_int_equal(l.generation, 1);
    assert_int_equal(credentials_life_next_ms(&l), START_MS + 30100);
    assert_true(credentials_life_end(&l, START_MS + 60000));
}

static void the_end_is_seen_while_somebody_asks(void **unused)
{
    (void)unused;
    struct credentials_life l = token(START_MS, 60000);
    credentials_life_begin(&l, START_MS + 30000);
    assert_int_equal(credentials_life_next_ms(&l), START_MS + 60000);
}

static void a_success_forgets_the_failures(void **unused)
{
    (void)unused;
    struct credentials_life l;
    credentials_life_init(&l, START_MS);
    credentials_life_begin(&l, START_MS);
    credentials_life_fail(&l, START_MS, 0, 0);
    credentials_life_begin(&l, START_MS + 100);
    credentials_life_take(&l, 2, 60000);
    assert_int_equal(l.n_failures, 0);
    assert_int_equal(l.due_ms, START_MS + 100 + 30000);
}

static void a_refused_token_is_asked_for_at_once_and_serves_meanwhile(void **unused)
{
    (void)unused;
    struct credentials_life l = token(START_MS, 60000);
    assert_true(credentials_life_refuse(&l, 1, START_MS + 5000));
    assert_true(credentials_life_is_due(&l, START_MS + 5000));
    assert_int_equal(l.generation, 1);
}

static void a_refusal_is_heeded_once_a_token(void **unused)
{
    (void)unused;
    struct credentials_life l = token(START_MS, 60000);
    assert_true(credentials_life_refuse(&l, 1, START_MS + 5000));
    assert_false(credentials_life_refuse(&l, 1, START_MS + 5001));
    credentials_life_begin(&l, START_MS + 5001);
    assert_false(credentials_life_refuse(&l, 1, START_MS + 5002));
    credentials_life_take(&l, 2, 60000);
    assert_false(credentials_life_refuse(&l, 1, START_MS + 9000)); /* an answer to the old one */
    assert_false(credentials_life_refuse(&l, 0, START_MS + 9000));
    assert_false(credentials_life_is_due(&l, START_MS + 9000));
}

static void a_service_that_refuses_all_tokens_is_believed_less_each_time(void **unused)
{
    (void)unused;
    static const uint64_t wait_ms[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    struct credentials_life l = token(START_MS, 3600000);
    uint64_t now_ms = START_MS;
    for (size_t i = 0; i < sizeof wait_ms / sizeof *wait_ms; i++) {
        assert_true(credentials_life_refuse(&l, i + 1, now_ms + 1));
        assert_int_equal(l.due_ms, now_ms + wait_ms[i]);
        now_ms = l.due_ms;
        credentials_life_begin(&l, now_ms);
        credentials_life_take(&l, i + 2, 3600000);
    }
}

static void a_token_that_was_taken_restores_the_belief(void **unused)
{
    (void)unused;
    struct credentials_life l = token(START_MS, 3600000);
    credentials_life_refuse(&l, 1, START_MS + 10000);
    credentials_life_begin(&l, START_MS + 10000);
    credentials_life_take(&l, 2, 3600000);
    credentials_life_begin(&l, l.due_ms); /* it lived to be asked for as others are */
    credentials_life_take(&l, 3, 3600000);
    uint64_t now_ms = l.asked_ms + 1500;
    credentials_life_refuse(&l, 3, now_ms);
    assert_true(credentials_life_is_due(&l, now_ms));
}

static void a_refusal_does_not_shorten_the_wait_after_failures(void **unused)
{
    (void)unused;
    struct credentials_life l = token(START_MS, 60000);
    credentials_life_begin(&l, START_MS + 30000);
    credentials_life_fail(&l, START_MS + 30000, 9000, 0);
    assert_true(credentials_life_refuse(&l, 1, START_MS + 31000));
    assert_int_equal(l.due_ms, START_MS + 39000);
}

static void hurry_asks_now_whatever_was_before(void **unused)
{
    (void)unused;
    struct credentials_life l = token(START_MS, 60000);
    credentials_life_begin(&l, START_MS + 30000);
    credentials_life_hurry(&l, START_MS + 30500);
    assert_true(credentials_life_is_due(&l, START_MS + 30500));
    assert_int_equal(l.generation, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_token_is_due_at_once),
        cmocka_unit_test(nobody_asks_twice_at_a_time),
        cmocka_unit_test(a_token_is_asked_for_ahead_of_its_end),
        cmocka_unit_test(a_life_counts_from_the_asking),
        cmocka_unit_test(the_end_is_told_once),
        cmocka_unit_test(a_token_without_a_life_is_asked_for_after_an_hour_and_never_ends),
        cmocka_unit_test(a_life_of_ages_does_not_overflow),
        cmocka_unit_test(failures_wait_longer_each_time_and_never_for_ever),
        cmocka_unit_test(waits_differ),
        cmocka_unit_test(what_the_token_service_asks_for_is_kept_within_reason),
        cmocka_unit_test(a_failure_leaves_the_old_token_to_its_end),
        cmocka_unit_test(the_end_is_seen_while_somebody_asks),
        cmocka_unit_test(a_success_forgets_the_failures),
        cmocka_unit_test(a_refused_token_is_asked_for_at_once_and_serves_meanwhile),
        cmocka_unit_test(a_refusal_is_heeded_once_a_token),
        cmocka_unit_test(a_service_that_refuses_all_tokens_is_believed_less_each_time),
        cmocka_unit_test(a_token_that_was_taken_restores_the_belief),
        cmocka_unit_test(a_refusal_does_not_shorten_the_wait_after_failures),
        cmocka_unit_test(hurry_asks_now_whatever_was_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
