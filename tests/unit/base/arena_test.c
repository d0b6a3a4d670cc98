/* arena_test.c - memory that dies together, and its limit */
#include <stdint.h>

#include "../unit.h"
#include "base/arena.h"

static void what_is_taken_is_aligned_and_its_own(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 256, 1 << 20);
    unsigned char *taken[64];
    for (size_t i = 0; i < 64; i++) {
        taken[i] = arena_take(&a, i);
        assert_non_null(taken[i]);
        assert_int_equal((uintptr_t)taken[i] % _Alignof(max_align_t), 0);
        memset(taken[i], (int)i, i);
    }
    for (size_t i = 0; i < 64; i++) {
        for (size_t k = 0; k < i; k++)
            assert_int_equal(taken[i][k], i);
    }
    arena_done(&a);
}

static void the_limit_is_an_answer(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 256, 1024);
    assert_null(arena_take(&a, 1025));
    assert_null(arena_take(&a, SIZE_MAX));
    assert_null(arena_take_zero(&a, SIZE_MAX / 2, 3));
    assert_null(arena_copy(&a, (struct slice){"", SIZE_MAX / 2}).at);
    size_t n = 0;
    while (arena_take(&a, 16))
        n += 16;
    assert_in_range(n, 512, 1024);
    assert_true(a.taken <= 1024);
    arena_done(&a);
    assert_non_null(arena_take(&a, 16)); /* good for another life */
    arena_done(&a);
}

static void a_reset_keeps_the_first_chunk_only(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 256, 1 << 20);
    arena_reset(&a);
    void *first = arena_take(&a, 16);
    assert_non_null(arena_take(&a, 100000));
    arena_reset(&a);
    assert_int_equal(a.taken, 256);
    assert_ptr_equal(arena_take(&a, 16), first);
    arena_done(&a);
}

static void a_reset_keeps_no_more_than_the_first_size(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 256, 1 << 20);
    assert_non_null(arena_take(&a, 100000));
    arena_reset(&a);
    assert_int_equal(a.taken, 0);
    assert_non_null(arena_take(&a, 16));
    assert_int_equal(a.taken, 256);
    arena_done(&a);
}

static void copies_and_prints_end_with_nul(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 256, 1 << 20);
    struct slice copy = arena_copy(&a, SLICE("a\0b"));
    assert_int_equal(copy.n, 3);
    assert_memory_equal(copy.at, "a\0b", 4);
    assert_int_equal(arena_copy(&a, SLICE_NONE).n, 0);
    struct slice printed = arena_print(&a, "%s-%d", "x", 42);
    assert_string_equal(printed.at, "x-42");
    assert_int_equal(printed.n, 4);
    const char *zero = arena_take_zero(&a, 3, 5);
    for (size_t i = 0; i < 15; i++)
        assert_int_equal(zero[i], 0);
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_is_aligned_and_its_own),
        cmocka_unit_test(the_limit_is_an_answer),
        cmocka_unit_test(a_reset_keeps_the_first_chunk_only),
        cmocka_unit_test(a_reset_keeps_no_more_than_the_first_size),
        cmocka_unit_test(copies_and_prints_end_with_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
