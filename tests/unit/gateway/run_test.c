/* run_test.c - when sources start, and when a run is over */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "shop.h"

static const char shop_yaml[] =
    "listen: 127.0.0.1:8080\n"
    "services:\n"
    "  catalog: http://127.0.0.1:@0\n"
    "  stock: http://127.0.0.1:@1\n"
    "  prices: http://127.0.0.1:@2\n"
    "  reviews: {targets: [\"http://127.0.0.1:@3\"], timeout: 300ms}\n"
    "  orders: {targets: [\"http://127.0.0.1:@4\"], timeout: 5s}\n"
    "  slow: {targets: [\"http://127.0.0.1:@5\"], breaker: {min_calls: 1}}\n"
    "endpoints:\n"
    "  - path: /page/{id}\n"
    "    timeout: 800ms\n"
    "    sources:\n"
    "      product: {get: \"catalog:/products/{id}\", required: true}\n"
    "      inventory: {get: \"stock:/inventory/{id}\"}\n"
    "      reviews: {get: \"reviews:/reviews/{id}\", fallback: {items: []}}\n"
    "  - path: /chain/{id}\n"
    "    sources:\n"
    "      product: {get: \"catalog:/products/{id}\"}\n"
    "      price: {get: \"prices:/prices/{product.sku}/{id}\"}\n"
    "      seller: {get: \"stock:/sellers/{price.by.name}\", set_headers: {x-sku: "
    "\"{product.sku}\"}}\n"
    "  - path: /required\n"
    "    sources:\n"
    "      product: {get: \"catalog:/products\", fallback: {sku: none}}\n"
    "      price: {get: \"prices:/prices/{product.sku}\", required: true}\n"
    "  - path: /never\n"
    "    sources:\n"
    "      product: {get: \"catalog:/products\"}\n"
    "      price: {get: \"prices:/prices/{product.sku}\", required: true}\n"
    "      stock: {get: \"stock:/stock/{product.n}\"}\n"
    "  - path: /slow\n"
    "    timeout: 500ms\n"
    "    sources:\n"
    "      product: {get: \"catalog:/products\"}\n"
    "      slow: {get: \"slow:/{product.sku}\", fallback: {}}\n"
    "  - path: /own\n"
    "    timeout: 500ms\n"
    "    sources:\n"
    "      slow: {get: \"slow:/own\", timeout: 150ms}\n"
    "  - path: /stale\n"
    "    timeout: 800ms\n"
    "    sources:\n"
    "      plain: {get: \"catalog:/\", unwrap: data, cache: {ttl: 1ms, stale_if_error: 1h}}\n"
    "      shaped: {get: \"stock:/\", jq: .data}\n"
    "  - path: /order\n"
    "    method: POST\n"
    "    timeout: 400ms\n"
    "    sources:\n"
    "      order: {post: \"orders:/orders\"}\n"
    "      product: {get: \"catalog:/products\", required: true}\n";

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

static void sources_that_need_nothing_start_together(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/page/7");
    assert_non_null(strstr(shop_hear(s, 0), "GET /products/7 HTTP/1.1\r\n"));
    assert_null(shop_field(&s->services[0].heard, "content-length"));
    assert_non_null(strstr(shop_hear(s, 1), "GET /inventory/7 HTTP/1.1\r\n"));
    assert_non_null(strstr(shop_hear(s, 3), "GET /reviews/7 HTTP/1.1\r\n"));
    shop_serve(s, 3, "[]");
    shop_serve(s, 1, "{\"n\":1}");
    shop_serve(s, 0, "{\"id\": 7}");
    shop_expect(s, 200, "{\"product\":{\"id\": 7},\"inventory\":{\"n\":1},\"reviews\":[]}");
}

