/* scan_test.c - what is JSON and what is not, the same at every level */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "levels.h"

static const char *const good[] = {
    "{}",
    "[]",
    "[[],{}]",
    "{\"a\":1}",
    "{\"\":\"\"}",
    "{\"a\":{\"b\":[1,2,{\"c\":null}]},\"d\":[]}",
    "[true,false,null]",
    "[0,-0,0.5,-0.5,10,1e5,1E+5,1.25e-10,-1.5E2,0e0]",
    "[1e99999,-1e-99999]",
    "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDC5F\"]",
    "[\"\x7f\"]",
    "[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x91\x9f\"]",
    "{\"a\":1,\"a\":2}",
    "[ \t\r\n1 , 2 ]",
    "{\"a\" : {} , \"b\" : [ ] }",
    "\"text\"",
    "\"\"",
    "0",
    "-1.5e3",
    "true",
    "false",
    "null",
    "[\"\\ud800\"]",
    "[\"\\udc00\\ud800\"]",
    "[\"{[,:]}\"]",
    "[\"\\\\\",\"\\\\\\\"\"]",
};

static const char *const bad[] = {
    "{",
    "[",
    "}",
    "]",
    "[}",
    "{]",
    "[1",
    "{\"a\"",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{,}",
    "{1:2}",
    "{\"a\":1 \"b\":2}",
    "{\"a\" 1}",
    "{\"a\"::1}",
    "{\"a\":1:2}",
    "{a:1}",
    "{\"a\":1,2}",
    "{[]:1}",
    "{\"a\":\"b\":\"c\"}",
    "[1,]",
    "[,1]",
    "[,]",
    "[1,,2]",
    "[1 2]",
    "[\"a\" \"b\"]",
    "[\"a\":1]",
    "[:1]",
    "[1}",
    "{\"a\":1]",
    "[[1],2",
    "[1],[2]",
    "{}{}",
    "[]]",
    "[[]",
    "[{}]]",
    "[1]x",
    "x[1]",
    "[]{}",
    "{},{}",
    "[tru]",
    "[truee]",
    "[True]",
    "[nul]",
    "[nulll]",
    "[fals]",
    "[false1]",
    "[true\"a\"]",
    "[truefalse]",
    "[nan]",
    "[-]",
    "[+1]",
    "[01]",
    "[-01]",
    "[00]",
    "[1.]",
    "[.5]",
    "[-.5]",
    "[1.e5]",
    "[1e]",
    "[1e+]",
    "[1e5.5]",
    "[1e5e5]",
    "[1.5.5]",
    "[1-2]",
    "[1+2]",
    "[0x1]",
    "[1a]",
    "[1_0]",
    "[--1]",
    "[1e--5]",
    "[-a]",
    "[\"a]",
    "[\"\\x\"]",
    "[\"\\u12\"]",
    "[\"\\u12g4\"]",
    "[\"\\\"]",
    "[\"\n\"]",
    "[\"\t\"]",
    "[\"\x01\"]",
    "[\"\x1f\"]",
    "[\x01]",
    "[\x0b]",
    "[1\x0c]",
    "[\x1a]",
    "[1,\x10]",
    "[\\n]",
    "['a']",
    "[1]\x0c",
    "// [1]",
    "\"a",
    "\"a\"b",
    "1 2",
    "tru",
    "-",
    "1,2",
    "\"a\":1",
    "[\x80]",
    "[\xc3\xa9]",
    "\xef\xbb\xbf[1]",
    "[\"\xc3\"]",
    "[\"\x80\"]",
    "[\"\xc0\x80\"]",
    "[\"\xc1\xbf\"]",
    "[\"\xe0\x80\x80\"]",
    "[\"\xed\xa0\x80\"]",
    "[\"\xf0\x80\x80\x80\"]",
    "[\"\xf4\x90\x80\x80\"]",
    "[\"\xf5\x80\x80\x80\"]",
    "[\"\xff\"]",
    "[\"\xe2\x82\"]",
    "[\"\xf0\x9f\x91\"]",
    "[\"\xc3\xa9\xa9\"]",
    "[\"\xe2\x28\xa1\"]",
    "[1;2]",
    "[<]",
    "[1,?]",
    "{\"a\";1}",
};

