/* items_test.c - elements of a list, called one after the other, and what ends them early */
#include <stdlib.h>

#include "shop.h"

static const char shop_yaml[] =
    "listen: 127.0.0.1:8080\n"
    "services:\n"
    "  lists: http://127.0.0.1:@0\n"
    "  items: {targets: [\"http://127.0.0.1:@1\"], timeout: 5s}\n"
    "  other: http://127.0.0.1:@2\n"
    "endpoints:\n"
    "  - path: /each\n"
    "    timeout: 800ms\n"
    "    sources:\n"
    "      list: {get: \"lists:/list\", hide: true}\n"
    "      one: {each: list.ids, get: \"items:/{item}\", parallel: 1, unwrap: data}\n"
    "  - path: /gated\n"
    "    sources:\n"
    "      list: {get: \"lists:/list\", hide: true}\n"
    "      one: {each: list.ids, get: \"items:/{item}\", parallel: 1}\n"
    "      gate: {get: \"other:/gate\", required: true}\n"
    "  - path: /read\n"
    "    sources:\n"
    "      list: {get: \"lists:/list\", hide: true}\n"
    "      one: {each: list.ids, get: \"items:/{item}\", parallel: 1, hide: true}\n"
    "      second: {get: \"other:/{one[1]}/{one[0]}\"}\n"
    "  - path: /post\n"
    "    method: POST\n"
    "    timeout: 400ms\n"
    "    sources:\n"
    "      list: {get: \"lists:/list\", hide: true}\n"
    "      made: {each: list.ids, post: \"items:/{item}\", parallel: 1}\n"
    "  - path: /batch\n"
    "    timeout: 400ms\n"
    "    sources:\n"
    "      list: {get: \"lists:/list\", hide: true}\n"
    "      found: {each: list.ids, batch: ids, get: \"items:/all{?ids}\", by: id}\n"
    "  - path: /given\n"
    "    query: {ids: {list: true}}\n"
    "    sources:\n"
    "      one: {each: ids, get: \"items:/{item}\", parallel: 1}\n"
    "  - path: /given-late\n"
    "    query: {ids: {list: true}}\n"
    "    sources:\n"
    "      list: {get: \"lists:/list\", hide: true}\n"
    "      one: {each: ids, get: \"items:/{list.of}/{item}\", parallel: 1}\n"
    "  - path: /given-batch\n"
    "    query: {ids: {list: true}}\n"
    "    sources:\n"
    "      found: {each: ids, batch: all, get: \"items:/{all}\", by: id}\n";

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

static void one_at_a_time_they_are_called_in_the_lists_order(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/each");
    shop_serve(s, 0, "{\"ids\":[2,\"b\",1]}");
    shop_serve_target(s, 1, "/2", "{\"data\":{\"n\":2}}");
    shop_serve_target(s, 1, "/b", "{\"data\":[]}");
    shop_serve_target(s, 1, "/1", "{\"data\":1.0}");
    shop_expect(s, 200, "{\"one\":[{\"n\":2},[],1.0]}");
}

static void equal_elements_are_called_once_and_stand_at_each_place(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/each");
    shop_serve(s, 0, "{\"ids\":[7,\"7\",\"\\u0037\",\"a\",7]}");
    shop_serve_target(s, 1, "/7", "{\"data\":\"seven\"}");
    shop_serve_target(s, 1, "/a", "{\"data\":\"a\"}");
    shop_expect(s, 200, "{\"one\":[\"seven\",\"seven\",\"seven\",\"a\",\"seven\"]}");
}

static void one_that_cannot_be_called_does_not_stop_the_next(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/each");
    shop_serve(s, 0, "{\"ids\":[null,\"..\",{},\"a\"]}");
    shop_serve_target(s, 1, "/a", "{\"data\":1}");
    shop_await(s);
    assert_ptr_equal(strstr(s->body, "{\"one\":[null,null,null,1],\"errors\":["), s->body);
    assert_non_null(strstr(s->body, "\"message\":\"one: item is null\",\"path\":[\"one\",0]"));
    assert_non_null(strstr(s->body, "\"path\":[\"one\",1]"));
    assert_non_null(strstr(s->body, "\"message\":\"one: item is an object\",\"path\":[\"one\",2]"));
}

static void an_element_without_the_member_to_unwrap_is_invalid(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/each");
    shop_serve(s, 0, "{\"ids\":[1,2]}");
    shop_serve_target(s, 1, "/1", "{}");
    shop_serve_target(s, 1, "/2", "{\"data\":2}");
    shop_expect(s, 200,
                "{\"one\":[null,2],\"errors\":[{\"source\":\"one\",\"kind\":\"invalid\","
                "\"message\":\"one: the answer has no member data\",\"status\":200,\"path\":"
                "[\"one\",0]}]}");
}

