/* run_turn_test.c - sources that are not called: skipped, refused, denied, left out */
#include <stdlib.h>

#include "shop.h"

static const char shop_yaml[] =
    "listen: 127.0.0.1:8080\n"
    "bounds: {connections: 100}\n"
    "services:\n"
    "  a: http://127.0.0.1:@0\n"
    "  b: http://127.0.0.1:@1\n"
    "  c: http://127.0.0.1:@2\n"
    "endpoints:\n"
    "  - path: /when\n"
    "    query: {flag: {}, id: {}}\n"
    "    sources:\n"
    "      three: {get: \"c:/{two.v}/{id}\"}\n"
    "      two: {get: \"b:/{one.v}/{id}\"}\n"
    "      one: {get: \"a:/one\", when: flag == \"yes\"}\n"
    "      four: {get: \"c:/four\"}\n"
    "  - path: /spoilt\n"
    "    query: {flag: {}, id: {}}\n"
    "    sources:\n"
    "      one: {get: \"a:/{id}\", when: flag == \"yes\"}\n"
    "      two: {get: \"b:/two\"}\n"
    "      three: {get: \"c:/{two.v}/{id}\", when: flag == \"yes\"}\n"
    "  - path: /first\n"
    "    query: {flag: {}, id: {}}\n"
    "    sources:\n"
    "      one: {get: \"a:/one\", when: flag == \"yes\"}\n"
    "      two: {get: \"b:/{one.v}/{id}\"}\n"
    "      four: {get: \"c:/four\"}\n"
    "  - path: /of\n"
    "    query: {id: {}}\n"
    "    sources:\n"
    "      three: {get: \"c:/{two.v}/{id}\"}\n"
    "      two: {get: \"b:/{id}\", when: one.v}\n"
    "      one: {get: \"a:/one\"}\n"
    "  - path: /talk\n"
    "    query: {id: {}, at: {}}\n"
    "    sources:\n"
    "      one: {get: \"a:/{id}\"}\n"
    "      two: {get: \"b:/{one.v}/{at}\"}\n"
    "  - path: /both\n"
    "    timeout: 400ms\n"
    "    sources:\n"
    "      one: {get: \"a:/one\", required: true}\n"
    "      two: {get: \"b:/two\", required: true}\n"
    "  - path: /turn\n"
    "    sources:\n"
    "      one: {get: \"a:/{three.v}\", required: true}\n"
    "      two: {get: \"b:/{three.v}\", required: true}\n"
    "      three: {get: \"c:/three\"}\n"
    "      four: {get: \"b:/four/{three.n}\"}\n"
    "      five: {each: three.ids, get: \"b:/{item}\"}\n"
    "      six: {get: \"c:/{two.v}\"}\n"
    "  - path: /limited\n"
    "    rate_limit: {rate: 3/h, burst: 3, cost: calls}\n"
    "    sources:\n"
    "      list: {get: \"a:/list\", hide: true}\n"
    "      one: {each: list.ids, get: \"b:/{item}\", parallel: 1}\n"
    "  - path: /limited-required\n"
    "    rate_limit: {rate: 3/h, burst: 3, cost: calls}\n"
    "    sources:\n"
    "      list: {get: \"a:/list\", hide: true}\n"
    "      one: {each: list.ids, get: \"b:/{item}\", required: true}\n"
    "  - path: /limited-batch\n"
    "    rate_limit: {rate: 3/h, burst: 3, cost: calls}\n"
    "    sources:\n"
    "      list: {get: \"a:/list\", hide: true}\n"
    "      one: {each: list.ids, batch: ids, get: \"b:/{ids}\", by: id, when: list.n}\n"
    "  - path: /limited-given\n"
    "    query: {ids: {list: true}}\n"
    "    rate_limit: {rate: 1/h, burst: 1, cost: calls}\n"
    "    sources:\n"
    "      one: {each: ids, batch: all, get: \"b:/{all}\", by: id}\n"
    "  - path: /limited-plain\n"
    "    rate_limit: {rate: 3/h, burst: 3, cost: calls}\n"
    "    sources:\n"
    "      one: {get: \"a:/one\"}\n"
    "      two: {get: \"b:/{one.v}\"}\n"
    "  - path: /limited-late\n"
    "    rate_limit: {rate: 100/s, burst: 20, cost: calls}\n"
    "    sources:\n"
    "      list: {get: \"a:/list\", hide: true}\n"
    "      one: {each: list.ids, get: \"b:/{item}\", parallel: 1}\n"
    "  - path: /limited-when\n"
    "    rate_limit: {rate: 2/h, burst: 2, cost: calls}\n"
    "    sources:\n"
    "      one: {get: \"a:/one\"}\n"
    "      two: {get: \"b:/two\", when: one.n}\n"
    "      three: {get: \"c:/three\", when: one.n}\n"
    "  - path: /shed\n"
    "    query: {ids: {list: true}, flag: {}}\n"
    "    sources:\n"
    "      one: {get: \"a:/one\", required: true}\n"
    "      two: {get: \"b:/{one.n}\"}\n"
    "      three: {each: ids, get: \"c:/{item}\"}\n"
    "      four: {get: \"c:/four\", when: flag == \"yes\"}\n"
    "  - path: /large\n"
    "    sources:\n"
    "      one: {get: \"a:/one\", hide: true}\n"
    "      two: {post: \"b:/two\", body: {all: \"{one.text}\"}}\n";

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

