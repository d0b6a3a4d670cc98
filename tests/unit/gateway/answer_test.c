/* answer_test.c - documents, problems, and the fields around them */
#include <stdio.h>
#include <stdlib.h>

#include "shop.h"

static const char shop_yaml[] =
    "listen: 127.0.0.1:8080\n"
    "services:\n"
    "  a: http://127.0.0.1:@0\n"
    "  b: http://127.0.0.1:@1\n"
    "endpoints:\n"
    "  - path: /both\n"
    "    response_headers: {x-frame-options: DENY, X-Fixed: \"1\"}\n"
    "    sources:\n"
    "      a: {get: \"a:/\", return_headers: [set-cookie, etag, x-fixed]}\n"
    "      b: {get: \"b:/\", return_headers: [etag, set-cookie, x-only-b]}\n"
    "  - path: /text\n"
    "    errors: text\n"
    "    sources:\n"
    "      a: {get: \"a:/\", fallback: {n: [1.0, \"\\u00e9\"]}}\n"
    "      b: {get: \"b:/\"}\n"
    "  - path: /caching\n"
    "    response_headers: {cache-control: \"max-age=5\"}\n"
    "    sources:\n"
    "      a: {get: \"a:/\"}\n"
    "  - path: /must\n"
    "    sources:\n"
    "      a: {get: \"a:/\", required: true, forward: [authorization], return_headers: "
    "[www-authenticate]}\n"
    "  - path: /pass\n"
    "    status: 201\n"
    "    sources:\n"
    "      a: {get: \"a:/\", required: true, pass: [409, 403], return_headers: [x-why]}\n"
    "      b: {get: \"b:/\"}\n"
    "  - path: /through\n"
    "    sources:\n"
    "      a: {get: \"a:/\"}\n"
    "      b: {get: \"b:/{a.id}\", required: true}\n"
    "  - path: /checked/{id}\n"
    "    params: {id: {pattern: \"[a-z]+\"}}\n"
    "    query: {n: {type: integer, required: true}}\n"
    "    sources:\n"
    "      a: {get: \"a:/\"}\n";

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

static void a_whole_answer_says_so(void **state)
{
    struct shop *s = *state;
    shop_ask_with(s, "GET /both", "x-request-id: abc\r\n");
    shop_serve(s, 1, " [1.50, \"\\u00e9\"] ");
    shop_serve(s, 0, "{\"z\":1,\"a\":1e400,\"z\":2}");
    shop_expect(s, 200, "{\"a\":{\"z\":1,\"a\":1e400,\"z\":2},\"b\":[1.50, \"\\u00e9\"]}");
    assert_string_equal(shop_field(&s->answer, "Sheaf-Complete"), "?1");
    assert_string_equal(shop_field(&s->answer, "Content-Type"), "application/json");
    assert_string_equal(shop_field(&s->answer, "Cache-Control"), "no-store");
    assert_string_equal(shop_field(&s->answer, "X-Request-Id"), "abc");
    assert_string_equal(shop_field(&s->answer, "X-Frame-Options"), "DENY");
    assert_int_equal(rig_count(&s->rig, COUNT_ANSWERS_COMPLETE), 1);
}

static void an_answer_to_head_is_the_same_without_its_body(void **state)
{
    struct shop *s = *state;
    shop_ask_with(s, "HEAD /caching", "");
    assert_non_null(strstr(shop_hear(s, 0), "GET / HTTP/1.1\r\n"));
    shop_serve(s, 0, "{\"a\":1}");
    rig_expect(&s->rig, s->client, &s->answer, "\r\n\r\n");
    assert_string_equal(shop_field(&s->answer, "Content-Length"), "13");
    assert_string_equal(shop_field(&s->answer, "Sheaf-Complete"), "?1");
    rig_turns(&s->rig, 3);
    shop_ask(s, "/caching");
    shop_serve(s, 0, "{\"a\":1}");
    shop_expect(s, 200, "{\"a\":{\"a\":1}}");
}

