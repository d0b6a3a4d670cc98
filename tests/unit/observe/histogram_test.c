/* histogram_test.c - each time falls into the first bucket that holds it */
#include "../unit.h"
#include "observe/histogram.h"

static unsigned bucket_of(uint64_t us)
{
    struct histogram h = {0};
    struct histogram_sum sum = {0};
    histogram_add(&h, us);
    histogram_collect(&h, &sum);
    assert_int_equal(sum.sum_us, us);
    unsigned found = 0, n = 0;
    for (unsigned i = 0; i <= HISTOGRAM_N_BOUNDS; i++) {
        n += (unsigned)sum.buckets[i];
        if (sum.buckets[i])
            found = i;
    }
    assert_int_equal(n, 1);
    return found;
}

static void a_bound_belongs_to_its_bucket(void **state)
{
    (void)state;
    assert_int_equal(bucket_of(0), 0);
    for (unsigned i = 0; i < HISTOGRAM_N_BOUNDS; i++) {
        assert_int_equal(bucket_of(histogram_bound_us(i)), i);
        assert_int_equal(bucket_of(histogram_bound_us(i) + 1), i + 1);
    }
    assert_int_equal(bucket_of(UINT64_MAX), HISTOGRAM_N_BOUNDS);
}

static void histograms_of_several_workers_add_up(void **state)
{
    (void)state;
    struct histogram one = {0}, other = {0};
    struct histogram_sum sum = {0};
    histogram_add(&one, 100);
    histogram_add(&one, 700);
    histogram_add(&other, 200);
    histogram_collect(&one, &sum);
    histogram_collect(&other, &sum);
    assert_int_equal(sum.buckets[0], 2);
    assert_int_equal(sum.buckets[1], 1);
    assert_int_equal(sum.sum_us, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bound_belongs_to_its_bucket),
        cmocka_unit_test(histograms_of_several_workers_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
