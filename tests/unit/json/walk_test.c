/* walk_test.c - from one value to the next, at all levels of the instruction set, to the last byte
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "apostrophes.h"
#include "base/random.h"
#include "json/walk.h"
#include "json/walk_internal.h"

/* Where the container ends, by all levels. */
static size_t container_size(struct slice text)
{
    const char *end = text.at + text.n;
    const char *behind = walk_bytes(text.at, end);
    for (enum scan_level level = SCAN_SCALAR; level <= SCAN_NEON; level++) {
        if (scan_has_level(level))
            assert_ptr_equal(walk_container_at(level, text.at, end), behind);
    }
    assert_ptr_equal(walk_over(text.at, end), behind);
    return (size_t)(behind - text.at);
}

static void members_come_in_their_order(void **state)
{
    (void)state;
    static const char *const expected[][2] = {{"'a'", "1"},      {"'b\\''", "[1, {'x':2}]"},
                                              {"'a'", "'}'"},    {"''", "{ }"},
                                              {"'e'", "-1.5E3"}, {"'f'", "true"}};
    struct apostrophes doc, name_text, value_text;
    struct slice name;
    struct json_value value;
    struct walk w = walk_begin(apostrophes_json(
        &doc, "{ 'a':1,'b\\'' : [1, {'x':2}] ,\n'a':'}', '':{ }\t,'e':-1.5E3,'f':true }"));
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_true(walk_member(&w, &name, &value));
        assert_true(slice_equal(name, apostrophes_text(&name_text, expected[i][0])));
        assert_true(slice_equal(value.text, apostrophes_text(&value_text, expected[i][1])));
    }
    assert_false(walk_member(&w, &name, &value));
    assert_false(walk_member(&w, &name, &value));
    w = walk_begin(SLICE("{ \n }"));
    assert_false(walk_member(&w, &name, &value));
}

static void elements_come_in_their_order_and_with_their_kind(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum json_kind kind;
    } expected[] = {{"0", JSON_NUMBER},        {"null", JSON_NULL}, {"false", JSON_FALSE},
                    {"true", JSON_TRUE},       {"''", JSON_STRING}, {"[ [] ]", JSON_ARRAY},
                    {"{'a':']'}", JSON_OBJECT}};
    struct apostrophes doc, text;
    struct json_value element;
    struct walk w =
        walk_begin(apostrophes_json(&doc, "[0,null ,false\r\n,\ttrue, '', [ [] ],{'a':']'}]"));
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_true(walk_element(&w, &element));
        assert_int_equal(element.kind, expected[i].kind);
        assert_true(slice_equal(element.text, apostrophes_text(&text, expected[i].text)));
    }
    assert_false(walk_element(&w, &element));
    w = walk_begin(SLICE("[]"));
    assert_false(walk_element(&w, &element));
}

static void a_container_ends_at_its_own_bracket(void **state)
{
    (void)state;
    static const char *const containers[] = {
        "[]",
        "{}",
        "[[]]",
        "[[],[[]],[]]",
        "{'a':{'b':{}},'c':[{}]}",
        "['[','[[',']','\\']','\\\\',']']",
        "{'}':'{','\\\\\\'}':1,'\\u005d':'}}}}'}",
        "['\\\\\\\\\\\\','\\\\\\\\\\\\\\']','\\n]']",
        ("[1,2,3,true,null,'a long text without any bracket, and long enough for two blocks of 64 "
         "bytes: it says nothing','another one']"),
    };
    for (size_t i = 0; i < sizeof containers / sizeof *containers; i++) {
        struct apostrophes doc;
        struct slice json = apostrophes_json(&doc, containers[i]);
        assert_int_equal(container_size(json), json.n);
        /* whatever comes behind */
        memset(doc.bytes + json.n, ']', 200);
        assert_int_equal(container_size((struct slice){doc.bytes, json.n + 1}), json.n);
        assert_int_equal(container_size((struct slice){doc.bytes, json.n + 200}), json.n);
    }
}

/* JSON of n bytes that has brackets, quotes and backslashes at any place of a block. */
static void write_container(struct random *r, char *out, size_t n)
{
    static const char *const items[] = {
        "[]",       "{}",         "[[1]]",  "{\"a\":[{}]}",  "\"]\"",
        "\"\\\"\"", "\"\\\\\"",   "\"}{\"", "\"\\\\\\\"[\"", "12",
        "[\"[\"]",  "{\"}\":[]}", "true",   "\"\""};
    size_t at = 0;
    out[at++] = '[';
    while (at + 1 < n) {
        const char *item = items[random_below(r, sizeof items / sizeof *items)];
        size_t n_item = strlen(item);
        bool is_last = at + n_item + 3 > n;
        if (is_last)
            break;
        memcpy(out + at, item, n_item);
        out[at + n_item] = ',';
        at += n_item + 1;
    }
    out[at++] = '0';
    memset(out + at, ' ', n - at);
    out[n - 1] = ']';
}

