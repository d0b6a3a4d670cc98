/* pattern_test.c - what matches, and what costs too much */
#include "../unit.h"
#include "wire/pattern.h"

static enum pattern_verdict match(const char *expression, bool whole, struct slice text)
{
    size_t offset;
    char message[128];
    struct pattern *p = pattern_new(slice_of(expression), whole, &offset, message, sizeof message);
    assert_non_null(p);
    struct pattern_scratch *scratch = pattern_scratch_new();
    enum pattern_verdict verdict = pattern_match(p, scratch, text);
    pattern_scratch_free(scratch);
    pattern_free(p);
    return verdict;
}

static void the_whole_value_must_match(void **state)
{
    (void)state;
    assert_int_equal(match("[A-Za-z0-9_-]{1,64}", true, SLICE("a-1")), PATTERN_MATCH);
    assert_int_equal(match("[A-Za-z0-9_-]{1,64}", true, SLICE("a-1\n")), PATTERN_NO_MATCH);
    assert_int_equal(match("[A-Za-z0-9_-]{1,64}", true, SLICE("a b")), PATTERN_NO_MATCH);
    assert_int_equal(match("a|ab", true, SLICE("ab")), PATTERN_MATCH);
    assert_int_equal(match("a", true, SLICE("a\0b")), PATTERN_NO_MATCH);
    assert_int_equal(match("", true, SLICE_NONE), PATTERN_MATCH);
    assert_int_equal(match("b", false, SLICE("abc")), PATTERN_MATCH);
    assert_int_equal(match("(?i)mobile|android", false, SLICE("x Android y")), PATTERN_MATCH);
}

static void letters_are_unicode(void **state)
{
    (void)state;
    assert_int_equal(match("\\w{3}", true, SLICE("a\xc3\xa4\xc3\x9f")), PATTERN_MATCH);
    assert_int_equal(match(".", true, SLICE("\xe2\x82\xac")), PATTERN_MATCH);
    assert_int_equal(match(".*", true, SLICE("\xff")), PATTERN_NO_MATCH); /* no UTF-8 */
}

static void a_wrong_expression_says_where(void **state)
{
    (void)state;
    size_t offset = 0;
    char message[128] = "";
    assert_null(pattern_new(SLICE("a(b"), true, &offset, message, sizeof message));
    assert_int_equal(offset, 3);
    assert_non_null(strstr(message, "parenthesis"));
    assert_null(pattern_new(SLICE("\\C"), true, &offset, message, sizeof message));
    assert_null(pattern_new(SLICE("a\xff"), true, &offset, message, sizeof message));
    pattern_free(NULL);
    pattern_scratch_free(NULL);
}

static void no_pattern_and_value_hold_a_worker(void **state)
{
    (void)state;
    char text[4097];
    memset(text, 'a', sizeof text);
    text[4096] = '!';
    struct slice bad = {text, sizeof text};
    assert_int_equal(match("(a+)+", true, (struct slice){text + 4056, 41}), PATTERN_TOO_COSTLY);
    assert_int_equal(match("(a|aa)+$", false, bad), PATTERN_TOO_COSTLY);
    assert_int_equal(match("(?:(?:a?){20}){20}[bc]", false, bad), PATTERN_TOO_COSTLY);
    assert_int_equal(match("a+", true, (struct slice){text, 4096}), PATTERN_MATCH);
}

static void a_scratch_serves_many_patterns(void **state)
{
    (void)state;
    size_t offset;
    char message[128];
    struct pattern_scratch *scratch = pattern_scratch_new();
    struct pattern *a = pattern_new(SLICE("(a)(b)(c)"), true, &offset, message, sizeof message);
    struct pattern *b = pattern_new(SLICE("x"), false, &offset, message, sizeof message);
    assert_int_equal(pattern_match(a, scratch, SLICE("abc")), PATTERN_MATCH);
    assert_int_equal(pattern_match(b, scratch, SLICE("abc")), PATTERN_NO_MATCH);
    assert_int_equal(pattern_match(a, scratch, SLICE("abc")), PATTERN_MATCH);
    pattern_free(a);
    pattern_free(b);
    pattern_scratch_free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_value_must_match),
        cmocka_unit_test(letters_are_unicode),
        cmocka_unit_test(a_wrong_expression_says_where),
        cmocka_unit_test(no_pattern_and_value_hold_a_worker),
        cmocka_unit_test(a_scratch_serves_many_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