enum {
    LONGEST = 400, /* in front of the text, so that it comes to lie at each place of a block */
    ROOM = 64      /* for what is printed, which is short */
};

/* The text as an element, behind so many bytes of blanks, of a string or of numbers. */
static struct slice behind(char *out, char filler, size_t n_filler, const char *text)
{
    char *at = out;
    *at++ = '[';
    if (filler == 'x')
        *at++ = '"';
    for (size_t i = 0; i < n_filler; i++)
        *at++ = filler == '1' && i % 7 == 6 ? ',' : filler;
    if (filler == 'x')
        *at++ = '"';
    if (filler == '1' && (n_filler == 0 || at[-1] == ','))
        *at++ = '1';
    if (filler != ' ')
        *at++ = ',';
    size_t n = strlen(text);
    memcpy(at, text, n);
    at += n;
    *at++ = ']';
    return (struct slice){out, (size_t)(at - out)};
}

static void check_everywhere(const char *text, enum scan_verdict expected)
{
    static const char fillers[] = {' ', 'x', '1'};
    char out[LONGEST + 200];
    assert_int_equal(levels_check(slice_of(text), LEVELS_DEPTH), expected);
    for (size_t n = 0; n < 200; n++) {
        for (size_t f = 0; f < sizeof(fillers); f++)
            assert_int_equal(levels_check(behind(out, fillers[f], n, text), LEVELS_DEPTH),
                             expected);
    }
}

static void what_the_rfc_allows_is_accepted_at_every_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        check_everywhere(good[i], SCAN_OK);
}

/* Some become good inside an array or behind a comma; each level must see the same. */
static void what_it_does_not_allow_is_refused(void **state)
{
    (void)state;
    char out[LONGEST + 200];
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_int_equal(levels_check(slice_of(bad[i]), LEVELS_DEPTH), SCAN_INVALID);
        for (size_t n = 0; n < 200; n++) {
            levels_check(behind(out, ' ', n, bad[i]), LEVELS_DEPTH);
            levels_check(behind(out, 'x', n, bad[i]), LEVELS_DEPTH);
            levels_check(behind(out, '1', n, bad[i]), LEVELS_DEPTH);
        }
    }
}

static void white_space_alone_is_empty(void **state)
{
    (void)state;
    assert_int_equal(levels_check(SLICE_NONE, LEVELS_DEPTH), SCAN_EMPTY);
    assert_int_equal(levels_check(SLICE(" \t\r\n"), LEVELS_DEPTH), SCAN_EMPTY);
    assert_int_equal(levels_check(SLICE("\x0b"), LEVELS_DEPTH), SCAN_INVALID);
}

static void the_value_comes_without_the_space_around_it(void **state)
{
    (void)state;
    struct slice text = SLICE(" \n [1, 2]\r\n\t");
    struct scan_result r = scan_json(text, LEVELS_DEPTH);
    assert_int_equal(r.verdict, SCAN_OK);
    assert_ptr_equal(r.value.at, text.at + 3);
    assert_int_equal(r.value.n, 6);
    levels_check(text, LEVELS_DEPTH);
}

static void an_error_is_told_at_or_before_the_end_of_its_token(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t from;
        size_t to;
    } cases[] = {
        {"[1, 2, x]", 7, 8},
        {"{\"a\":1, }", 8, 9},
        {"[1] [2]", 3, 5},
        {"[\"abc\\x\"]", 1, 8},
        {"[1, 01]", 4, 7},
        {"  [1", 0, 4},
        {"{\"a\":true, \"b\":fals}", 15, 20},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct scan_result r = scan_json(slice_of(cases[i].text), LEVELS_DEPTH);
        assert_int_equal(r.verdict, SCAN_INVALID);
        assert_in_range(r.offset, cases[i].from, cases[i].to);
    }
}

/* n containers in one another; every third is an object. */
static struct slice nested(char *out, size_t n)
{
    char *at = out;
    for (size_t i = 0; i < n; i++) {
        if (i % 3 == 2) {
            memcpy(at, "{\"k\":", 5);
            at += 5;
        } else {
            *at++ = '[';
        }
    }
    memcpy(at, "1", 1);
    at++;
    for (size_t i = n; i-- > 0;)
        *at++ = i % 3 == 2 ? '}' : ']';
    return (struct slice){out, (size_t)(at - out)};
}