static void a_source_waits_for_what_it_needs(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/chain/a%20b");
    shop_hear(s, 0);
    assert_true(shop_is_silent(s, 2));
    shop_serve(s, 0, "{\"sku\":\"x\\/\\u00e9 1\"}");
    assert_non_null(strstr(shop_hear(s, 2), "GET /prices/x%2F%C3%A9%201/a%20b HTTP/1.1\r\n"));
    assert_true(shop_is_silent(s, 1));
    shop_serve(s, 2, "{\"by\":{\"name\":1.50}}");
    assert_non_null(strstr(shop_hear(s, 1), "GET /sellers/1.50 HTTP/1.1\r\n"));
    assert_string_equal(shop_field(&s->services[1].heard, "x-sku"), "x/\xc3\xa9 1");
    shop_serve(s, 1, "null");
    shop_expect(s, 200,
                "{\"product\":{\"sku\":\"x\\/\\u00e9 1\"},\"price\":{\"by\":{\"name\":1.50}},"
                "\"seller\":null}");
}

static void a_missing_value_fails_all_that_depend_on_it(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/chain/1");
    shop_serve(s, 0, "{\"sku\":null}");
    shop_expect(s, 200,
                "{\"product\":{\"sku\":null},\"price\":null,\"seller\":null,\"errors\":["
                "{\"source\":\"price\",\"kind\":\"dependency\",\"message\":\"price: product.sku "
                "is null\"},"
                "{\"source\":\"seller\",\"kind\":\"dependency\",\"message\":\"seller: "
                "price.by.name is missing\"}]}");
    assert_true(shop_is_silent(s, 2) && shop_is_silent(s, 1));
    shop_ask(s, "/chain/1");
    shop_serve(s, 0, "{\"sku\":{}}");
    shop_await(s);
    assert_non_null(strstr(s->body, "price: product.sku is an object"));
}

static void a_value_that_would_leave_its_segment_is_not_sent(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/chain/1");
    shop_serve(s, 0, "{\"sku\":\"..\"}");
    shop_await(s);
    assert_non_null(strstr(s->body, "\"kind\":\"dependency\",\"message\":\"price: product.sku "
                                    "leaves a segment of a path empty"));
    assert_true(shop_is_silent(s, 2));
}

static void a_value_that_no_header_takes_is_not_sent(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/chain/1");
    shop_serve(s, 0, "{\"sku\":\"a\\r\\nb\"}");
    assert_non_null(strstr(shop_hear(s, 2), "GET /prices/a%0D%0Ab/1 HTTP/1.1\r\n"));
    shop_serve(s, 2, "{\"by\":{\"name\":\"n\"}}");
    shop_await(s);
    assert_non_null(strstr(s->body, "seller: product.sku has a byte that no header takes"));
    assert_true(shop_is_silent(s, 1));
}

/* The path that it spoils would be asked for late, after another source. */
static void a_bad_segment_of_the_request_is_refused_before_anything_is_sent(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/chain/%2E");
    shop_await(s);
    assert_int_equal(s->status, 400);
    shop_ask(s, "/chain/a%2F..");
    shop_await(s);
    assert_int_equal(s->status, 400);
    assert_true(shop_is_silent(s, 0));
}

static void a_fallback_is_what_others_depend_on(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/required");
    shop_hear(s, 0);
    shop_say(s, 0, SHOP_STATUS("500 Oh"));
    assert_non_null(strstr(shop_hear(s, 2), "GET /prices/none HTTP/1.1\r\n"));
    shop_serve(s, 2, "1");
    shop_await(s);
    assert_int_equal(s->status, 200);
    assert_non_null(strstr(s->body, "{\"product\":{\"sku\":\"none\"},\"price\":1,\"errors\":["));
}

static void a_failed_required_source_ends_the_answer_at_once(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/page/7");
    shop_hear(s, 1);
    shop_hear(s, 3);
    shop_hear(s, 0);
    shop_say(s, 0, SHOP_STATUS("500 Oh"));
    shop_await(s);
    assert_int_equal(s->status, 502);
    shop_await_hangup(s, 1);
    shop_await_hangup(s, 3);
    assert_int_equal(rig_count(&s->rig, COUNT_CALLS_CANCELLED), 2);
}

