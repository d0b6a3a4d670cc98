/* call_test.c - what a call sends, and how often it is made: bodies, lists, variables */
#include "config/config.h"
#include "slices.h"
#include "written.h"

enum {
    TEXT_MAX = 4096
};

/* A POST endpoint whose last source, `one`, has these options; indented by eight. */
static const struct config_source *load_source(struct written *w, const char *options)
{
    static char text[TEXT_MAX];
    snprintf(text, sizeof text,
             "services: {alpha: http://a:1}\n"
             "endpoints:\n"
             "  - path: /one/{id}\n"
             "    method: POST\n"
             "    query: {ids: {list: true}, flag: {type: boolean}}\n"
             "    sources:\n"
             "      list: {get: \"alpha:/list\"}\n"
             "      one:\n"
             "%s",
             options);
    return &written_load(w, text)->endpoints[0].sources[1];
}

/* Of a piece: what it is written as, <value>, "text with <value>" or text. */
static void put_piece(struct buffer *out, const struct config_piece *p)
{
    bool is_good = true;
    if (p->kind == CONFIG_PIECE_TEXT)
        is_good = buffer_append(out, p->text);
    else if (p->kind == CONFIG_PIECE_VALUE)
        is_good =
            buffer_print(out, "<%.*s>", SLICE_ARG(template_variable(p->template.compiled, 0)));
    else {
        struct template_value values[4];
        size_t n = template_n_variables(p->template.compiled);
        size_t culprit = 0;
        assert_in_range(n, 0, 4);
        for (size_t i = 0; i < n; i++)
            values[i] = (struct template_value){.is_defined = true, .text = SLICE("*")};
        is_good = buffer_append(out, SLICE("\"")) &&
                  template_expand(p->template.compiled, values, out, &culprit) == FAULT_NONE &&
                  buffer_append(out, SLICE("\""));
    }
    assert_true(is_good);
}

static const struct {
    const char *yaml, *pieces;
} bodies[] = {
    {"\"{id}\"", "<id>"},
    {"\"{{id}}\"", "\"{id}\""},
    {"\"a {id} b {flag}\"", "\"a * b *\""},
    {"\"{id}{id}\"", "\"**\""},
    {"\"{id} \"", "\"* \""},
    {"null", "null"},
    {"{a: 1.50, b: 007, c: yes, d: true, e: ~, f: \"1\", g: [], h: {}}",
     "{\"a\":1.50,\"b\":7,\"c\":\"yes\",\"d\":true,\"e\":null,\"f\":\"1\",\"g\":[],\"h\":{}}"},
    {"{sku: \"{body.sku}\", all: [\"{id}\", 2, \"{ids}\"], \"{k}\": x}",
     "{\"sku\":<body.sku>,\"all\":[<id>,2,<ids>],\"{k}\":\"x\"}"},
    {"\"{body}\"", "<body>"},
    {"[\"{list.a[0].b}\", \"{headers.x-a}\", \"{params.flag}\"]",
     "[<list.a[0].b>,<headers.x-a>,<params.flag>]"},
    {"\"say \\\"{id}\\\"\\n\"", "\"say \"*\"\n\""},
    {"\"{{\\\"}}\"", "\"{\\\"}\""},
};

static void a_body_becomes_text_and_values(void **state)
{
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        char options[512];
        struct buffer out;
        snprintf(options, sizeof options, "        post: alpha:/\n        body: %s\n",
                 bodies[i].yaml);
        const struct config_source *s = load_source(*state, options);
        assert_int_equal(s->body.kind, CONFIG_BODY_JSON);
        buffer_init(&out, TEXT_MAX);
        for (unsigned k = 0; k < s->body.n_pieces; k++)
            put_piece(&out, &s->body.pieces[k]);
        ASSERT_SLICE(buffer_slice(&out), bodies[i].pieces);
        buffer_done(&out);
    }
}