static void errors_come_last_and_fallbacks_stand_in(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/text");
    shop_hear(s, 0);
    shop_say(s, 0, SHOP_STATUS("503 Busy"));
    shop_hear(s, 1);
    shop_say(s, 1, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnope");
    shop_expect(s, 200,
                "{\"a\":{\"n\":[1.0,\"\xc3\xa9\"]},\"b\":null,\"errors\":["
                "\"a: answered 503\",\"b: the answer is not JSON\"]}");
    assert_string_equal(shop_field(&s->answer, "Sheaf-Complete"), "?0");
    assert_int_equal(rig_count(&s->rig, COUNT_ANSWERS_PARTIAL), 1);
}

static void the_fields_of_services_come_back_where_they_are_named(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/both");
    shop_hear(s, 0);
    shop_hear(s, 1);
    shop_say(s, 1,
             "HTTP/1.1 200 OK\r\nETag: b\r\nSet-Cookie: b=1\r\nX-Only-B: 1\r\nX-Other: 1\r\n"
             "Content-Length: 1\r\n\r\n2");
    shop_say(s, 0,
             "HTTP/1.1 200 OK\r\nETag: a\r\nSet-Cookie: a=1\r\nSet-Cookie: a=2\r\nX-Fixed: 2\r\n"
             "Content-Type: application/problem+json\r\nContent-Length: 1\r\n\r\n1");
    shop_expect(s, 200, "{\"a\":1,\"b\":2}");
    assert_string_equal(shop_field(&s->answer, "etag"), "a");
    assert_string_equal(shop_field(&s->answer, "x-only-b"), "1");
    assert_string_equal(shop_field(&s->answer, "x-fixed"), "1");
    assert_null(shop_field(&s->answer, "x-other"));
    assert_int_equal(rig_count_of(&s->answer, "Set-Cookie: "), 3);
    assert_int_equal(rig_count_of(&s->answer, "x-fixed"), 1);
    assert_int_equal(rig_count_of(&s->answer, "Content-Type"), 1);
    assert_int_equal(rig_count_of(&s->answer, "ETag"), 1);
}

static void a_failed_source_returns_no_fields(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/both");
    shop_hear(s, 0);
    shop_say(s, 0, "HTTP/1.1 500 Oh\r\nETag: a\r\nContent-Length: 0\r\n\r\n");
    shop_hear(s, 1);
    shop_say(s, 1, "HTTP/1.1 200 OK\r\nETag: b\r\nContent-Length: 1\r\n\r\n2");
    shop_await(s);
    assert_string_equal(shop_field(&s->answer, "etag"), "b");
}

static void the_endpoint_may_speak_of_caching_itself(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/caching");
    shop_serve(s, 0, "1");
    shop_expect(s, 200, "{\"a\":1}");
    assert_string_equal(shop_field(&s->answer, "cache-control"), "max-age=5");
    assert_int_equal(rig_count_of(&s->answer, "ache-"), 1);
}

/* What the client gets where the required source answers this. */
static void a_failed_required_source_decides_the_status(void **state)
{
    static const struct {
        const char *headers, *answer;
        unsigned wanted;
        const char *detail;
    } rows[] = {
        {"", SHOP_STATUS("404 Not Found"), 404, "a: answered 404"},
        {"", SHOP_STATUS("410 Gone"), 410, "a: answered 410"},
        {"", SHOP_STATUS("401 Unauthorized"), 502, "a: answered 401"},
        {"Authorization: Bearer x\r\n", SHOP_STATUS("401 Unauthorized"), 401, "a: answered 401"},
        {"Authorization: Bearer x\r\n", SHOP_STATUS("403 Forbidden"), 403, "a: answered 403"},
        {"", SHOP_STATUS("400 Bad Request"), 502, "a: answered 400"},
        {"", SHOP_STATUS("302 Found"), 502, "a: answered 302"},
        {"", SHOP_STATUS("500 Oh"), 502, "a: answered 500"},
        {"", SHOP_STATUS("503 Busy"), 502, "a: answered 503"},
        {"", SHOP_STATUS("429 Too Many"), 503, "a: answered 429"},
        {"", "junk\r\n\r\n", 502, "a: the answer is not HTTP"},
        {"", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n}", 502, "a: the answer is not JSON"},
        {"", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", 502,
         "a: the answer is larger than 8388608 bytes"},
    };
    struct shop *s = *state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        char detail[128], status[32];
        shop_ask_with(s, "GET /must", rows[i].headers);
        shop_hear(s, 0);
        shop_say(s, 0, rows[i].answer);
        shop_await(s);
        snprintf(detail, sizeof detail, "\"detail\":\"%s\"", rows[i].detail);
        snprintf(status, sizeof status, "\"status\":%u,", rows[i].wanted);
        if (s->status != rows[i].wanted || !strstr(s->body, detail) || !strstr(s->body, status))
            fail_msg("row %u: %u %s", i, s->status, s->body);
        assert_string_equal(shop_field(&s->answer, "content-type"), "application/problem+json");
        assert_null(shop_field(&s->answer, "sheaf-complete"));
        assert_int_equal(shop_field(&s->answer, "retry-after") != NULL, rows[i].wanted == 503);
    }
    shop_ask(s, "/must");
    shop_hear(s, 0);
    shop_hang_up(s, 0);
    shop_await(s);
    assert_int_equal(s->status, 502);
}

