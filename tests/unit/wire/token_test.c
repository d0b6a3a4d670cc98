/* token_test.c - tokens, values, authorities and lists */
#include "../unit.h"
#include "wire/token.h"

static void tokens_are_made_of_tchar(void **state)
{
    (void)state;
    assert_true(token_is(SLICE("!#$%&'*+-.^_`|~09azAZ")));
    assert_false(token_is(SLICE("")));
    static const char bad[] = "()<>@,;:\\\"/[]?={} \t\x7f\x80";
    for (size_t i = 0; i < sizeof bad; i++) /* the NUL too */
        assert_false(token_is((struct slice){bad + i, 1}));
}

static void values_hold_no_control_bytes(void **state)
{
    (void)state;
    assert_true(token_is_value(SLICE("")));
    assert_true(token_is_value(SLICE("a b\tc\x80\xff")));
    for (int c = 0; c < 256; c++)
        for (size_t at = 0; at < 18; at++) { /* two whole words and a rest */
            char bytes[18];
            memset(bytes, 'a', sizeof bytes);
            bytes[at] = (char)c;
            assert_int_equal(token_is_value((struct slice){bytes, sizeof bytes}),
                             c == '\t' || (c >= ' ' && c != 0x7f));
        }
}

static void authorities_are_hosts_with_ports(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a",        "example.org",    "example.org:8080", "a:",    "127.0.0.1:65535", "[::1]",
        "[::1]:80", "[2001:db8::1]:", "a-b_c~d",          "a%2Db", "a!$&'()*+,;=b",   "0",
    };
    static const char *const bad[] = {
        "",      "a b",  "a/b", "u@a",     "a:65536",  "a:1x",    "a:-1",           "a:000000",
        ":80",   "[::1", "[]",  "[::1]80", "[::g]",    "::1",     "[fe80::1%eth0]", "a%2",
        "a%2gb", "a\\b", "a#b", "a?b",     "\xc3\xa4", "a:80:80", "[1.2.3.4]",      "[v1.a]",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(token_is_authority(slice_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(token_is_authority(slice_of(bad[i])));
    assert_false(token_is_authority(SLICE("a\0b")));
    assert_false(token_is_authority(SLICE("[::1\0]")));
}

static void names_equal_in_any_case(void **state)
{
    (void)state;
    assert_true(token_equals(SLICE("Content-TYPE"), SLICE("content-type")));
    assert_false(token_equals(SLICE("Content-Typ"), SLICE("content-type")));
    assert_false(token_equals(SLICE("content\rtype"), SLICE("content-type")));
    assert_false(token_equals(SLICE("[\\]"), SLICE("{|}"))); /* ASCII letters only */
    assert_false(token_equals(SLICE("upgrade@"), SLICE("upgrade`")));
}

static bool is_same_letter(unsigned char text, unsigned char lower)
{
    bool is_capital = text >= 'A' && text <= 'Z';
    return (is_capital ? text + ('a' - 'A') : text) == lower;
}

static void each_byte_of_a_name_counts(void **state)
{
    (void)state;
    static const char name[] = "transfer-encoding9"; /* longer than two words */
    char text[sizeof name];
    for (size_t n = 1; n < sizeof name; n++)
        for (size_t i = 0; i < n; i++)
            for (unsigned c = 0; c < 256; c++) {
                memcpy(text, name, n);
                text[i] = (char)c;
                bool is_same = is_same_letter((unsigned char)c, (unsigned char)name[i]);
                assert_true(token_equals((struct slice){text, n}, (struct slice){name, n}) ==
                            is_same);
            }
    assert_true(token_equals(SLICE_NONE, SLICE("")));
}

static void lists_give_their_elements(void **state)
{
    (void)state;
    struct slice rest = SLICE(" , a,\tb c ,,\"x,\\\",y\" ,d"), element;
    static const char *const elements[] = {"a", "b c", "\"x,\\\",y\"", "d"};
    for (size_t i = 0; i < 4; i++) {
        assert_true(token_next(&rest, &element));
        assert_true(slice_equal(element, slice_of(elements[i])));
    }
    assert_false(token_next(&rest, &element));
    assert_true(token_list_has(SLICE("Keep-Alive, Upgrade"), SLICE("upgrade")));
    assert_false(token_list_has(SLICE("upgraded"), SLICE("upgrade")));
    assert_true(token_list_names(SLICE("close, X-Hop"), SLICE("x-HOP")));
    assert_false(token_list_names(SLICE("close, x-hops,x-ho"), SLICE("X-Hop")));
    rest = SLICE_NONE;
    assert_false(token_next(&rest, &element));
    rest = SLICE("\"unclosed\\");
    assert_true(token_next(&rest, &element));
    assert_int_equal(element.n, 10);
}

/* RFC 9110 5.6.4 */
static void separators_in_quoted_strings_separate_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
    } rows[] = {
        {"", 0},          {";b", 0},          {"ab", 2},  {"a;b;c", 1},
        {"a=\";\";b", 5}, {"\"\\\";\";b", 5}, {"\";", 2}, {"\\;", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(token_size_until(slice_of(rows[i].text), ';'), rows[i].n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_made_of_tchar),
        cmocka_unit_test(values_hold_no_control_bytes),
        cmocka_unit_test(authorities_are_hosts_with_ports),
        cmocka_unit_test(names_equal_in_any_case),
        cmocka_unit_test(each_byte_of_a_name_counts),
        cmocka_unit_test(lists_give_their_elements),
        cmocka_unit_test(separators_in_quoted_strings_separate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
