/* window_test.c - counts of the last turns */
#include <pthread.h>

#include "../unit.h"
#include "policy/window.h"

static void counts_are_of_the_last_ten_turns(void **unused)
{
    (void)unused;
    struct window w = {0};
    for (uint64_t turn = 100; turn < 130; turn++)
        window_add(&w, turn, 2, 1);
    assert_int_equal(window_sum(&w, 129).first, 20);
    assert_int_equal(window_sum(&w, 129).second, 10);
    assert_int_equal(window_sum(&w, 134).first, 10);
    assert_int_equal(window_sum(&w, 139).first, 0);
}

static void an_old_bucket_begins_anew(void **unused)
{
    (void)unused;
    struct window w = {0};
    window_add(&w, 100, 5, 5);
    window_add(&w, 110, 1, 0);
    assert_int_equal(window_sum(&w, 110).first, 1);
    assert_int_equal(window_sum(&w, 110).second, 0);
}

static void a_count_beyond_the_greatest_keeps_its_ratio_to_the_other(void **unused)
{
    (void)unused;
    struct window w = {0};
    for (unsigned i = 0; i < 10; i++) {
        window_add(&w, 7, 900000, 90000);
        assert_in_range(window_sum(&w, 7).first, 450000, WINDOW_COUNT_MAX);
        assert_in_range(window_sum(&w, 7).second * 1000 / window_sum(&w, 7).first, 99, 100);
    }
    window_clear(&w);
    for (unsigned i = 0; i < 3; i++)
        window_add(&w, 7, 0, WINDOW_COUNT_MAX);
    assert_int_equal(window_sum(&w, 7).second, WINDOW_COUNT_MAX);
    assert_int_equal(window_sum(&w, 7).first, 0);
}

static void who_is_behind_adds_to_what_is_there(void **unused)
{
    (void)unused;
    struct window w = {0};
    window_add(&w, 110, 5, 5);
    window_add(&w, 100, 1, 1);
    assert_int_equal(window_sum(&w, 110).first, 6);
    assert_int_equal(window_sum(&w, 110).second, 6);
}

static void one_of_the_counts_is_enough_to_be_there(void **unused)
{
    (void)unused;
    for (unsigned first = 0; first <= 5; first += 5) {
        struct window w = {0};
        window_add(&w, 110, first, 5 - first);
        window_add(&w, 100, 1, 1);
        assert_int_equal(window_sum(&w, 110).first, first + 1);
        assert_int_equal(window_sum(&w, 110).second, 5 - first + 1);
    }
}

static void who_is_a_hundred_windows_behind_adds_and_who_is_more_begins_anew(void **unused)
{
    (void)unused;
    struct window w = {0};
    window_add(&w, 1110, 5, 5);
    window_add(&w, 110, 1, 1);
    assert_int_equal(window_sum(&w, 1110).first, 6);
    window_add(&w, 100, 1, 1);
    assert_int_equal(window_sum(&w, 1110).first, 0);
    assert_int_equal(window_sum(&w, 100).first, 1);
}

static void the_greatest_count_is_kept_as_it_is(void **unused)
{
    (void)unused;
    struct window w = {0};
    window_add(&w, 7, WINDOW_COUNT_MAX, WINDOW_COUNT_MAX);
    assert_int_equal(window_sum(&w, 7).first, WINDOW_COUNT_MAX);
    assert_int_equal(window_sum(&w, 7).second, WINDOW_COUNT_MAX);
    window_add(&w, 7, 0, 1);
    assert_int_equal(window_sum(&w, 7).first, WINDOW_COUNT_MAX / 2);
    assert_int_equal(window_sum(&w, 7).second, (WINDOW_COUNT_MAX + 1) / 2);
}

static void cleared_it_is_empty(void **unused)
{
    (void)unused;
    struct window w = {0};
    for (uint64_t turn = 0; turn < WINDOW_BUCKETS; turn++)
        window_add(&w, turn, 1, 1);
    window_clear(&w);
    assert_int_equal(window_sum(&w, WINDOW_BUCKETS - 1).first, 0);
    assert_int_equal(window_sum(&w, WINDOW_BUCKETS - 1).second, 0);
}

/* A word keeps the last bits of a turn only. */
static void turns_of_any_size_are_told_apart(void **unused)
{
    (void)unused;
    static const uint64_t turns[] = {(1 << 24) - 1, 1 << 24, UINT64_C(1) << 40, UINT64_MAX - 10};
    for (unsigned i = 0; i < sizeof turns / sizeof *turns; i++) {
        struct window w = {0};
        window_add(&w, turns[i], 1, 0);
        window_add(&w, turns[i], 1, 1);
        window_add(&w, turns[i] + 1, 1, 0);
        assert_int_equal(window_sum(&w, turns[i] + 1).first, 3);
        assert_int_equal(window_sum(&w, turns[i] + WINDOW_BUCKETS).first, 1);
        assert_int_equal(window_sum(&w, turns[i] + WINDOW_BUCKETS).second, 0);
    }
}

enum {
    THREADS = 4,
    ADDS = 200000
};

static pthread_barrier_t together;

static void *add_many(void *window)
{
    pthread_barrier_wait(&together);
    for (unsigned i = 0; i < ADDS; i++)
        window_add(window, i % 5, 1, 1);
    return NULL;
}

static void threads_lose_no_count(void **unused)
{
    (void)unused;
    struct window w = {0};
    pthread_t threads[THREADS];
    pthread_barrier_init(&together, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, &w), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(window_sum(&w, 5).first, THREADS * ADDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_of_the_last_ten_turns),
        cmocka_unit_test(an_old_bucket_begins_anew),
        cmocka_unit_test(a_count_beyond_the_greatest_keeps_its_ratio_to_the_other),
        cmocka_unit_test(who_is_behind_adds_to_what_is_there),
        cmocka_unit_test(one_of_the_counts_is_enough_to_be_there),
        cmocka_unit_test(who_is_a_hundred_windows_behind_adds_and_who_is_more_begins_anew),
        cmocka_unit_test(the_greatest_count_is_kept_as_it_is),
        cmocka_unit_test(cleared_it_is_empty),
        cmocka_unit_test(turns_of_any_size_are_told_apart),
        cmocka_unit_test(threads_lose_no_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
