/* service_call_test.c - outcomes of calls to services that behave, and of their requests */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"
#include "http/exchange.h"

#define OK FIXTURE_OK

static void the_request_is_written_whole(void **state)
{
    struct fixture *f = *state;
    fixture_begin(f);
    assert_string_equal(f->heard.at, "GET /x HTTP/1.1\r\nhost: a:1\r\n"
                                     "accept: application/json\r\n"
                                     "x-request-timeout-ms: 300\r\n\r\n");
    f->request.left_ms = 42;
    service_call_cancel(f->call, SERVICE_CALL_UNWANTED);
    fixture_start(f);
    fixture_accept(f);
    rig_expect(&f->rig, f->fd, &f->heard, "x-request-timeout-ms: 42\r\n\r\n");
    service_call_cancel(f->call, SERVICE_CALL_UNWANTED);
}

static void an_answer_is_its_value_without_the_space_around_it(void **state)
{
    struct fixture *f = *state;
    fixture_serve(f, OK "Content-Length: 12\r\n\r\n {\"a\":1.0}\r\n");
    fixture_expect_value(f, "{\"a\":1.0}");
    assert_int_equal(f->outcome.status, 200);
    assert_int_equal(f->outcome.n_attempts, 1);
    assert_true(f->outcome.started_ns && f->outcome.ended_ns >= f->outcome.started_ns);
    fixture_serve(f, OK "Transfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n");
    fixture_expect_value(f, "[1,2]");
}

static void an_answer_may_end_with_its_connection(void **state)
{
    struct fixture *f = *state;
    fixture_begin(f);
    fixture_say(f, SLICE("HTTP/1.0 201 Created\r\n\r\ntrue"));
    shutdown(f->fd, SHUT_WR);
    fixture_await(f);
    fixture_expect_value(f, "true");
}