static void at_the_deadline_those_that_are_there_stay(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/each");
    shop_serve(s, 0, "{\"ids\":[1,2,3]}");
    shop_serve_target(s, 1, "/1", "{\"data\":1}");
    shop_hear(s, 1);
    shop_pass_ms(s, 802);
    shop_await(s);
    assert_ptr_equal(strstr(s->body, "{\"one\":[1,null,null],\"errors\":["), s->body);
    assert_non_null(strstr(s->body, "\"kind\":\"timeout\",\"message\":\"one: no answer within 800 "
                                    "ms\",\"path\":[\"one\",1]}"));
    shop_await_hangup(s, 1);
}

static void without_its_list_the_source_is_late(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/each");
    shop_hear(s, 0);
    shop_pass_ms(s, 802);
    shop_await(s);
    assert_non_null(strstr(s->body, "{\"one\":null,\"errors\":["));
    assert_non_null(strstr(s->body, "{\"source\":\"one\",\"kind\":\"timeout\",\"message\":\"one: "
                                    "no answer within 800 ms\"}"));
}

static void a_batch_that_is_late_is_a_late_source(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/batch");
    shop_serve(s, 0, "{\"ids\":[1,2]}");
    shop_hear(s, 1);
    shop_pass_ms(s, 402);
    shop_await(s);
    assert_int_equal(s->status, 200);
    static const char told[] = /* and the time it had, which is what the list has left of it */
        "{\"found\":null,\"errors\":[{\"source\":\"found\",\"kind\":\"timeout\",\"message\":"
        "\"found: no answer within ";
    assert_memory_equal(s->body, told, sizeof told - 1);
    shop_await_hangup(s, 1);
}

static void a_batch_is_handed_out_by_what_it_says(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/batch");
    shop_serve(s, 0, "{\"ids\":[1,\"2\",\"1\",\"x\\\"y\"]}");
    shop_serve_target(
        s, 1, "/all?ids=1,2,x%22y",
        "[{\"id\":\"x\\u0022y\"},{\"id\":\"1\",\"n\":1},{\"id\":1,\"n\":2},4,{\"id\":9}]");
    shop_await(s);
    assert_ptr_equal(strstr(s->body,
                            "{\"found\":[{\"id\":\"1\",\"n\":1},null,{\"id\":\"1\",\"n\":1},"
                            "{\"id\":\"x\\u0022y\"}],\"errors\":["),
                     s->body);
    assert_non_null(strstr(s->body, "\"kind\":\"missing\""));
    assert_non_null(strstr(shop_read_log(s), "\"attempts\":1,\"calls\":1}"));
}

static void a_client_that_leaves_ends_the_list(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/each");
    shop_serve(s, 0, "{\"ids\":[1,2,3]}");
    shop_serve_target(s, 1, "/1", "{\"data\":1}");
    shop_hear(s, 1);
    shop_leave(s);
    shop_await_hangup(s, 1);
    assert_int_equal(rig_count(&s->rig, COUNT_CALLS_CANCELLED), 1);
    assert_int_equal(rig_count(&s->rig, COUNT_CALLS_STARTED), 3);
    assert_non_null(strstr(shop_read_log(s), "\"one\":{\"kind\":\"cancelled\""));
}

static void a_failed_required_source_ends_the_list(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/gated");
    shop_serve(s, 0, "{\"ids\":[1,2,3]}");
    shop_hear(s, 1);
    shop_hear(s, 2);
    shop_say(s, 2, SHOP_STATUS("500 Oh"));
    shop_await(s);
    assert_int_equal(s->status, 502);
    shop_await_hangup(s, 1);
    assert_int_equal(rig_count(&s->rig, COUNT_CALLS_STARTED), 3);
}

static void others_read_the_array(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/read");
    shop_serve(s, 0, "{\"ids\":[1,2]}");
    shop_serve_target(s, 1, "/1", "\"one\"");
    shop_serve_target(s, 1, "/2", "\"two\"");
    assert_non_null(strstr(shop_hear(s, 2), "GET /two/one HTTP/1.1\r\n"));
    shop_serve(s, 2, "3");
    shop_expect(s, 200, "{\"second\":3}");
}

static void a_failed_element_is_null_to_others(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/read");
    shop_serve(s, 0, "{\"ids\":[1,2]}");
    shop_serve_target(s, 1, "/1", "\"one\"");
    shop_serve_target(s, 1, "/2", "?");
    shop_await(s);
    assert_non_null(strstr(s->body, "\"message\":\"second: one[1] is null\""));
    assert_true(shop_is_silent(s, 2));
}

static void an_unsafe_call_outlives_the_answer_and_the_others_are_not_made(void **state)
{
    struct shop *s = *state;
    shop_ask_with(s, "POST /post", "Content-Length: 0\r\n");
    shop_serve(s, 0, "{\"ids\":[1,2]}");
    shop_hear(s, 1);
    shop_pass_ms(s, 402);
    shop_await(s);
    assert_ptr_equal(strstr(s->body, "{\"made\":[null,null],\"errors\":["), s->body);
    assert_int_equal(s->front.current->n_visits, 1);
    shop_say(s, 1, "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}");
    RIG_UNTIL(&s->rig, s->front.current->n_visits == 0);
    assert_int_equal(rig_count(&s->rig, COUNT_CALLS_STARTED), 2);
    const char *late = strchr(shop_read_log(s), '\n');
    assert_non_null(late);
    assert_non_null(strstr(late, "\"path\":\"/post\",\"status\":201"));
}