static void a_timeout_of_a_source_is_its_own(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/page/7");
    shop_serve(s, 0, "1");
    shop_serve(s, 1, "2");
    assert_string_equal(
        shop_hear(s, 3) ? shop_field(&s->services[3].heard, "x-request-timeout-ms") : "", "300");
    rig_turns(&s->rig, 3);
    shop_pass_ms(s, 302);
    shop_expect(s, 200,
                "{\"product\":1,\"inventory\":2,\"reviews\":{\"items\":[]},\"errors\":["
                "{\"source\":\"reviews\",\"kind\":\"timeout\",\"message\":\"reviews: no answer "
                "within 300 ms\"}]}");
    shop_await_hangup(s, 3);
}

static void at_the_deadline_what_is_there_goes_out(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/page/7");
    shop_serve(s, 0, "1");
    shop_hear(s, 1);
    assert_string_equal(shop_field(&s->services[1].heard, "x-request-timeout-ms"), "800");
    shop_serve(s, 3, "3");
    rig_turns(&s->rig, 3);
    shop_pass_ms(s, 798);
    assert_true(s->front.current->n_visits == 1);
    shop_pass_ms(s, 4);
    shop_expect(s, 200,
                "{\"product\":1,\"inventory\":null,\"reviews\":3,\"errors\":["
                "{\"source\":\"inventory\",\"kind\":\"timeout\",\"message\":\"inventory: no answer "
                "within 800 ms\"}]}");
    shop_await_hangup(s, 1);
}

static void a_required_source_that_is_late_is_a_504(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/page/7");
    shop_hear(s, 0);
    shop_pass_ms(s, 802);
    shop_await(s);
    assert_int_equal(s->status, 504);
    assert_non_null(strstr(s->body, "\"detail\":\"product: no answer within 800 ms\""));
}

static void clients_may_shorten_the_deadline(void **state)
{
    static const struct {
        const char *headers, *wanted;
    } rows[] = {
        {"x-request-timeout-ms: 120\r\n", "120"},
        {"Prefer: wait=100\r\n", "800"},
        {"X-Request-Timeout-Ms: soon\r\n", "800"},
        {"Prefer: wait=1\r\nx-request-timeout-ms: 90\r\n", "90"},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct shop *s = shop_open(shop_yaml);
        shop_ask_with(s, "GET /page/7", rows[i].headers);
        shop_hear(s, 0);
        assert_string_equal(shop_field(&s->services[0].heard, "x-request-timeout-ms"),
                            rows[i].wanted);
        shop_pass_ms(s, strtoul(rows[i].wanted, NULL, 10) + 2);
        shop_await(s);
        assert_int_equal(s->status, 504);
        shop_close(s);
    }
}

/* A call of /slow that is late, where the source before it took so long. */
static void be_late(struct shop *s, const char *headers, unsigned took_ms)
{
    shop_ask_with(s, "GET /slow", headers);
    shop_hear(s, 0);
    shop_wait_ms(s, took_ms);
    shop_serve(s, 0, "{\"sku\":1}");
    shop_hear(s, 5);
    shop_await(s); /* as long as it takes: what an attempt had is measured */
    assert_non_null(strstr(s->body, "\"source\":\"slow\",\"kind\":\"timeout\""));
    shop_hang_up(s, 5);
}

/* Does the breaker of the slow service refuse? */
static bool is_open(struct shop *s)
{
    const struct breaker_settings *breaker = &s->config->services[5].breaker;
    return breaker_state_of(&s->shared[5].shared->breaker, breaker, s->rig.loop.now_ms) ==
           BREAKER_OPEN;
}

static void what_is_late_with_half_of_the_time_is_the_services_fault(void **state)
{
    struct shop *s = *state;
    be_late(s, "", 60);
    assert_true(is_open(s));
}

static void what_is_late_with_less_is_not(void **state)
{
    struct shop *s = *state;
    be_late(s, "", 300);
    assert_null(strstr(s->body, "no answer within 500 ms")); /* but what was left */
    assert_false(is_open(s));
}

static void nor_is_what_the_client_has_no_patience_for(void **state)
{
    struct shop *s = *state;
    be_late(s, "x-request-timeout-ms: 350\r\n", 0);
    assert_false(is_open(s));
}

