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

/* SplitMix64's finaliser, as balance.c has it for points and hashes. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* SplitMix64. */
static uint64_t next_random(void)
{
    return mix(seed += UINT64_C(0x9e3779b97f4a7c15));
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

/* A target's latency, known for sure. */
static void set_latency(unsigned target, uint64_t us, uint64_t now)
{
    targets[target].latency_us = 0;
    balance_begin(&b, target);
    balance_end(&b, target, BALANCE_GOOD, us, now);
}

/* Of two targets, by whichever is drawn first. */
static int choose_of(unsigned one, unsigned other, uint64_t now)
{
    struct balance_set two = {0};
    balance_add(&two, one);
    balance_add(&two, other);
    int chosen = balance_least_latency(&b, &two, 0, now);
    return balance_least_latency(&b, &two, 1, now) == chosen ? chosen : BALANCE_NONE;
}

static void of_two_the_one_with_less_load_is_taken(void **unused)
{
    (void)unused;
    set_latency(0, 5000, SECOND);
    set_latency(1, 4000, SECOND);
    assert_int_equal(choose_of(0, 1, SECOND), 1);
    balance_begin(&b, 1);
    assert_int_equal(choose_of(0, 1, SECOND), 0);
    targets[1].weight = 2;
    assert_int_equal(choose_of(0, 1, SECOND), 1);
}

static void of_equal_ones_the_first_drawn_is_taken(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < N; i++)
        set_latency(i, 5000, SECOND);
    for (unsigned i = 0; i < N; i++)
        for (uint64_t k = 0; k < N - 1; k++)
            assert_int_equal(balance_least_latency(&b, &all, k << 32 | i, SECOND), i);
}

static void any_two_may_be_drawn(void **unused)
{
    (void)unused;
    for (unsigned best = 0; best < N; best++) {
        unsigned n_chosen = 0;
        for (unsigned i = 0; i < N; i++)
            set_latency(i, i == best ? 10 : 5000, SECOND);
        for (uint64_t first = 0; first < N; first++)
            for (uint64_t second = 0; second < N - 1; second++)
                n_chosen +=
                    balance_least_latency(&b, &all, second << 32 | first, SECOND) == (int)best;
        assert_int_equal(n_chosen, 2 * (N - 1)); /* whenever it is one of them */
    }
}

static void an_unknown_target_that_has_calls_is_left_to_them(void **unused)
{
    (void)unused;
    set_latency(1, 5000, SECOND);
    assert_int_equal(choose_of(0, 1, SECOND), 0);
    balance_begin(&b, 0);
    assert_int_equal(choose_of(0, 1, SECOND), 1);
    set_latency(1, 1100000, SECOND);
    assert_int_equal(choose_of(0, 1, SECOND), 1); /* two seconds there, and 1.1 here */
    set_latency(1, 2100000, SECOND);
    assert_int_equal(choose_of(0, 1, SECOND), 0);
}

static void a_rise_counts_at_once_and_a_fall_by_time(void **unused)
{
    (void)unused;
    set_latency(0, 100000, 100 * SECOND);
    balance_begin(&b, 0);
    balance_end(&b, 0, BALANCE_GOOD, 10000, 110 * SECOND); /* 1/e of the old one is left */
    assert_in_range((uint64_t)targets[0].latency_us, 43108, 43110);
    balance_begin(&b, 0);
    balance_end(&b, 0, BALANCE_GOOD, 50000, 111 * SECOND);
    assert_in_range((uint64_t)targets[0].latency_us, 50000, 50000);
}

static void what_is_known_of_a_target_is_forgotten(void **unused)
{
    (void)unused;
    set_latency(0, 9000, 10 * SECOND);
    set_latency(1, 5000, 20 * SECOND);
    assert_int_equal(choose_of(0, 1, 20 * SECOND), 0); /* 9000/e */
    set_latency(0, 15000, 10 * SECOND);
    assert_int_equal(choose_of(0, 1, 20 * SECOND), 1);
}

