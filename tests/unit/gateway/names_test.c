/* names_test.c - of equal names the first one's holds */
#include <stdio.h>

#include "../unit.h"
#include "gateway/names.h"

static int setup(void **state)
{
    static struct arena arena;
    arena_init(&arena, 1024, 4 << 20);
    *state = &arena;
    return 0;
}

static int teardown(void **state)
{
    arena_done(*state);
    return 0;
}

static unsigned claim(struct names *t, struct slice quoted, unsigned owner)
{
    assert_true(names_claim(t, quoted, &owner));
    return owner;
}

static void a_name_is_whose_it_was_first(void **state)
{
    struct names t;
    names_init(&t, *state);
    assert_int_equal(claim(&t, SLICE("\"a\""), 1), 1);
    assert_int_equal(claim(&t, SLICE("\"a\""), 2), 1);
    assert_int_equal(claim(&t, SLICE("\"a\""), 1), 1);
    assert_int_equal(claim(&t, SLICE("\"b\""), 2), 2);
    assert_int_equal(claim(&t, SLICE("\"\""), 3), 3);
    assert_int_equal(claim(&t, SLICE("\"\""), 4), 3);
}

static void names_are_compared_after_unescaping(void **state)
{
    struct names t;
    names_init(&t, *state);
    assert_int_equal(claim(&t, SLICE("\"\\u0061\\/\""), 1), 1);
    assert_int_equal(claim(&t, SLICE("\"a/\""), 2), 1);
    assert_int_equal(claim(&t, SLICE("\"a\\u002f\""), 3), 1);
}

static void many_names_are_kept_apart(void **state)
{
    enum {
        N = 5000
    };
    static char texts[N][8];
    struct names t;
    names_init(&t, *state);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < N; i++) {
            int n = snprintf(texts[i], sizeof texts[i], "\"%u\"", i);
            assert_int_equal(claim(&t, (struct slice){texts[i], (size_t)n}, i + round * N), i);
        }
}

/* The bytes that it takes of an arena of a single chunk are those that were told before. */
static void reserve(struct names *t, size_t n)
{
    size_t room = names_room(t, n);
    const char *at = t->arena->at;
    assert_true(names_reserve(t, n));
    assert_int_equal(t->arena->at - at, room);
    assert_int_equal(names_room(t, n), 0);
}

static void reserved_names_take_what_was_told(void **state)
{
    enum {
        N = 1000,
        CHUNK = 1 << 20
    };
    static char texts[N][8];
    struct arena whole;
    struct names t;
    (void)state;
    arena_init(&whole, CHUNK, CHUNK);
    assert_non_null(arena_take(&whole, 1));
    names_init(&t, &whole);
    assert_int_equal(names_room(&t, 0), 0);
    reserve(&t, 0);
    assert_true(names_room(&t, N) > 0);
    reserve(&t, N);
    const char *at = whole.at;
    for (unsigned i = 0; i < N; i++) {
        int n = snprintf(texts[i], sizeof texts[i], "\"%u\"", i);
        claim(&t, (struct slice){texts[i], (size_t)n}, 1);
    }
    assert_ptr_equal(whole.at, at); /* nothing was taken beside */
    assert_true(names_room(&t, N) > 0);
    reserve(&t, N);
    arena_done(&whole);
}

static void a_full_arena_is_told(void **state)
{
    struct arena small;
    struct names t;
    unsigned owner = 1;
    (void)state;
    arena_init(&small, 64, 64);
    names_init(&t, &small);
    assert_false(names_claim(&t, SLICE("\"a\""), &owner));
    arena_done(&small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_name_is_whose_it_was_first), TEST(names_are_compared_after_unescaping),
        TEST(many_names_are_kept_apart),    TEST(reserved_names_take_what_was_told),
        TEST(a_full_arena_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
