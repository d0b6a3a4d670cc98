/* parameters_test.c - what a request says, and everything that is wrong with it */
#include <stdio.h>

#include "gateway/parameters.h"
#include "load.h"
#include "wire/pattern.h"

static const char endpoint[] = "  - path: /p/{id}/{n}\n"
                               "    params:\n"
                               "      id: {pattern: \"[A-Za-z0-9_-]{1,8}\"}\n"
                               "      n: {type: integer, min: -5, max: 64}\n"
                               "    query:\n"
                               "      q: {required: true}\n"
                               "      price: {type: number, max: 9.50}\n"
                               "      flag: {type: boolean}\n"
                               "      size: {enum: [s, m, l]}\n"
                               "      tags: {list: true, pattern: \"[^!]+\"}\n"
                               "      ids: {list: true, type: integer, max: 9}\n"
                               "      currency: {default: EUR}\n"
                               "    headers:\n"
                               "      x-tenant: {required: true, pattern: \"t-.*\"}\n"
                               "      x-many: {list: true}\n"
                               "    sources: {a: {get: \"one:/\"}}\n";

struct desk {
    struct config *config;
    struct pattern_scratch *scratch;
    struct arena arena;
    struct parameters parameters;
};

static int setup(void **state)
{
    static struct desk d;
    d.config = load_endpoints(endpoint);
    d.scratch = pattern_scratch_new();
    arena_init(&d.arena, 4096, 1 << 20);
    *state = &d;
    return 0;
}

static int teardown(void **state)
{
    struct desk *d = *state;
    arena_done(&d->arena);
    pattern_scratch_free(d->scratch);
    config_free(d->config);
    return 0;
}

/* What a request gives; what is NULL is as it should be. */
struct given {
    const char *id, *n, *query;
    const char *header, *second_header; /* x-tenant */
    const char *many;                   /* x-many */
};

static void look(struct desk *d, const struct given *g)
{
    struct slice segments[] = {SLICE("p"), slice_of(g->id ? g->id : "a"),
                               slice_of(g->n ? g->n : "1")};
    struct field fields[3];
    struct request request = {.fields = fields};
    fields[request.n_fields++] =
        (struct field){SLICE("X-Tenant"), slice_of(g->header ? g->header : "t-1")};
    if (g->second_header)
        fields[request.n_fields++] = (struct field){SLICE("x-tenant"), slice_of(g->second_header)};
    if (g->many)
        fields[request.n_fields++] = (struct field){SLICE("X-Many"), slice_of(g->many)};
    const struct parameters_input in = {
        .segments = segments,
        .query = slice_of(g->query ? g->query : "q=1"),
        .request = &request,
        .scratch = d->scratch,
    };
    arena_reset(&d->arena);
    assert_true(parameters_read(&d->parameters, &d->config->endpoints[0], &in, &d->arena));
}

/* "id: required;q: given more than once;" */
static const char *violations(struct desk *d)
{
    static char text[4096];
    size_t n = 0;
    text[0] = '\0';
    for (const struct parameters_violation *v = d->parameters.violations; v; v = v->next)
        n += (size_t)snprintf(text + n, sizeof text - n, "%.*s: %.*s;", SLICE_ARG(v->parameter),
                              SLICE_ARG(v->message));
    return text;
}

static const struct parameters_value *value_of(struct desk *d, const char *name)
{
    const struct config_endpoint *e = &d->config->endpoints[0];
    for (unsigned i = 0; i < e->n_parameters; i++)
        if (slice_equal(e->parameters[i].name, slice_of(name)))
            return &d->parameters.values[i];
    fail_msg("no parameter %s", name);
    return NULL;
}

static void wrong_values_are_violations(void **state)
{
    static const struct {
        struct given given;
        const char *wanted;
    } rows[] = {
        {{0}, ""},
        {{.id = "a%20b"}, "id: must match [A-Za-z0-9_-]{1,8};"},
        {{.id = "123456789"}, "id: must match [A-Za-z0-9_-]{1,8};"},
        {{.id = "a%0A"}, "id: must match [A-Za-z0-9_-]{1,8};"},
        {{.id = "%ff"}, "id: must be percent-encoded UTF-8;"},
        {{.n = "64"}, ""},
        {{.n = "-5"}, ""},
        {{.n = "65"}, "n: must be at most 64;"},
        {{.n = "-6"}, "n: must be at least -5;"},
        {{.n = "1.0"}, "n: must be an integer;"},
        {{.n = "+1"}, "n: must be an integer;"},
        {{.n = "01"}, "n: must be an integer;"},
        {{.n = "99999999999999999999999999999999999999999999"}, "n: must be at most 64;"},
        {{.n = "0x10"}, "n: must be an integer;"},
        {{.query = ""}, "q: required;"},
        {{.query = "q="}, "q: required;"},
        {{.query = "q"}, "q: required;"},
        {{.query = "q=1&q=1"}, "q: given more than once;"},
        {{.query = "q=1&%71=2"}, "q: given more than once;"},
        {{.query = "q=%zz"}, "q: must be percent-encoded UTF-8;"},
        {{.query = "q=%ff"}, "q: must be percent-encoded UTF-8;"},
        {{.query = "q=1&other=%zz&%zz=1&x=1&x=2"}, ""},
        {{.query = "q=1&price=9.5"}, ""},
        {{.query = "q=1&price=-1.5e-3"}, ""},
        {{.query = "q=1&price=9.51"}, "price: must be at most 9.50;"},
        {{.query = "q=1&price=9.50000000000000000001"}, "price: must be at most 9.50;"},
        {{.query = "q=1&price=1."}, "price: must be a number;"},
        {{.query = "q=1&price=.5"}, "price: must be a number;"},
        {{.query = "q=1&price=1e"}, "price: must be a number;"},
        {{.query = "q=1&price=nan"}, "price: must be a number;"},
        {{.query = "q=1&flag=true"}, ""},
        {{.query = "q=1&flag=yes"}, "flag: must be true or false;"},
        {{.query = "q=1&size=m"}, ""},
        {{.query = "q=1&size=xl"}, "size: must be one of s, m, l;"},
        {{.query = "q=1&tags=a,b&tags=c"}, ""},
        {{.query = "q=1&tags=a,!"}, "tags: must match [^!]+;"},
        {{.query = "q=1&ids=x,y,12,z,13"}, "ids: must be an integer;ids: must be at most 9;"},
        {{.query = "q=1&ids=1,x,12"}, "ids: must be an integer;ids: must be at most 9;"},
        {{.header = "x"}, "x-tenant: must match t-.*;"},
        {{.header = ""}, "x-tenant: required;"},
        {{.header = "t-\xff"}, "x-tenant: must be UTF-8;"},
        {{.second_header = "t-1"}, "x-tenant: given more than once;"},
        {{.id = "!", .n = "x", .query = "size=0", .header = ""},
         "id: must match [A-Za-z0-9_-]{1,8};n: must be an integer;q: required;"
         "size: must be one of s, m, l;x-tenant: required;"},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        look(*state, &rows[i].given);
        if (strcmp(violations(*state), rows[i].wanted) != 0)
            fail_msg("row %u: %s instead of %s", i, violations(*state), rows[i].wanted);
    }
}

