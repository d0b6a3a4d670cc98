/* items_result_test.c - what the answers to a list say together: headers, caching, errors, a text
 */
#include <stdlib.h>
#include <unistd.h>

#include "shop.h"

static const char shop_yaml[] =
    "listen: 127.0.0.1:8080\n"
    "services:\n"
    "  lists: http://127.0.0.1:@0\n"
    "  items: {targets: [\"http://127.0.0.1:@1\"], breaker: off}\n"
    "  other: http://127.0.0.1:@2\n"
    "endpoints:\n"
    "  - path: /headers\n"
    "    query: {ids: {list: true}}\n"
    "    sources:\n"
    "      one: {each: ids, get: \"items:/{item}\", parallel: 1, return_headers: [x-one, "
    "set-cookie]}\n"
    "  - path: /kept\n"
    "    query: {ids: {list: true}}\n"
    "    sources:\n"
    "      one: {each: ids, get: \"items:/{item}\", parallel: 1, cache: 60s}\n"
    "  - path: /nulls\n"
    "    query: {i: {}}\n"
    "    sources:\n"
    "      list: {get: \"lists:/list{?i}\", hide: true, cache: 60s}\n"
    "      one: {each: list, get: \"items:/{item}\", parallel: 1, cache: 60s}\n"
    "  - path: /told\n"
    "    query: {ids: {list: true}}\n"
    "    sources:\n"
    "      one: {each: ids, get: \"items:/{item}\", parallel: 1, hide: true}\n"
    "      told: {post: \"other:/told\", body: {all: \"{one}\"}}\n"
    "  - path: /stale\n"
    "    timeout: 800ms\n"
    "    query: {ids: {list: true}}\n"
    "    sources:\n"
    "      one: {each: ids, get: \"items:/{item}\", parallel: 1, cache: {ttl: 1ms, stale_if_error: "
    "1h}}\n"
    "  - path: /stale-nulls\n"
    "    sources:\n"
    "      list: {get: \"lists:/list\", hide: true}\n"
    "      one: {each: list, get: \"items:/{item}\", parallel: 1, cache: {ttl: 1ms, "
    "stale_if_error: "
    "1h}}\n"
    "  - path: /jq\n"
    "    timeout: 800ms\n"
    "    query: {ids: {list: true}}\n"
    "    sources:\n"
    "      one: {each: ids, get: \"items:/{item}\", jq: .data}\n"
    "  - path: /batch\n"
    "    timeout: 800ms\n"
    "    query: {ids: {list: true}}\n"
    "    sources:\n"
    "      one: {each: ids, batch: all, get: \"items:/{all}\", by: id, cache: {ttl: 1ms, "
    "stale_if_error: 1h}}\n";

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

/* An answer with these header lines. */
static void serve(struct shop *s, const char *status, const char *fields, const char *json)
{
    char text[512];
    shop_hear(s, 1);
    snprintf(text, sizeof text, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, fields,
             strlen(json), json);
    shop_say(s, 1, text);
}

static void the_first_that_has_a_field_gives_it(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/headers?ids=1");
    serve(s, "200 OK", "X-One: b\r\nX-One: c\r\nSet-Cookie: a=1\r\n", "1");
    shop_await(s);
    assert_int_equal(rig_count_of(&s->answer, ": b\r\n"), 1);
    assert_int_equal(rig_count_of(&s->answer, ": c\r\n"), 1);
    assert_int_equal(rig_count_of(&s->answer, "-Cookie: a=1\r\n"), 1);
    shop_ask(s, "/headers?ids=1,2");
    serve(s, "200 OK", "X-One: b\r\n", "1");
    serve(s, "200 OK", "X-One: d\r\n", "2");
    shop_await(s);
    assert_int_equal(rig_count_of(&s->answer, ": b\r\n"), 1);
    assert_null(strstr(s->answer.at, ": d\r\n"));
    shop_ask(s, "/headers?ids=1,2,3,4");
    serve(s, "500 No", "X-One: failed\r\n", "0");
    serve(s, "200 OK", "Set-Cookie: a=1\r\n", "1");
    serve(s, "200 OK", "Set-Cookie: a=2\r\nX-One: b\r\nX-One: c\r\n", "2");
    serve(s, "200 OK", "X-ONE: d\r\nSet-Cookie: a=2\r\n", "3");
    shop_await(s);
    assert_int_equal(s->status, 200);
    assert_int_equal(rig_count_of(&s->answer, "-Cookie: a=1\r\n"), 1);
    assert_int_equal(rig_count_of(&s->answer, "-Cookie: a=2\r\n"), 2);
    assert_int_equal(rig_count_of(&s->answer, ": b\r\n"), 1);
    assert_int_equal(rig_count_of(&s->answer, ": c\r\n"), 1);
    assert_null(strstr(s->answer.at, ": d\r\n"));
    assert_null(strstr(s->answer.at, ": failed\r\n"));
    assert_non_null(strstr(shop_read_log(s), "\"one\":{\"status\":500,\"kind\":\"status\","));
}