static void the_time_of_a_source_is_what_its_service_may_take(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/own");
    shop_hear(s, 5);
    shop_await(s);
    assert_non_null(strstr(s->body, "\"kind\":\"timeout\""));
    shop_hang_up(s, 5);
    assert_true(is_open(s));
}

static void a_later_call_is_told_what_is_left(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/slow");
    shop_hear(s, 0);
    shop_wait_ms(s, 60); /* of 500 */
    shop_serve(s, 0, "{\"sku\":1}");
    shop_hear(s, 5);
    const char *left = shop_field(&s->services[5].heard, "x-request-timeout-ms");
    assert_in_range(strtoul(left, NULL, 10), 1, 480);
    shop_serve(s, 5, "1");
    shop_expect(s, 200, "{\"product\":{\"sku\":1},\"slow\":1}");
}

/* Not where a program would have to run first. */
static void at_the_deadline_a_stale_answer_stands_in(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/stale");
    shop_serve(s, 0, "{\"data\":[1]}");
    shop_serve(s, 1, "1");
    shop_await(s);
    shop_wait_ms(s, 5);
    shop_ask(s, "/stale");
    shop_hear(s, 0);
    shop_hear(s, 1);
    shop_pass_ms(s, 802);
    shop_expect(
        s, 200,
        "{\"plain\":[1],\"shaped\":null,\"errors\":[{\"source\":\"plain\",\"kind\":"
        "\"timeout\",\"message\":\"plain: no answer within 800 ms\"},{\"source\":\"shaped\","
        "\"kind\":\"timeout\",\"message\":\"shaped: no answer within 800 ms\"}]}");
}

