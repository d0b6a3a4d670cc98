/* selection_test.c - what a selection calls and shows, and what of it is refused */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/selection.h"
#include "shop.h"
#include "tree.h"

/* As name:fields for what is shown, and the bare name of what is only called. */
static void write_source(FILE *to, const struct tree *t, const struct selection *s, unsigned i)
{
    fprintf(to, "%s%.*s", ftell(to) ? " " : "", SLICE_ARG(t->config->endpoints[0].sources[i].name));
    if (!(s->shown >> i & 1))
        return;
    struct buffer text;
    buffer_init(&text, 4096);
    const struct fields *fields = s->of && s->of[i] ? s->of[i] : &fields_all;
    assert_true(fields_write(fields, &text));
    fprintf(to, ":%.*s", (int)text.n, text.at);
    buffer_done(&text);
}

static const struct fields *parse(struct tree *t, const char *text)
{
    struct fields_result r = fields_parse(slice_of(text), &t->arena);
    assert_int_equal(r.verdict, FIELDS_GOOD);
    return r.fields;
}

static char *choose(struct tree *t, const char *fields)
{
    const struct config_endpoint *e = &t->config->endpoints[0];
    struct selection s;
    char *text = NULL;
    size_t n;
    assert_true(selection_choose(&s, e, &t->places, parse(t, fields), &t->arena));
    FILE *to = open_memstream(&text, &n);
    fflush(to);
    for (unsigned i = 0; i < e->n_sources; i++)
        if (s.called >> i & 1)
            write_source(to, t, &s, i);
    fclose(to);
    return text;
}

struct row {
    const char *fields, *wanted;
};

static void expect(const char *sources, const struct row *rows, unsigned n)
{
    struct tree t;
    tree_load(&t, sources);
    for (unsigned i = 0; i < n; i++) {
        char *found = choose(&t, rows[i].fields);
        if (strcmp(found, rows[i].wanted) != 0)
            fail_msg("%s: '%s', not '%s'", rows[i].fields, found, rows[i].wanted);
        free(found);
    }
    tree_done(&t);
}

#define EXPECT(sources, rows) expect(sources, rows, sizeof(rows) / sizeof *(rows))

static void what_is_named_is_called_with_what_it_needs(void **state)
{
    static const struct row rows[] = {
        {"*", "account:* secret orders:* offers:* pinned:*"},
        {"account", "account:* pinned"},
        {"account(id)", "account:id pinned"},
        {"account/id,account/name", "account:id,name pinned"},
        {"orders", "account orders:* pinned"},
        {"offers(a),account", "account:* secret offers:a pinned"},
        {"*(id)", "account:id secret orders:id offers:id pinned:id"},
        {"*(id),account(name)", "account:id,name secret orders:id offers:id pinned:id"},
        {"pinned", "pinned:*"},
        {"nobody", "pinned"},
    };
    (void)state;
    EXPECT("      account: {get: \"one:/\"}\n"
           "      secret: {get: \"one:/\", hide: true, required: true}\n"
           "      orders: {get: \"one:/{account.id}\", required: true}\n"
           "      offers: {get: \"one:/{secret.key}\"}\n"
           "      pinned: {get: \"one:/\", keep: true}\n",
           rows);
}

static void names_go_by_places(void **state)
{
    static const struct row rows[] = {
        {"product", "product:* reviews:* deep:*"},
        {"product(id)", "product:id"},
        {"product(reviews)", "reviews:*"},
        {"product(reviews(author),id)", "product:id reviews:author"},
        {"product(extra)", "product:extra deep:*"},
        {"product(extra/deep)", "deep:*"},
        {"product(extra(deep/x,own))", "product:extra/own deep:x"},
        {"product(*)", "product:* reviews:* deep:*"},
        {"product(*(id))", "product:*/id reviews:id"},
        {"meta", "x:* y:*"},
        {"meta(x)", "x:*"},
        {"meta(x/a,nothing)", "x:a"},
        {"meta(nothing)", ""},
        {"meta(*/a)", "x:a y:a"},
        {"x", ""},
    };
    (void)state;
    EXPECT("      product: {get: \"one:/\"}\n"
           "      reviews: {get: \"one:/\", into: product.reviews}\n"
           "      deep: {get: \"one:/\", into: product.extra.deep}\n"
           "      x: {get: \"one:/\", into: meta.x}\n"
           "      y: {get: \"one:/\", into: meta.y}\n",
           rows);
}

