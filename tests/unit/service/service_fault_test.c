/* service_fault_test.c - services that are absent, slow, too large or rude */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"

#define OK FIXTURE_OK

static void without_an_address_there_is_no_connection(void **state)
{
    struct fixture *f = *state;
    const struct addresses none = {0};
    service_set_addresses(f->service, 0, &none);
    fixture_start(f);
    fixture_await(f);
    fixture_expect_failure(f, OUTCOME_UNREACHABLE, "no connection");
    fixture_start(f);
    service_call_cancel(f->call, SERVICE_CALL_UNWANTED);
    rig_turns(&f->rig, 2);
    assert_int_equal(f->n_ended, 0);
}

static void a_refused_connection_is_unreachable(void **state)
{
    struct fixture *f = *state;
    close(f->listening[0]);
    f->listening[0] = dup(f->listening[1]);
    fixture_start(f);
    fixture_await(f);
    fixture_expect_failure(f, OUTCOME_UNREACHABLE, "no connection");
}

static void a_broken_answer_is_unreachable(void **state)
{
    struct fixture *f = *state;
    fixture_begin(f);
    fixture_say(f, SLICE(OK "Content-Length: 10\r\n\r\n{\"a\""));
    shutdown(f->fd, SHUT_WR);
    fixture_await(f);
    fixture_expect_failure(f, OUTCOME_UNREACHABLE,
                           "the connection broke off before a whole answer");
    assert_int_equal(f->outcome.status, 200);
}

static void what_is_not_http_is_invalid(void **state)
{
    struct fixture *f = *state;
    fixture_serve(f, "SSH-2.0-OpenSSH_9\r\n\r\n");
    fixture_expect_failure(f, OUTCOME_INVALID, "the answer is not HTTP");
}

static void an_announced_length_past_the_bound_is_told_at_once(void **state)
{
    struct fixture *f = *state;
    fixture_serve(f, OK "Content-Length: 1048577\r\n\r\n");
    fixture_expect_failure(f, OUTCOME_TOO_LARGE, "the answer is larger than 1048576 bytes");
}

static void a_chunked_body_past_the_bound_is_cut(void **state)
{
    struct fixture *f = *state;
    char *much = calloc(1, 2 << 20);
    fixture_begin(f);
    fixture_say(f, SLICE(OK "Transfer-Encoding: chunked\r\n\r\n200000\r\n"));
    fixture_say(f, (struct slice){much, 2 << 20});
    fixture_await(f);
    fixture_expect_failure(f, OUTCOME_TOO_LARGE, "the answer is larger than 1048576 bytes");
    assert_int_equal(f->rig.n_held, 0);
    free(much);
}

static void a_body_past_the_memory_of_the_process_is_overloaded(void **state)
{
    struct fixture *f = *state;
    f->bounds.memory = 8999;
    fixture_serve(f, OK "Content-Length: 9000\r\n\r\n");
    fixture_expect_failure(f, OUTCOME_OVERLOADED, "no memory is left for the answer");
    fixture_drop(f);
    close(f->fd);
    f->fd = -1;
    fixture_serve(f, OK "Content-Length: 2\r\n\r\n[]");
    fixture_expect_value(f, "[]");
}

static void silence_is_a_timeout(void **state)
{
    struct fixture *f = *state;
    fixture_begin(f);
    fixture_pass_ms(f, 299);
    assert_int_equal(f->n_ended, 0);
    fixture_pass_ms(f, 302);
    assert_int_equal(f->n_ended, 1);
    fixture_expect_failure(f, OUTCOME_TIMEOUT, "no answer within 300 ms");
    rig_expect_end(&f->rig, f->fd, &f->heard);
}

static void half_an_answer_is_a_timeout_too(void **state)
{
    struct fixture *f = *state;
    f->request.left_ms = 250;
    fixture_begin(f);
    fixture_say(f, SLICE(OK "Content-Length: 9000\r\n\r\n{\"a\":"));
    RIG_UNTIL(&f->rig, f->rig.n_held);
    fixture_pass_ms(f, 252);
    assert_int_equal(f->n_ended, 1);
    fixture_expect_failure(f, OUTCOME_TIMEOUT, "no answer within 250 ms");
    assert_int_equal(f->outcome.status, 200);
}

static void a_status_that_was_heard_outlives_a_late_body(void **state)
{
    struct fixture *f = *state;
    fixture_begin(f);
    fixture_say(f, SLICE("HTTP/1.1 503 Busy\r\nContent-Length: 10\r\n\r\n"));
    rig_turns(&f->rig, 5);
    assert_int_equal(f->n_ended, 0);
    fixture_pass_ms(f, 302);
    fixture_expect_failure(f, OUTCOME_STATUS, "answered 503");
}

/* Leaves a connection that the service closes once the next request is on it. */
static void begin_on_a_dying_connection(struct fixture *f)
{
    fixture_serve(f, OK "Content-Length: 1\r\n\r\n1");
    fixture_start(f);
    close(f->fd);
    f->fd = -1;
}

