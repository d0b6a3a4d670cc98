/* draft_test.c - JSON documents in the making */
#include "../unit.h"
#include "app/draft.h"

static int set_up(void **state)
{
    static struct arena arena;
    arena_init(&arena, 4096, SIZE_MAX / 2);
    *state = &arena;
    return 0;
}

static int tear_down(void **state)
{
    arena_done(*state);
    return 0;
}

static void assert_written(const struct draft *d, const char *expected)
{
    struct buffer out;
    buffer_init(&out, 4096);
    assert_true(draft_write(d, &out));
    assert_true(buffer_append(&out, (struct slice){"", 1}));
    assert_string_equal(out.at, expected);
    buffer_done(&out);
}

static void what_is_read_is_written_with_its_digits_and_order(void **state)
{
    const struct draft *d = draft_read(
        *state, SLICE(" {\"b\":1.50e1, \"a\":[1,\"x\\u0041\"],\"c\":{},\"d\":[{\"e\":null}]}"));
    assert_written(d, "{\n  \"b\": 1.50e1,\n  \"a\": [1, \"x\\u0041\"],\n  \"c\": {},\n"
                      "  \"d\": [\n    {\n      \"e\": null\n    }\n  ]\n}\n");
}

static void a_long_list_takes_a_line_an_element(void **state)
{
    struct draft *list = draft_list(*state);
    for (int i = 0; i < 2; i++)
        draft_add_text(list, SLICE("a text of forty characters, more or less"));
    assert_written(list, "[\n  \"a text of forty characters, more or less\",\n"
                         "  \"a text of forty characters, more or less\"\n]\n");
}

static void names_and_texts_are_quoted(void **state)
{
    struct draft *d = draft_object(*state);
    draft_append(d, SLICE("a\"b"), draft_text(*state, SLICE("c\nd")));
    assert_written(d, "{\n  \"a\\\"b\": \"c\\nd\"\n}\n");
    assert_true(draft_is_text(draft_find(d, "a\"b"), "c\nd"));
}

static void a_member_that_is_put_again_stays_in_its_place(void **state)
{
    struct draft *d = draft_read(*state, SLICE("{\"a\":1,\"b\":2}"));
    draft_set_word(d, "a", "3");
    assert_written(d, "{\n  \"a\": 3,\n  \"b\": 2\n}\n");
}

static void a_copy_changes_alone(void **state)
{
    struct draft *d = draft_read(*state, SLICE("{\"a\":[],\"b\":2}"));
    struct draft *copy = draft_copy(d);
    draft_set_word(copy, "b", "3");
    draft_drop_empty(copy, "a");
    draft_drop_empty(copy, "b");
    assert_written(copy, "{\n  \"b\": 3\n}\n");
    assert_written(d, "{\n  \"a\": [],\n  \"b\": 2\n}\n");
}

static void what_is_no_object_has_no_members(void **state)
{
    assert_null(draft_find(draft_read(*state, SLICE("[1]")), "a"));
    assert_null(draft_find(draft_word(*state, "1"), "a"));
    assert_false(draft_is_text(draft_word(*state, "1"), "1"));
    assert_true(draft_has_text(draft_read(*state, SLICE("[1,\"1\"]")), SLICE("1")));
}

static void past_the_limit_nothing_is_lost_silently(void **state)
{
    struct buffer out;
    buffer_init(&out, 8);
    assert_false(draft_write(draft_read(*state, SLICE("{\"a\":12345}")), &out));
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_written_with_its_digits_and_order),
        cmocka_unit_test(a_long_list_takes_a_line_an_element),
        cmocka_unit_test(names_and_texts_are_quoted),
        cmocka_unit_test(a_member_that_is_put_again_stays_in_its_place),
        cmocka_unit_test(a_copy_changes_alone),
        cmocka_unit_test(what_is_no_object_has_no_members),
        cmocka_unit_test(past_the_limit_nothing_is_lost_silently),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
