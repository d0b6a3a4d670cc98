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
    "  d: http://127.0.0.1:@3\n"
    "endpoints:\n"
    "  - path: /page\n"
    "    query: {id: {required: true, pattern: \"[A-Za-z0-9_-]{1,64}\"}, currency: {default: "
    "EUR}}\n"
    "    sources:\n"
    "      a: {get: \"a:/products/{id}\", required: true, forward: [accept-language]}\n"
    "      b: {get: \"b:/inventory/{a.sku}\", set_headers: {x-id: \"{id}\"}}\n"
    "      c: {get: \"c:/prices/{id}{?currency}\"}\n"
    "      d: {get: \"d:/reviews/{id}\", fallback: {items: []}}\n";

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_asks_for_no_memory),
        TEST(nor_does_one_with_a_failed_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