static void a_problem_lists_the_errors(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/through");
    shop_hear(s, 0);
    shop_say(s, 0, SHOP_STATUS("404 Not Found"));
    shop_expect(
        s, 404,
        "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"b: a.id is "
        "missing\",\"errors\":[{\"source\":\"a\",\"kind\":\"status\",\"message\":\"a: answered "
        "404\",\"status\":404},{\"source\":\"b\",\"kind\":\"dependency\",\"message\":\"b: a.id is "
        "missing\"}]}");
    shop_ask(s, "/through");
    shop_serve(s, 0, "{}");
    shop_await(s);
    assert_int_equal(s->status, 502);
}

static void a_status_that_is_passed_on_brings_its_fields(void **state)
{
    struct shop *s = *state;
    shop_ask_with(s, "GET /must", "authorization: Basic x\r\n");
    shop_hear(s, 0);
    shop_say(s, 0,
             "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n");
    shop_await(s);
    assert_string_equal(shop_field(&s->answer, "www-authenticate"), "Basic");
}

static void a_listed_status_passes_with_its_body(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/pass");
    shop_hear(s, 1);
    shop_hear(s, 0);
    shop_say(s, 0,
             "HTTP/1.1 409 Conflict\r\nX-Why: taken\r\nContent-Length: 13\r\n\r\n {\"taken\":1} ");
    shop_expect(s, 409, "{\"taken\":1}");
    assert_string_equal(shop_field(&s->answer, "content-type"), "application/json");
    assert_string_equal(shop_field(&s->answer, "x-why"), "taken");
    shop_await_hangup(s, 1);
    shop_ask(s, "/pass");
    shop_hear(s, 0);
    shop_say(s, 0, "HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\n<html>");
    shop_await(s);
    assert_int_equal(s->status, 403);
    assert_string_equal(shop_field(&s->answer, "content-type"), "application/problem+json");
    shop_ask(s, "/pass");
    shop_hear(s, 0);
    shop_say(s, 0, "HTTP/1.1 418 Teapot\r\nContent-Length: 2\r\n\r\n{}");
    shop_await(s);
    assert_int_equal(s->status, 502);
}

static void an_endpoint_may_have_another_success_status(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/pass");
    shop_serve(s, 0, "1");
    shop_serve(s, 1, "2");
    shop_expect(s, 201, "{\"a\":1,\"b\":2}");
}

