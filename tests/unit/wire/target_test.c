/* target_test.c - targets split and refused, values decoded */
#include "../unit.h"
#include "wire/target.h"

static void a_target_splits_into_path_and_query(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *path, *query;
    } cases[] = {
        {"/", "/", NULL},
        {"/a/b", "/a/b", NULL},
        {"/a/b/", "/a/b/", NULL},
        {"/a?", "/a", ""},
        {"/a?b=c?d/../e//f", "/a", "b=c?d/../e//f"},
        {"/a%2Fb%20c", "/a%2Fb%20c", NULL},
        {"/a%252F", "/a%252F", NULL},
        {"/...", "/...", NULL},
        {"/.a/a./..a/a..", "/.a/a./..a/a..", NULL},
        {"/a;b/c;d=..", "/a;b/c;d=..", NULL},
        {"/%252e%252e/", "/%252e%252e/", NULL},
        {"/a\"<>\\^`{|}", "/a\"<>\\^`{|}", NULL},
        {"http://host/a?b", "/a", "b"},
        {"HTTPS://host:1", "/", NULL},
        {"http://host?b", "/", "b"},
        {"http://[::1]:8080/x", "/x", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct target t;
        const char *why = NULL;
        if (!target_split(slice_of(cases[i].raw), &t, &why))
            fail_msg("%s: %s", cases[i].raw, why);
        assert_true(slice_equal(t.path, slice_of(cases[i].path)));
        assert_int_equal(t.query.at != NULL, cases[i].query != NULL);
        if (cases[i].query)
            assert_true(slice_equal(t.query, slice_of(cases[i].query)));
    }
}

static void an_absolute_target_has_an_authority(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *authority;
    } cases[] = {
        {"http://host/a?b", "host"},
        {"HTTPS://host:1", "host:1"},
        {"http://host?b", "host"},
        {"http://[::1]:8080/x", "[::1]:8080"},
        {"/http://host/", ""},
        {"", ""},
        {"*", ""},
        {"host:80", ""},
        {"http:/a", ""},
        {"http://", ""},
        {"http://u@host/", ""},
        {"ftp://h/", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(
            slice_equal(target_authority(slice_of(cases[i].raw)), slice_of(cases[i].authority)));
}

static const char *const refused[] = {
    "",
    "*",
    "a",
    "host:80",
    "ftp://h/",
    "http://",
    "http://a b/",
    "http://[::1/a",
    "http:/a",
    "/a#b",
    "/a b",
    "/a\tb",
    "/\x7f",
    "/\xc3\xa4",
    "/a?\xff",
    "//",
    "//a",
    "/a//b",
    "/a/%2f",
    "/a%2F/b",
    "/%2Fa",
    "/a%2f%2fb",
    "/a/;x/b",
    "/;",
    "/.",
    "/..",
    "/./a",
    "/../a",
    "/a/.",
    "/a/..",
    "/a/../b",
    "/%2e",
    "/%2E%2e/a",
    "/.%2e",
    "/a/..;/b",
    "/a/.;x=1",
    "/a/..;",
    "/a/..%3bx",
    "/a%2f..%2fb",
    "/a%2f..",
    "/%",
    "/a%2",
    "/a%2g",
    "/%%20",
    "http://h/..",
    "http://h//",
};

static void what_could_name_another_path_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct target t;
        const char *why = NULL;
        if (target_split(slice_of(refused[i]), &t, &why))
            fail_msg("accepted: %s", refused[i]);
        assert_non_null(why);
    }
    struct target t;
    const char *why;
    assert_false(target_split(SLICE("/a\0b"), &t, &why));
}

static void expect_decoded(const char *raw, bool form, struct slice expected)
{
    struct arena a;
    struct slice out;
    arena_init(&a, 1024, 4096);
    assert_int_equal(target_decode(slice_of(raw), form, &a, &out), FAULT_NONE);
    assert_true(slice_equal(out, expected));
    arena_done(&a);
}

static void values_are_decoded_once(void **state)
{
    (void)state;
    expect_decoded("", true, SLICE(""));
    expect_decoded("a+b", true, SLICE("a b"));
    expect_decoded("a+b", false, SLICE("a+b"));
    expect_decoded("a%2Bb%20%2f%252F", true, SLICE("a+b /%2F"));
    expect_decoded("%c3%A4%00", false, SLICE("\xc3\xa4\0"));
}

static void broken_encodings_are_the_clients_fault(void **state)
{
    (void)state;
    static const char *const cases[] = {"%",         "%a",           "%zz",      "a%2",
                                        "%c3",       "%c0%af",       "%ff",      "\xff",
                                        "%ed%a0%80", "%f4%90%80%80", "%e0%80%80"};
    struct arena a;
    struct slice out;
    arena_init(&a, 1024, 4096);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(target_decode(slice_of(cases[i]), true, &a, &out), FAULT_CLIENT);
    arena_done(&a);
    arena_init(&a, 16, 16);
    assert_int_equal(
        target_decode(SLICE("%41aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), true, &a, &out),
        FAULT_LIMIT);
    arena_done(&a);
}

static void pairs_come_in_order(void **state)
{
    (void)state;
    struct slice rest = SLICE("&a=1&&b&c=&=d&e=f=g&"), name, value;
    static const char *const pairs[][2] = {
        {"a", "1"}, {"b", ""}, {"c", ""}, {"", "d"}, {"e", "f=g"}};
    for (size_t i = 0; i < 5; i++) {
        assert_true(target_next_pair(&rest, &name, &value));
        assert_true(slice_equal(name, slice_of(pairs[i][0])));
        assert_true(slice_equal(value, slice_of(pairs[i][1])));
    }
    assert_false(target_next_pair(&rest, &name, &value));
    rest = SLICE_NONE;
    assert_false(target_next_pair(&rest, &name, &value));
}

static void utf8_is_what_rfc_3629_says(void **state)
{
    (void)state;
    assert_true(target_is_utf8(SLICE("")));
    assert_true(target_is_utf8(SLICE("12345678\xc3\xa4"
                                     "12345678\xf0\x9f\x98\x80\xed\x9f\xbf\xee\x80\x80")));
    static const char *const bad[] = {
        "\x80",         "1234567\xc3",      "\xc1\x81",         "\xe2\x82",
        "\xe2\x28\xa1", "\xf0\x8f\xbf\xbf", "\xf5\x80\x80\x80", "\xed\xbf\xbf",
        "\xfe"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(target_is_utf8(slice_of(bad[i])));
}

static void dots_are_seen_in_any_dress(void **state)
{
    (void)state;
    static const char *const dots[] = {".", "..", "%2e", ".%2E", "..;", ".;a=b", "%2e%2e%3b"};
    static const char *const others[] = {"", "a", "...", ".a", "..a", "%252e", ";", "a.."};
    for (size_t i = 0; i < sizeof dots / sizeof *dots; i++)
        assert_true(target_is_dots(slice_of(dots[i])));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(target_is_dots(slice_of(others[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_splits_into_path_and_query),
        cmocka_unit_test(an_absolute_target_has_an_authority),
        cmocka_unit_test(what_could_name_another_path_is_refused),
        cmocka_unit_test(values_are_decoded_once),
        cmocka_unit_test(broken_encodings_are_the_clients_fault),
        cmocka_unit_test(pairs_come_in_order),
        cmocka_unit_test(utf8_is_what_rfc_3629_says),
        cmocka_unit_test(dots_are_seen_in_any_dress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
