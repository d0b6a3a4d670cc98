/* template_test.c - templates compiled, filled and refused */
#include <stdio.h>

#include "../unit.h"
#include "wire/template.h"

enum {
    ARENA = 65536
};

/* Values of the variables that the cases use. */
static struct template_value value_of(struct slice name)
{
    static const struct slice items[] = {{"red", 3}, {"a/b", 3}, {"", 0}};
    static const struct {
        const char *name;
        struct template_value value;
    } values[] = {
        {"id", {true, false, {"42", 2}, NULL, 0}},
        {"odd", {true, false, {"a b/?&=%\xc3\xa4", 10}, NULL, 0}},
        {"empty", {true, false, {"", 0}, NULL, 0}},
        {"dot", {true, false, {".", 1}, NULL, 0}},
        {"dots", {true, false, {"..", 2}, NULL, 0}},
        {"climb", {true, false, {"../a", 4}, NULL, 0}},
        {"line", {true, false, {"a\r\nb: c", 7}, NULL, 0}},
        {"nul", {true, false, {"a\0", 2}, NULL, 0}},
        {"list", {true, true, {NULL, 0}, items, 2}},
        {"gap", {true, true, {NULL, 0}, items, 3}},
        {"none", {true, true, {NULL, 0}, items, 0}},
        {"a.b[0].c", {true, false, {"deep", 4}, NULL, 0}},
        {"headers.x-tenant", {true, false, {"t", 1}, NULL, 0}},
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (slice_equal(slice_of(values[i].name), name))
            return values[i].value;
    }
    return (struct template_value){.is_defined = false};
}

struct result {
    enum fault fault;
    struct slice culprit;
    char text[512];
};

static struct result expand(const char *text, bool is_text)
{
    struct result r = {.fault = FAULT_NONE};
    struct template_value values[16];
    struct template_error error;
    struct template *t;
    struct arena arena;
    struct buffer out;
    size_t culprit;
    arena_init(&arena, 4096, ARENA);
    buffer_init(&out, sizeof r.text - 1);
    r.fault = is_text ? template_compile_text(slice_of(text), &arena, &t, &error)
                      : template_compile(slice_of(text), &arena, &t, &error);
    assert_int_equal(r.fault, FAULT_NONE);
    for (size_t i = 0; i < template_n_variables(t); i++)
        values[i] = value_of(template_variable(t, i));
    r.fault = template_expand(t, values, &out, &culprit);
    if (r.fault == FAULT_CLIENT) {
        snprintf(r.text, sizeof r.text, "%.*s", SLICE_ARG(template_variable(t, culprit)));
    } else if (out.n) {
        memcpy(r.text, out.at, out.n);
    }
    buffer_done(&out);
    arena_done(&arena);
    return r;
}

static void expect(const char *text, const char *expansion)
{
    struct result r = expand(text, false);
    assert_int_equal(r.fault, FAULT_NONE);
    assert_string_equal(r.text, expansion);
}

static void values_are_encoded_for_their_place(void **state)
{
    (void)state;
    expect("", "");
    expect("/products/{id}", "/products/42");
    expect("/p/{odd}", "/p/a%20b%2F%3F%26%3D%25%C3%A4");
    expect("/p{?odd,id}", "/p?odd=a%20b%2F%3F%26%3D%25%C3%A4&id=42");
    expect("/p?x=1{&id,undefined}", "/p?x=1&id=42");
    expect("/p{?undefined}", "/p");
    expect("/p{?empty}{&empty}", "/p?empty=&empty=");
    expect("/p{;empty,id}", "/p;empty;id=42");
    expect("/p{/id,odd}", "/p/42/a%20b%2F%3F%26%3D%25%C3%A4");
    expect("/p{/undefined}", "/p");
    expect("/p{.id}", "/p.42");
    expect("/p/{id}-{id}", "/p/42-42");
    expect("/{a.b[0].c}{?a.b[0].c,headers.x-tenant}", "/deep?a.b%5B0%5D.c=deep&headers.x-tenant=t");
}