static void text_between_two_values_is_one_piece(void **state)
{
    const struct config_source *s = load_source(*state, "        post: alpha:/\n"
                                                        "        body: {a: 1, b: \"{id}\", c: [x, "
                                                        "{d: ~}]}\n");
    assert_int_equal(s->body.n_pieces, 3);
    ASSERT_SLICE(s->body.pieces[0].text, "{\"a\":1,\"b\":");
    assert_int_equal(s->body.pieces[1].kind, CONFIG_PIECE_VALUE);
    assert_int_equal(s->body.pieces[1].template.variables[0].origin, CONFIG_FROM_PARAMETER);
    ASSERT_SLICE(s->body.pieces[2].text, ",\"c\":[\"x\",{\"d\":null}]}");
}

static void a_form_is_one_piece_a_field(void **state)
{
    const struct config_source *s = load_source(
        *state, "        post: alpha:/\n"
                "        form: {a b&=: \"{id}\", \xc3\xa9*: \"x {id}\", c: 7, d: yes}\n");
    static const char *const names[] = {"a+b%26%3D", "%C3%A9*", "c", "d"};
    assert_int_equal(s->body.kind, CONFIG_BODY_FORM);
    assert_int_equal(s->body.n_pieces, 4);
    for (unsigned i = 0; i < 4; i++) {
        ASSERT_SLICE(s->body.pieces[i].text, names[i]);
        assert_int_equal(s->body.pieces[i].kind, i == 0 ? CONFIG_PIECE_VALUE : CONFIG_PIECE_STRING);
        assert_int_equal(template_n_variables(s->body.pieces[i].template.compiled), i < 2);
    }
}

static void a_body_makes_its_source_wait(void **state)
{
    struct written *w = *state;
    const struct config_source *s = load_source(
        w, "        post: alpha:/\n        body: {a: \"{list.id}\", b: \"{body.x}\"}\n");
    assert_int_equal(s->needs, 1);
    assert_true(w->config->endpoints[0].reads_body);
    load_source(w, "        post: alpha:/\n        body: {a: \"{list.id}\"}\n");
    assert_false(w->config->endpoints[0].reads_body);
}

/* Far more text than any service takes, by aliases. */
static void a_body_has_a_limit(void **state)
{
    struct written *w = *state;
    struct buffer text;
    buffer_init(&text, 1024 * 1024);
    assert_true(buffer_print(&text, "services: {alpha: http://a:1}\n"
                                    "endpoints:\n"
                                    "- path: /\n"
                                    "  sources:\n"
                                    "    one:\n"
                                    "      post: alpha:/\n"
                                    "      body:\n"
                                    "        - &a \""));
    for (unsigned i = 0; i < 4096; i++)
        assert_true(buffer_append(&text, SLICE("0123456789abcdef")));
    assert_true(buffer_append(&text, SLICE("\"\n")));
    for (unsigned i = 0; i < 17; i++)
        assert_true(buffer_append(&text, SLICE("        - *a\n")));
    assert_true(buffer_append(&text, (struct slice){"", 1}));
    assert_null(written_try(w, text.at));
    assert_true(written_is_told(w, "too much for a body"));
    buffer_done(&text);
}

static void put_path(struct buffer *out, struct json_path path)
{
    for (unsigned i = 0; i < path.n_steps; i++) {
        const struct json_step *step = &path.steps[i];
        assert_true(step->is_index ? buffer_print(out, "[%u]", step->index)
                                   : buffer_print(out, ".%.*s", SLICE_ARG(step->name)));
    }
}

static const struct {
    const char *each, *lists; /* the path of the first list, and behind "|" of each other one */
    enum config_origin origin;
    uint64_t needs;
} lists[] = {
    {"list.ids", ".ids", CONFIG_FROM_SOURCE, 1},
    {"\"{list.ids}\"", ".ids", CONFIG_FROM_SOURCE, 1},
    {"list", "", CONFIG_FROM_SOURCE, 1},
    {"list[]", "", CONFIG_FROM_SOURCE, 1},
    {"list.a.variants[].sku", ".a.variants|.sku", CONFIG_FROM_SOURCE, 1},
    {"list.a[2].b[].c[].d.e", ".a[2].b|.c|.d.e", CONFIG_FROM_SOURCE, 1},
    {"list.a[].b[]", ".a|.b|", CONFIG_FROM_SOURCE, 1},
    {"list[][]", "||", CONFIG_FROM_SOURCE, 1},
    {"body.items", ".items", CONFIG_FROM_BODY, 0},
    {"\"{body.items[].sku}\"", ".items|.sku", CONFIG_FROM_BODY, 0},
    {"body", "", CONFIG_FROM_BODY, 0},
    {"ids", "", CONFIG_FROM_PARAMETER, 0},
    {"params.ids", "", CONFIG_FROM_PARAMETER, 0},
};