static void what_is_no_place_is_asked_of_what_joins(void **state)
{
    static const struct row open[] = {
        {"price", "all:price"},
        {"before", "before:*"},
        {"stock", "all:stock stock:*"},
        {"stock/n,before", "before:* all:stock/n stock:n"},
        {"*/id", "before:id all:*/id stock:id"},
        {"*/id,before/n", "before:id,n all:*/id,before(id,n) stock:id"},
    };
    static const struct row conditional[] = {
        {"maybe", "maybe:* all:maybe"},
        {"needs", "maybe needs:* all:needs"},
        {"meta", "x:* y:*"},
        {"meta/x", "x:*"},
    };
    static const struct row shaped[] = {
        {"gone", "gone:*"},
        {"old", "old:*"},
        {"new", "all:new new:*"},
    };
    static const struct row closed[] = {
        {"stock", "stock:*"},           {"id", "all:id"},
        {"cost", "all:cost cost:*"},    {"price", "price:*"},
        {"id,stock", "all:id stock:*"}, {"old", ""},
    };
    (void)state;
    EXPECT("      before: {get: \"one:/\"}\n"
           "      all: {get: \"one:/\", into: .}\n"
           "      stock: {get: \"one:/\"}\n",
           open);
    EXPECT("      maybe: {get: \"one:/\", when: 1 == 2}\n"
           "      needs: {get: \"one:/{maybe.x}\"}\n"
           "      x: {get: \"one:/\", into: meta.x, when: 1 == 2}\n"
           "      y: {get: \"one:/\", into: meta.y}\n"
           "      all: {get: \"one:/\", into: .}\n",
           conditional);
    EXPECT("      all: {get: \"one:/\", into: ., omit: [gone], rename: {old: new}}\n"
           "      gone: {get: \"one:/\"}\n"
           "      old: {get: \"one:/\"}\n"
           "      new: {get: \"one:/\"}\n",
           shaped);
    EXPECT("      all: {get: \"one:/\", into: ., pick: [id, price, old], omit: [old],\n"
           "        rename: {price: cost}, fallback: {id: 1}}\n"
           "      stock: {get: \"one:/\"}\n"
           "      price: {get: \"one:/\"}\n"
           "      cost: {get: \"one:/\"}\n",
           closed);
}

static void a_view_applies_where_a_name_of_it_is_known(void **state)
{
    static const struct {
        const char *fields;
        bool applies;
    } rows[] = {
        {"a", true},       {"a,zzz", true}, {"zzz", false},
        {"zzz(a)", false}, {"*", true},     {"*(x)", true},
    };
    struct tree t;
    (void)state;
    tree_load(&t, "      a: {get: \"one:/\"}\n      b: {get: \"one:/\", hide: true}\n");
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct config_view view = {.fields = parse(&t, rows[i].fields)};
        if (selection_view_applies(&t.config->endpoints[0], &view) != rows[i].applies)
            fail_msg("%s", rows[i].fields);
    }
    assert_false(config_has_place(&t.config->endpoints[0], SLICE("b")));
    tree_done(&t);
}

static void a_full_arena_is_told(void **state)
{
    struct tree t;
    struct arena small;
    struct selection s;
    (void)state;
    tree_load(&t, "      a: {get: \"one:/\"}\n      b: {get: \"one:/\"}\n");
    const struct fields *fields = parse(&t, "a,b(c)");
    for (size_t size = 0; size < 96; size += 16) {
        arena_init(&small, size ? size : 1, size);
        assert_false(selection_choose(&s, &t.config->endpoints[0], &t.places, fields, &small));
        arena_done(&small);
    }
    tree_done(&t);
}

/* Requests. */

