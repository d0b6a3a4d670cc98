/* varint_test.c - numbers come back as they were, and what is none is refused */
#include "../unit.h"
#include "base/varint.h"

static void numbers_come_back(void **state)
{
    (void)state;
    static const struct {
        uint64_t number;
        size_t size;
    } cases[] = {
        {0, 1},
        {127, 1},
        {128, 2},
        {16383, 2},
        {16384, 3},
        {UINT32_MAX, 5},
        {UINT64_MAX / 2, 9},
        {UINT64_MAX / 2 + 1, 10},
        {UINT64_MAX, 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char at[VARINT_MAX + 1];
        assert_int_equal(varint_size(cases[i].number), cases[i].size);
        assert_ptr_equal(varint_put(at, cases[i].number), at + cases[i].size);
        at[cases[i].size] = 'x';
        struct slice rest = {at, cases[i].size + 1};
        uint64_t number = 1;
        assert_true(varint_take(&rest, &number));
        assert_int_equal(number, cases[i].number);
        assert_true(rest.n == 1 && *rest.at == 'x');
        rest = (struct slice){at, cases[i].size - 1};
        assert_false(varint_take(&rest, &number));
    }
}

static void more_than_64_bits_are_no_number(void **state)
{
    (void)state;
    struct slice rest = SLICE("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
    uint64_t number;
    assert_false(varint_take(&rest, &number));
    rest = SLICE("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01");
    assert_false(varint_take(&rest, &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(more_than_64_bits_are_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