static void a_list_is_a_path_through_others(void **state)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char options[512];
        struct buffer out;
        snprintf(options, sizeof options, "        each: %s\n        get: alpha:/{item}\n",
                 lists[i].each);
        const struct config_source *s = load_source(*state, options);
        assert_true(s->each.is_given);
        assert_int_equal(s->each.list.origin, lists[i].origin);
        assert_int_equal(s->needs, lists[i].needs);
        buffer_init(&out, TEXT_MAX);
        put_path(&out, s->each.list.path);
        for (unsigned k = 0; k < s->each.n_through; k++) {
            assert_true(buffer_append(&out, SLICE("|")));
            put_path(&out, s->each.through[k]);
        }
        ASSERT_SLICE(buffer_slice(&out), lists[i].lists);
        buffer_done(&out);
    }
}

static void each_has_its_defaults(void **state)
{
    const struct config_source *s =
        load_source(*state, "        each: list.ids\n"
                            "        get: alpha:/{item.id}/{item.tags[1]}\n"
                            "        set_headers: {x-sku: \"{item.sku}\"}\n");
    assert_int_equal(s->each.parallel, 8);
    assert_int_equal(s->each.max, 64);
    assert_int_equal(s->each.batch.n, 0);
    assert_int_equal(s->path.variables[0].origin, CONFIG_FROM_ITEM);
    assert_int_equal(s->path.variables[1].path.n_steps, 2);
    assert_int_equal(s->set_headers[0].value.variables[0].origin, CONFIG_FROM_ITEM);
}

static void a_batch_names_its_list(void **state)
{
    const struct config_source *s = load_source(*state, "        each: list.ids\n"
                                                        "        batch: them\n"
                                                        "        by: product.id\n"
                                                        "        max: 500\n"
                                                        "        get: alpha:/{?them*}\n");
    ASSERT_SLICE(s->each.batch, "them");
    assert_int_equal(s->each.max, 500);
    assert_int_equal(s->each.by.n_steps, 2);
    ASSERT_SLICE(s->each.by.steps[1].name, "id");
    assert_int_equal(s->path.variables[0].origin, CONFIG_FROM_ITEMS);
    s = load_source(*state, "        each: body.ids\n"
                            "        batch: them\n"
                            "        by: id\n"
                            "        post: alpha:/\n"
                            "        body: {all: \"{them}\"}\n");
    assert_int_equal(s->body.pieces[1].template.variables[0].origin, CONFIG_FROM_ITEMS);
}

/* `defaults` may say how much at once, also for those that are called once. */
static void bounds_of_each_may_be_defaults(void **state)
{
    const struct config *c = written_load(*state, "services: {alpha: http://a:1}\n"
                                                  "defaults: {source: {parallel: 2, max: 9}}\n"
                                                  "endpoints:\n"
                                                  "- path: /\n"
                                                  "  sources:\n"
                                                  "    one: {get: \"alpha:/\"}\n"
                                                  "    all: {each: one, get: \"alpha:/{item}\"}\n");
    assert_int_equal(c->endpoints[0].sources[1].each.parallel, 2);
    assert_int_equal(c->endpoints[0].sources[1].each.max, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WRITTEN_TEST(a_body_becomes_text_and_values),
        WRITTEN_TEST(text_between_two_values_is_one_piece),
        WRITTEN_TEST(a_form_is_one_piece_a_field),
        WRITTEN_TEST(a_body_makes_its_source_wait),
        WRITTEN_TEST(a_body_has_a_limit),
        WRITTEN_TEST(a_list_is_a_path_through_others),
        WRITTEN_TEST(each_has_its_defaults),
        WRITTEN_TEST(a_batch_names_its_list),
        WRITTEN_TEST(bounds_of_each_may_be_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