static const char shop_yaml[] =
    "listen: 127.0.0.1:8080\n"
    "services: {a: \"http://127.0.0.1:@0\", b: \"http://127.0.0.1:@1\"}\n"
    "views:\n"
    "  mobile: {match: {headers: {user-agent: \"(?i)mobile\", x-tenant: \"^n\"}}, fields: "
    "\"a(id)\"}\n"
    "  other: {match: {headers: {user-agent: \"Mobile\"}}, fields: elsewhere}\n"
    "  any: {match: {headers: {user-agent: \"Mobile\"}}, fields: b}\n"
    "  web: {fields: \"*\"}\n"
    "endpoints:\n"
    "  - path: /p\n"
    "    query: {n: {type: integer}}\n"
    "    sources:\n"
    "      a: {get: \"a:/\"}\n"
    "      b: {get: \"b:/\"}\n"
    "  - path: /show\n"
    "    select: show\n"
    "    sources: {a: {get: \"a:/\"}, b: {get: \"b:/\"}}\n"
    "  - path: /off\n"
    "    select: off\n"
    "    sources: {a: {get: \"a:/\"}}\n";

static int setup(void **state)
{
    *state = shop_open(shop_yaml);
    return 0;
}

static int teardown(void **state)
{
    shop_close(*state);
    return 0;
}

static const char a_says[] = "{\"id\":1,\"name\":\"x\"}", b_says[] = "{\"n\":2}";

/* With the headers, both services answering if they are asked. */
static void expect_answer(struct shop *s, const char *target, const char *headers,
                          const char *wanted)
{
    char line[256];
    snprintf(line, sizeof line, "GET %s", target);
    shop_ask_with(s, line, headers);
    if (strstr(wanted, "\"a\":"))
        shop_serve(s, 0, a_says);
    if (strstr(wanted, "\"b\":"))
        shop_serve(s, 1, b_says);
    shop_await(s);
    if (strcmp(s->body, wanted) != 0)
        fail_msg("%s: %s, not %s", target, s->body, wanted);
    assert_true(shop_is_silent(s, 0) && shop_is_silent(s, 1));
}

static void only_what_is_asked_for_is_called_and_shown(void **state)
{
    struct shop *s = *state;
    const char *whole = "{\"a\":{\"id\":1,\"name\":\"x\"},\"b\":{\"n\":2}}";
    expect_answer(s, "/p", "", whole);
    expect_answer(s, "/p?fields=", "", whole);
    expect_answer(s, "/p?fields=*", "", whole);
    expect_answer(s, "/p?fields=b,a", "", whole);
    expect_answer(s, "/p?fields=b", "", "{\"b\":{\"n\":2}}");
    expect_answer(s, "/p?fields=a(id),b(x)", "", "{\"a\":{\"id\":1},\"b\":{}}");
    expect_answer(s, "/p?n=1&%66ields=a%2Fname", "", "{\"a\":{\"name\":\"x\"}}");
    expect_answer(s, "/show?fields=zzz&show=b", "", "{\"b\":{\"n\":2}}");
    expect_answer(s, "/off?fields=zzz&view=zzz", "", "{\"a\":{\"id\":1,\"name\":\"x\"}}");
}

static void a_view_is_named_or_matches(void **state)
{
    struct shop *s = *state;
    const char *whole = "{\"a\":{\"id\":1,\"name\":\"x\"},\"b\":{\"n\":2}}";
    expect_answer(s, "/p?view=mobile", "", "{\"a\":{\"id\":1}}");
    expect_answer(s, "/p?view=web", "user-agent: Mobile\r\n", whole);
    expect_answer(s, "/p?view=other", "", whole);
    expect_answer(s, "/p?view=", "", whole);
    expect_answer(s, "/p", "user-agent: my MOBILE phone\r\n", whole);
    expect_answer(s, "/p", "user-agent: my MOBILE phone\r\nX-Tenant: n1\r\n", "{\"a\":{\"id\":1}}");
    expect_answer(s, "/p", "user-agent: Mobile\r\n", "{\"b\":{\"n\":2}}");
    expect_answer(s, "/p", "user-agent: \xff Mobile\r\n", whole);
}