static void what_needs_a_skipped_one_is_skipped(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/when?id=7&flag=no");
    assert_non_null(strstr(shop_hear(s, 2), "GET /four "));
    shop_serve(s, 2, "4");
    shop_expect(s, 200, "{\"four\":4}");
    assert_true(shop_is_silent(s, 0) && shop_is_silent(s, 1));
    assert_null(strstr(shop_read_log(s), "\"one\":"));
    assert_null(strstr(s->log, "\"two\":"));
}

static void what_holds_is_called(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/when?id=7&flag=yes");
    shop_serve(s, 2, "4");
    shop_serve(s, 0, "{\"v\":1}");
    assert_non_null(strstr(shop_hear(s, 1), "GET /1/7 "));
    shop_serve(s, 1, "{\"v\":2}");
    assert_non_null(strstr(shop_hear(s, 2), "GET /2/7 "));
    shop_serve(s, 2, "3");
    shop_expect(s, 200, "{\"three\":3,\"two\":{\"v\":2},\"one\":{\"v\":1},\"four\":4}");
}

/* Whether they are called at all depends on others. */
static void values_of_doubtful_ones_refuse_nothing(void **state)
{
    static const struct {
        const char *target;
        unsigned called;
        const char *body;
    } rows[] = {
        {"/when?id=..&flag=no", 2, "{\"four\":4}"},
        {"/first?id=..&flag=no", 2, "{\"four\":4}"},
        {"/spoilt?id=..&flag=no", 1, "{\"two\":4}"},
    };
    struct shop *s = *state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        shop_ask(s, rows[i].target);
        shop_serve(s, rows[i].called, "4");
        shop_expect(s, 200, rows[i].body);
    }
    shop_ask(s, "/of?id=..");
    shop_serve(s, 0, "{\"v\":1}");
    shop_await(s);
    assert_int_equal(s->status, 200);
    assert_int_equal(rig_count_of(&s->answer, "\"kind\":\"dependency\""), 2);
    shop_ask(s, "/of?id=..");
    shop_serve(s, 0, "{\"v\":null}");
    shop_expect(s, 200, "{\"one\":{\"v\":null}}");
}

static void values_of_certain_ones_are_refused_before_anything_is_sent(void **state)
{
    static const char *const targets[] = {"/when?id=..&flag=yes", "/spoilt?id=..&flag=yes"};
    struct shop *s = *state;
    for (unsigned i = 0; i < 2; i++) {
        shop_ask(s, targets[i]);
        shop_await(s);
        assert_int_equal(s->status, 400);
        assert_non_null(strstr(s->body, "\"parameter\":\"id\""));
    }
    assert_int_equal(rig_count(&s->rig, COUNT_CALLS_STARTED), 0);
}

static void a_websocket_opens_where_all_could_be_called(void **state)
{
    static const struct {
        const char *line;
        unsigned status;
    } rows[] = {
        {"GET /talk?id=1&at=..", 400},
        {"GET /talk?id=..&at=1", 400},
        {"GET /talk?id=1&at=1", 101},
    };
    struct shop *s = *state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        shop_ask_with(s, rows[i].line,
                      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
        shop_await(s);
        assert_int_equal(s->status, rows[i].status);
        assert_true(s->status == 101 || rig_count(&s->rig, COUNT_CALLS_STARTED) == 0);
    }
}

