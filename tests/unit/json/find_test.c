/* find_test.c - values by their paths */
#include <string.h>

#include "../unit.h"
#include "json/find.h"
#include "json/scan.h"

static struct json_step member(const char *name)
{
    return (struct json_step){.name = slice_of(name)};
}

static struct json_step element(uint32_t index)
{
    return (struct json_step){.is_index = true, .index = index};
}

/* What the path leads to, or "-"; the text must be JSON. */
static struct slice found(const char *text, const struct json_step *steps, unsigned n)
{
    struct json_value value;
    struct json_path path = {n, steps};
    assert_int_equal(scan_json(slice_of(text), 100).verdict, SCAN_OK);
    return find_path(slice_of(text), path, &value) ? value.text : SLICE("-");
}

#define FOUND(text, ...)                                                                           \
    found(text, (const struct json_step[]){__VA_ARGS__},                                           \
          sizeof((const struct json_step[]){__VA_ARGS__}) / sizeof(struct json_step))

static void assert_slice(struct slice s, const char *expected)
{
    assert_int_equal(s.n, strlen(expected));
    assert_memory_equal(s.at, expected, s.n);
}

static void the_root_is_found_without_space_and_with_its_kind(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *value;
        enum json_kind kind;
    } cases[] = {
        {" {\"a\":1} \n", "{\"a\":1}", JSON_OBJECT},
        {"[ ]", "[ ]", JSON_ARRAY},
        {"\"a\\\"b\" ", "\"a\\\"b\"", JSON_STRING},
        {" -1.5e3\t", "-1.5e3", JSON_NUMBER},
        {"true", "true", JSON_TRUE},
        {" false ", "false", JSON_FALSE},
        {"null\r\n", "null", JSON_NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct json_value root = find_root(slice_of(cases[i].text));
        assert_slice(root.text, cases[i].value);
        assert_int_equal(root.kind, cases[i].kind);
    }
}

static void members_and_elements_are_found(void **state)
{
    (void)state;
    const char *text =
        "{ \"seller\" : { \"id\" : 7 , \"tags\":[] }, \"images\": [ {\"url\":\"u,]}\"} , 2, "
        "[3, 4.5] ], \"x\": \"]}\" }";
    assert_slice(FOUND(text, member("seller"), member("id")), "7");
    assert_slice(FOUND(text, member("seller"), member("tags")), "[]");
    assert_slice(FOUND(text, member("images"), element(0), member("url")), "\"u,]}\"");
    assert_slice(FOUND(text, member("images"), element(1)), "2");
    assert_slice(FOUND(text, member("images"), element(2), element(1)), "4.5");
    assert_slice(FOUND(text, member("x")), "\"]}\"");
    assert_slice(FOUND("[[1],[2,[3]]]", element(1), element(1)), "[3]");
}

static void a_path_that_leads_nowhere_finds_nothing(void **state)
{
    (void)state;
    const char *text = "{\"a\":[1,2],\"b\":\"text\",\"c\":null,\"d\":{}}";
    assert_slice(FOUND(text, member("z")), "-");
    assert_slice(FOUND(text, member("a"), element(2)), "-");
    assert_slice(FOUND(text, member("a"), element(4000000000u)), "-");
    assert_slice(FOUND(text, member("a"), member("x")), "-");
    assert_slice(FOUND(text, member("b"), element(0)), "-");
    assert_slice(FOUND(text, member("c"), member("x")), "-");
    assert_slice(FOUND(text, member("d"), member("a")), "-");
    assert_slice(FOUND(text, element(0)), "-");
    assert_slice(FOUND("[]", element(0)), "-");
    assert_slice(FOUND("1", member("a")), "-");
}

static void of_repeated_names_the_last_holds(void **state)
{
    (void)state;
    const char *text = "{\"a\":1,\"b\":2,\"\\u0061\":{\"x\":1},\"a\":{\"x\":2}}";
    assert_slice(FOUND(text, member("a"), member("x")), "2");
    assert_slice(FOUND("{\"a\":{\"b\":1},\"a\":3}", member("a"), member("b")), "-");
}

static void names_are_compared_after_unescaping(void **state)
{
    (void)state;
    const char *text = "{\"a\\u00e9\":1,\"\\\"q\\\"\":2,\"\\ud83d\\udc5f\":3,\"\":4,\"tab\\t\":5}";
    assert_slice(FOUND(text, member("a\xc3\xa9")), "1");
    assert_slice(FOUND(text, member("\"q\"")), "2");
    assert_slice(FOUND(text, member("\xf0\x9f\x91\x9f")), "3");
    assert_slice(FOUND(text, member("")), "4");
    assert_slice(FOUND(text, member("tab\t")), "5");
    assert_slice(FOUND(text, member("a\\u00e9")), "-");
}

static void no_steps_are_the_root(void **state)
{
    (void)state;
    struct json_value value;
    assert_true(find_path(SLICE(" [1] "), (struct json_path){0, NULL}, &value));
    assert_slice(value.text, "[1]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_root_is_found_without_space_and_with_its_kind),
        cmocka_unit_test(members_and_elements_are_found),
        cmocka_unit_test(a_path_that_leads_nowhere_finds_nothing),
        cmocka_unit_test(of_repeated_names_the_last_holds),
        cmocka_unit_test(names_are_compared_after_unescaping),
        cmocka_unit_test(no_steps_are_the_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