static void a_kept_connection_that_had_ended_is_replaced_once(void **state)
{
    struct fixture *f = *state;
    begin_on_a_dying_connection(f);
    fixture_accept(f);
    rig_expect(&f->rig, f->fd, &f->heard, "\r\n\r\n");
    fixture_say(f, SLICE(OK "Content-Length: 1\r\n\r\n2"));
    fixture_await(f);
    fixture_expect_value(f, "2");
    assert_int_equal(f->outcome.n_attempts, 1);
    assert_int_equal(rig_count(&f->rig, COUNT_UPSTREAM_REPLACED), 1);
    begin_on_a_dying_connection(f);
    fixture_accept(f);
    close(f->fd);
    f->fd = -1;
    fixture_await(f);
    fixture_expect_failure(f, OUTCOME_UNREACHABLE,
                           "the connection broke off before a whole answer");
}

static void a_post_is_not_made_again(void **state)
{
    struct fixture *f = *state;
    f->request.is_safe = f->request.is_idempotent = false;
    begin_on_a_dying_connection(f);
    fixture_await(f);
    fixture_expect_failure(f, OUTCOME_UNREACHABLE,
                           "the connection broke off before a whole answer");
    assert_int_equal(rig_count(&f->rig, COUNT_UPSTREAM_REPLACED), 0);
}

static void an_unsafe_call_must_go_on_once_it_was_sent(void **state)
{
    struct fixture *f = *state;
    fixture_begin(f);
    assert_false(service_call_must_go_on(f->call));
    service_call_cancel(f->call, SERVICE_CALL_UNWANTED);
    close(f->fd);
    f->fd = -1;
    f->request.is_safe = f->request.is_idempotent = false;
    fixture_start(f);
    assert_false(service_call_must_go_on(f->call)); /* not connected yet */
    fixture_accept(f);
    rig_expect(&f->rig, f->fd, &f->heard, "\r\n\r\n");
    assert_true(service_call_must_go_on(f->call));
    service_call_cancel(f->call, SERVICE_CALL_UNWANTED);
}

static void on_late(void *owner, const struct outcome *outcome)
{
    struct fixture *f = owner;
    f->outcome = *outcome;
    f->n_ended++;
}

static void detach(struct fixture *f)
{
    f->request.is_safe = f->request.is_idempotent = false;
    f->request.left_ms = 100;
    fixture_begin(f);
    service_call_detach(f->call, on_late, f);
    arena_reset(&f->arena);
}

static void a_detached_call_ends_by_itself(void **state)
{
    struct fixture *f = *state;
    detach(f);
    fixture_say(f, SLICE("HTTP/1.1 201 Created\r\nContent-Length: 5000\r\n\r\n{"));
    rig_turns(&f->rig, 3);
    char rest[4999] = "}";
    fixture_say(f, (struct slice){rest, sizeof rest});
    fixture_await(f);
    assert_int_equal(f->outcome.kind, OUTCOME_OK);
    assert_int_equal(f->outcome.status, 201);
    assert_null(f->outcome.blob);
    assert_int_equal(f->rig.n_held, 0);
}

static void a_detached_call_has_all_the_time_of_its_source(void **state)
{
    struct fixture *f = *state;
    detach(f);
    fixture_pass_ms(f, 299);
    assert_int_equal(f->n_ended, 0);
    fixture_pass_ms(f, 302);
    assert_int_equal(f->n_ended, 1);
    fixture_expect_failure(f, OUTCOME_TIMEOUT, "");
}

static void a_call_may_be_detached_in_the_middle_of_its_answer(void **state)
{
    struct fixture *f = *state;
    f->request.is_safe = f->request.is_idempotent = false;
    fixture_begin(f);
    fixture_say(f, SLICE(OK "Content-Length: 5000\r\n\r\n{"));
    RIG_UNTIL(&f->rig, f->rig.n_held);
    service_call_detach(f->call, on_late, f);
    assert_int_equal(f->rig.n_held, 0);
    char rest[4999] = "";
    fixture_say(f, (struct slice){rest, sizeof rest});
    fixture_await(f);
    assert_int_equal(f->outcome.kind, OUTCOME_OK); /* nobody looks at it any more */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_an_address_there_is_no_connection),
        TEST(a_refused_connection_is_unreachable),
        TEST(a_broken_answer_is_unreachable),
        TEST(what_is_not_http_is_invalid),
        TEST(an_announced_length_past_the_bound_is_told_at_once),
        TEST(a_chunked_body_past_the_bound_is_cut),
        TEST(a_body_past_the_memory_of_the_process_is_overloaded),
        TEST(silence_is_a_timeout),
        TEST(half_an_answer_is_a_timeout_too),
        TEST(a_status_that_was_heard_outlives_a_late_body),
        TEST(a_kept_connection_that_had_ended_is_replaced_once),
        TEST(a_post_is_not_made_again),
        TEST(an_unsafe_call_must_go_on_once_it_was_sent),
        TEST(a_detached_call_ends_by_itself),
        TEST(a_detached_call_has_all_the_time_of_its_source),
        TEST(a_call_may_be_detached_in_the_middle_of_its_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
