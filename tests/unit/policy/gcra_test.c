/* gcra_test.c - permits as tables of time */
#include <pthread.h>

#include "../unit.h"
#include "policy/gcra.h"

#define MS(n) ((uint64_t)(n)*1000 * 1000)
#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct gcra_settings ten_a_second = {.interval_ns = MS(100), .burst = 3};

struct step {
    uint64_t at_ms, n;
    bool passes;
    uint64_t left, retry_ms, full_ms;
};

static void follow(const struct gcra_settings *s, const struct step *steps, size_t n)
{
    gcra_word word = 0;
    for (size_t i = 0; i < n; i++) {
        struct gcra_verdict v = gcra_take(&word, s, steps[i].n, MS(5000 + steps[i].at_ms));
        assert_int_equal(v.passes, steps[i].passes);
        assert_int_equal(v.left, steps[i].left);
        assert_int_equal(v.retry_ns, MS(steps[i].retry_ms));
        assert_int_equal(v.full_ns, MS(steps[i].full_ms));
    }
}

static void a_burst_passes_then_the_rate(void **unused)
{
    (void)unused;
    static const struct step steps[] = {
        {0, 1, true, 2, 0, 100},     {0, 1, true, 1, 0, 200},    {0, 1, true, 0, 0, 300},
        {0, 1, false, 0, 100, 300},  {99, 1, false, 0, 1, 201},  {100, 1, true, 0, 0, 300},
        {150, 1, false, 0, 50, 250}, {1000, 1, true, 2, 0, 100}, /* never more than the burst */
    };
    follow(&ten_a_second, steps, COUNT(steps));
}

static void several_are_taken_whole_or_not(void **unused)
{
    (void)unused;
    static const struct step steps[] = {
        {0, 2, true, 1, 0, 200},      {0, 2, false, 1, 100, 200}, {0, 1, true, 0, 0, 300},
        {100, 2, false, 1, 100, 200}, {200, 2, true, 0, 0, 300},
    };
    follow(&ten_a_second, steps, COUNT(steps));
}

static void nothing_costs_nothing_and_tells(void **unused)
{
    (void)unused;
    static const struct step steps[] = {
        {0, 0, true, 3, 0, 0},
        {0, 3, true, 0, 0, 300},
        {0, 0, true, 0, 0, 300},
        {100, 0, true, 1, 0, 200},
    };
    follow(&ten_a_second, steps, COUNT(steps));
}

static void more_than_a_burst_never_passes(void **unused)
{
    (void)unused;
    static const struct step steps[] = {
        {0, 4, false, 3, 0, 0},
        {0, 1, true, 2, 0, 100},
        {0, 1000000, false, 2, 100, 100},
    };
    follow(&ten_a_second, steps, COUNT(steps));
}

static void what_is_owed_is_paid_before_anything_passes(void **unused)
{
    (void)unused;
    gcra_word word = 0;
    gcra_owe(&word, &ten_a_second, 2, MS(5000));
    assert_int_equal(gcra_take(&word, &ten_a_second, 0, MS(5000)).left, 1);
    gcra_owe(&word, &ten_a_second, 3, MS(5000));
    struct gcra_verdict v = gcra_take(&word, &ten_a_second, 1, MS(5000));
    assert_false(v.passes);
    assert_int_equal(v.left, 0);
    assert_int_equal(v.retry_ns, MS(300));
    assert_int_equal(v.full_ns, MS(500));
    assert_true(gcra_take(&word, &ten_a_second, 1, MS(5300)).passes);
}

static void no_more_than_a_burst_is_owed(void **unused)
{
    (void)unused;
    gcra_word word = 0;
    for (unsigned i = 0; i < 3; i++) {
        gcra_owe(&word, &ten_a_second, 1000000, MS(5000));
        assert_int_equal(gcra_take(&word, &ten_a_second, 0, MS(5000)).full_ns, MS(600));
    }
    const struct gcra_settings slow = {.interval_ns = MS(3600000), .burst = 1000000};
    word = 0;
    gcra_owe(&word, &slow, 1000000, UINT64_C(1) << 62);
    gcra_owe(&word, &slow, 1000000, UINT64_C(1) << 62);
    gcra_owe(&word, &slow, 1000000, UINT64_C(1) << 62);
    assert_int_equal(gcra_take(&word, &slow, 1, UINT64_C(1) << 62).full_ns,
                     2 * slow.burst * slow.interval_ns);
}

