/* compose_test.c - what of a request reaches the services, and what is said about it in the log */
#include <stdio.h>

#include "shop.h"

static const char shop_yaml[] =
    "listen: 127.0.0.1:8080\n"
    "services:\n"
    "  a: http://127.0.0.1:@0\n"
    "  b: {targets: [\"http://127.0.0.1:@1\"], host: b.internal}\n"
    "endpoints:\n"
    "  - path: /p/{id}\n"
    "    query:\n"
    "      ids: {list: true}\n"
    "      lang: {}\n"
    "    headers:\n"
    "      x-tenant: {}\n"
    "    sources:\n"
    "      a:\n"
    "        get: a:/x/{id}{?ids*,lang}\n"
    "        forward: [accept-language, accept, cookie]\n"
    "        set_headers: {x-tenant: \"t/{headers.x-tenant}\", x-fixed: \"{{1}}\"}\n"
    "      b:\n"
    "        get: b:/y{?ids,lang}\n";

static const char proxied_yaml[] = "listen: 127.0.0.1:8080\n"
                                   "trusted_proxies: [127.0.0.0/8]\n"
                                   "services: {a: \"http://127.0.0.1:@0\"}\n"
                                   "endpoints:\n"
                                   "  - path: /p\n"
                                   "    sources: {a: {get: \"a:/\"}}\n";

static int setup(void **state)
{
    *state = shop_open(shop_yaml);
    return 0;
}

static int setup_proxied(void **state)
{
    *state = shop_open(proxied_yaml);
    return 0;
}

static int teardown(void **state)
{
    shop_close(*state);
    return 0;
}

/* The field that service 0 heard, or "none". */
static const char *heard(struct shop *s, const char *name)
{
    const char *value = shop_field(&s->services[0].heard, name);
    return value ? value : "none";
}

static void answer_all(struct shop *s)
{
    shop_serve(s, 0, "1");
    shop_serve(s, 1, "1");
    shop_await(s);
    assert_int_equal(s->status, 200);
}

static void templates_are_filled(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/p/%C3%A9%2F?ids=1,2&ids=a%2Cb&lang=d+e");
    assert_non_null(
        strstr(shop_hear(s, 0), "GET /x/%C3%A9%2F?ids=1&ids=2&ids=a%2Cb&lang=d%20e HTTP/1.1\r\n"));
    assert_non_null(strstr(shop_hear(s, 1), "GET /y?ids=1,2,a%2Cb&lang=d%20e HTTP/1.1\r\n"));
    answer_all(s);
    shop_ask(s, "/p/1");
    assert_non_null(strstr(shop_hear(s, 0), "GET /x/1 HTTP/1.1\r\n"));
    assert_non_null(strstr(shop_hear(s, 1), "GET /y HTTP/1.1\r\n"));
    answer_all(s);
}

static void nothing_of_the_client_is_forwarded_unless_named(void **state)
{
    struct shop *s = *state;
    shop_ask_with(s, "GET /p/1",
                  "Accept-Language: de\r\nAccept: text/html\r\nCookie: c=1\r\nX-Other: 1\r\n"
                  "User-Agent: u\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Host: evil\r\n"
                  "accept-language: fr\r\n");
    shop_hear(s, 0);
    assert_int_equal(rig_count_of(&s->services[0].heard, "accept-language: "), 2);
    assert_string_equal(heard(s, "accept"), "text/html");
    assert_string_equal(heard(s, "cookie"), "c=1");
    shop_hear(s, 1);
    assert_null(shop_field(&s->services[1].heard, "cookie"));
    assert_null(shop_field(&s->services[1].heard, "x-other"));
    assert_null(shop_field(&s->services[1].heard, "user-agent"));
    assert_string_equal(shop_field(&s->services[1].heard, "accept"), "application/json");
    assert_string_equal(shop_field(&s->services[1].heard, "x-forwarded-for"), "127.0.0.1");
    assert_string_equal(shop_field(&s->services[1].heard, "x-forwarded-host"), "shop.example");
    assert_string_equal(shop_field(&s->services[1].heard, "x-forwarded-proto"), "http");
    assert_string_equal(shop_field(&s->services[1].heard, "host"), "b.internal");
    answer_all(s);
}

static void headers_are_set(void **state)
{
    struct shop *s = *state;
    shop_ask_with(s, "GET /p/1", "X-Tenant: a b\r\n");
    shop_hear(s, 0);
    assert_string_equal(heard(s, "x-tenant"), "t/a b");
    assert_string_equal(heard(s, "x-fixed"), "{1}");
    assert_string_equal(heard(s, "accept"), "application/json"); /* the client had none */
    assert_int_equal(rig_count_of(&s->services[0].heard, "traceparent: "), 1);
    answer_all(s);
    shop_ask(s, "/p/1");
    shop_hear(s, 0);
    assert_string_equal(heard(s, "x-tenant"), "none");
    answer_all(s);
}

