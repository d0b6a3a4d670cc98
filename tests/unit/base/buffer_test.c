/* buffer_test.c - bytes that grow to a limit and no further */
#include "../unit.h"
#include "base/buffer.h"

static void appended_bytes_stay_in_order(void **state)
{
    (void)state;
    struct buffer b;
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < 10000; i++)
        assert_true(buffer_append(&b, (struct slice){(const char[]){(char)i, '.'}, 2}));
    assert_int_equal(b.n, 20000);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(b.at[2 * i], (char)i);
    assert_true(buffer_append(&b, SLICE_NONE));
    assert_int_equal(buffer_slice(&b).n, 20000);
    buffer_done(&b);
    assert_int_equal(b.n, 0);
}

static void past_the_limit_nothing_changes(void **state)
{
    (void)state;
    struct buffer b;
    buffer_init(&b, 5);
    assert_true(buffer_append(&b, SLICE("1234")));
    assert_false(buffer_append(&b, SLICE("56")));
    assert_false(buffer_print(&b, "%d", 56));
    assert_null(buffer_reserve(&b, 2));
    assert_null(buffer_reserve(&b, (size_t)-1));
    assert_true(buffer_print(&b, "%d", 5));
    assert_int_equal(b.n, 5);
    assert_memory_equal(b.at, "12345", 5);
    assert_non_null(buffer_reserve(&b, 0));
    buffer_done(&b);
    assert_true(buffer_append(&b, SLICE("again")));
    buffer_done(&b);
}

static void reserved_room_is_not_counted(void **state)
{
    (void)state;
    struct buffer b;
    buffer_init(&b, 1000);
    char *to = buffer_reserve(&b, 1000);
    assert_non_null(to);
    memset(to, 'x', 1000);
    assert_int_equal(b.n, 0);
    b.n = 10;
    assert_ptr_equal(buffer_reserve(&b, 990), b.at + 10);
    buffer_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appended_bytes_stay_in_order),
        cmocka_unit_test(past_the_limit_nothing_changes),
        cmocka_unit_test(reserved_room_is_not_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
