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

static void counts_stay_at_their_greatest(void **unused)
{
    (void)unused;
    struct window w = {0};
    for (unsigned i = 0; i < 3; i++)
        window_add(&w, 7, WINDOW_COUNT_MAX, 1);
    assert_int_equal(window_sum(&w, 7).first, WINDOW_COUNT_MAX);
    assert_int_equal(window_sum(&w, 7).second, 3);
}

static void cleared_it_is_empty(void **unused)
{
    (void)unused;
    struct window w = {0};
    window_add(&w, 100, 1, 1);
    window_clear(&w);
    assert_int_equal(window_sum(&w, 100).first, 0);
}

enum {
    THREADS = 4,
    ADDS = 50000
};

static void *add_many(void *window)
{
    for (unsigned i = 0; i < ADDS; i++)
        window_add(window, i % 5, 1, 1);
    return NULL;
}

static void threads_lose_no_count(void **unused)
{
    (void)unused;
    struct window w = {0};
    pthread_t threads[THREADS];
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
        cmocka_unit_test(counts_stay_at_their_greatest),
        cmocka_unit_test(cleared_it_is_empty),
        cmocka_unit_test(threads_lose_no_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
