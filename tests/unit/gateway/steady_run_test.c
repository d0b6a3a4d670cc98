/* steady_run_test.c - no memory is asked for once everything is warm, nor where sources fail */
#include <stdlib.h>

#include "shop.h"

enum {
    WARM = 3,
    ROUNDS = 50,
};

/* The linker puts the wrap_ ones before the C library's (meson.build). */
void *real_malloc(size_t n) __asm__("__real_malloc");
void *real_calloc(size_t n, size_t size) __asm__("__real_calloc");
void *real_realloc(void *at, size_t n) __asm__("__real_realloc");
void *wrap_malloc(size_t n) __asm__("__wrap_malloc");
void *wrap_calloc(size_t n, size_t size) __asm__("__wrap_calloc");
void *wrap_realloc(void *at, size_t n) __asm__("__wrap_realloc");

static unsigned n_allocations;

void *wrap_malloc(size_t n)
{
    n_allocations++;
    return real_malloc(n);
}

void *wrap_calloc(size_t n, size_t size)
{
    n_allocations++;
    return real_calloc(n, size);
}

void *wrap_realloc(void *at, size_t n)
{
    n_allocations++;
    return real_realloc(at, n);
}

static const char shop_yaml[] =
    "listen: 127.0.0.1:8080\n"
    "services:\n"
    "  a: http://127.0.0.1:@0\n"
    "  b: http://127.0.0.1:@1\n"
    "  c: http://127.0.0.1:@2\n"
    "  d: {targets: [\"http://127.0.0.1:@3\"], breaker: off}\n"
    "endpoints:\n"
    "  - path: /page\n"
    "    query: {id: {required: true, pattern: \"[A-Za-z0-9_-]{1,64}\"}, currency: {default: "
    "EUR}}\n"
    "    sources:\n"
    "      a: {get: \"a:/products/{id}\", required: true, forward: [accept-language]}\n"
    "      b: {get: \"b:/inventory/{a.sku}\", set_headers: {x-id: \"{id}\"}}\n"
    "      c: {get: \"c:/prices/{id}{?currency}\"}\n"
    "      d: {get: \"d:/reviews/{id}\", fallback: {items: []}}\n"
    "  - path: /list\n"
    "    sources:\n"
    "      a: {get: \"a:/list\", unwrap: data, pick: [ids, n], rename: {n: m}}\n"
    "      b: {each: a.ids, get: \"b:/{item}\", parallel: 1, omit: [x]}\n"
    "      c: {each: a.ids, batch: ids, get: \"c:/all{?ids}\", by: id}\n"
    "      d: {get: \"d:/{b[0].id}\"}\n"
    "  - path: /shape\n"
    "    sources:\n"
    "      a: {get: \"a:/list\", unwrap: data, pick: [id, n], rename: {n: m}}\n"
    "      b: {get: \"b:/{a.id}\", omit: [x], when: a.n == 1}\n"
    "      c: {get: \"c:/c\"}\n"
    "  - path: /placed\n"
    "    sources:\n"
    "      a: {get: \"a:/a\", into: .}\n"
    "      b: {get: \"b:/b\"}\n"
    "      c: {get: \"c:/c\", into: b.x.c}\n"
    "      d: {get: \"d:/d\", into: .}\n"
    "  - path: /kept\n"
    "    query: {id: {list: true}}\n"
    "    cache: {ttl: 1h, vary: [accept-language]}\n"
    "    sources:\n"
    "      a: {get: \"a:/a{?id}\", forward: [authorization], return_headers: [x-a]}\n";

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

static char large[20000];

static void ask(struct shop *s)
{
    shop_ask_with(s, "GET /page?id=7", "accept-language: de\r\nx-request-id: one\r\n");
    shop_serve(s, 0, "{\"sku\":\"s\"}");
    shop_serve(s, 1, "{\"n\":1}");
    shop_serve(s, 2, large);
}

static void an_answer_asks_for_no_memory(void **state)
{
    struct shop *s = *state;
    memset(large, ' ', sizeof large - 1);
    large[0] = '[';
    large[sizeof large - 2] = ']';
    for (unsigned i = 0; i < WARM + ROUNDS; i++) {
        if (i == WARM) {
            assert_int_not_equal(n_allocations, 0); /* they are counted */
            n_allocations = 0;
        }
        ask(s);
        shop_serve(s, 3, "[1,2,3]");
        shop_await(s);
        assert_int_equal(s->status, 200);
    }
    assert_int_equal(n_allocations, 0);
}

