/* balance_test.c - which target is chosen, over many choices */
#include "../unit.h"
#include "policy/balance.h"

enum {
    N = 10
};

#define MS UINT64_C(1000000)
#define SECOND (MS * 1000)

static struct balance_target targets[N];
static struct balance b;
static struct balance_set all;
static uint64_t seed;

/* SplitMix64. */
static uint64_t next_random(void)
{
    uint64_t x = seed += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static int begin(void **unused)
{
    (void)unused;
    all = (struct balance_set){0};
    seed = 42;
    for (unsigned i = 0; i < N; i++) {
        targets[i] = (struct balance_target){.weight = 1, .id = i * 7919};
        balance_add(&all, i);
    }
    balance_init(&b, targets, N);
    return 0;
}

static int end(void **unused)
{
    (void)unused;
    balance_done(&b);
    return 0;
}

/* One call after the other, each as long as its target takes. */
static void serve(unsigned n_calls, const uint64_t *took_us, enum balance_end how_first,
                  unsigned *n_chosen)
{
    uint64_t now = 100 * SECOND;
    for (unsigned i = 0; i < n_calls; i++) {
        int target = balance_least_latency(&b, &all, next_random(), now);
        assert_in_range(target, 0, N - 1);
        n_chosen[target]++;
        balance_begin(&b, (unsigned)target);
        now += MS;
        balance_end(&b, (unsigned)target, target == 0 ? how_first : BALANCE_GOOD, took_us[target],
                    now);
    }
}

static void a_slow_target_gets_few_calls(void **unused)
{
    (void)unused;
    uint64_t took[N];
    unsigned chosen[N] = {0};
    for (unsigned i = 0; i < N; i++)
        took[i] = i == 0 ? 200000 : 5000;
    serve(10000, took, BALANCE_GOOD, chosen);
    assert_true(chosen[0] < 200);
    for (unsigned i = 1; i < N; i++)
        assert_in_range(chosen[i], 500, 2500);
}

static void a_target_that_fails_fast_does_not_look_fast(void **unused)
{
    (void)unused;
    uint64_t took[N];
    unsigned chosen[N] = {0};
    for (unsigned i = 0; i < N; i++)
        took[i] = i == 0 ? 100 : 5000;
    serve(10000, took, BALANCE_FAILED, chosen);
    assert_true(chosen[0] < 100);
}

static void waiting_calls_are_load(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < N; i++) {
        balance_begin(&b, i);
        balance_end(&b, i, BALANCE_GOOD, 5000, SECOND);
    }
    for (unsigned i = 0; i < 100; i++)
        balance_begin(&b, 3);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_not_equal(balance_least_latency(&b, &all, next_random(), SECOND), 3);
}

static void a_target_that_came_back_rises_slowly(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < N; i++) {
        balance_begin(&b, i);
        balance_end(&b, i, BALANCE_GOOD, 5000, 100 * SECOND);
    }
    targets[0].since_ns = 100 * SECOND;
    unsigned early = 0, late = 0;
    for (unsigned i = 0; i < 10000; i++) {
        early += balance_least_latency(&b, &all, next_random(), 100 * SECOND) == 0;
        late += balance_least_latency(&b, &all, next_random(), 111 * SECOND) == 0;
    }
    assert_int_equal(early, 0);
    assert_in_range(late, 700, 1900); /* ties go to the first of two */
}

static void a_cancelled_call_says_nothing(void **unused)
{
    (void)unused;
    balance_begin(&b, 0);
    balance_end(&b, 0, BALANCE_CANCELLED, 900000, SECOND);
    assert_int_equal(targets[0].in_flight, 0);
    assert_true(targets[0].latency_us == 0);
}

static void only_usable_targets_are_chosen(void **unused)
{
    (void)unused;
    struct balance_set some = {0};
    assert_int_equal(balance_least_latency(&b, &some, 1, SECOND), BALANCE_NONE);
    assert_int_equal(balance_round_robin(&b, &some), BALANCE_NONE);
    assert_int_equal(balance_hash(&b, &some, 1), BALANCE_NONE);
    balance_add(&some, 7);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(balance_least_latency(&b, &some, next_random(), SECOND), 7);
        assert_int_equal(balance_round_robin(&b, &some), 7);
        assert_int_equal(balance_hash(&b, &some, next_random()), 7);
    }
}

static void round_robin_goes_by_weight_and_spreads(void **unused)
{
    (void)unused;
    struct balance_set three = {0};
    int chosen[6];
    targets[0].weight = 3;
    targets[1].weight = 2;
    for (unsigned i = 0; i < 3; i++)
        balance_add(&three, i);
    for (unsigned i = 0; i < 6; i++)
        chosen[i] = balance_round_robin(&b, &three);
    static const int expected[] = {0, 1, 0, 2, 1, 0};
    assert_memory_equal(chosen, expected, sizeof expected);
}

static void a_hash_stays_with_its_target(void **unused)
{
    (void)unused;
    for (uint64_t hash = 0; hash < 1000; hash++)
        assert_int_equal(balance_hash(&b, &all, hash), balance_hash(&b, &all, hash));
}

static void a_target_that_leaves_moves_its_own_hashes_only(void **unused)
{
    (void)unused;
    struct balance_set fewer = all;
    unsigned n_moved = 0;
    fewer.bits[0] &= ~UINT64_C(1);
    for (uint64_t hash = 0; hash < 10000; hash++) {
        int before = balance_hash(&b, &all, hash), after = balance_hash(&b, &fewer, hash);
        assert_true(before == 0 || before == after);
        n_moved += before != after;
    }
    assert_in_range(n_moved, 500, 1800);
}

static void no_target_has_far_more_than_its_share(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 1000; i++)
        balance_begin(&b, (unsigned)balance_hash(&b, &all, i % 3)); /* three hot keys */
    for (unsigned i = 0; i < N; i++)
        assert_true(targets[i].in_flight <= 126);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_slow_target_gets_few_calls),
        TEST(a_target_that_fails_fast_does_not_look_fast),
        TEST(waiting_calls_are_load),
        TEST(a_target_that_came_back_rises_slowly),
        TEST(a_cancelled_call_says_nothing),
        TEST(only_usable_targets_are_chosen),
        TEST(round_robin_goes_by_weight_and_spreads),
        TEST(a_hash_stays_with_its_target),
        TEST(a_target_that_leaves_moves_its_own_hashes_only),
        TEST(no_target_has_far_more_than_its_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