static void expect_kept(struct shop *s, const char *control, const char *vary)
{
    shop_await(s);
    assert_int_equal(s->status, 200);
    assert_string_equal(shop_field(&s->answer, "cache-control"), control);
    assert_string_equal(shop_field(&s->answer, "vary"), vary);
}

static void the_least_that_is_left_holds_for_all(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/kept?ids=1");
    serve(s, "200 OK", "Cache-Control: max-age=100\r\n", "1");
    expect_kept(s, "max-age=100", "Accept");
    assert_string_equal(shop_field(&s->answer, "cache-status"),
                        "sheaf; fwd=miss; detail=\"one=miss\"");
    shop_ask(s, "/kept?ids=1,1,2,3");
    serve(s, "200 OK", "Cache-Control: max-age=50\r\nVary: accept-language\r\n", "2");
    serve(s, "200 OK", "Cache-Control: max-age=70\r\nVary: x-b\r\n", "3");
    expect_kept(s, "max-age=50", "Accept, accept-language, x-b");
    assert_string_equal(shop_field(&s->answer, "cache-status"),
                        "sheaf; fwd=miss; detail=\"one=miss\"");
    shop_ask(s, "/kept?ids=3,1,3");
    expect_kept(s, "max-age=70", "Accept, x-b");
    assert_string_equal(shop_field(&s->answer, "cache-status"), "sheaf; hit; detail=\"one=hit\"");
    shop_ask(s, "/kept?ids=3,4");
    serve(s, "200 OK", "Cache-Control: no-store\r\n", "4");
    shop_await(s);
    assert_string_equal(shop_field(&s->answer, "cache-control"), "no-store");
}

static void a_list_that_is_not_cached_says_nothing_of_a_cache(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/headers");
    shop_expect(s, 200, "{\"one\":[]}");
    assert_null(shop_field(&s->answer, "cache-status"));
    shop_ask(s, "/headers?ids=1");
    serve(s, "200 OK", "", "1");
    shop_expect(s, 200, "{\"one\":[1]}");
    assert_null(shop_field(&s->answer, "cache-status"));
    assert_null(strstr(shop_read_log(s), "\"cache\""));
}

static void of_no_element_all_were_in_the_cache(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/kept");
    shop_expect(s, 200, "{\"one\":[]}");
    assert_non_null(strstr(shop_read_log(s), "\"cache\":\"hit\""));
}

static void what_cannot_be_called_does_not_hide_that_others_were_missed(void **state)
{
    static const char *const lists[] = {"[1,null]", "[null,1]"};
    struct shop *s = *state;
    for (unsigned i = 0; i < 2; i++) {
        shop_ask(s, i ? "/nulls?i=1" : "/nulls");
        shop_serve(s, 0, lists[i]);
        serve(s, "200 OK", "Cache-Control: max-age=0\r\n", "1");
        shop_await(s);
        assert_string_equal(shop_field(&s->answer, "cache-status"),
                            "sheaf; fwd=miss; detail=\"list=miss,one=miss\"");
    }
}

/* What is cached is stale by the next request. */
static void ask_and_age(struct shop *s, const char *target, const char *json)
{
    shop_ask(s, target);
    serve(s, "200 OK", "", json);
    shop_await(s);
    assert_int_equal(s->status, 200);
    shop_wait_ms(s, 5);
}

static void where_none_can_be_called_no_cache_was_asked(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/nulls");
    shop_serve(s, 0, "[null]");
    shop_await(s);
    assert_string_equal(shop_field(&s->answer, "cache-status"),
                        "sheaf; fwd=miss; detail=\"list=miss\"");
}

static void expect_status(struct shop *s, const char *status)
{
    shop_await(s);
    assert_int_equal(s->status, 200);
    assert_string_equal(shop_field(&s->answer, "cache-status"), status);
}

/* One that is stale is told of before all others. */
static void what_is_stale_is_told(void **state)
{
    struct shop *s = *state;
    ask_and_age(s, "/stale?ids=1", "1");
    shop_ask(s, "/stale?ids=1");
    serve(s, "500 No", "", "0");
    expect_status(s, "sheaf; hit; detail=\"one=stale\"");
    shop_ask(s, "/stale?ids=2,1");
    serve(s, "200 OK", "", "2");
    serve(s, "500 No", "", "0");
    expect_status(s, "sheaf; fwd=miss; detail=\"one=stale\"");
    shop_ask(s, "/stale-nulls");
    shop_serve(s, 0, "[null,1]");
    serve(s, "500 No", "", "0");
    expect_status(s, "sheaf; fwd=miss; detail=\"one=stale\"");
}