static void nor_does_one_with_a_failed_source(void **state)
{
    struct shop *s = *state;
    for (unsigned i = 0; i < WARM + ROUNDS; i++) {
        if (i == WARM)
            n_allocations = 0;
        ask(s);
        shop_hear(s, 3);
        shop_say(s, 3,
                 i % 2 ? SHOP_STATUS("500 Oh") : "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n?");
        shop_await(s);
        assert_int_equal(s->status, 200);
        assert_non_null(strstr(s->body, "\"errors\":[{\"source\":\"d\""));
    }
    assert_int_equal(n_allocations, 0);
}

static void nor_does_a_shaped_one(void **state)
{
    struct shop *s = *state;
    for (unsigned i = 0; i < WARM + ROUNDS; i++) {
        if (i == WARM)
            n_allocations = 0;
        shop_ask(s, "/shape?fields=a/m,b");
        shop_serve(s, 0, "{\"data\":{\"id\":1,\"n\":1}}");
        shop_serve(s, 1, "{\"id\":1,\"x\":2,\"y\":[{\"x\":1}]}");
        shop_expect(s, 200, "{\"a\":{\"m\":1},\"b\":{\"id\":1,\"y\":[{\"x\":1}]}}");
    }
    assert_int_equal(n_allocations, 0);
}

static void nor_does_one_whose_values_lie_in_each_other(void **state)
{
    struct shop *s = *state;
    for (unsigned i = 0; i < WARM + ROUNDS; i++) {
        if (i == WARM)
            n_allocations = 0;
        shop_ask(s, "/placed");
        shop_serve(s, 0, "{\"i\":1,\"\\u006a\":2}");
        shop_serve(s, 1, "{\"x\":{\"c\":0,\"k\":1}}");
        shop_serve(s, 2, large);
        shop_serve(s, 3, "{\"j\":3,\"l\":4}");
        shop_await(s);
        assert_non_null(strstr(s->body, "{\"i\":1,\"\\u006a\":2,\"b\":{\"x\":{\"k\":1,\"c\":[ "));
        assert_non_null(strstr(s->body, "]}},\"l\":4}"));
    }
    assert_int_equal(n_allocations, 0);
}

static void ask_kept(struct shop *s, const char *body)
{
    shop_ask_with(s, "GET /kept?id=2,1&fields=a/x", "accept-language: de\r\nauthorization: me\r\n");
    if (!rig_count(&s->rig, COUNT_CACHE_ENDPOINT_MISSES))
        shop_serve(s, 0, body);
    shop_await(s);
    assert_int_equal(s->status, 200);
}

static void nor_does_one_that_is_remembered(void **state)
{
    struct shop *s = *state;
    static char body[20000];
    memset(body, 'x', sizeof body - 1);
    memcpy(body, "{\"x\":\"", 6);
    memcpy(body + sizeof body - 3, "\"}", 2);
    for (unsigned i = 0; i < WARM + ROUNDS; i++) {
        if (i == WARM)
            n_allocations = 0;
        ask_kept(s, body);
    }
    assert_int_equal(n_allocations, 0);
    assert_int_equal(rig_count(&s->rig, COUNT_CACHE_ENDPOINT_HITS), WARM + ROUNDS - 1);
}

static void one_with_lists_may_need_a_larger_arena(void **state)
{
    struct shop *s = *state;
    for (unsigned i = 0; i < WARM + ROUNDS; i++) {
        if (i == WARM)
            n_allocations = 0;
        shop_ask(s, "/list?fields=a/m,b,c,d/x");
        shop_serve(s, 0, "{\"data\":{\"ids\":[1,2,1],\"n\":1}}");
        shop_serve(s, 1, "{\"id\":1,\"x\":2}");
        shop_serve(s, 1, "{\"id\":2,\"x\":2}");
        shop_serve(s, 2, "[{\"id\":2},{\"id\":1}]");
        shop_serve(s, 3, "{\"x\":1,\"y\":2}");
        shop_expect(s, 200,
                    "{\"a\":{\"m\":1},\"b\":[{\"id\":1},{\"id\":2},{\"id\":1}],\"c\":[{\"id\":1},"
                    "{\"id\":2},{\"id\":1}],\"d\":{\"x\":1}}");
    }
    assert_in_range(n_allocations, 0, ROUNDS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_asks_for_no_memory),    TEST(nor_does_one_with_a_failed_source),
        TEST(nor_does_a_shaped_one),           TEST(nor_does_one_whose_values_lie_in_each_other),
        TEST(nor_does_one_that_is_remembered), TEST(one_with_lists_may_need_a_larger_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