static void values_are_decoded_as_their_place_wants(void **state)
{
    struct desk *d = *state;
    look(d, &(struct given){.id = "a-b", .n = "-0", .query = "q=a+b%2Bc%20%C3%A9&price=1E2"});
    assert_true(slice_equal(value_of(d, "id")->text, SLICE("a-b")));
    assert_true(slice_equal(value_of(d, "n")->text, SLICE("-0")));
    assert_true(slice_equal(value_of(d, "q")->text, SLICE("a b+c \xc3\xa9")));
    assert_true(slice_equal(value_of(d, "price")->text, SLICE("1E2")));
    assert_true(slice_equal(value_of(d, "x-tenant")->text, SLICE("t-1")));
    assert_true(slice_equal(value_of(d, "currency")->text, SLICE("EUR")));
    assert_true(value_of(d, "currency")->is_present);
    assert_false(value_of(d, "flag")->is_present);
}

static void an_empty_value_gives_way_to_the_default(void **state)
{
    struct desk *d = *state;
    look(d, &(struct given){.query = "q=1&currency="});
    assert_true(slice_equal(value_of(d, "currency")->text, SLICE("EUR")));
    look(d, &(struct given){.query = "q=1&currency=CHF"});
    assert_true(slice_equal(value_of(d, "currency")->text, SLICE("CHF")));
}

static void expect_items(struct desk *d, const char *name, const char *wanted)
{
    const struct parameters_value *v = value_of(d, name);
    char text[256];
    size_t n = 0;
    text[0] = '\0';
    assert_true(v->is_list);
    for (unsigned i = 0; i < v->n_items; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%.*s|", SLICE_ARG(v->items[i]));
    assert_string_equal(text, wanted);
    assert_int_equal(v->is_present, v->n_items > 0);
}

static void a_long_list_of_bad_items_makes_no_long_answer(void **state)
{
    look(*state,
         &(struct given){.query = "q=1&ids=x,x,x,x,x,x,x,x,x,x&ids=y,x,x,99,x,98,x&size=xl"});
    assert_string_equal(violations(*state), "size: must be one of s, m, l;"
                                            "ids: must be an integer;ids: must be at most 9;");
}

static void behind_some_bad_items_no_further_one_is_looked_at(void **state)
{
    struct desk *d = *state;
    char query[4096] = "q=1&ids=";
    char *to = query + strlen(query);
    for (unsigned i = 0; i < 1000; i++)
        to = mempcpy(to, "x,", 2);
    memcpy(to, "99", sizeof "99");
    look(d, &(struct given){.query = query});
    assert_string_equal(violations(d), "ids: must be an integer;");
    assert_int_equal(d->parameters.n_refused, 16);
}

static void lists_are_split_before_they_are_decoded(void **state)
{
    struct desk *d = *state;
    look(d, &(struct given){.query = "q=1&tags=a%2Cb,c&tags=d+e&ids=1,,2,", .many = "a , b,,c"});
    expect_items(d, "tags", "a,b|c|d e|");
    expect_items(d, "ids", "1|2|");
    expect_items(d, "x-many", "a|b|c|");
    look(d, &(struct given){.query = "q=1&tags=,&ids="});
    expect_items(d, "tags", "");
    expect_items(d, "ids", "");
}

static void a_full_arena_is_told(void **state)
{
    struct desk *d = *state;
    struct arena small;
    struct request request = {0};
    struct slice segments[] = {SLICE("p"), SLICE("a"), SLICE("1")};
    const struct parameters_input in = {
        .segments = segments, .query = SLICE("q=1"), .request = &request, .scratch = d->scratch};
    arena_init(&small, 64, 128);
    assert_false(parameters_read(&d->parameters, &d->config->endpoints[0], &in, &small));
    arena_done(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_values_are_violations),
        cmocka_unit_test(values_are_decoded_as_their_place_wants),
        cmocka_unit_test(an_empty_value_gives_way_to_the_default),
        cmocka_unit_test(lists_are_split_before_they_are_decoded),
        cmocka_unit_test(a_long_list_of_bad_items_makes_no_long_answer),
        cmocka_unit_test(behind_some_bad_items_no_further_one_is_looked_at),
        cmocka_unit_test(a_full_arena_is_told),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