static void lists_are_joined_or_exploded(void **state)
{
    (void)state;
    expect("/p{?list}", "/p?list=red,a%2Fb");
    expect("/p{?list*}", "/p?list=red&list=a%2Fb");
    expect("/p{?gap*}", "/p?gap=red&gap=a%2Fb&gap=");
    expect("/p{;gap*}", "/p;gap=red;gap=a%2Fb;gap");
    expect("/p{/list*}", "/p/red/a%2Fb");
    expect("/p/{list}", "/p/red,a%2Fb");
    expect("/p{?none,id}", "/p?id=42");
    expect("/p{?none*}", "/p");
}

static void literals_become_good_uris(void **state)
{
    (void)state;
    expect("/a b/%20/caf\xc3\xa9/\"<>^`|\\", "/a%20b/%20/caf%C3%A9/%22%3C%3E%5E%60%7C%5C");
    expect("/a'(b)*;c=@d:e!$&,[]+", "/a'(b)*;c=@d:e!$&,[]+");
}

static void no_value_empties_a_segment_or_makes_it_dots(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"/p/{empty}", "empty"},
        {"/p/{undefined}", "undefined"},
        {"/p/{none}/x", "none"},
        {"/p/{empty}/x", "empty"},
        {"/p/{empty}?x", "empty"},
        {"/p/{empty}{?id}", "empty"},
        {"/p/{empty}{?undefined}", "empty"},
        {"/p/{empty}{/id}", "empty"},
        {"/p/{dot}", "dot"},
        {"/p/{dots}/x", "dots"},
        {"/p/{dots};v=1", "dots"},
        {"/p/{dots}{;id}", "dots"},
        {"/p/{empty}{;id}", "empty"},
        {"/p/{dot}{dot}/", "dot"},
        {"/p/.{dot}", "dot"},
        {"/p/{dot}%2E", "dot"},
        {"/p/%2e{undefined}", "undefined"},
        {"/p{/dots}", "dots"},
        {"/p{/empty}", "empty"},
        {"/p{/id,empty,id}", "empty"},
        {"/p{/gap*}", "gap"},
        {"/p/{.dot}", "dot"},
        {"{/dot}", "dot"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct result r = expand(cases[i][0], false);
        if (r.fault != FAULT_CLIENT)
            fail_msg("%s became %s", cases[i][0], r.text);
        assert_string_equal(r.text, cases[i][1]);
    }
    expect("/p/a{empty}", "/p/a");
    expect("/p/{dots}a/{id}", "/p/..a/42");
    expect("/p/{id}{dots}", "/p/42..");
    expect("/p/{climb}/x", "/p/..%2Fa/x");
    expect("/p/?x={dots}&y=a/{empty}/b", "/p/?x=..&y=a//b");
}

static void texts_take_values_as_they_are(void **state)
{
    (void)state;
    struct result r = expand("a{{{id}}}b {odd}{undefined}{empty} {list}", true);
    assert_int_equal(r.fault, FAULT_NONE);
    assert_string_equal(r.text, "a{42}b a b/?&=%\xc3\xa4 red,a/b");
    r = expand("x {line}", true);
    assert_int_equal(r.fault, FAULT_CLIENT);
    assert_string_equal(r.text, "line");
    assert_int_equal(expand("{nul}", true).fault, FAULT_CLIENT);
    assert_string_equal(expand("/{empty}/{dots}", true).text, "//..");
}

static void variables_are_told_once_in_order(void **state)
{
    (void)state;
    struct template_error error;
    struct template *t;
    struct arena arena;
    arena_init(&arena, 4096, ARENA);
    assert_int_equal(template_compile(SLICE("/{a}/{b*}{?c,a,d}"), &arena, &t, &error), FAULT_NONE);
    static const struct {
        const char *name;
        size_t offset;
        bool takes_list;
    } expected[] = {{"a", 2, true}, {"b", 6, true}, {"c", 11, true}, {"d", 15, true}};
    assert_int_equal(template_n_variables(t), 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(slice_equal(template_variable(t, i), slice_of(expected[i].name)));
        assert_int_equal(template_variable_offset(t, i), expected[i].offset);
        assert_int_equal(template_takes_list(t, i), expected[i].takes_list);
    }
    assert_int_equal(template_compile(SLICE("/{a}{;b}"), &arena, &t, &error), FAULT_NONE);
    assert_false(template_takes_list(t, 0));
    assert_false(template_takes_list(t, 1));
    arena_done(&arena);
}

