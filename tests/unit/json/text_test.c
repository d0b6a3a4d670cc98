/* text_test.c - JSON strings in and out */
#include <string.h>

#include "../unit.h"
#include "json/scan.h"
#include "json/text.h"

static const struct {
    const char *quoted;
    const char *plain;
    size_t n;
} pairs[] = {
    {"\"\"", "", 0},
    {"\"abc\"", "abc", 3},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8},
    {"\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac", 6},
    {"\"\\ud83d\\udc5f!\"", "\xf0\x9f\x91\x9f!", 5},
    {"\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf", 4},
    {"\"a\\u0000b\"", "a\0b", 3},
    {"\"\xc3\xa9\"", "\xc3\xa9", 2},
    {"\"\\ud800\"", "\xef\xbf\xbd", 3},
    {"\"\\udc5f\"", "\xef\xbf\xbd", 3},
    {"\"\\ud83d\\ud83d\\udc5f\"", "\xef\xbf\xbd\xf0\x9f\x91\x9f", 7},
    {"\"\\ud83d\\n\"", "\xef\xbf\xbd\n", 4},
    {"\"\\ud83dx\"", "\xef\xbf\xbdx", 4},
    {"\"\\ud83d\\u0041\"",
     "\xef\xbf\xbd"
     "A",
     4},
};

static void what_is_read_is_what_was_meant(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        struct slice quoted = slice_of(pairs[i].quoted);
        char out[64];
        assert_int_equal(scan_json(quoted, 1).verdict, SCAN_OK);
        assert_int_equal(text_unquote(out, quoted), pairs[i].n);
        assert_memory_equal(out, pairs[i].plain, pairs[i].n);
    }
}

static void a_string_is_its_own_plain_text_and_no_other(void **state)
{
    (void)state;
    enum {
        N = sizeof(pairs) / sizeof(*pairs)
    };
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < N; k++) {
            struct slice plain = {pairs[k].plain, pairs[k].n};
            bool is_same =
                pairs[i].n == pairs[k].n && memcmp(pairs[i].plain, plain.at, plain.n) == 0;
            assert_int_equal(text_is(slice_of(pairs[i].quoted), plain), is_same);
        }
        struct slice shorter = {pairs[i].plain, pairs[i].n ? pairs[i].n - 1 : 0};
        if (pairs[i].n)
            assert_false(text_is(slice_of(pairs[i].quoted), shorter));
    }
    assert_false(text_is(SLICE("\"ab\""), SLICE("abc")));
    assert_false(text_is(SLICE("\"\\u00e9\""), SLICE("\xc3")));
}

static void half_a_surrogate_pair_is_replaced_in_its_place(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"z\":1,\"t\":\"\\ud83d\"}", "{\"z\":1,\"t\":\"\\ufffd\"}"},
        {"\"\\uD83D\"", "\"\\ufffd\""},
        {"\"\\udc5f\"", "\"\\ufffd\""},
        {"\"\\uDBFF!\\uDFFF\"", "\"\\ufffd!\\ufffd\""},
        {"\"\\ud83d\\ud83d\\udc5f\"", "\"\\ufffd\\ud83d\\udc5f\""},
        {"\"\\ud83d\\udc5f\\udc5f\"", "\"\\ud83d\\udc5f\\ufffd\""},
        {"\"\\ud83d\\u0041\"", "\"\\ufffd\\u0041\""},
        {"\"\\ud83d\\n\\udc5f\"", "\"\\ufffd\\n\\ufffd\""},
        {"[\"\\ud83d\",\"\\udc5f\"]", "[\"\\ufffd\",\"\\ufffd\"]"},
        {"{\"\\udc00\":\"\\ud800\"}", "{\"\\ufffd\":\"\\ufffd\"}"},
        /* Pairs, other characters, and a backslash before a u. */
        {"\"\\ud83d\\udc5f\"", "\"\\ud83d\\udc5f\""},
        {"\"\\uDBFF\\uDFFF\"", "\"\\uDBFF\\uDFFF\""},
        {"\"\\ud7ff\\ue000\"", "\"\\ud7ff\\ue000\""},
        {"\"\\\\ud83d\"", "\"\\\\ud83d\""},
        {"\"\\\\\\ud83d\"", "\"\\\\\\ufffd\""},
        {"\"\\\"ud83d\\\\\"", "\"\\\"ud83d\\\\\""},
        {"\"\xed\x9f\xbf ud83d\"", "\"\xed\x9f\xbf ud83d\""},
        {"7", "7"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[64];
        size_t n = strlen(cases[i][0]);
        assert_int_equal(scan_json(slice_of(cases[i][0]), 2).verdict, SCAN_OK);
        memcpy(json, cases[i][0], n + 1);
        text_replace_lone_surrogates(json, n);
        assert_string_equal(json, cases[i][1]);
    }
}

static void what_is_written_can_be_read_again(void **state)
{
    (void)state;
    char all[256 + 8];
    for (int c = 0; c < 128; c++)
        all[c] = (char)c;
    memcpy(all + 128, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x91\x9f", 9);
    struct slice plain = {all, 137};
    struct buffer b;
    buffer_init(&b, 4096);
    assert_true(text_quote(&b, plain));
    assert_int_equal(scan_json(buffer_slice(&b), 1).verdict, SCAN_OK);
    assert_true(text_is(buffer_slice(&b), plain));
    buffer_done(&b);
}

static void bytes_that_are_no_text_become_replacements(void **state)
{
    (void)state;
    struct buffer b;
    buffer_init(&b, 4096);
    assert_true(text_quote(&b, SLICE("a\xff\xc3(\xe2\x82")));
    assert_true(text_is(buffer_slice(&b), SLICE("a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd")));
    buffer_done(&b);
}

static void a_limit_is_kept_and_nothing_is_appended_past_it(void **state)
{
    (void)state;
    struct buffer b;
    buffer_init(&b, 10);
    assert_true(buffer_append(&b, SLICE("12345")));
    assert_true(text_quote(&b, SLICE("abc")));
    assert_int_equal(b.n, 10);
    buffer_done(&b);
    assert_true(buffer_append(&b, SLICE("123456")));
    assert_false(text_quote(&b, SLICE("abc")));
    assert_int_equal(b.n, 6);
    buffer_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_what_was_meant),
        cmocka_unit_test(a_string_is_its_own_plain_text_and_no_other),
        cmocka_unit_test(half_a_surrogate_pair_is_replaced_in_its_place),
        cmocka_unit_test(what_is_written_can_be_read_again),
        cmocka_unit_test(bytes_that_are_no_text_become_replacements),
        cmocka_unit_test(a_limit_is_kept_and_nothing_is_appended_past_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
