/* answer_test.c - what becomes of answers: shapes, places, views, and what selects */
#include "config/config.h"
#include "slices.h"
#include "written.h"

enum {
    TEXT_MAX = 4096
};

#define SERVICES "services: {alpha: http://a:1}\n"

static void put_fields(const struct fields *f, const char *expected)
{
    struct buffer out;
    buffer_init(&out, TEXT_MAX);
    assert_non_null(f);
    assert_true(fields_write(f, &out));
    ASSERT_SLICE(buffer_slice(&out), expected);
    buffer_done(&out);
}

static const struct config_source *load_source(struct written *w, const char *options)
{
    static char text[TEXT_MAX];
    snprintf(text, sizeof text,
             SERVICES "endpoints: [{path: /, sources: {one: {get: \"alpha:/\", %s}}}]\n", options);
    return &written_load(w, text)->endpoints[0].sources[0];
}

static void what_is_not_said_keeps_everything(void **state)
{
    const struct config_source *s = load_source(*state, "required: true");
    assert_int_equal(s->format, CONFIG_FORMAT_BY_TYPE);
    assert_int_equal(s->unwrap.n_steps, 0);
    assert_false(s->has_shape);
    assert_int_equal(s->jq.n, 0);
    assert_int_equal(s->jq_time_ms, 50);
    assert_false(s->is_hidden || s->is_kept || s->into.is_joined);
    assert_int_equal(s->into.n_names, 1);
    ASSERT_SLICE(s->into.names[0], "one");
}

static const struct {
    const char *written, *canonical;
} selections[] = {
    {"[id, price.amount]", "id,price/amount"},
    {"\"id,price/amount\"", "id,price/amount"},
    {"\"id,price(amount,currency)\"", "id,price(amount,currency)"},
    {"[price.currency, \"price(amount)\", id]", "id,price(amount,currency)"},
    {"[price.amount, price]", "price"},
    {"id", "id"},
    {"[7]", "7"},
};

static void paths_and_fields_say_the_same(void **state)
{
    for (size_t i = 0; i < sizeof selections / sizeof *selections; i++) {
        char options[256];
        snprintf(options, sizeof options, "pick: %s", selections[i].written);
        const struct config_source *s = load_source(*state, options);
        assert_true(s->has_shape);
        put_fields(s->shape.pick, selections[i].canonical);
        snprintf(options, sizeof options, "omit: %s", selections[i].written);
        put_fields(load_source(*state, options)->shape.omit, selections[i].canonical);
    }
}

static void a_rename_has_its_new_name_quoted(void **state)
{
    const struct config_source *s =
        load_source(*state, "unwrap: data.items, rename: {unit_price: price, a.b.c: 'd \"e\"'}");
    assert_int_equal(s->unwrap.n_steps, 2);
    ASSERT_SLICE(s->unwrap.steps[1].name, "items");
    assert_int_equal(s->shape.n_renames, 2);
    ASSERT_SLICE(s->shape.renames[0].quoted, "\"price\"");
    assert_int_equal(s->shape.renames[1].path.n_steps, 3);
    ASSERT_SLICE(s->shape.renames[1].path.steps[2].name, "c");
    ASSERT_SLICE(s->shape.renames[1].name, "d \"e\"");
    ASSERT_SLICE(s->shape.renames[1].quoted, "\"d \\\"e\\\"\"");
}

static void the_rest_of_a_shape_reaches_its_place(void **state)
{
    const struct config_source *s =
        load_source(*state, "format: xml, jq: \".a | .b\", jq_time: 2s, keep: on");
    assert_int_equal(s->format, CONFIG_FORMAT_XML);
    ASSERT_SLICE(s->jq, ".a | .b");
    assert_int_equal(s->jq_time_ms, 2000);
    assert_true(s->is_kept);
    assert_int_equal(load_source(*state, "format: base64")->format, CONFIG_FORMAT_BASE64);
}