static void a_source_counts_once_by_its_first_failed_element(void **state)
{
    struct shop *s = *state;
    struct gateway_source_stats *stats = &s->stats->endpoints[0].sources[1];
    shop_ask(s, "/each");
    shop_serve(s, 0, "{\"ids\":[1,2,3]}");
    shop_serve_target(s, 1, "/1", "{\"data\":1}");
    shop_serve_target(s, 1, "/2", "{}");
    shop_serve_target(s, 1, "/3", "?");
    shop_await(s);
    assert_int_equal(stats->outcomes[OUTCOME_INVALID], 1);
    assert_int_equal(stats->outcomes[OUTCOME_OK], 0);
    assert_non_null(strstr(shop_read_log(s), "\"one\":{\"status\":200,\"kind\":\"invalid\","));
    assert_non_null(strstr(s->log, "\"attempts\":3,\"calls\":3}"));
}

static void a_source_with_a_list_has_one_latency(void **state)
{
    struct shop *s = *state;
    struct histogram_sum sum = {0};
    unsigned n = 0;
    shop_ask(s, "/each");
    shop_serve(s, 0, "{\"ids\":[1,2]}");
    shop_serve_target(s, 1, "/1", "{\"data\":1}");
    shop_serve_target(s, 1, "/2", "{\"data\":2}");
    shop_await(s);
    histogram_collect(&s->stats->endpoints[0].sources[1].latency, &sum);
    for (unsigned i = 0; i <= HISTOGRAM_N_BOUNDS; i++)
        n += (unsigned)sum.buckets[i];
    assert_int_equal(n, 1);
    assert_in_range(sum.sum_us, 1, RIG_PATIENCE_MS * 1000);
}

static void a_list_of_the_client_is_refused_before_anything_is_called(void **state)
{
    static const char *const targets[] = {"/given?ids=a,..", "/given?ids=..,a",
                                          "/given-late?ids=a,..", "/given-batch?ids=.."};
    struct shop *s = *state;
    for (unsigned i = 0; i < sizeof targets / sizeof *targets; i++) {
        shop_ask(s, targets[i]);
        shop_await(s);
        assert_int_equal(s->status, 400);
        assert_int_equal(rig_count_of(&s->answer, "\"parameter\":\"ids\""), 1);
    }
    assert_true(shop_is_silent(s, 0) && shop_is_silent(s, 1));
    assert_int_equal(rig_count(&s->rig, COUNT_CALLS_STARTED), 0);
}

static void a_list_of_the_client_is_called_in_its_turn(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/given?ids=b,a");
    shop_serve_target(s, 1, "/b", "1");
    shop_serve_target(s, 1, "/a", "2");
    shop_expect(s, 200, "{\"one\":[1,2]}");
    shop_ask(s, "/given-late?ids=b,a");
    shop_hear(s, 0);
    assert_true(shop_is_silent(s, 1));
    shop_serve(s, 0, "{\"of\":7}");
    shop_serve_target(s, 1, "/7/b", "1");
    shop_serve_target(s, 1, "/7/a", "2");
    shop_expect(s, 200, "{\"one\":[1,2]}");
    shop_ask(s, "/given-batch?ids=b,..");
    shop_serve_target(s, 1, "/b,..", "[{\"id\":\"..\"},{\"id\":\"b\"}]");
    shop_expect(s, 200, "{\"found\":[{\"id\":\"b\"},{\"id\":\"..\"}]}");
}

static void an_empty_list_makes_no_call(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/given");
    shop_expect(s, 200, "{\"one\":[]}");
    shop_ask(s, "/given-batch");
    shop_expect(s, 200, "{\"found\":[]}");
    shop_ask(s, "/given-late");
    shop_serve(s, 0, "{}");
    shop_expect(s, 200, "{\"one\":[]}");
    assert_int_equal(rig_count(&s->rig, COUNT_CALLS_STARTED), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_at_a_time_they_are_called_in_the_lists_order),
        TEST(equal_elements_are_called_once_and_stand_at_each_place),
        TEST(one_that_cannot_be_called_does_not_stop_the_next),
        TEST(an_element_without_the_member_to_unwrap_is_invalid),
        TEST(at_the_deadline_those_that_are_there_stay),
        TEST(without_its_list_the_source_is_late),
        TEST(a_batch_that_is_late_is_a_late_source),
        TEST(a_batch_is_handed_out_by_what_it_says),
        TEST(a_client_that_leaves_ends_the_list),
        TEST(a_failed_required_source_ends_the_list),
        TEST(others_read_the_array),
        TEST(a_failed_element_is_null_to_others),
        TEST(an_unsafe_call_outlives_the_answer_and_the_others_are_not_made),
        TEST(a_source_counts_once_by_its_first_failed_element),
        TEST(a_source_with_a_list_has_one_latency),
        TEST(a_list_of_the_client_is_refused_before_anything_is_called),
        TEST(a_list_of_the_client_is_called_in_its_turn),
        TEST(an_empty_list_makes_no_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