static void of_two_required_ones_that_are_late_the_first_is_told(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/both");
    shop_hear(s, 0);
    shop_hear(s, 1);
    shop_pass_ms(s, 402);
    shop_await(s);
    assert_int_equal(s->status, 504);
    assert_non_null(strstr(s->body, "\"detail\":\"one: no answer within 400 ms\""));
}

/* And nothing is looked at that is ready by then, or was in the same turn. */
static void of_two_required_ones_that_fail_in_one_turn_the_first_is_told(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/turn");
    shop_serve(s, 2, "{\"n\":1,\"ids\":[1]}");
    shop_await(s);
    assert_int_equal(s->status, 502);
    assert_non_null(strstr(s->body, "\"detail\":\"one: three.v is missing\""));
    assert_int_equal(rig_count(&s->rig, COUNT_CALLS_STARTED), 1);
    assert_null(strstr(shop_read_log(s), "\"four\":"));
    assert_null(strstr(s->log, "\"five\":"));
    assert_null(strstr(s->log, "\"six\":"));
}

#define DENIED                                                                                     \
    "null,\"errors\":[{\"source\":\"one\",\"kind\":\"denied\",\"message\":\"one: the client has "  \
    "no permit left for it\"}]}"

static void calls_of_a_list_take_permits(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/limited"); /* takes one */
    shop_serve(s, 0, "{\"ids\":[1,2,3]}");
    shop_expect(s, 200, "{\"one\":" DENIED);
    shop_ask(s, "/limited");
    shop_serve(s, 0, "{\"ids\":[1,1]}");
    shop_serve(s, 1, "1");
    shop_expect(s, 200, "{\"one\":[1,1]}");
    shop_ask(s, "/limited");
    shop_await(s);
    assert_int_equal(s->status, 429);
    shop_ask(s, "/limited-required");
    shop_serve(s, 0, "{\"ids\":[1,2,3]}");
    shop_await(s);
    assert_int_equal(s->status, 429);
    assert_int_equal(rig_count(&s->rig, COUNT_CALLS_STARTED), 4);
}

/* How many the client has left, by what the answer says. */
static unsigned count_left(struct shop *s)
{
    const char *left = strstr(shop_field(&s->answer, "ratelimit"), ";r=");
    assert_non_null(left);
    return (unsigned)strtoul(left + strlen(";r="), NULL, 10);
}

static void calls_that_were_not_made_are_given_back(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/limited"); /* three */
    shop_serve(s, 0, "{\"ids\":[\"..\",1,1]}");
    shop_serve(s, 1, "1");
    shop_await(s);
    assert_int_equal(count_left(s), 1);
    shop_ask(s, "/limited-batch"); /* two */
    shop_serve(s, 0, "{\"n\":1,\"ids\":[1,2]}");
    shop_serve(s, 1, "[]");
    shop_await(s);
    assert_int_equal(count_left(s), 1);
}

static void a_call_that_needs_what_failed_is_given_back(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/limited-plain"); /* two */
    shop_serve(s, 0, "{}");
    shop_await(s);
    assert_int_equal(count_left(s), 2);
}

/* The first has come back by itself before they are charged. */
static void calls_that_were_charged_late_are_given_back(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/limited-late"); /* one */
    shop_hear(s, 0);
    shop_wait_ms(s, 50);
    shop_serve(s, 0, "{\"ids\":[\"..\",\"..\",1]}");
    shop_serve(s, 1, "1");
    shop_await(s);
    assert_in_range(count_left(s), 19, 20);
}

static void a_client_that_leaves_pays_for_what_was_called(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/limited-plain"); /* two */
    shop_hear(s, 0);
    shop_leave(s);
    shop_await_hangup(s, 0);
    shop_hang_up(s, 0);
    shop_connect(s);
    shop_ask(s, "/limited-plain"); /* two more, of which one is made */
    shop_serve(s, 0, "{}");
    shop_await(s);
    assert_int_equal(s->status, 200);
    assert_int_equal(count_left(s), 1);
}