static void what_was_not_used_is_back(void **unused)
{
    (void)unused;
    gcra_word word = 0;
    const uint64_t full = MS(5000) + gcra_take(&word, &ten_a_second, 3, MS(5000)).full_ns;
    gcra_give_back(&word, &ten_a_second, 2, full, MS(5000));
    struct gcra_verdict v = gcra_take(&word, &ten_a_second, 0, MS(5000));
    assert_int_equal(v.left, 2);
    assert_int_equal(v.full_ns, MS(100));
}

static void what_has_come_back_by_itself_is_not_given_back_again(void **unused)
{
    (void)unused;
    gcra_word word = 0;
    const uint64_t full = MS(5000) + gcra_take(&word, &ten_a_second, 3, MS(5000)).full_ns;
    assert_true(gcra_take(&word, &ten_a_second, 2, MS(5250)).passes);
    gcra_give_back(&word, &ten_a_second, 3, full, MS(5250)); /* 50 ms of it */
    gcra_give_back(&word, &ten_a_second, 3, full, MS(5300)); /* nothing */
    assert_int_equal(gcra_take(&word, &ten_a_second, 0, MS(5300)).full_ns, MS(150));
}

static void the_slowest_rate_with_the_largest_burst_does_not_overflow(void **unused)
{
    (void)unused;
    const struct gcra_settings s = {.interval_ns = MS(3600000), .burst = 1000000};
    gcra_word word = 0;
    struct gcra_verdict v = gcra_take(&word, &s, 1000000, UINT64_C(1) << 62);
    assert_true(v.passes);
    assert_int_equal(v.left, 0);
    assert_false(gcra_take(&word, &s, 1, UINT64_C(1) << 62).passes);
}

/* Attack: at ten times the rate, in any second not more pass than rate and burst. */
static void no_second_has_more_than_rate_and_burst(void **unused)
{
    (void)unused;
    enum {
        TRIES = 1000
    };
    gcra_word word = 0;
    uint64_t passed[TRIES];
    size_t n = 0, from = 0;
    for (uint64_t i = 0; i < TRIES; i++) {
        uint64_t at_ms = 10 * i;
        if (!gcra_take(&word, &ten_a_second, 1, MS(at_ms)).passes)
            continue;
        passed[n++] = at_ms;
        while (passed[from] + 1000 <= at_ms)
            from++;
        assert_true(n - from <= 13);
    }
    assert_int_equal(n, 3 + 99);
}

enum {
    THREADS = 4,
    TAKES = 20000
};

static gcra_word shared_word;
static const struct gcra_settings shared_settings = {.interval_ns = 1000, .burst = 10000};

static void *take_many(void *passed)
{
    for (unsigned i = 0; i < TAKES; i++)
        *(unsigned *)passed += gcra_take(&shared_word, &shared_settings, 1, MS(1)).passes;
    return NULL;
}

static void threads_never_take_more_than_there_is(void **unused)
{
    (void)unused;
    pthread_t threads[THREADS];
    unsigned passed[THREADS] = {0};
    unsigned sum = 0;
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_many, &passed[i]), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        sum += passed[i];
    }
    assert_int_equal(sum, 10000);
}

static void *give_many_back(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < 5 * TAKES; i++)
        gcra_give_back(&shared_word, &shared_settings, 1, UINT64_MAX, 0);
    return NULL;
}

static void threads_lose_nothing_that_they_give_back(void **unused)
{
    (void)unused;
    pthread_t threads[THREADS];
    shared_word = MS(1) + (uint64_t)THREADS * 5 * TAKES * shared_settings.interval_ns;
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, give_many_back, NULL), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(shared_word, MS(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_passes_then_the_rate),
        cmocka_unit_test(several_are_taken_whole_or_not),
        cmocka_unit_test(nothing_costs_nothing_and_tells),
        cmocka_unit_test(more_than_a_burst_never_passes),
        cmocka_unit_test(what_is_owed_is_paid_before_anything_passes),
        cmocka_unit_test(no_more_than_a_burst_is_owed),
        cmocka_unit_test(what_was_not_used_is_back),
        cmocka_unit_test(what_has_come_back_by_itself_is_not_given_back_again),
        cmocka_unit_test(the_slowest_rate_with_the_largest_burst_does_not_overflow),
        cmocka_unit_test(no_second_has_more_than_rate_and_burst),
        cmocka_unit_test(threads_never_take_more_than_there_is),
        cmocka_unit_test(threads_lose_nothing_that_they_give_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