/* What looks like a contradiction and is none. */
static void these_shapes_make_sense(void **state)
{
    static const char *const shapes[] = {
        "pick: [price, id], omit: [price.tax], rename: {price.amount: value, id: sku}",
        "pick: [a, b], rename: {a: b, b: a}",
        "rename: {a: x, c.a: x}",
        "pick: [price.amount], rename: {price: cost}",
        "omit: [other], rename: {a.other: b}",
        "format: text, jq: \"{text: .}\", into: .",
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        load_source(*state, shapes[i]);
}

static const char places[] =
    SERVICES "endpoints:\n"
             "- path: /\n"
             "  sources:\n"
             "    one: {get: \"alpha:/\", into: ., pick: [x, y], rename: {y: z}}\n"
             "    two: {get: \"alpha:/\"}\n"
             "    three: {get: \"alpha:/\", into: two.a.b}\n"
             "    four: {get: \"alpha:/\", hide: yes}\n"
             "    five: {get: \"alpha:/{four}\", into: four}\n"
             "    six: {get: \"alpha:/\", into: other.six}\n"
             "    seven: {get: \"alpha:/\", into: two.a.b.errors}\n"
             "    eight: {get: \"alpha:/\", into: eight.x}\n";

static void values_stand_where_they_are_put(void **state)
{
    const struct config_source *s = written_load(*state, places)->endpoints[0].sources;
    assert_true(s[0].into.is_joined);
    assert_int_equal(s[1].into.n_names, 1);
    assert_int_equal(s[2].into.n_names, 3);
    ASSERT_SLICE(s[2].into.names[0], "two");
    ASSERT_SLICE(s[2].into.names[2], "b");
    assert_true(s[3].is_hidden);
    ASSERT_SLICE(s[4].into.names[0], "four");
    assert_int_equal(s[6].into.n_names, 4);
}

#define ENDPOINT(options)                                                                          \
    "endpoints: [{path: /, " options                                                               \
    " sources: {product: {get: \"alpha:/\"}, prices: {get: \"alpha:/\"}}}]\n"
#define VIEWS                                                                                      \
    "views:\n"                                                                                     \
    "  mobile:\n"                                                                                  \
    "    match: {headers: {User-Agent: \"(?i)mobile|android\", x-kind: \"^m\"}}\n"                 \
    "    fields: product(id,name),nothing\n"                                                       \
    "  web: {fields: \"*\"}\n"                                                                     \
    "  tv-2: prices\n"

static bool finds(const struct pattern *p, const char *text)
{
    struct pattern_scratch *scratch = pattern_scratch_new();
    enum pattern_verdict verdict = pattern_match(p, scratch, slice_of(text));
    pattern_scratch_free(scratch);
    return verdict == PATTERN_MATCH;
}

static void views_of_the_top_hold_everywhere(void **state)
{
    const struct config *c = written_load(*state, SERVICES VIEWS ENDPOINT(""));
    const struct config_endpoint *e = &c->endpoints[0];
    ASSERT_SLICE(e->select, "fields");
    assert_int_equal(e->n_views, 3);
    ASSERT_SLICE(e->views[0].name, "mobile");
    put_fields(e->views[0].fields, "nothing,product(id,name)");
    assert_int_equal(e->views[0].n_headers, 2);
    ASSERT_SLICE(e->views[0].headers[0].name, "user-agent");
    assert_true(finds(e->views[0].headers[0].pattern, "an ANDROID phone"));
    assert_false(finds(e->views[0].headers[1].pattern, "am"));
    assert_true(e->views[1].fields->is_all);
    assert_int_equal(e->views[2].n_headers, 0);
    assert_int_equal(e->views[2].position.line, 7);
}

static void an_endpoint_changes_and_adds_views(void **state)
{
    const struct config *c =
        written_load(*state, SERVICES VIEWS ENDPOINT(
                                 "views: {new: product, mobile: \"prices\", "
                                 "web: {match: {headers: {x: y}}}, tv-2: {fields: product}},"));
    const struct config_view *v = c->endpoints[0].views;
    static const char *const names[] = {"mobile", "web", "tv-2", "new"};
    static const char *const fields[] = {"prices", "*", "product", "product"};
    assert_int_equal(c->endpoints[0].n_views, 4);
    for (unsigned i = 0; i < 4; i++) {
        ASSERT_SLICE(v[i].name, names[i]);
        put_fields(v[i].fields, fields[i]);
    }
    assert_int_equal(v[0].n_headers, 2);
    assert_int_equal(v[1].n_headers, 1);
    assert_int_equal(c->views[1].n_headers, 0);
    put_fields(c->views[2].fields, "prices");
}

static void the_parameter_that_selects_has_a_name_or_is_off(void **state)
{
    static const struct {
        const char *endpoint, *select;
    } cases[] = {
        {SERVICES VIEWS ENDPOINT("select: only, query: {fields: {}},"), "only"},
        {SERVICES VIEWS ENDPOINT("select: on,"), "fields"},
        {SERVICES VIEWS ENDPOINT("select: off, query: {fields: {}, view: {}},"), ""},
        {SERVICES VIEWS ENDPOINT("select: no,"), ""},
        {SERVICES VIEWS ENDPOINT("select: false,"), ""},
        {"defaults: {endpoint: {select: off, views: {a: product}}}\n" SERVICES VIEWS ENDPOINT(""),
         ""},
        {"defaults: {endpoint: {select: off}}\n" SERVICES VIEWS ENDPOINT("select: pick,"), "pick"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct config_endpoint *e = written_load(*state, cases[i].endpoint)->endpoints;
        ASSERT_SLICE(e->select, cases[i].select);
        assert_int_equal(e->n_views, e->select.n ? 3 : 0);
    }
}

static void the_names_at_the_top_are_known(void **state)
{
    static const char *const there[] = {"two", "four", "other", "eight", "x", "z"};
    static const char *const absent[] = {"one", "three", "five", "a", "y", "six"};
    const struct config_endpoint *e = written_load(*state, places)->endpoints;
    for (size_t i = 0; i < 6; i++) {
        assert_true(config_has_place(e, slice_of(there[i])));
        assert_false(config_has_place(e, slice_of(absent[i])));
    }
}

/* Of what joins them unshaped, nobody knows. */
static void any_name_may_be_at_the_top_of_what_joins(void **state)
{
    const struct config *c = written_load(
        *state, SERVICES "endpoints: [{path: /, sources: {one: {get: \"alpha:/\"}, two: "
                         "{get: \"alpha:/\", into: ., omit: [x]}}}]\n");
    assert_true(config_has_place(c->endpoints, SLICE("x")));
}

static void views_of_included_files_join(void **state)
{
    struct written *w = *state;
    written_file(w, "parts/a.yaml", SLICE("views: {tv: product}\n"));
    written_file(w, "parts/b.yaml", SLICE("views: {radio: prices}\n"));
    const struct config *c =
        written_load(w, "include: [parts/*.yaml]\n" SERVICES VIEWS ENDPOINT(""));
    assert_int_equal(c->n_views, 5);
    ASSERT_SLICE(c->views[3].name, "tv");
    ASSERT_SLICE(c->views[4].name, "radio");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WRITTEN_TEST(what_is_not_said_keeps_everything),
        WRITTEN_TEST(paths_and_fields_say_the_same),
        WRITTEN_TEST(a_rename_has_its_new_name_quoted),
        WRITTEN_TEST(the_rest_of_a_shape_reaches_its_place),
        WRITTEN_TEST(these_shapes_make_sense),
        WRITTEN_TEST(values_stand_where_they_are_put),
        WRITTEN_TEST(views_of_the_top_hold_everywhere),
        WRITTEN_TEST(an_endpoint_changes_and_adds_views),
        WRITTEN_TEST(the_parameter_that_selects_has_a_name_or_is_off),
        WRITTEN_TEST(the_names_at_the_top_are_known),
        WRITTEN_TEST(any_name_may_be_at_the_top_of_what_joins),
        WRITTEN_TEST(views_of_included_files_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