static void no_body_bytes_are_null_whatever_their_type(void **state)
{
    struct fixture *f = *state;
    fixture_serve(f, "HTTP/1.1 204 No Content\r\n\r\n");
    fixture_expect_value(f, "null");
    fixture_serve(f, OK "Content-Type: text/html\r\nContent-Length: 0\r\n\r\n");
    fixture_expect_value(f, "null");
    fixture_serve(f, OK "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    fixture_expect_value(f, "null");
    f->request.is_head = true;
    f->request.line = SLICE("HEAD /x");
    fixture_serve(f, OK "Content-Length: 5000\r\n\r\n");
    fixture_expect_value(f, "null");
}

static void what_is_no_json_is_invalid(void **state)
{
    struct fixture *f = *state;
    fixture_serve(f, OK "Content-Length: 3\r\n\r\n \r\n");
    fixture_expect_failure(f, OUTCOME_INVALID, "the answer is white space alone");
    fixture_serve(f, OK "Content-Length: 3\r\n\r\n{a}");
    fixture_expect_failure(f, OUTCOME_INVALID, "the answer is not JSON");
    fixture_serve(f, OK "Content-Length: 4\r\n\r\n\"\xff\xfe\"");
    fixture_expect_failure(f, OUTCOME_INVALID, "the answer is not JSON");
    fixture_serve(f, OK "Content-Length: 18\r\n\r\n[[[[[[[[[]]]]]]]]]");
    fixture_expect_failure(f, OUTCOME_INVALID, "the answer is nested deeper than 8");
}

static void the_media_type_must_be_known_where_one_is_given(void **state)
{
    struct fixture *f = *state;
    fixture_serve(f, OK "Content-Type: text/html\r\nContent-Length: 2\r\n\r\n{}");
    fixture_expect_failure(f, OUTCOME_INVALID,
                           "the answer's media type is neither JSON, XML nor plain text");
    assert_int_equal(f->outcome.status, 200);
    fixture_serve(f, OK "content-type: application/vnd.a+json; v=1\r\nContent-Length: 2\r\n\r\n{}");
    fixture_expect_value(f, "{}");
    fixture_serve(f, OK "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n[]");
    fixture_expect_value(f, "[]");
    assert_int_equal(rig_count(&f->rig, COUNT_UPSTREAM_OPENED), 1);
}

static void other_statuses_fail_and_keep_the_connection(void **state)
{
    struct fixture *f = *state;
    fixture_serve(f, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope");
    fixture_expect_failure(f, OUTCOME_STATUS, "answered 404");
    assert_int_equal(f->outcome.status, 404);
    fixture_serve(f, "HTTP/1.1 301 Moved\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n");
    fixture_expect_failure(f, OUTCOME_STATUS, "answered 301");
    fixture_serve(f, "HTTP/1.1 304 Not Modified\r\n\r\n");
    fixture_expect_failure(f, OUTCOME_STATUS, "answered 304");
    assert_int_equal(rig_count(&f->rig, COUNT_UPSTREAM_OPENED), 1);
}

static void the_long_body_of_a_failure_is_not_read_to_its_end(void **state)
{
    struct fixture *f = *state;
    char *much = calloc(1, 1 << 20);
    fixture_begin(f);
    fixture_say(f, SLICE("HTTP/1.1 500 Oh\r\nContent-Length: 100000000\r\n\r\n"));
    fixture_say(f, (struct slice){much, 1 << 20});
    fixture_await(f);
    fixture_expect_failure(f, OUTCOME_STATUS, "answered 500");
    RIG_UNTIL(&f->rig, rig_count(&f->rig, COUNT_UPSTREAM_OPEN) == 0);
    free(much);
}

static void the_body_of_a_failure_comes_along_where_it_is_asked_for(void **state)
{
    static const unsigned statuses[] = {409, 422};
    static const char *const others[] = {
        "HTTP/1.1 418 Teapot\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 409 Conflict\r\nContent-Length: 1\r\n\r\n<",
        "HTTP/1.1 409 Conflict\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 422 Oh\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 422 Oh\r\nContent-Length: 9999999\r\n\r\n",
    };
    struct fixture *f = *state;
    f->request.passed = (struct service_passed){statuses, 2};
    fixture_serve(f, "HTTP/1.1 422 Oh\r\nContent-Length: 5\r\n\r\n {}\r\n");
    assert_string_equal(outcome_kind_name(f->outcome.kind), "status");
    assert_int_equal(f->outcome.status, 422);
    assert_int_equal(f->outcome.value.n, 2);
    assert_memory_equal(f->outcome.value.at, "{}", 2);
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
        char detail[32];
        fixture_serve(f, others[i]);
        snprintf(detail, sizeof detail, "answered %u", f->outcome.status);
        fixture_expect_failure(f, OUTCOME_STATUS, detail);
    }
}

static void wanted_fields_come_along(void **state)
{
    static const struct slice names[] = {SLICE_INIT("set-cookie"), SLICE_INIT("etag")};
    struct fixture *f = *state;
    f->request.wanted = (struct service_wanted){names, 2};
    fixture_serve(f, OK "ETag: \"1\"\r\nSet-Cookie: a=1\r\nServer: x\r\nset-cookie: b=2\r\n"
                        "Content-Length: 2\r\n\r\n{}");
    static const char *const wanted[][2] = {
        {"Set-Cookie", "a=1"}, {"set-cookie", "b=2"}, {"ETag", "\"1\""}};
    assert_int_equal(f->outcome.n_returned, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_string_equal(f->outcome.returned[i].name.at, wanted[i][0]);
        assert_string_equal(f->outcome.returned[i].value.at, wanted[i][1]);
    }
}

/* A JSON string of n bytes, its quotes included. */
static char *make_string(size_t n)
{
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, 'a', n);
    text[0] = text[n - 1] = '"';
    return text;
}

static void serve_string(struct fixture *f, size_t n, bool is_chunked)
{
    char head[128], *text = make_string(n);
    snprintf(head, sizeof head,
             is_chunked ? OK "Transfer-Encoding: chunked\r\n\r\n%zx\r\n"
                        : OK "Content-Length: %zu\r\n\r\n",
             n);
    fixture_begin(f);
    fixture_say(f, slice_of(head));
    fixture_say(f, (struct slice){text, n});
    if (is_chunked)
        fixture_say(f, SLICE("\r\n0\r\n\r\n"));
    fixture_await(f);
    assert_int_equal(f->outcome.kind, OUTCOME_OK);
    assert_int_equal(f->outcome.value.n, n);
    assert_memory_equal(f->outcome.value.at, text, n);
    free(text);
}

