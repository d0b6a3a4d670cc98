/* pieces_test.c - lists of slices, joined where they touch */
#include <string.h>

#include "../unit.h"
#include "json/pieces.h"

enum {
    LARGE = 100, /* stays where it lies; small ones are copied together */
};

static char text[26 * LARGE];

static struct slice part(size_t from, size_t to)
{
    return (struct slice){text + from, to - from};
}

static void neighbours_that_touch_are_one(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1024, 65536);
    struct pieces p = pieces_in(&arena);
    assert_true(pieces_add(&p, part(0, 2)));
    assert_true(pieces_add(&p, part(2, 5)));
    assert_true(pieces_add(&p, part(5, 5)));
    assert_int_equal(p.n, 1);
    assert_int_equal(p.n_bytes, 5);
    struct slice joined = pieces_join(&p);
    assert_ptr_equal(joined.at, text);
    assert_int_equal(joined.n, 5);
    assert_true(pieces_add(&p, part(6, 7)));
    assert_true(pieces_add(&p, part(4, 5)));
    assert_true(slice_equal(pieces_join(&p), SLICE("abcdege")));
    arena_done(&arena);
}

static void small_ones_are_copied_together_and_large_ones_are_not(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1024, 65536);
    struct pieces p = pieces_in(&arena);
    for (size_t i = 0; i < 20; i++)
        assert_true(pieces_add(&p, part(3 * i, 3 * i + 2)));
    assert_int_equal(p.n, 2); /* the last one may still grow */
    assert_true(pieces_add(&p, part(100, 100 + LARGE)));
    assert_int_equal(p.n, 2);
    assert_ptr_equal(p.at[1].at, text + 100);
    assert_int_equal(p.at[0].n, 40);
    assert_true(pieces_add(&p, part(100 + LARGE, 300)));
    assert_int_equal(p.n, 2);
    assert_true(pieces_add(&p, part(0, 1)));
    assert_true(pieces_add(&p, part(2, 3)));
    assert_true(pieces_add(&p, part(4, 5)));
    assert_int_equal(p.n, 4);
    assert_int_equal(p.n_bytes, 40 + 200 + 3);
    assert_memory_equal(p.at[2].at, "ac", 2);
    arena_done(&arena);
}

/* The copy takes the place of the slices, so that the next one to join finds it. */
static void what_is_joined_is_copied_once(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1024, 65536);
    struct pieces p = pieces_in(&arena);
    assert_true(pieces_add(&p, part(0, LARGE)));
    assert_true(pieces_add(&p, part(2 * LARGE, 3 * LARGE)));
    assert_true(pieces_add(&p, part(0, 3)));
    struct slice joined = pieces_join(&p);
    const char *end = arena.at;
    assert_ptr_equal(pieces_join(&p).at, joined.at);
    assert_ptr_equal(arena.at, end);
    assert_int_equal(p.n, 1);
    assert_int_equal(p.n_bytes, joined.n);
    assert_true(pieces_add(&p, part(5, 7)));
    assert_int_equal(pieces_join(&p).n, 2 * LARGE + 5);
    assert_memory_equal(pieces_join(&p).at + 2 * LARGE - 1, "nabcfg", 6);
    arena_done(&arena);
}

static void nothing_joins_to_nothing(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 64, 64);
    struct pieces p = pieces_in(&arena);
    assert_true(slice_equal(pieces_join(&p), SLICE("")));
    assert_non_null(pieces_join(&p).at);
    assert_null(arena.first);
    arena_done(&arena);
}

static void a_list_grows_to_its_arenas_limit(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1024, 65536);
    struct pieces p = pieces_in(&arena);
    while (pieces_add(&p, part(p.n % 2, p.n % 2 + LARGE)))
        assert_int_equal(p.n_bytes, p.n * LARGE);
    assert_true(p.n >= 1024);
    assert_null(pieces_join(&p).at);
    arena_done(&arena);
}

/* Copies need room as well, but nothing is lost where there is none. */
static void without_room_for_copies_slices_stay(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 320, 320);
    struct pieces p = pieces_in(&arena);
    for (size_t i = 0; i < 16; i++)
        assert_true(pieces_add(&p, part(3 * i, 3 * i + 2)));
    assert_int_equal(p.n, 16);
    assert_false(pieces_add(&p, part(0, 1)));
    assert_int_equal(p.n_bytes, 32);
    arena_done(&arena);
}

/* As many of them as there are: large ones, small ones, copies. */
static void large_and_small_ones_come_out_as_they_came(void **state)
{
    (void)state;
    static const size_t sizes[] = {4, LARGE, 2, 3, 1, LARGE, 1, LARGE, 4, 5, 6};
    char whole[sizeof text];
    for (size_t n_added = 1; n_added <= sizeof sizes / sizeof *sizes; n_added++) {
        struct arena arena;
        size_t n = 0;
        arena_init(&arena, 1024, 65536);
        struct pieces p = pieces_in(&arena);
        for (size_t i = 0; i < n_added; i++) {
            struct slice s = part(200 * i, 200 * i + sizes[i]);
            assert_true(pieces_add(&p, s));
            memcpy(whole + n, s.at, s.n);
            n += s.n;
        }
        assert_int_equal(p.n_bytes, n);
        assert_true(slice_equal(pieces_join(&p), (struct slice){whole, n}));
        arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_that_touch_are_one),
        cmocka_unit_test(small_ones_are_copied_together_and_large_ones_are_not),
        cmocka_unit_test(what_is_joined_is_copied_once),
        cmocka_unit_test(nothing_joins_to_nothing),
        cmocka_unit_test(a_list_grows_to_its_arenas_limit),
        cmocka_unit_test(without_room_for_copies_slices_stay),
        cmocka_unit_test(large_and_small_ones_come_out_as_they_came),
    };
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 26);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
