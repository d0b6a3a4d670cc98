/* buckets_test.c - a table that grows and shrinks a bucket at a time */
#include <stdlib.h>

#include "../unit.h"
#include "base/random.h"
#include "cache/buckets.h"

enum {
    MANY = 5000
};

static struct entry *entry_of(uint32_t hash)
{
    struct entry *e = entry_new(0, 0);
    e->hash = hash;
    return e;
}

static bool has(const struct buckets *b, const struct entry *wanted)
{
    for (const struct entry *e = buckets_of(b, wanted->hash)->first; e; e = e->next)
        if (e == wanted)
            return true;
    return false;
}

static void entries_are_found_whatever_has_been_split_and_joined(void **unused)
{
    (void)unused;
    struct random r;
    random_init_seeded(&r, 7);
    struct buckets b;
    buckets_init(&b, MANY);
    struct entry **all = calloc(MANY, sizeof(struct entry *));
    for (unsigned i = 0; i < MANY; i++) {
        uint32_t n_before = b.n;
        all[i] = entry_of((uint32_t)random_next(&r));
        buckets_add(&b, all[i]);
        assert_true(b.n <= n_before + 1);
        if (i % 97 == 0)
            for (unsigned k = 0; k <= i; k++)
                assert_true(has(&b, all[k]));
    }
    assert_int_equal(b.n, MANY);
    size_t n_most = buckets_bytes(&b);
    for (unsigned i = 0; i < MANY; i++) {
        uint32_t n_before = b.n;
        buckets_remove(&b, all[i]);
        assert_true(b.n + 2 >= n_before);
        assert_false(has(&b, all[i]));
        entry_release(all[i], NULL);
        if (i % 97 == 0)
            for (unsigned k = i + 1; k < MANY; k++)
                assert_true(has(&b, all[k]));
    }
    assert_int_equal(b.n, BUCKETS_SEGMENT);
    assert_true(buckets_bytes(&b) < n_most / 4);
    free(all);
    buckets_done(&b);
}

static void beyond_the_most_chains_grow(void **unused)
{
    (void)unused;
    struct buckets b;
    buckets_init(&b, 1);
    struct entry *all[3 * BUCKETS_SEGMENT];
    for (uint32_t i = 0; i < 3 * BUCKETS_SEGMENT; i++) {
        all[i] = entry_of(i * 2654435761U);
        buckets_add(&b, all[i]);
    }
    assert_int_equal(b.n, BUCKETS_SEGMENT);
    for (uint32_t i = 0; i < 3 * BUCKETS_SEGMENT; i++) {
        assert_true(has(&b, all[i]));
        buckets_remove(&b, all[i]);
        entry_release(all[i], NULL);
    }
    buckets_done(&b);
}

static void during_a_walk_nothing_is_joined(void **unused)
{
    (void)unused;
    struct buckets b;
    buckets_init(&b, MANY);
    struct entry *all[4 * BUCKETS_SEGMENT];
    for (uint32_t i = 0; i < 4 * BUCKETS_SEGMENT; i++) {
        all[i] = entry_of(i);
        buckets_add(&b, all[i]);
    }
    b.n_walks++;
    for (uint32_t i = 0; i < 4 * BUCKETS_SEGMENT; i++) {
        buckets_remove(&b, all[i]);
        entry_release(all[i], NULL);
    }
    assert_int_equal(b.n, 4 * BUCKETS_SEGMENT);
    b.n_walks--;
    assert_true(buckets_narrow(&b, 64));
    assert_int_equal(b.n, 4 * BUCKETS_SEGMENT - 64);
    assert_false(buckets_narrow(&b, MANY));
    assert_int_equal(b.n, BUCKETS_SEGMENT);
    buckets_done(&b);
}

static void a_ghost_is_there_once_and_moves_with_its_bucket(void **unused)
{
    (void)unused;
    struct buckets b;
    buckets_init(&b, MANY);
    const uint32_t hash = 0xabcd0000U + 5 + BUCKETS_SEGMENT;
    assert_false(buckets_take_ghost(&b, hash));
    buckets_add_ghost(&b, hash);
    struct entry *all[2 * BUCKETS_SEGMENT];
    for (uint32_t i = 0; i < 2 * BUCKETS_SEGMENT; i++) {
        all[i] = entry_of(i);
        buckets_add(&b, all[i]);
    }
    assert_true(b.n > BUCKETS_SEGMENT + 5);
    assert_false(buckets_take_ghost(&b, 5));
    assert_true(buckets_take_ghost(&b, hash));
    assert_false(buckets_take_ghost(&b, hash));
    for (uint32_t i = 0; i < 2 * BUCKETS_SEGMENT; i++)
        entry_release(all[i], NULL);
    buckets_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_found_whatever_has_been_split_and_joined),
        cmocka_unit_test(beyond_the_most_chains_grow),
        cmocka_unit_test(during_a_walk_nothing_is_joined),
        cmocka_unit_test(a_ghost_is_there_once_and_moves_with_its_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