static void a_template_outlives_its_text(void **state)
{
    (void)state;
    struct template_error error;
    struct template *t;
    struct arena arena;
    char text[] = "/{name}{?other}";
    arena_init(&arena, 4096, ARENA);
    assert_int_equal(template_compile(slice_of(text), &arena, &t, &error), FAULT_NONE);
    memset(text, 'x', sizeof text);
    assert_true(slice_equal(template_variable(t, 0), SLICE("name")));
    assert_true(slice_equal(template_variable(t, 1), SLICE("other")));
    arena_done(&arena);
}

static void what_is_no_template_says_where(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_text;
        size_t offset;
    } cases[] = {
        {"/{id", false, 1},    {"/id}", false, 3},    {"/{}", false, 2},    {"/{id,}", false, 5},
        {"/{?}", false, 3},    {"/{+id}", false, 2},  {"/{#id}", false, 2}, {"/{=id}", false, 2},
        {"/{|id}", false, 2},  {"/{id:3}", false, 4}, {"/{i d}", false, 3}, {"/{id**}", false, 5},
        {"/{{id}}", false, 2}, {"/{id|x}", false, 4}, {"/{ id}", false, 2}, {"/a#b", false, 2},
        {"/100%", false, 4},   {"/%2x", false, 1},    {"/\n", false, 1},    {"a}b", true, 1},
        {"a{b", true, 1},      {"{?a}", true, 1},     {"{a,b}", true, 2},   {"{a*}", true, 2},
        {"{a}}", true, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct template_error error = {SIZE_MAX, NULL, NULL};
        struct template *t;
        struct arena arena;
        arena_init(&arena, 4096, ARENA);
        struct slice text = slice_of(cases[i].text);
        enum fault fault = cases[i].is_text ? template_compile_text(text, &arena, &t, &error)
                                            : template_compile(text, &arena, &t, &error);
        if (fault != FAULT_CONFIG || error.offset != cases[i].offset)
            print_error("%s at %zu\n", cases[i].text, error.offset);
        assert_int_equal(fault, FAULT_CONFIG);
        assert_int_equal(error.offset, cases[i].offset);
        assert_non_null(error.what);
        arena_done(&arena);
    }
}

static void limits_are_answers(void **state)
{
    (void)state;
    struct template_error error;
    struct template *t;
    struct arena arena;
    struct buffer out;
    size_t culprit;
    arena_init(&arena, 64, 128);
    assert_int_equal(template_compile(SLICE("/{a}/{b}/{c}"), &arena, &t, &error), FAULT_LIMIT);
    arena_done(&arena);
    arena_init(&arena, 4096, ARENA);
    assert_int_equal(template_compile(SLICE("/a/{odd}"), &arena, &t, &error), FAULT_NONE);
    struct template_value odd = value_of(SLICE("odd"));
    for (size_t limit = 0; limit < 32; limit++) {
        buffer_init(&out, limit);
        enum fault fault = template_expand(t, &odd, &out, &culprit);
        assert_int_equal(fault, limit < 29 ? FAULT_LIMIT : FAULT_NONE);
        buffer_done(&out);
    }
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_encoded_for_their_place),
        cmocka_unit_test(lists_are_joined_or_exploded),
        cmocka_unit_test(literals_become_good_uris),
        cmocka_unit_test(no_value_empties_a_segment_or_makes_it_dots),
        cmocka_unit_test(texts_take_values_as_they_are),
        cmocka_unit_test(variables_are_told_once_in_order),
        cmocka_unit_test(a_template_outlives_its_text),
        cmocka_unit_test(what_is_no_template_says_where),
        cmocka_unit_test(limits_are_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