static void depth_is_allowed_up_to_the_limit_and_not_one_more(void **state)
{
    (void)state;
    static const unsigned depths[] = {1,   2,   3,   61,  62,  63,  64,  65,   66,  126,
                                      127, 128, 129, 191, 192, 193, 512, 1023, 1024};
    char *out = malloc(8 * 1024);
    for (size_t i = 0; i < sizeof(depths) / sizeof(*depths); i++) {
        unsigned depth = depths[i];
        assert_int_equal(levels_check(nested(out, depth), depth), SCAN_OK);
        assert_int_equal(levels_check(nested(out, depth), depth - 1), SCAN_TOO_DEEP);
        if (depth < 1024)
            assert_int_equal(levels_check(nested(out, depth), depth + 1), SCAN_OK);
        struct slice text = nested(out, depth);
        char *innermost = memchr(out, '1', text.n);
        innermost[1] = innermost[1] == ']' ? '}' : ']'; /* closed by the wrong kind */
        assert_int_equal(levels_check(text, depth), SCAN_INVALID);
    }
    assert_int_equal(levels_check(SLICE("{}"), 0), SCAN_TOO_DEEP);
    assert_int_equal(levels_check(SLICE("1"), 0), SCAN_OK);
    free(out);
}

/* Sideways: the nesting comes back to the same depths from above and from below. */
static void kinds_are_remembered_through_deep_branches(void **state)
{
    (void)state;
    char *inner = malloc(8 * 1024);
    char *out = malloc(64 * 1024);
    for (unsigned depth = 55; depth <= 70; depth++) {
        struct slice branch = nested(inner, depth);
        size_t n = 0;
        out[n++] = '[';
        for (unsigned i = 0; i < 5; i++) {
            n += (size_t)snprintf(out + n, ROOM, "%s{\"a\":[", i ? "," : "");
            memcpy(out + n, branch.at, branch.n);
            n += branch.n;
            n += (size_t)snprintf(out + n, ROOM, "],\"b\":%u}", i);
        }
        out[n++] = ']';
        assert_int_equal(levels_check((struct slice){out, n}, 1024), SCAN_OK);
        assert_int_equal(levels_check((struct slice){out, n}, depth + 3), SCAN_OK);
        assert_int_equal(levels_check((struct slice){out, n}, depth + 2), SCAN_TOO_DEEP);
    }
    free(inner);
    free(out);
}

static void the_first_of_two_mistakes_decides(void **state)
{
    (void)state;
    assert_int_equal(levels_check(SLICE("[[[1]], x]"), 2), SCAN_TOO_DEEP);
    assert_int_equal(levels_check(SLICE("[x, [[1]]]"), 2), SCAN_INVALID);
    assert_int_equal(levels_check(SLICE("[[[1]], \"\xff\"]"), 2), SCAN_TOO_DEEP);
    assert_int_equal(levels_check(SLICE("[\"\xff\", [[1]]]"), 2), SCAN_INVALID);
    assert_int_equal(levels_check(SLICE("[[["), 2), SCAN_TOO_DEEP);
}

static void strings_of_any_length_end_where_they_end(void **state)
{
    (void)state;
    static const char *const ends[] = {"\\\"",    "\\\\",     "\\n",
                                       "\\u00e9", "\xc3\xa9", "\xf0\x9f\x91\x9f"};
    static const char *const wrong[] = {"\\", "\\u00", "\xc3", "\xf0\x9f\x91", "\n", "\x01", "\\x"};
    char *out = malloc(5000);
    for (size_t power = 1; power <= 4096; power *= 2) {
        for (size_t n = power - 1; n <= power + 1; n++) {
            memset(out, 'x', n + 2);
            memcpy(out, "[\"", 2);
            for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
                int more = snprintf(out + 2 + n, ROOM, "%s\"]", ends[i]);
                struct slice text = {out, 2 + n + (size_t)more};
                assert_int_equal(levels_check(text, LEVELS_DEPTH), SCAN_OK);
            }
            for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
                int more = snprintf(out + 2 + n, ROOM, "%s\"]", wrong[i]);
                struct slice text = {out, 2 + n + (size_t)more};
                assert_int_equal(levels_check(text, LEVELS_DEPTH), SCAN_INVALID);
            }
        }
    }
    free(out);
}