static void bad_requests_are_told_all_that_is_wrong(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/checked/A?n=x&n=y");
    shop_expect(s, 400,
                "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,\"detail\":"
                "\"parameters are missing or wrong\",\"violations\":["
                "{\"parameter\":\"id\",\"message\":\"must match [a-z]+\"},"
                "{\"parameter\":\"n\",\"message\":\"given more than once\"}]}");
    assert_non_null(shop_field(&s->answer, "x-request-id"));
    assert_true(shop_is_silent(s, 0));
}

static void unknown_paths_and_methods_are_problems(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/nothing");
    shop_await(s);
    assert_int_equal(s->status, 404);
    shop_ask_with(s, "DELETE /both", "");
    shop_await(s);
    assert_int_equal(s->status, 405);
    assert_string_equal(shop_field(&s->answer, "allow"), "GET, HEAD");
    assert_string_equal(shop_field(&s->answer, "cache-control"), "no-store");
    shop_ask(s, "/both/%2e%2E/x");
    shop_await(s);
    assert_int_equal(s->status, 400);
    rig_send(s->client, SLICE("GET / HTTP/1.1\r\n\r\n"));
    s->answer.n = 0;
    shop_await(s);
    assert_int_equal(s->status, 400);
    assert_string_equal(shop_field(&s->answer, "content-type"), "application/problem+json");
    assert_non_null(shop_field(&s->answer, "x-request-id"));
}

static void large_values_pass_through_whole(void **state)
{
    enum {
        N = 300000
    };
    struct shop *s = *state;
    char *value = malloc(N + 1);
    memset(value, 'x', N);
    value[0] = value[N - 1] = '"';
    value[N] = '\0';
    shop_ask(s, "/both");
    shop_serve(s, 0, value);
    shop_serve(s, 1, value);
    shop_await(s);
    assert_int_equal(strlen(s->body), 2 * N + strlen("{\"a\":,\"b\":}"));
    assert_memory_equal(s->body + strlen("{\"a\":"), value, N);
    assert_memory_equal(s->body + strlen("{\"a\":,\"b\":") + N, value, N);
    rig_turns(&s->rig, 3);
    assert_int_equal(s->rig.n_held, 0);
    free(value);
}

static void outcomes_and_times_are_counted(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/text");
    shop_serve(s, 0, "1");
    shop_hear(s, 1);
    shop_say(s, 1, SHOP_STATUS("500 Oh"));
    shop_await(s);
    rig_turns(&s->rig, 3);
    struct gateway_endpoint_stats *e = &s->stats->endpoints[1];
    struct histogram_sum sum = {0};
    assert_int_equal(e->sources[0].outcomes[OUTCOME_OK], 1);
    assert_int_equal(e->sources[1].outcomes[OUTCOME_STATUS], 1);
    histogram_collect(&e->sources[1].latency, &sum);
    histogram_collect(&e->latency, &sum);
    uint64_t n = 0;
    for (unsigned i = 0; i <= HISTOGRAM_N_BOUNDS; i++)
        n += sum.buckets[i];
    assert_int_equal(n, 2);
    assert_int_equal(rig_count(&s->rig, COUNT_REQUESTS), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_whole_answer_says_so),
        TEST(an_answer_to_head_is_the_same_without_its_body),
        TEST(errors_come_last_and_fallbacks_stand_in),
        TEST(the_fields_of_services_come_back_where_they_are_named),
        TEST(a_failed_source_returns_no_fields),
        TEST(the_endpoint_may_speak_of_caching_itself),
        TEST(a_failed_required_source_decides_the_status),
        TEST(a_problem_lists_the_errors),
        TEST(a_status_that_is_passed_on_brings_its_fields),
        TEST(a_listed_status_passes_with_its_body),
        TEST(an_endpoint_may_have_another_success_status),
        TEST(bad_requests_are_told_all_that_is_wrong),
        TEST(unknown_paths_and_methods_are_problems),
        TEST(large_values_pass_through_whole),
        TEST(outcomes_and_times_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
