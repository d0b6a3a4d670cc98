/* template_suite_test.c - the published cases of RFC 6570, as far as we go with it
 *
 * Left out: values that are maps. "+", "#" and prefixes must be refused when compiled.
 */
#include <jansson.h>

#include "../suites.h"
#include "../unit.h"
#include "wire/template.h"

enum {
    ARENA = 1 << 20,
    MAX_ITEMS = 64,
    MAX_VARIABLES = 16
};

/* A value would make a path segment empty: the RFC lets it. */
static const char *const refused[] = {
    "{/var,empty}",
    "{/var,empty,empty}",
    "{/list*,path:4}",
    "/{empty}",
};

/* The RFC refuses names that ours may be. */
static const char *const named[] = {
    "{/?id}",
    "{??hello}",
    "{$var}",
    "{?empty=default,var}",
    "/h{#hello+}",
    "/people/{~thing}",
    "/{default-graph-uri}",
    "/sparql{?query,default-graph-uri}",
    "{x.}",
    "{x..y}",
    "{%2x}",
    "/vars/:var",
};

static bool is_among(const char *const *list, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i], text) == 0)
            return true;
    }
    return false;
}

#define IS_AMONG(list, text) is_among((list), sizeof(list) / sizeof *(list), (text))

/* Does an expression begin with + or #, or hold a prefix? */
static bool is_beyond_us(const char *text)
{
    bool is_inside = false;
    for (const char *at = text; *at; at++) {
        if (*at == '{' && (at[1] == '+' || at[1] == '#'))
            return true;
        if (is_inside && *at == ':')
            return true;
        if (*at == '{' || *at == '}')
            is_inside = *at == '{';
    }
    return false;
}

static struct slice text_of(struct arena *arena, const json_t *v)
{
    if (json_is_string(v))
        return (struct slice){json_string_value(v), json_string_length(v)};
    if (json_is_integer(v))
        return arena_print(arena, "%lld", (long long)json_integer_value(v));
    return arena_print(arena, "%.10g", json_number_value(v));
}

static struct template_value value_of(struct arena *arena, const json_t *v)
{
    struct template_value value = {.is_defined = v && !json_is_null(v)};
    if (!json_is_array(v)) {
        if (value.is_defined)
            value.text = text_of(arena, v);
        return value;
    }
    value.is_list = true;
    value.n_items = json_array_size(v);
    struct slice *items = arena_take_zero(arena, MAX_ITEMS, sizeof *items);
    for (size_t i = 0; i < value.n_items; i++)
        items[i] = text_of(arena, json_array_get(v, i));
    value.items = items;
    return value;
}

static bool is_expected(const json_t *expected, struct slice text)
{
    if (json_is_string(expected))
        return slice_equal(slice_of(json_string_value(expected)), text);
    const json_t *one;
    size_t i;
    json_array_foreach(expected, i, one)
    {
        if (is_expected(one, text))
            return true;
    }
    return false;
}

/* false: a map is among the values. */
static bool gather(const struct template *t, const json_t *variables, struct arena *arena,
                   struct template_value *values)
{
    for (size_t i = 0; i < template_n_variables(t); i++) {
        struct slice name = template_variable(t, i);
        const json_t *v = json_object_get(variables, arena_copy(arena, name).at);
        if (json_is_object(v))
            return false;
        values[i] = value_of(arena, v);
    }
    return true;
}

static void judge(const json_t *variables, const json_t *one)
{
    const char *text = json_string_value(json_array_get(one, 0));
    const json_t *expected = json_array_get(one, 1);
    struct template_value values[MAX_VARIABLES];
    struct template_error error;
    struct template *t;
    struct arena arena;
    struct buffer out;
    size_t culprit;
    arena_init(&arena, 4096, ARENA);
    buffer_init(&out, ARENA);
    enum fault fault = template_compile(slice_of(text), &arena, &t, &error);
    bool is_refused = is_beyond_us(text) || (json_is_false(expected) && !IS_AMONG(named, text));
    if ((fault == FAULT_CONFIG) != is_refused)
        print_error("%s: %s\n", text, fault ? error.what : "compiled");
    assert_int_equal(fault, is_refused ? FAULT_CONFIG : FAULT_NONE);
    if (!fault && !json_is_false(expected) && gather(t, variables, &arena, values)) {
        fault = template_expand(t, values, &out, &culprit);
        if (fault != (IS_AMONG(refused, text) ? FAULT_CLIENT : FAULT_NONE))
            fail_msg("%s: fault %d", text, fault);
        if (!fault && !is_expected(expected, buffer_slice(&out)))
            fail_msg("%s: %.*s", text, SLICE_ARG(buffer_slice(&out)));
    }
    buffer_done(&out);
    arena_done(&arena);
}

static unsigned run(const char *name)
{
    size_t n;
    unsigned n_cases = 0;
    char *text = suites_read(name, &n);
    if (!text)
        skip();
    json_t *groups = json_loadb(text, n, 0, NULL);
    const char *title;
    json_t *group;
    json_object_foreach(groups, title, group)
    {
        size_t i;
        const json_t *one;
        json_array_foreach(json_object_get(group, "testcases"), i, one)
        {
            judge(json_object_get(group, "variables"), one);
            n_cases++;
        }
    }
    json_decref(groups);
    free(text);
    return n_cases;
}

static void the_rfcs_examples_expand(void **state)
{
    (void)state;
    assert_true(run("uritemplate/spec-examples.json") > 50);
    assert_true(run("uritemplate/spec-examples-by-section.json") > 100);
    assert_true(run("uritemplate/extended-tests.json") > 40);
}

static void what_is_no_template_is_refused(void **state)
{
    (void)state;
    assert_true(run("uritemplate/negative-tests.json") > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rfcs_examples_expand),
        cmocka_unit_test(what_is_no_template_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