static void ids_are_passed_on_or_made(void **state)
{
    static const char trace[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    struct shop *s = *state;
    char first[64];
    shop_ask_with(s, "GET /p/1",
                  "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
                  "tracestate: a=1\r\nx-request-id: id-1\r\n");
    shop_hear(s, 0);
    snprintf(first, sizeof first, "%s", heard(s, "traceparent"));
    assert_memory_equal(first, trace, 36);
    assert_memory_not_equal(first + 36, trace + 36, 16);
    assert_string_equal(heard(s, "tracestate"), "a=1");
    assert_string_equal(heard(s, "x-request-id"), "id-1");
    shop_hear(s, 1);
    assert_string_not_equal(shop_field(&s->services[1].heard, "traceparent"), first);
    answer_all(s);
    shop_ask_with(s, "GET /p/1",
                  "traceparent: 00-0-0-01\r\ntracestate: a=1\r\nx-request-id: a b\r\n");
    shop_hear(s, 0);
    assert_int_equal(strlen(heard(s, "traceparent")), 55);
    assert_memory_not_equal(heard(s, "traceparent"), trace, 36);
    assert_string_equal(heard(s, "tracestate"), "none");
    assert_int_equal(strlen(heard(s, "x-request-id")), 32);
    snprintf(first, sizeof first, "%s", heard(s, "x-request-id"));
    answer_all(s);
    assert_string_equal(shop_field(&s->answer, "x-request-id"), first);
}

static void a_trusted_proxy_is_believed(void **state)
{
    struct shop *s = *state;
    shop_ask_with(s, "GET /p",
                  "X-Forwarded-For: 6.6.6.6, 1.2.3.4\r\nX-Forwarded-Proto: https\r\n"
                  "X-Forwarded-For: 127.0.0.9\r\nX-Forwarded-Host: www.example\r\n");
    shop_hear(s, 0);
    assert_string_equal(heard(s, "x-forwarded-for"), "6.6.6.6, 1.2.3.4, 127.0.0.9, 127.0.0.1");
    assert_string_equal(heard(s, "x-forwarded-proto"), "https");
    assert_string_equal(heard(s, "x-forwarded-host"), "www.example");
    shop_serve(s, 0, "1");
    shop_await(s);
    shop_ask(s, "/p");
    shop_hear(s, 0);
    assert_string_equal(heard(s, "x-forwarded-for"), "127.0.0.1");
    assert_string_equal(heard(s, "x-forwarded-proto"), "http");
    shop_serve(s, 0, "1");
    shop_await(s);
    assert_non_null(strstr(shop_read_log(s), "\"client\":\"1.2.3.4\""));
}

static void every_request_has_its_line(void **state)
{
    struct shop *s = *state;
    shop_ask_with(s, "GET /p/1?lang=\"%zz", "x-request-id: one\r\nX-Forwarded-For: 6.6.6.6\r\n");
    shop_await(s);
    assert_int_equal(s->status, 400);
    shop_ask_with(s, "GET /p/1?lang=x", "x-request-id: two\r\n");
    shop_serve(s, 0, "1");
    shop_hear(s, 1);
    shop_say(s, 1, SHOP_STATUS("500 Oh"));
    shop_await(s);
    rig_send(s->client, SLICE("GET / HTTP/1.1\r\n\r\n"));
    s->answer.n = 0;
    shop_await(s);
    const char *log = shop_read_log(s);
    assert_non_null(strstr(log, "\"client\":\"127.0.0.1\",\"method\":\"GET\",\"path\":\"/p/1?lang="
                                "\\\"%zz\",\"status\":400"));
    const char *second = strstr(log, "\"request_id\":\"two\"");
    assert_non_null(second);
    assert_non_null(strstr(second, "\"sources\":{\"a\":{\"status\":200,\"ms\":"));
    assert_non_null(strstr(second, "\"b\":{\"status\":500,\"kind\":\"status\",\"ms\":"));
    const char *third = strchr(second, '\n');
    assert_non_null(third);
    assert_non_null(strstr(third, "\"status\":400"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(templates_are_filled),
        TEST(nothing_of_the_client_is_forwarded_unless_named),
        TEST(headers_are_set),
        TEST(ids_are_passed_on_or_made),
        TEST(every_request_has_its_line),
        cmocka_unit_test_setup_teardown(a_trusted_proxy_is_believed, setup_proxied, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
