/* members_test.c - what is named is found once, or refused */
#include "../unit.h"
#include "json/members.h"

static struct members_one m[2];

static bool read(const char *json)
{
    m[0] = (struct members_one){.name = SLICE("a")};
    m[1] = (struct members_one){.name = SLICE("b")};
    return members_read(slice_of(json), m, 2);
}

static void named_members_are_found(void **state)
{
    (void)state;
    assert_true(read("{\"b\": [1], \"c\": 1, \"c\": 2}"));
    assert_false(m[0].is_there);
    assert_true(m[1].is_there);
    assert_int_equal(m[1].value.kind, JSON_ARRAY);
    assert_true(slice_equal(m[1].value.text, SLICE("[1]")));
}

static void a_name_is_compared_after_unescaping(void **state)
{
    (void)state;
    assert_true(read("{\"\\u0061\": null}"));
    assert_true(m[0].is_there);
    assert_int_equal(m[0].value.kind, JSON_NULL);
}

static void a_repeated_member_is_refused(void **state)
{
    (void)state;
    assert_false(read("{\"a\": 1, \"b\": 2, \"a\": 1}"));
    assert_false(read("{\"a\": 1, \"\\u0061\": 1}"));
}

static void what_is_no_object_is_refused(void **state)
{
    (void)state;
    assert_false(read("[{\"a\": 1}]"));
    assert_false(read("null"));
    assert_true(read("{}"));
}

static void any_name_that_is_there_twice_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        unsigned n;
        bool repeats;
    } rows[] = {
        {"{}", 0, false},
        {"{\"a\": 1}", 1, false},
        {"{\"a\": 1, \"A\": 1, \"\": 1, \"aa\": {\"a\": 1}}", 4, false},
        {"{\"b\": 1, \"a\": 1, \"c\": {}, \"\\u0061\": 2}", 4, true},
        {"{\"\": 1, \"\": 1}", 2, true},
        {"{\"a\": {\"b\": 1, \"b\": 2}}", 1, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice names[4];
        assert_int_equal(members_count(slice_of(rows[i].json)), rows[i].n);
        assert_int_equal(members_repeat(slice_of(rows[i].json), names), rows[i].repeats);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_members_are_found),
        cmocka_unit_test(a_name_is_compared_after_unescaping),
        cmocka_unit_test(a_repeated_member_is_refused),
        cmocka_unit_test(any_name_that_is_there_twice_is_told),
        cmocka_unit_test(what_is_no_object_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