static void the_share_of_a_new_target_grows_by_its_age(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t age_ms, latency_us; /* of the other that it is as good as */
    } rows[] = {{0, 50000},    {900, 50000}, {2000, 25000},
                {5000, 10000}, {9000, 5555}, {10001, 5000}};
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t now = 100 * SECOND + rows[i].age_ms * MS;
        targets[0].since_ns = 100 * SECOND;
        set_latency(0, 5000, now);
        set_latency(1, rows[i].latency_us * 101 / 100, now);
        assert_int_equal(choose_of(0, 1, now), 0);
        set_latency(1, rows[i].latency_us * 99 / 100, now);
        assert_int_equal(choose_of(0, 1, now), 1);
    }
}

static void what_was_there_from_the_start_has_its_whole_share(void **unused)
{
    (void)unused;
    targets[1].since_ns = 1;
    set_latency(0, 5000, SECOND);
    set_latency(1, 5000, SECOND);
    assert_int_equal(choose_of(0, 1, SECOND), 0);
}

static void a_call_that_took_no_time_is_known(void **unused)
{
    (void)unused;
    set_latency(0, 0, SECOND);
    assert_true(targets[0].latency_us > 0);
}

static void a_microsecond_is_a_latency_like_any_other(void **unused)
{
    (void)unused;
    set_latency(0, 1, SECOND);
    set_latency(1, 1000, SECOND);
    balance_begin(&b, 0);
    assert_int_equal(choose_of(0, 1, SECOND), 0);
    targets[0].weight = 1000; /* and what is not known at all comes before it */
    assert_int_equal(choose_of(0, 2, SECOND), 2);
}

static void a_failure_counts_as_a_second_at_least(void **unused)
{
    (void)unused;
    static const uint64_t rows[][2] = {{0, 1000000}, {1000, 1000000}, {3000000, 3000000}};
    for (unsigned i = 0; i < 3; i++) {
        targets[0].latency_us = 0;
        balance_begin(&b, 0);
        balance_end(&b, 0, BALANCE_FAILED, rows[i][0], SECOND);
        assert_in_range((uint64_t)targets[0].latency_us, rows[i][1], rows[i][1]);
    }
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
    assert_int_equal(balance_round_robin(&b, &some, SECOND), BALANCE_NONE);
    assert_int_equal(balance_hash(&b, &some, 1), BALANCE_NONE);
    balance_add(&some, 7);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(balance_least_latency(&b, &some, next_random(), SECOND), 7);
        assert_int_equal(balance_round_robin(&b, &some, SECOND), 7);
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
        chosen[i] = balance_round_robin(&b, &three, SECOND);
    static const int expected[] = {0, 1, 0, 2, 1, 0};
    assert_memory_equal(chosen, expected, sizeof expected);
}

static unsigned turns_of(unsigned target, uint64_t now_ns)
{
    unsigned n = 0;
    for (unsigned i = 0; i < 1000; i++)
        n += balance_round_robin(&b, &all, now_ns) == (int)target;
    return n;
}

