/* rate_table_test.c - callers are kept apart, and only those who lost nothing are forgotten */
#include <pthread.h>
#include <stdio.h>

#include "../unit.h"
#include "base/check.h"
#include "edge/rate_table.h"

enum {
    SMALL = 1024,
    SEED = 7,
    MILLION = 1000 * 1000,
    S = 1000 * 1000 * 1000 /* ns */
};

static const struct gcra_settings one_an_hour = {.interval_ns = UINT64_C(3600) * S, .burst = 1};
static const struct gcra_settings one_a_second = {.interval_ns = S, .burst = 1};

static struct rate_slot *find(struct rate_table *t, unsigned caller)
{
    char text[16];
    int n = snprintf(text, sizeof text, "%u", caller);
    const struct slice parts[] = {SLICE("limit"), {text, (size_t)n}};
    return rate_table_find(t, rate_table_key(t, parts, 2));
}

static bool take(struct rate_table *t, const struct gcra_settings *s, unsigned caller, uint64_t now)
{
    return gcra_take(&find(t, caller)->word, s, 1, now).passes;
}

static void each_caller_has_its_own(void **unused)
{
    (void)unused;
    struct rate_table *t = rate_table_new(SMALL, SEED);
    for (unsigned i = 0; i < 100; i++)
        assert_true(take(t, &one_an_hour, i, S));
    for (unsigned i = 0; i < 100; i++)
        assert_false(take(t, &one_an_hour, i, S));
    rate_table_free(t);
}

static void the_seed_is_part_of_the_key(void **unused)
{
    (void)unused;
    struct rate_table *a = rate_table_new(SMALL, 1);
    struct rate_table *b = rate_table_new(SMALL, 2);
    const struct slice part = SLICE("caller");
    assert_int_not_equal(rate_table_key(a, &part, 1).high, rate_table_key(b, &part, 1).high);
    rate_table_free(a);
    rate_table_free(b);
}

static void a_name_is_of_the_parts_together(void **unused)
{
    (void)unused;
    const struct slice parts[] = {SLICE("ab"), SLICE_NONE, SLICE("c")}, whole = SLICE("abc");
    char one[DIGEST_SIZE], other[DIGEST_SIZE];
    rate_table_name(parts, 3, one);
    rate_table_name(&whole, 1, other);
    assert_memory_equal(one, "ba7816bf8f01cfea414140de5dae2223", DIGEST_SIZE); /* FIPS 180-2, B.1 */
    assert_memory_equal(one, other, DIGEST_SIZE);
}

/* Many times as many as there is room for, each of them whole again a second later. */
static void a_flood_forgets_those_who_lost_nothing_first(void **unused)
{
    (void)unused;
    struct rate_table *t = rate_table_new(SMALL, SEED);
    assert_true(take(t, &one_an_hour, 0, S));
    for (unsigned i = 1; i < 20 * SMALL; i++)
        assert_true(take(t, &one_a_second, i, (uint64_t)i * 2 * S / SMALL));
    assert_false(take(t, &one_an_hour, 0, 40 * (uint64_t)S));
    rate_table_free(t);
}

static void who_has_requests_under_way_stays(void **unused)
{
    (void)unused;
    struct rate_table *t = rate_table_new(SMALL, SEED);
    struct rate_slot *s = find(t, 0);
    assert_true(rate_slot_enter(s, 1));
    for (unsigned i = 1; i < 20 * SMALL; i++)
        find(t, i);
    assert_ptr_equal(find(t, 0), s);
    assert_false(rate_slot_enter(s, 1));
    rate_slot_leave(s);
    assert_true(rate_slot_enter(s, 1));
    rate_slot_leave(s);
    rate_table_free(t);
}

static void where_all_stay_a_new_caller_shares(void **unused)
{
    (void)unused;
    struct rate_table *t = rate_table_new(SMALL, SEED);
    for (unsigned i = 0; i < 20 * SMALL; i++)
        assert_true(rate_slot_enter(find(t, i), UINT32_MAX));
    assert_non_null(find(t, 20 * SMALL));
    rate_table_free(t);
}

static void a_million_callers_have_room(void **unused)
{
    (void)unused;
    struct rate_table *t = rate_table_new(RATE_TABLE_SLOTS, SEED);
    assert_true(sizeof(struct rate_slot) * RATE_TABLE_SLOTS <= (size_t)128 << 20);
    for (unsigned i = 0; i < MILLION; i++)
        CHECK(take(t, &one_an_hour, i, S));
    for (unsigned i = 0; i < MILLION; i++)
        CHECK(!take(t, &one_an_hour, i, S));
    rate_table_free(t);
}

enum {
    THREADS = 4,
    ROUNDS = 20000,
    CALLERS = 16
};
static struct rate_table *shared_table;

/* Some callers that all threads know, between many that push each other out. */
static void *ask(void *context)
{
    unsigned thread = *(unsigned *)context;
    unsigned passed = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        passed += take(shared_table, &one_an_hour, i % CALLERS, UINT64_C(7200) * S);
        take(shared_table, &one_a_second, CALLERS + thread * ROUNDS + i, S);
        struct rate_slot *s = find(shared_table, i % CALLERS);
        if (rate_slot_enter(s, 2))
            rate_slot_leave(s);
    }
    *(unsigned *)context = passed;
    return NULL;
}

static void threads_agree(void **unused)
{
    (void)unused;
    pthread_t threads[THREADS];
    unsigned numbers[THREADS];
    unsigned sum = 0;
    shared_table = rate_table_new(SMALL, SEED);
    for (unsigned i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &numbers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        sum += numbers[i];
    }
    assert_int_equal(sum, CALLERS);
    rate_table_free(shared_table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_caller_has_its_own),
        cmocka_unit_test(the_seed_is_part_of_the_key),
        cmocka_unit_test(a_name_is_of_the_parts_together),
        cmocka_unit_test(a_flood_forgets_those_who_lost_nothing_first),
        cmocka_unit_test(who_has_requests_under_way_stays),
        cmocka_unit_test(where_all_stay_a_new_caller_shares),
        cmocka_unit_test(a_million_callers_have_room),
        cmocka_unit_test(threads_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
