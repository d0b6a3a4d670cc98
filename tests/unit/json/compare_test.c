/* compare_test.c - how values stand to each other, as tables */
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "json/compare.h"
#include "json/scan.h"

struct pair {
    const char *a, *b;
    enum compare_order order; /* of a to b */
};

static enum compare_order turned(enum compare_order order)
{
    if (order == COMPARE_LESS)
        return COMPARE_GREATER;
    return order == COMPARE_GREATER ? COMPARE_LESS : order;
}

static void check(const struct pair *pairs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct slice a = slice_of(pairs[i].a), b = slice_of(pairs[i].b);
        assert_int_equal(scan_json(a, 100).verdict, SCAN_OK);
        assert_int_equal(scan_json(b, 100).verdict, SCAN_OK);
        if (compare_json(a, b) != pairs[i].order || compare_json(b, a) != turned(pairs[i].order))
            fail_msg("%s against %s is %d, and %d turned", pairs[i].a, pairs[i].b,
                     compare_json(a, b), compare_json(b, a));
    }
}

#define CHECK_ALL(...)                                                                             \
    check((const struct pair[]){__VA_ARGS__},                                                      \
          sizeof((const struct pair[]){__VA_ARGS__}) / sizeof(struct pair))

static void numbers_are_worth_the_same_however_they_are_written(void **state)
{
    (void)state;
    CHECK_ALL({"1", "1.0", COMPARE_EQUAL}, {"100", "1e2", COMPARE_EQUAL},
              {"0.05", "5E-2", COMPARE_EQUAL}, {"0", "-0.0e9", COMPARE_EQUAL},
              {"0e5", "0", COMPARE_EQUAL}, {"12.5", "125e-1", COMPARE_EQUAL},
              {"1000000e-6", "1", COMPARE_EQUAL}, {"1e+2", "100.00", COMPARE_EQUAL});
}

static void numbers_are_ordered_by_their_worth(void **state)
{
    (void)state;
    CHECK_ALL({"9", "10", COMPARE_LESS}, {"-10", "-9", COMPARE_LESS}, {"-1", "0", COMPARE_LESS},
              {"0", "0.0001", COMPARE_LESS}, {"1e-9", "1e-8", COMPARE_LESS},
              {"0.9", "0.91", COMPARE_LESS}, {"-0.91", "-0.9", COMPARE_LESS},
              {"1e999999999999", "2e999999999999", COMPARE_LESS}, {"1e308", "1e309", COMPARE_LESS});
}

static void no_digit_of_a_number_is_lost(void **state)
{
    (void)state;
    CHECK_ALL(
        {"9007199254740993", "9007199254740992", COMPARE_GREATER},
        {"0.1", "0.1000000000000000000000001", COMPARE_LESS},
        {"123456789012345678901234567890", "123456789012345678901234567890.0", COMPARE_EQUAL});
}

static void strings_are_compared_after_unescaping_by_code_points(void **state)
{
    (void)state;
    CHECK_ALL({"\"a\"", "\"\\u0061\"", COMPARE_EQUAL}, {"\"\"", "\"a\"", COMPARE_LESS},
              {"\"a\"", "\"ab\"", COMPARE_LESS}, {"\"Z\"", "\"a\"", COMPARE_LESS},
              {"\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"", COMPARE_EQUAL},
              {"\"\xef\xbf\xbf\"", "\"\xf0\x9f\x98\x80\"", COMPARE_LESS},
              {"\"\\u0000\"", "\"\"", COMPARE_GREATER}, {"\"\\/\"", "\"/\"", COMPARE_EQUAL});
}

static void values_of_different_types_are_different(void **state)
{
    (void)state;
    CHECK_ALL({"1", "\"1\"", COMPARE_DIFFERENT}, {"null", "false", COMPARE_DIFFERENT},
              {"true", "false", COMPARE_DIFFERENT}, {"[]", "{}", COMPARE_DIFFERENT},
              {"null", "null", COMPARE_EQUAL}, {" true ", "true", COMPARE_EQUAL});
}

static void containers_are_equal_or_different(void **state)
{
    (void)state;
    CHECK_ALL({"[1,2]", "[ 1.0 , 2 ]", COMPARE_EQUAL}, {"[1,2]", "[1]", COMPARE_DIFFERENT},
              {"[]", "[1]", COMPARE_DIFFERENT}, {"[1,2]", "[2,1]", COMPARE_DIFFERENT},
              {"{\"a\":1,\"b\":[2]}", "{ \"b\" : [2], \"\\u0061\" : 1 }", COMPARE_EQUAL},
              {"{\"a\":1}", "{\"a\":1,\"b\":2}", COMPARE_DIFFERENT},
              {"{\"a\":1}", "{\"a\":2}", COMPARE_DIFFERENT}, {"{}", "{ }", COMPARE_EQUAL});
}

static void of_repeated_names_the_last_holds(void **state)
{
    (void)state;
    CHECK_ALL({"{\"a\":1,\"a\":2}", "{\"a\":2}", COMPARE_EQUAL},
              {"{\"a\":1,\"a\":2}", "{\"a\":1}", COMPARE_DIFFERENT});
}

static void objects_past_the_bounds_are_different_even_from_themselves(void **state)
{
    (void)state;
    char text[(COMPARE_MEMBERS_MAX + 1) * 8 + 2] = "{";
    char *at = text + 1;
    for (int i = 0; i <= COMPARE_MEMBERS_MAX; i++)
        at += snprintf(at, 9, "\"%03d\":1,", i);
    memcpy(at - 1, "}", 2);
    assert_int_equal(compare_json(slice_of(text), slice_of(text)), COMPARE_DIFFERENT);
    memcpy(at - 9, "}", 2);
    assert_int_equal(compare_json(slice_of(text), slice_of(text)), COMPARE_EQUAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_worth_the_same_however_they_are_written),
        cmocka_unit_test(numbers_are_ordered_by_their_worth),
        cmocka_unit_test(no_digit_of_a_number_is_lost),
        cmocka_unit_test(strings_are_compared_after_unescaping_by_code_points),
        cmocka_unit_test(values_of_different_types_are_different),
        cmocka_unit_test(containers_are_equal_or_different),
        cmocka_unit_test(of_repeated_names_the_last_holds),
        cmocka_unit_test(objects_past_the_bounds_are_different_even_from_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