static void round_robin_lets_a_new_target_rise_slowly(void **unused)
{
    (void)unused;
    targets[3].since_ns = 100 * SECOND;
    assert_in_range(turns_of(3, 100 * SECOND), 10, 12); /* of 1000, a tenth of its share */
    assert_in_range(turns_of(3, 105 * SECOND), 50, 55);
    assert_in_range(turns_of(3, 110 * SECOND), 99, 101);
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

/* The target of the point that is the nearest going up, looked for among all of them. */
static int nearest(const struct balance_set *usable, uint64_t hash)
{
    uint64_t least = UINT64_MAX;
    int found = BALANCE_NONE;
    for (unsigned i = 0; i < N; i++)
        for (uint64_t k = 1; balance_has(usable, i) && k <= 64; k++) {
            uint64_t away = mix(targets[i].id + mix(k)) - mix(hash);
            found = away <= least ? (int)i : found;
            least = away < least ? away : least;
        }
    return found;
}

static void a_hash_goes_to_the_nearest_point_of_the_ring(void **unused)
{
    (void)unused;
    struct balance_set some = all;
    some.bits[0] &= ~UINT64_C(0x4a);
    for (uint64_t hash = 0; hash < 20000; hash++) {
        assert_int_equal(balance_hash(&b, &all, hash), nearest(&all, hash));
        assert_int_equal(balance_hash(&b, &some, hash), nearest(&some, hash));
    }
    for (unsigned i = 0; i < N; i++)
        for (uint64_t k = 1; k <= 64; k++) /* on the very point */
            assert_int_equal(balance_hash(&b, &all, targets[i].id + mix(k)), i);
}

static void a_ring_is_made_anew_where_it_was_given_up(void **unused)
{
    (void)unused;
    for (uint64_t round = 0; round < 3; round++) {
        for (uint64_t hash = 0; hash < 20000; hash++)
            assert_int_equal(balance_hash(&b, &all, hash), nearest(&all, hash));
        assert_int_equal(b.n_points, 64 * N);
        balance_done(&b);
    }
}

/* What goes beyond the bound goes to the other. */
static void a_target_takes_a_quarter_more_than_its_share_and_no_more(void **unused)
{
    (void)unused;
    struct balance_set two = {0};
    unsigned taken[2] = {0};
    balance_add(&two, 0);
    balance_add(&two, 7);
    unsigned own = balance_hash(&b, &two, 1) == 7;
    for (unsigned n = 1; n <= 200; n++) {
        unsigned bound = (n * 5 + 7) / 8; /* ceil(n * 1.25 / 2) */
        unsigned wanted = taken[own] < bound ? own : !own;
        assert_int_equal(balance_hash(&b, &two, 1), wanted ? 7 : 0);
        balance_begin(&b, wanted ? 7 : 0);
        taken[wanted]++;
    }
    assert_int_equal(taken[own], 125);
}

enum {
    POINTS_MAX = 64 * 1024
};

static void a_ring_is_bounded_and_each_target_has_a_point(void **unused)
{
    (void)unused;
    static struct balance_target many[BALANCE_MAX];
    struct balance big;
    struct balance_set usable = {0}, last = {0};
    for (unsigned i = 0; i < BALANCE_MAX; i++) {
        many[i] = (struct balance_target){.weight = i == BALANCE_MAX - 1 ? 1 : 1000, .id = i};
        balance_add(&usable, i);
    }
    balance_add(&last, BALANCE_MAX - 1);
    balance_init(&big, many, BALANCE_MAX);
    assert_int_not_equal(balance_hash(&big, &usable, 1), BALANCE_NONE);
    assert_int_equal(big.n_points, (BALANCE_MAX - 1) * (POINTS_MAX / (BALANCE_MAX - 1)) + 1);
    assert_true(big.n_points <= POINTS_MAX);
    assert_int_equal(balance_hash(&big, &last, 1), BALANCE_MAX - 1);
    balance_done(&big);
    balance_init(&big, many, 2);
    assert_int_not_equal(balance_hash(&big, &usable, 1), BALANCE_NONE);
    assert_int_equal(big.n_points, POINTS_MAX);
    balance_done(&big);
}

static void as_many_targets_as_there_may_be_are_balanced(void **unused)
{
    (void)unused;
    static struct balance_target many[BALANCE_MAX];
    struct balance big;
    struct balance_set none = {0}, two = {0};
    for (unsigned i = 0; i < BALANCE_MAX; i++)
        many[i] = (struct balance_target){.weight = 1, .id = i};
    balance_init(&big, many, BALANCE_MAX);
    assert_int_equal(balance_least_latency(&big, &none, 1, SECOND), BALANCE_NONE);
    assert_int_equal(balance_round_robin(&big, &none, SECOND), BALANCE_NONE);
    assert_int_equal(balance_hash(&big, &none, 1), BALANCE_NONE);
    balance_add(&two, 100);
    balance_add(&two, BALANCE_MAX - 1);
    assert_int_equal(balance_least_latency(&big, &two, 0, SECOND), 100);
    assert_int_equal(balance_least_latency(&big, &two, 1, SECOND), BALANCE_MAX - 1);
    assert_int_equal(balance_round_robin(&big, &two, SECOND), 100);
    assert_int_equal(balance_round_robin(&big, &two, SECOND), BALANCE_MAX - 1);
    assert_int_equal(balance_round_robin(&big, &two, SECOND), 100);
    balance_done(&big);
}

static void no_target_has_far_more_than_its_share(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 1000; i++)
        balance_begin(&b, (unsigned)balance_hash(&b, &all, i % 3)); /* three hot keys */
    for (unsigned i = 0; i < N; i++)
        assert_true(targets[i].in_flight <= 126);
}