static void others_are_sent_the_array_as_it_is(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/told?ids=");
    assert_non_null(strstr(shop_hear(s, 2), "\r\n\r\n{\"all\":[]}"));
    assert_string_equal(shop_field(&s->services[2].heard, "content-length"), "10");
    shop_serve(s, 2, "1");
    shop_expect(s, 200, "{\"told\":1}");
    shop_ask(s, "/told?ids=1,2,1");
    serve(s, "200 OK", "", "{\"n\":1}");
    serve(s, "500 No", "", "2");
    assert_non_null(strstr(shop_hear(s, 2), "\r\n\r\n{\"all\":[{\"n\":1},null,{\"n\":1}]}"));
    shop_serve(s, 2, "1");
    shop_await(s);
    assert_int_equal(s->status, 200);
}

static void at_the_deadline_a_stale_element_stands_in(void **state)
{
    struct shop *s = *state;
    ask_and_age(s, "/stale?ids=1", "{\"n\":1}");
    shop_ask(s, "/stale?ids=1,2");
    shop_hear(s, 1);
    shop_pass_ms(s, 802);
    shop_expect(
        s, 200,
        "{\"one\":[{\"n\":1},null],\"errors\":[{\"source\":\"one\",\"kind\":\"timeout\","
        "\"message\":\"one: no answer within 800 ms\",\"path\":[\"one\",0]},{\"source\":"
        "\"one\",\"kind\":\"timeout\",\"message\":\"one: no answer within 800 ms\",\"path\":"
        "[\"one\",1]}]}");
}

/* It was none when it was fresh. */
static void a_stale_answer_that_is_no_array_does_not_stand_in(void **state)
{
    struct shop *s = *state;
    ask_and_age(s, "/batch?ids=1", "{}");
    assert_non_null(strstr(s->body, "\"kind\":\"invalid\",\"message\":\"one: the answer is no "
                                    "array\""));
    shop_ask(s, "/batch?ids=1");
    serve(s, "500 No", "", "0");
    shop_expect(s, 200,
                "{\"one\":null,\"errors\":[{\"source\":\"one\",\"kind\":\"status\",\"message\":"
                "\"one: answered 500\",\"status\":500}]}");
}

static void a_stale_array_is_handed_out(void **state)
{
    struct shop *s = *state;
    ask_and_age(s, "/batch?ids=1,null", "[{\"id\":1},{\"id\":null},{\"no\":\"null\"}]");
    assert_ptr_equal(strstr(s->body, "{\"one\":[{\"id\":1},null],\"errors\":[{"), s->body);
    assert_non_null(strstr(s->body, "\"kind\":\"missing\""));
    shop_ask(s, "/batch?ids=1,null");
    serve(s, "500 No", "", "0");
    shop_expect(s, 200,
                "{\"one\":[{\"id\":1},null],\"errors\":[{\"source\":\"one\",\"kind\":\"status\","
                "\"message\":\"one: answered 500\",\"status\":500}]}");
}

/* A program would have to run first. */
static void at_the_deadline_no_element_is_shaped_by_a_program(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/jq?ids=1");
    shop_hear(s, 1);
    shop_pass_ms(s, 802);
    shop_expect(s, 200,
                "{\"one\":[null],\"errors\":[{\"source\":\"one\",\"kind\":\"timeout\",\"message\":"
                "\"one: no answer within 800 ms\",\"path\":[\"one\",0]}]}");
}

/* There is no time to hand it out. */
static void at_the_deadline_no_stale_array_stands_in(void **state)
{
    struct shop *s = *state;
    ask_and_age(s, "/batch?ids=1", "[{\"id\":1}]");
    shop_ask(s, "/batch?ids=1");
    shop_hear(s, 1);
    shop_pass_ms(s, 802);
    shop_expect(s, 200,
                "{\"one\":null,\"errors\":[{\"source\":\"one\",\"kind\":\"timeout\",\"message\":"
                "\"one: no answer within 800 ms\"}]}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_that_has_a_field_gives_it),
        TEST(the_least_that_is_left_holds_for_all),
        TEST(a_list_that_is_not_cached_says_nothing_of_a_cache),
        TEST(of_no_element_all_were_in_the_cache),
        TEST(what_cannot_be_called_does_not_hide_that_others_were_missed),
        TEST(where_none_can_be_called_no_cache_was_asked),
        TEST(what_is_stale_is_told),
        TEST(others_are_sent_the_array_as_it_is),
        TEST(at_the_deadline_a_stale_element_stands_in),
        TEST(a_stale_answer_that_is_no_array_does_not_stand_in),
        TEST(a_stale_array_is_handed_out),
        TEST(at_the_deadline_no_element_is_shaped_by_a_program),
        TEST(at_the_deadline_no_stale_array_stands_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