static void fields_narrow_a_view(void **state)
{
    struct shop *s = *state;
    expect_answer(s, "/p?view=mobile&fields=a", "", "{\"a\":{\"id\":1}}");
    expect_answer(s, "/p?view=mobile&fields=a(name),b", "", "{}");
    expect_answer(s, "/p?view=web&fields=a(name)", "", "{\"a\":{\"name\":\"x\"}}");
    expect_answer(s, "/p?view=other&fields=b", "", "{\"b\":{\"n\":2}}");
    assert_string_equal(shop_field(&s->answer, "sheaf-complete"), "?1");
}

static void all_that_is_wrong_is_told_with_its_place(void **state)
{
    static const struct {
        const char *query, *violations;
    } rows[] = {
        {"fields=zzz",
         "{\"parameter\":\"fields\",\"message\":\"unknown name \\\"zzz\\\" at offset 0\"}"},
        {"fields=a,y(a),*/x,x",
         "{\"parameter\":\"fields\",\"message\":\"unknown name \\\"x\\\" at offset 11\"},"
         "{\"parameter\":\"fields\",\"message\":\"unknown name \\\"y\\\" at offset 2\"}"},
        {"n=x&view=zzz&fields=a,,b",
         "{\"parameter\":\"n\",\"message\":\"must be an integer\"},"
         "{\"parameter\":\"fields\",\"message\":\"bad token \\\",\\\" at offset 2, where a name or "
         "'*' "
         "is due\"},"
         "{\"parameter\":\"view\",\"message\":\"there is no view \\\"zzz\\\"\"}"},
        {"fields=a(",
         "{\"parameter\":\"fields\",\"message\":\"ends at offset 2, where a name or '*' is "
         "due\"}"},
        {"fields=a&fields=b&view=web&view=web",
         "{\"parameter\":\"fields\",\"message\":\"given more than once\"},"
         "{\"parameter\":\"view\",\"message\":\"given more than once\"}"},
        {"fields=%ff", "{\"parameter\":\"fields\",\"message\":\"must be percent-encoded UTF-8\"}"},
        {"fields=a/b/c/d/e/f/g/h/i", "{\"parameter\":\"fields\",\"message\":\"\\\"i\\\" at offset "
                                     "16 is too much: at most 8 names "
                                     "in each other may be given\"}"},
    };
    struct shop *s = *state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        char target[128], wanted[1024];
        snprintf(target, sizeof target, "/p?%s", rows[i].query);
        shop_ask(s, target);
        snprintf(wanted, sizeof wanted,
                 "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,\"detail\":"
                 "\"parameters are missing or wrong\",\"violations\":[%s]}",
                 rows[i].violations);
        shop_expect(s, 400, wanted);
        assert_true(shop_is_silent(s, 0));
    }
}

static void the_bounds_of_the_grammar_hold(void **state)
{
    struct shop *s = *state;
    char *target = malloc(4096);
    int n = snprintf(target, 4096, "/p?fields=a");
    memset(target + n, 'a', 2048);
    target[n + 2048] = '\0';
    char line[4200];
    snprintf(line, sizeof line, "GET %s", target);
    shop_ask_with(s, line, "");
    shop_await(s);
    assert_non_null(strstr(s->body, "\"is longer than 2048 bytes\""));
    snprintf(line, sizeof line, "GET /p?fields=a");
    for (unsigned i = 0; i < 256; i++)
        snprintf(line + strlen(line), sizeof line - strlen(line), ",a/x%u", i);
    shop_ask_with(s, line, "");
    shop_await(s);
    assert_int_equal(s->status, 400);
    assert_non_null(strstr(s->body, "at most 256 names"));
    free(target);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_named_is_called_with_what_it_needs),
        cmocka_unit_test(names_go_by_places),
        cmocka_unit_test(what_is_no_place_is_asked_of_what_joins),
        cmocka_unit_test(a_view_applies_where_a_name_of_it_is_known),
        cmocka_unit_test(a_full_arena_is_told),
        TEST(only_what_is_asked_for_is_called_and_shown),
        TEST(a_view_is_named_or_matches),
        TEST(fields_narrow_a_view),
        TEST(all_that_is_wrong_is_told_with_its_place),
        TEST(the_bounds_of_the_grammar_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