/* Spans lie in the log here. */
static void each_call_of_a_recorded_trace_has_a_span(void **state)
{
    struct shop *s = *state;
    struct gateway *g = s->front.current;
    char span[64];
    g->context.spans = g->calls.spans = journal_ring(s->journal, 0);
    shop_ask_with(s, "GET /own",
                  "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n");
    shop_hear(s, 5);
    const char *parent = shop_field(&s->services[5].heard, "traceparent");
    snprintf(span, sizeof span, "\"spanId\":\"%.*s\"", TRACE_SPAN_SIZE,
             parent + strlen("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
    shop_serve(s, 5, "1");
    shop_expect(s, 200, "{\"slow\":1}");
    assert_non_null(strstr(shop_read_log(s), span));
}

static void a_client_without_any_patience_is_answered_at_once(void **state)
{
    struct shop *s = *state;
    shop_ask_with(s, "GET /page/7", "Prefer: respond-async, wait=0\r\n");
    shop_await(s);
    assert_int_equal(s->status, 504);
}

static void a_client_that_leaves_cancels_its_calls(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/page/7");
    shop_hear(s, 0);
    shop_hear(s, 1);
    shop_leave(s);
    shop_await_hangup(s, 0);
    shop_await_hangup(s, 1);
    assert_int_equal(rig_count(&s->rig, COUNT_CLIENTS_GONE), 1);
    const char *log = shop_read_log(s);
    assert_non_null(strstr(log, "\"status\":499"));
    assert_non_null(strstr(log, "\"product\":{\"kind\":\"cancelled\""));
}

/* It was ready in the very turn in which the run ended. */
static void a_source_that_was_never_called_is_not_logged(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/never");
    shop_serve(s, 0, "{\"n\":1}");
    shop_await(s);
    assert_int_equal(s->status, 502);
    const char *log = shop_read_log(s);
    assert_non_null(strstr(log, "\"price\":{\"kind\":\"dependency\""));
    assert_null(strstr(log, "\"stock\":"));
}

static void an_unsafe_call_outlives_the_answer(void **state)
{
    struct shop *s = *state;
    shop_ask_with(s, "POST /order", "Content-Length: 0\r\nx-request-id: r-1\r\n");
    shop_serve(s, 0, "1");
    shop_hear(s, 4);
    assert_non_null(strstr(s->services[4].heard.at, "\r\ncontent-length: 0\r\n"));
    assert_string_equal(shop_field(&s->services[4].heard, "x-request-timeout-ms"), "400");
    rig_turns(&s->rig, 3);
    shop_pass_ms(s, 402);
    shop_expect(s, 200,
                "{\"order\":null,\"product\":1,\"errors\":[{\"source\":\"order\",\"kind\":"
                "\"timeout\",\"message\":\"order: no answer within 400 ms\"}]}");
    assert_int_equal(s->front.current->n_visits, 1);
    shop_say(s, 4, "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}");
    RIG_UNTIL(&s->rig, s->front.current->n_visits == 0);
    const char *late = strchr(shop_read_log(s), '\n');
    assert_non_null(late);
    assert_non_null(strstr(late, "\"method\":\"POST\",\"path\":\"/order\",\"status\":201"));
    assert_non_null(strstr(late, "\"request_id\":\"r-1\""));
    assert_non_null(strstr(late, "\"sources\":{\"order\":{\"status\":201"));
}

static void an_unsafe_call_outlives_its_client(void **state)
{
    struct shop *s = *state;
    shop_ask_with(s, "POST /order", "Content-Length: 0\r\n");
    shop_hear(s, 0);
    shop_hear(s, 4);
    shop_leave(s);
    shop_await_hangup(s, 0);
    assert_int_equal(s->front.current->n_visits, 1);
    shop_hang_up(s, 4);
    RIG_UNTIL(&s->rig, s->front.current->n_visits == 0);
    assert_non_null(strstr(shop_read_log(s), "\"order\":{\"kind\":\"unreachable\""));
}

static void a_retired_gateway_ends_what_it_began(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/page/7");
    for (unsigned i = 0; i < 4; i++)
        if (i != 2)
            shop_hear(s, i);
    shop_reload(s);
    rig_turns(&s->rig, 3);
    assert_int_equal(s->n_retired, 0);
    shop_serve(s, 1, "1");
    shop_serve(s, 3, "1");
    shop_serve(s, 0, "1");
    shop_expect(s, 200, "{\"product\":1,\"inventory\":1,\"reviews\":1}");
    RIG_UNTIL(&s->rig, s->n_retired == 1);
    shop_ask(s, "/required");
    shop_await_hangup(s, 0); /* the pool of the old one */
    shop_serve(s, 0, "{\"sku\":7}");
    shop_serve(s, 2, "1");
    shop_expect(s, 200, "{\"product\":{\"sku\":7},\"price\":1}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sources_that_need_nothing_start_together),
        TEST(a_source_waits_for_what_it_needs),
        TEST(a_missing_value_fails_all_that_depend_on_it),
        TEST(a_value_that_would_leave_its_segment_is_not_sent),
        TEST(a_value_that_no_header_takes_is_not_sent),
        TEST(a_bad_segment_of_the_request_is_refused_before_anything_is_sent),
        TEST(a_fallback_is_what_others_depend_on),
        TEST(a_failed_required_source_ends_the_answer_at_once),
        TEST(a_timeout_of_a_source_is_its_own),
        TEST(at_the_deadline_what_is_there_goes_out),
        TEST(a_required_source_that_is_late_is_a_504),
        cmocka_unit_test(clients_may_shorten_the_deadline),
        TEST(what_is_late_with_half_of_the_time_is_the_services_fault),
        TEST(what_is_late_with_less_is_not),
        TEST(nor_is_what_the_client_has_no_patience_for),
        TEST(the_time_of_a_source_is_what_its_service_may_take),
        TEST(a_later_call_is_told_what_is_left),
        TEST(at_the_deadline_a_stale_answer_stands_in),
        TEST(each_call_of_a_recorded_trace_has_a_span),
        TEST(a_client_without_any_patience_is_answered_at_once),
        TEST(a_client_that_leaves_cancels_its_calls),
        TEST(a_source_that_was_never_called_is_not_logged),
        TEST(an_unsafe_call_outlives_the_answer),
        TEST(an_unsafe_call_outlives_its_client),
        TEST(a_retired_gateway_ends_what_it_began),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