/* A page that may be read before one that may not. */
static char *guarded_page(size_t page)
{
    char *at = mmap(NULL, 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(at != MAP_FAILED);
    assert_int_equal(mprotect(at, page, PROT_READ | PROT_WRITE), 0);
    return at;
}

static void no_byte_behind_the_end_is_read(void **state)
{
    (void)state;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *first = guarded_page(page);
    char *end = first + page;
    struct random r;
    random_init_seeded(&r, 1);
    for (size_t n = 3; n < 400; n++) {
        for (size_t shift = 0; shift < 64; shift += shift < 3 ? 1 : 13) {
            memset(first, '"', page);
            write_container(&r, end - n - shift, n);
            assert_int_equal(scan_json((struct slice){end - n - shift, n}, 9).verdict, SCAN_OK);
            assert_int_equal(container_size((struct slice){end - n - shift, n}), n);
            assert_int_equal(container_size((struct slice){end - n - shift, n + shift}), n);
        }
    }
    munmap(first, 2 * page);
}

static void strings_and_scalars_end_where_they_end(void **state)
{
    (void)state;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *first = guarded_page(page);
    char *end = first + page;
    for (size_t n = 2; n < 100; n++) {
        memset(first, 'x', page);
        end[-1] = '"';
        *(end - n) = '"';
        assert_ptr_equal(walk_over(end - n, end), end);
        /* an escape at each place */
        for (size_t i = 1; i + 2 < n; i++) {
            char *at = end - n + i;
            memcpy(at, "\\\"", 2);
            assert_ptr_equal(walk_over(end - n, end), end);
            memcpy(at, "\\\\", 2);
            assert_ptr_equal(walk_over(end - n, end), end);
            memcpy(at, "xx", 2);
        }
        /* more text behind it */
        *(end - n / 2 - 1) = '"';
        if (n > 2)
            assert_ptr_equal(walk_over(end - n, end), end - n / 2);
        memset(end - n, '7', n);
        assert_ptr_equal(walk_over(end - n, end), end);
        for (const char *c = ",]} \t\r\n"; *c; c++) {
            end[-1] = *c;
            assert_ptr_equal(walk_over(end - n, end), end - 1);
        }
    }
    munmap(first, 2 * page);
}

static void names_at_the_end_of_a_text_are_read_within_it(void **state)
{
    (void)state;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *first = guarded_page(page);
    char *end = first + page;
    for (size_t n = 0; n < 40; n++) {
        for (unsigned has_escapes = 0; has_escapes < 2 && 2 * has_escapes <= n; has_escapes++) {
            char *at = end - n - 6;
            struct slice name;
            struct json_value value;
            memcpy(at, "{\"", 2);
            memset(at + 2, 'x', n);
            if (has_escapes)
                memcpy(at + n, "\\\"", 2);
            memcpy(end - 4, "\":1}", 4);
            struct walk w = walk_begin((struct slice){at, n + 6});
            assert_true(walk_member(&w, &name, &value));
            assert_ptr_equal(name.at, at + 1);
            assert_int_equal(name.n, n + 2);
            assert_int_equal(w.has_escapes, has_escapes);
            assert_false(walk_member(&w, &name, &value));
        }
    }
    munmap(first, 2 * page);
}

/* An escape is as good at the border of two blocks, also where the next has nothing else in it. */
static void an_escaped_quote_opens_and_closes_nothing_wherever_it_stands(void **state)
{
    (void)state;
    for (size_t n_before = 0; n_before < 140; n_before++) {
        for (size_t n_backslashes = 1; n_backslashes < 6; n_backslashes += 2) {
            char text[512];
            size_t n = n_before + n_backslashes + 260;
            memset(text, 'x', n);
            memcpy(text, "[\"", 2);
            memset(text + 2 + n_before, '\\', n_backslashes);
            text[2 + n_before + n_backslashes] = '"';
            text[n - 50] = ']';
            memcpy(text + n - 2, "\"]", 2);
            assert_int_equal(container_size((struct slice){text, n}), n);
        }
    }
}

static void a_bracket_in_a_string_is_none_wherever_that_begins(void **state)
{
    (void)state;
    for (size_t at = 1; at < 200; at++) {
        for (size_t n_inside = 1; n_inside < 140; n_inside += 3) {
            char text[512];
            size_t n = at + n_inside + 80;
            memset(text, ' ', n);
            text[0] = '[';
            text[n - 1] = ']';
            memset(text + at, 'x', n_inside + 40);
            text[at] = '"';
            text[at + n_inside] = ']';
            text[at + n_inside + 40] = '"';
            assert_int_equal(container_size((struct slice){text, n}), n);
        }
    }
}

static void depth_beyond_a_block_is_counted(void **state)
{
    (void)state;
    char text[2 * 1024];
    for (size_t depth = 1; depth <= 1024; depth += depth < 80 ? 1 : 59) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(container_size((struct slice){text, 2 * depth}), 2 * depth);
        if (depth > 1)
            assert_int_equal(container_size((struct slice){text + 1, 2 * depth - 1}),
                             2 * depth - 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_in_their_order),
        cmocka_unit_test(elements_come_in_their_order_and_with_their_kind),
        cmocka_unit_test(a_container_ends_at_its_own_bracket),
        cmocka_unit_test(no_byte_behind_the_end_is_read),
        cmocka_unit_test(strings_and_scalars_end_where_they_end),
        cmocka_unit_test(names_at_the_end_of_a_text_are_read_within_it),
        cmocka_unit_test(an_escaped_quote_opens_and_closes_nothing_wherever_it_stands),
        cmocka_unit_test(a_bracket_in_a_string_is_none_wherever_that_begins),
        cmocka_unit_test(depth_beyond_a_block_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