static void a_small_body_holds_no_blob_and_a_large_one_little_more_than_itself(void **state)
{
    static const size_t sizes[] = {2,     300,    4095,   4096,    5000,   16000,
                                   70000, 262144, 262145, 1000000, 1048576};
    struct fixture *f = *state;
    for (unsigned i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
        size_t n = sizes[i / 2];
        serve_string(f, n, i % 2);
        assert_int_equal(f->outcome.blob != NULL, n >= 4096);
        assert_in_range(f->rig.n_held, 0, n < 4096 ? 0 : n + n / 3);
    }
}

static void a_call_that_was_cancelled_is_silent(void **state)
{
    struct fixture *f = *state;
    fixture_begin(f);
    fixture_say(f, SLICE(OK "Content-Length: 9000\r\n\r\n{"));
    rig_turns(&f->rig, 3);
    service_call_cancel(f->call, SERVICE_CALL_UNWANTED);
    rig_expect_end(&f->rig, f->fd, &f->heard);
    assert_int_equal(f->n_ended, 0);
    assert_int_equal(rig_count(&f->rig, COUNT_CALLS_CANCELLED), 1);
}

static void on_late(void *owner, const struct outcome *outcome)
{
    struct fixture *f = owner;
    f->outcome = *outcome;
    f->n_ended++;
}

/* What was read of a body that nobody wants any more is no reason to call it broken. */
static void a_coded_answer_to_a_detached_call_is_a_good_one(void **state)
{
    struct fixture *f = *state;
    f->request.line = SLICE("POST /x");
    f->request.is_safe = f->request.is_idempotent = false;
    fixture_begin(f);
    fixture_say(f, SLICE(OK "Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n"
                            "\x1f\x8b\x08\0\0\0\0\0"));
    rig_turns(&f->rig, 3);
    assert_true(service_call_must_go_on(f->call));
    service_call_detach(f->call, on_late, f);
    fixture_say(f, SLICE("\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3\x02\0"));
    fixture_await(f);
    assert_string_equal(outcome_kind_name(f->outcome.kind), "ok");
}

static void calls_are_used_again(void **state)
{
    struct fixture *f = *state;
    fixture_serve(f, OK "Content-Length: 1\r\n\r\n1");
    struct service_call *first = f->context.free_calls;
    assert_non_null(first);
    fixture_begin(f);
    assert_ptr_equal(f->call, first);
    assert_null(f->context.free_calls);
    service_call_cancel(f->call, SERVICE_CALL_UNWANTED);
}

/* It answers; that we hold no more of it is no failure of the service. */
static void a_head_past_our_bound_counts_for_the_service(void **state)
{
    struct fixture *f = *state;
    char *much = make_string(1 << 20);
    f->config.breaker = (struct breaker_settings){
        .is_on = true, .failures_permille = 1, .window_ms = 10000, .min_calls = 1, .probes = 1};
    f->config.breaker.open_ms = 60000;
    fixture_begin(f);
    fixture_say(f, SLICE(OK "X-Much: "));
    fixture_say(f, (struct slice){much, 1 << 20});
    fixture_await(f);
    free(much);
    fixture_expect_failure(f, OUTCOME_TOO_LARGE, "the head of the answer is too large");
    assert_int_equal(f->outcome.end, OUTCOME_WHOLE);
    assert_int_equal(f->shared->ejections[0].failures, 0);
    assert_int_equal(
        breaker_state_of(&f->shared->shared->breaker, &f->config.breaker, f->rig.loop.now_ms),
        BREAKER_CLOSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_request_is_written_whole),
        TEST(an_answer_is_its_value_without_the_space_around_it),
        TEST(an_answer_may_end_with_its_connection),
        TEST(no_body_bytes_are_null_whatever_their_type),
        TEST(what_is_no_json_is_invalid),
        TEST(the_media_type_must_be_known_where_one_is_given),
        TEST(other_statuses_fail_and_keep_the_connection),
        TEST(the_long_body_of_a_failure_is_not_read_to_its_end),
        TEST(the_body_of_a_failure_comes_along_where_it_is_asked_for),
        TEST(wanted_fields_come_along),
        TEST(a_small_body_holds_no_blob_and_a_large_one_little_more_than_itself),
        TEST(a_head_past_our_bound_counts_for_the_service),
        TEST(a_call_that_was_cancelled_is_silent),
        TEST(a_coded_answer_to_a_detached_call_is_a_good_one),
        TEST(calls_are_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