static void a_batch_takes_one_permit(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/limited-batch");
    shop_serve(s, 0, "{\"n\":1,\"ids\":[1,2,3]}");
    shop_serve(s, 1, "[{\"id\":2}]");
    shop_await(s);
    assert_ptr_equal(strstr(s->body, "{\"one\":[null,{\"id\":2},null],"), s->body);
    shop_ask(s, "/limited-batch"); /* has none for a batch, and needs none */
    shop_serve(s, 0, "{\"n\":1,\"ids\":[]}");
    shop_expect(s, 200, "{\"one\":[]}");
    shop_ask(s, "/limited-batch");
    shop_await(s);
    assert_int_equal(s->status, 429);
}

static void a_batch_that_is_certain_takes_it_with_the_request(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/limited-given?ids=1,2");
    shop_serve(s, 1, "[{\"id\":2},{\"id\":1}]");
    shop_expect(s, 200, "{\"one\":[{\"id\":1},{\"id\":2}]}");
    shop_ask(s, "/limited-given?ids=1,2");
    shop_await(s);
    assert_int_equal(s->status, 429);
}

static void what_depends_takes_its_permit_when_it_is_known(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/limited-when");
    shop_serve(s, 0, "{\"n\":1}");
    assert_non_null(strstr(shop_hear(s, 1), "GET /two "));
    shop_serve(s, 1, "2");
    shop_expect(
        s, 200,
        "{\"one\":{\"n\":1},\"two\":2,\"three\":null,\"errors\":[{\"source\":\"three\","
        "\"kind\":\"denied\",\"message\":\"three: the client has no permit left for it\"}]}");
    assert_true(shop_is_silent(s, 2));
}

static void under_pressure_optional_ones_are_left_out(void **state)
{
    struct shop *s = *state;
    s->n_in_flight += 95;
    shop_ask(s, "/shed?ids=1,2&flag=no");
    shop_serve(s, 0, "{\"n\":1}");
    shop_expect(
        s, 200,
        "{\"one\":{\"n\":1},\"two\":null,\"three\":null,\"errors\":[{\"source\":\"two\","
        "\"kind\":\"overloaded\",\"message\":\"two: left out, as the gateway has too much to "
        "do\"},{\"source\":\"three\",\"kind\":\"overloaded\",\"message\":\"three: left out, "
        "as the gateway has too much to do\"}]}");
    s->n_in_flight -= 95;
    assert_int_equal(rig_count(&s->rig, COUNT_SHED_SOURCES_CONNECTIONS), 2);
    assert_true(shop_is_silent(s, 1) && shop_is_silent(s, 2));
}

/* The size of the buffer for requests behind one with a text of n bytes, and behind another one. */
static void ask_large(struct shop *s, size_t n, size_t *behind, size_t *then)
{
    char *text = NULL;
    assert_true(asprintf(&text, "{\"text\":\"%0*u\"}", (int)n, 0U) > 0);
    for (unsigned i = 0; i < 2; i++) {
        shop_ask(s, "/large");
        shop_serve(s, 0, i ? "{\"text\":1}" : text);
        shop_serve(s, 1, "2");
        shop_await(s);
        *(i ? then : behind) = s->front.current->requests.capacity;
    }
    free(text);
}

static void room_for_huge_requests_is_given_back(void **state)
{
    struct shop *s = *state;
    size_t behind, then;
    ask_large(s, 100 * 1024, &behind, &then);
    assert_in_range(behind, 100 * 1024, 256 * 1024);
    assert_int_equal(then, behind);
    ask_large(s, 300 * 1024, &behind, &then);
    assert_true(behind > 256 * 1024);
    assert_true(then < 256 * 1024);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_needs_a_skipped_one_is_skipped),
        TEST(what_holds_is_called),
        TEST(values_of_doubtful_ones_refuse_nothing),
        TEST(values_of_certain_ones_are_refused_before_anything_is_sent),
        TEST(a_websocket_opens_where_all_could_be_called),
        TEST(of_two_required_ones_that_are_late_the_first_is_told),
        TEST(of_two_required_ones_that_fail_in_one_turn_the_first_is_told),
        TEST(calls_of_a_list_take_permits),
        TEST(calls_that_were_not_made_are_given_back),
        TEST(a_call_that_needs_what_failed_is_given_back),
        TEST(calls_that_were_charged_late_are_given_back),
        TEST(a_client_that_leaves_pays_for_what_was_called),
        TEST(a_batch_takes_one_permit),
        TEST(a_batch_that_is_certain_takes_it_with_the_request),
        TEST(what_depends_takes_its_permit_when_it_is_known),
        TEST(under_pressure_optional_ones_are_left_out),
        TEST(room_for_huge_requests_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
