/* cors_test.c - which origins are allowed, and what a preflight is */
#include "../unit.h"
#include "edge/cors.h"

enum {
    ARENA_BYTES = 4096
};

struct scene {
    struct arena arena;
    struct config_cors config;
    struct cors cors;
};

static struct slice origins[] = {SLICE_INIT("https://shop.example"), SLICE_INIT("null")};
static struct slice headers[] = {SLICE_INIT("content-type"), SLICE_INIT("x-tenant")};

static void begin(struct scene *s, unsigned n_origins, bool any)
{
    arena_init(&s->arena, ARENA_BYTES, ARENA_BYTES);
    s->config = (struct config_cors){
        .is_on = true,
        .any_origin = any,
        .origins = origins,
        .n_origins = n_origins,
        .headers = headers,
        .n_headers = 2,
        .has_max_age = true,
        .max_age_ms = 90999,
    };
    cors_compile(&s->cors, &s->config, SLICE("GET"), &s->arena);
}

static void assert_says(const struct scene *s, const char *origin, const char *expected)
{
    struct field fields[] = {{SLICE("Origin"), slice_of(origin)}};
    const struct request r = {.method = SLICE("GET"), .fields = fields, .n_fields = 1};
    struct slice got = cors_origin(&s->cors, &r);
    assert_int_equal(got.n, strlen(expected));
    if (got.n)
        assert_memory_equal(got.at, expected, got.n);
}

static void an_origin_is_compared_whole(void **state)
{
    static const char *const foreign[] = {
        "",
        "https://hop.example",
        "https://shop.example.evil.example",
        "https://evil.shop.example",
        "http://shop.example",
        "https://shop.example:443",
        "https://shop.example/",
        "https://SHOP.example",
        "https://shop.example, https://shop.example",
        "*",
    };
    struct scene s;
    (void)state;
    begin(&s, 1, false);
    assert_says(&s, "https://shop.example", "https://shop.example");
    for (unsigned i = 0; i < sizeof foreign / sizeof *foreign; i++)
        assert_says(&s, foreign[i], "");
    arena_done(&s.arena);
}

static void null_is_an_origin_only_where_it_is_named(void **state)
{
    struct scene s;
    (void)state;
    begin(&s, 1, true);
    assert_says(&s, "null", "");
    assert_says(&s, "https://any.example", "*");
    assert_says(&s, "https://shop.example", "https://shop.example");
    arena_done(&s.arena);
    begin(&s, 2, false);
    assert_says(&s, "null", "null");
    arena_done(&s.arena);
}

static void two_origins_are_none(void **state)
{
    struct field fields[] = {{SLICE("origin"), SLICE("https://shop.example")},
                             {SLICE("ORIGIN"), SLICE("https://shop.example")}};
    const struct request r = {.method = SLICE("GET"), .fields = fields, .n_fields = 2};
    struct scene s;
    (void)state;
    begin(&s, 1, false);
    assert_int_equal(cors_origin(&s.cors, &r).n, 0);
    arena_done(&s.arena);
}

static void off_says_nothing(void **state)
{
    struct config_cors config = {.is_on = false};
    struct cors cors;
    struct field fields[] = {{SLICE("Origin"), SLICE("https://shop.example")}};
    const struct request r = {.method = SLICE("GET"), .fields = fields, .n_fields = 1};
    (void)state;
    cors_compile(&cors, &config, SLICE("GET"), NULL);
    assert_null(cors.config);
    assert_int_equal(cors_origin(&cors, &r).n, 0);
}

static void texts_are_made_at_load(void **state)
{
    struct scene s;
    (void)state;
    begin(&s, 1, false);
    assert_true(slice_equal(s.cors.methods, SLICE("GET, HEAD")));
    assert_true(slice_equal(s.cors.headers, SLICE("content-type, x-tenant")));
    assert_true(slice_equal(s.cors.max_age, SLICE("90")));
    assert_int_equal(s.cors.expose.n, 0);
    arena_done(&s.arena);
}

static void any_header_is_said_again_where_it_is_a_name(void **state)
{
    static const struct {
        const char *asked, *allowed;
    } cases[] = {
        {"x-one", "x-one"}, {"x-one, X-Two", "x-one, X-Two"}, {"x one", ""}, {"x-one;q", ""},
        {"", ""},
    };
    struct scene s;
    (void)state;
    begin(&s, 1, true);
    s.config.any_header = true;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct field fields[] = {
            {SLICE("Access-Control-Request-Headers"), slice_of(cases[i].asked)}};
        const struct request r = {.fields = fields, .n_fields = 1};
        assert_true(slice_equal(cors_headers(&s.cors, &r), slice_of(cases[i].allowed)));
    }
    arena_done(&s.arena);
}

static void a_preflight_has_an_origin_and_a_method_to_ask_for(void **state)
{
    struct field fields[] = {{SLICE("Origin"), SLICE("https://a.example")},
                             {SLICE("Access-Control-Request-Method"), SLICE("PUT")}};
    struct request r = {.method = SLICE("OPTIONS"), .fields = fields, .n_fields = 2};
    struct slice method;
    (void)state;
    assert_true(cors_is_preflight(&r, &method));
    assert_true(slice_equal(method, SLICE("PUT")));
    r.n_fields = 1;
    assert_false(cors_is_preflight(&r, &method));
    r.fields = fields + 1;
    assert_false(cors_is_preflight(&r, &method));
    r = (struct request){.method = SLICE("GET"), .fields = fields, .n_fields = 2};
    assert_false(cors_is_preflight(&r, &method));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_origin_is_compared_whole),
        cmocka_unit_test(null_is_an_origin_only_where_it_is_named),
        cmocka_unit_test(two_origins_are_none),
        cmocka_unit_test(off_says_nothing),
        cmocka_unit_test(texts_are_made_at_load),
        cmocka_unit_test(any_header_is_said_again_where_it_is_a_name),
        cmocka_unit_test(a_preflight_has_an_origin_and_a_method_to_ask_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