/* Else a target that was away would look infinitely fast, and get all there is until it answers. */
static void what_was_long_ago_is_not_known_any_more(void **unused)
{
    (void)unused;
    set_latency(0, 5000, SECOND);
    set_latency(1, 5000, 60 * SECOND);
    assert_int_equal(choose_of(0, 1, 61 * SECOND), 0);
    balance_begin(&b, 0);
    assert_int_equal(choose_of(0, 1, 61 * SECOND), 1);
}

static void who_is_outrun_took_longer_than_that(void **unused)
{
    (void)unused;
    set_latency(0, 5000, SECOND);
    balance_begin(&b, 0);
    balance_end(&b, 0, BALANCE_OUTRUN, 2000, 2 * SECOND);
    assert_in_range((uint64_t)targets[0].latency_us, 5000, 5000);
    assert_int_equal(targets[0].told_ns, SECOND);
    balance_begin(&b, 0);
    balance_end(&b, 0, BALANCE_OUTRUN, 40000, 2 * SECOND);
    assert_in_range((uint64_t)targets[0].latency_us, 40000, 40000);
    balance_begin(&b, 1);
    balance_end(&b, 1, BALANCE_OUTRUN, 40000, SECOND);
    assert_in_range((uint64_t)targets[1].latency_us, 40000, 40000);
    assert_int_equal(targets[0].in_flight + targets[1].in_flight, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_slow_target_gets_few_calls),
        TEST(a_target_that_fails_fast_does_not_look_fast),
        TEST(waiting_calls_are_load),
        TEST(a_target_that_came_back_rises_slowly),
        TEST(of_two_the_one_with_less_load_is_taken),
        TEST(of_equal_ones_the_first_drawn_is_taken),
        TEST(any_two_may_be_drawn),
        TEST(an_unknown_target_that_has_calls_is_left_to_them),
        TEST(a_rise_counts_at_once_and_a_fall_by_time),
        TEST(what_is_known_of_a_target_is_forgotten),
        TEST(the_share_of_a_new_target_grows_by_its_age),
        TEST(what_was_there_from_the_start_has_its_whole_share),
        TEST(a_call_that_took_no_time_is_known),
        TEST(a_microsecond_is_a_latency_like_any_other),
        TEST(a_failure_counts_as_a_second_at_least),
        TEST(a_cancelled_call_says_nothing),
        TEST(only_usable_targets_are_chosen),
        TEST(round_robin_goes_by_weight_and_spreads),
        TEST(round_robin_lets_a_new_target_rise_slowly),
        TEST(a_hash_stays_with_its_target),
        TEST(a_target_that_leaves_moves_its_own_hashes_only),
        TEST(a_hash_goes_to_the_nearest_point_of_the_ring),
        TEST(a_ring_is_made_anew_where_it_was_given_up),
        TEST(a_target_takes_a_quarter_more_than_its_share_and_no_more),
        TEST(a_ring_is_bounded_and_each_target_has_a_point),
        TEST(as_many_targets_as_there_may_be_are_balanced),
        TEST(no_target_has_far_more_than_its_share),
        TEST(what_was_long_ago_is_not_known_any_more),
        TEST(who_is_outrun_took_longer_than_that),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