static void numbers_of_any_length_are_numbers(void **state)
{
    (void)state;
    static const char *const heads[] = {"1", "-1", "1.5", "-0.", "1e", "2E-", "1.5e+"};
    static const char *const tails[] = {"", ".", ".5", "e5", "E-5", "-", "e", ".5.", "e5.5", "x"};
    char out[700];
    for (size_t h = 0; h < sizeof(heads) / sizeof(*heads); h++) {
        for (size_t t = 0; t < sizeof(tails) / sizeof(*tails); t++) {
            for (size_t n = 1; n < 300; n += n < 140 ? 1 : 13) {
                int n_head = snprintf(out, ROOM, "[%s", heads[h]);
                memset(out + n_head, '7', n);
                int n_tail = snprintf(out + (size_t)n_head + n, ROOM, "%s]", tails[t]);
                levels_check((struct slice){out, (size_t)n_head + n + (size_t)n_tail},
                             LEVELS_DEPTH);
            }
        }
    }
}

/* Every byte of a document of all kinds of tokens, changed into every other. */
static void any_one_byte_changed_gets_one_verdict(void **state)
{
    (void)state;
    char text[] =
        "{\"k\":[1,-2.5e+3,0,true,false,null,\"a\\u00e9\\\\\xc3\xa9 \"],\"o\":{\"x\":{},\"y\":[]}, "
        "\"long\": \"0123456789012345678901234567890123456789\", \"n\" : [ 10 , 200.25 ] }";
    for (size_t i = 0; i + 1 < sizeof(text); i++) {
        char kept = text[i];
        for (int c = 0; c < 256; c++) {
            text[i] = (char)c;
            levels_check((struct slice){text, sizeof(text) - 1}, LEVELS_DEPTH);
        }
        text[i] = kept;
    }
    assert_int_equal(levels_check((struct slice){text, sizeof(text) - 1}, LEVELS_DEPTH), SCAN_OK);
}

static void any_one_byte_missing_gets_one_verdict(void **state)
{
    (void)state;
    static const char text[] =
        "{\"k\":[1,-2.5e+3,0,true,false,null,\"a\\u00e9\\\\\xc3\xa9 \"],\"o\":{\"x\":{},"
        "\"y\":[]}, \"n\" : [ 10 , 200.25 ], \"s\":\"some more of it\"}";
    char shorter[sizeof(text)];
    for (size_t i = 0; i + 1 < sizeof(text); i++) {
        memcpy(shorter, text, i);
        memcpy(shorter + i, text + i + 1, sizeof(text) - i - 1);
        levels_check((struct slice){shorter, sizeof(text) - 2}, LEVELS_DEPTH);
        levels_check((struct slice){text, i}, LEVELS_DEPTH);
    }
}

static void the_best_level_is_one_that_is_there(void **state)
{
    (void)state;
    assert_true(scan_has_level(SCAN_SCALAR));
    assert_true(scan_has_level(scan_best_level()));
    for (enum scan_level level = SCAN_SCALAR; level <= SCAN_NEON; level++)
        print_message("%s: %s\n", scan_level_name(level),
                      scan_has_level(level) ? "tested" : "not here");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_rfc_allows_is_accepted_at_every_place),
        cmocka_unit_test(what_it_does_not_allow_is_refused),
        cmocka_unit_test(white_space_alone_is_empty),
        cmocka_unit_test(the_value_comes_without_the_space_around_it),
        cmocka_unit_test(an_error_is_told_at_or_before_the_end_of_its_token),
        cmocka_unit_test(depth_is_allowed_up_to_the_limit_and_not_one_more),
        cmocka_unit_test(kinds_are_remembered_through_deep_branches),
        cmocka_unit_test(the_first_of_two_mistakes_decides),
        cmocka_unit_test(strings_of_any_length_end_where_they_end),
        cmocka_unit_test(numbers_of_any_length_are_numbers),
        cmocka_unit_test(any_one_byte_changed_gets_one_verdict),
        cmocka_unit_test(any_one_byte_missing_gets_one_verdict),
        cmocka_unit_test(the_best_level_is_one_that_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
