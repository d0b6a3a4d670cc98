/* utf8_test.c - sequences, well-formed and not */
#include "../unit.h"
#include "base/utf8.h"

static void every_code_point_is_read_as_it_is_written(void **state)
{
    (void)state;
    char bytes[4];
    for (unsigned c = 0; c <= 0x10ffff; c++) {
        size_t n = utf8_put(bytes, c);
        struct utf8_step step = utf8_step((struct slice){bytes, n});
        bool is_surrogate = c >= 0xd800 && c <= 0xdfff;
        assert_int_equal(step.is_wellformed, !is_surrogate);
        if (!is_surrogate)
            assert_int_equal(step.n, n);
    }
}

static void ill_formed_ones_are_as_long_as_unicode_says(void **state)
{
    (void)state;
    static const struct {
        struct slice bytes;
        unsigned n;
    } cases[] = {
        {{"\x80", 1}, 1},         {{"\xc1\x81", 2}, 1},         {{"\xc3", 1}, 1},
        {{"\xe0\x9f\x80", 3}, 1}, {{"\xe2\x82", 2}, 2},         {{"\xe2\x82\x41", 3}, 2},
        {{"\xf0\x8f\x80", 3}, 1}, {{"\xf0\x9f\x98", 3}, 3},     {{"\xf0\x9f\x98\x41", 4}, 3},
        {{"\xf4\x90\x80", 3}, 1}, {{"\xf5\x80\x80\x80", 4}, 1}, {{"\xff", 1}, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct utf8_step step = utf8_step(cases[i].bytes);
        assert_false(step.is_wellformed);
        assert_int_equal(step.n, cases[i].n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_is_read_as_it_is_written),
        cmocka_unit_test(ill_formed_ones_are_as_long_as_unicode_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
