/* call_test.c - answers of services, whole, in pieces and broken, and calls that are given up */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "caller.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define OK_HI OK "Content-Length: 2\r\n\r\nhi"
#define HI_NOTES "head 200;body hi;end done;"

static void a_call_sends_head_and_body_and_hears_the_answer(void **state)
{
    struct caller *c = *state;
    c->request.head = SLICE("POST / HTTP/1.1\r\nHost: s\r\nContent-Length: 4\r\n\r\n");
    c->request.body = SLICE("{\"\n}");
    caller_start(c);
    assert_false(c->call.is_sent);
    caller_accept(c);
    rig_expect(&c->rig, c->service, &c->heard, "Content-Length: 4\r\n\r\n{\"\n}");
    assert_true(c->call.is_sent);
    caller_expect(c, OK_HI, HI_NOTES);
    assert_int_equal(rig_count(&c->rig, COUNT_UPSTREAM_OPENED), 1);
}

static void answers_end_by_every_framing(void **state)
{
    struct caller *c = *state;
    caller_begin(c);
    caller_expect(c, OK_HI, HI_NOTES);
    caller_begin_again(c);
    caller_expect(c,
                  OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n3\r\n yo\r\n0\r\nT: x\r\n\r\n",
                  "head 200;body hi yo;end done;");
    caller_begin_again(c);
    caller_expect(c, "HTTP/1.1 204 No Content\r\n\r\n", "head 204;end done;");
    caller_begin_again(c);
    caller_expect(c, "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
                  "head 304;end done;");
    caller_begin_again(c);
    caller_expect(c, OK "Content-Length: 0\r\n\r\n", "head 200;end done;");
    caller_begin_again(c);
    rig_send(c->service, SLICE(OK "\r\nto the "));
    RIG_UNTIL(&c->rig, c->is_in_body);
    RIG_SAY(c->service, "end");
    shutdown(c->service, SHUT_WR);
    caller_expect(c, "", "head 200;body to the end;end done;");
    assert_false(caller_is_kept(c));
}

static void a_body_by_length_is_read_where_the_caller_wants_it(void **state)
{
    struct caller *c = *state;
    c->has_room = true;
    caller_begin(c);
    rig_send(c->service, SLICE(OK "Content-Length: 6\r\n\r\nab"));
    RIG_UNTIL(&c->rig, c->is_in_body);
    assert_int_equal(c->n_rooms, 0); /* the head was not read yet */
    RIG_SAY(c->service, "cd");
    RIG_UNTIL(&c->rig, c->n_body == 4);
    assert_memory_equal(c->room, "cd", 2);
    caller_expect(c, "efHTTP/1.1 200 OK\r\n\r\n", "head 200;body abcdef;end done;");
    assert_memory_equal(c->room, "ef", 3); /* and nothing behind it */
    assert_false(caller_is_kept(c));
    assert_int_equal(c->n_rooms, 2);
}

static void a_body_goes_on_where_the_caller_has_no_room(void **state)
{
    struct caller *c = *state;
    caller_begin(c);
    rig_send(c->service, SLICE(OK "Content-Length: 4\r\n\r\nab"));
    RIG_UNTIL(&c->rig, c->is_in_body);
    caller_expect(c, "cd", "head 200;body abcd;end done;");
    assert_int_equal(c->n_rooms, 1);
    assert_true(caller_is_kept(c));
}

static void an_answer_to_head_has_no_body(void **state)
{
    struct caller *c = *state;
    c->request.is_head = true;
    caller_begin(c);
    caller_expect(c, OK "Content-Length: 700\r\n\r\n", "head 200;end done;");
    c->request.is_head = false;
    caller_begin_again(c);
    caller_expect(c, OK_HI, HI_NOTES);
}

static void answers_may_come_byte_by_byte(void **state)
{
    static const char answer[] = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK
                                 "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
    struct caller *c = *state;
    for (unsigned round = 0; round < 2; round++) {
        if (round)
            caller_begin_again(c);
        else
            caller_begin(c);
        for (size_t i = 0; i < sizeof answer - 1; i++) {
            rig_send(c->service, (struct slice){answer + i, 1});
            rig_turn(&c->rig);
        }
        assert_string_equal(c->notes, HI_NOTES);
        assert_int_equal(c->rig.n_held, 0);
    }
}

static void interim_answers_are_passed_over(void **state)
{
    struct caller *c = *state;
    caller_begin(c);
    RIG_SAY(c->service, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTT");
    rig_turns(&c->rig, 3);
    caller_expect(c, "P/1.1 102 Processing\r\n\r\n" OK_HI, HI_NOTES);
    caller_begin_again(c);
    for (unsigned i = 0; i < 65; i++)
        RIG_SAY(c->service, "HTTP/1.1 103 Early Hints\r\n\r\n");
    caller_expect(c, OK_HI, "end invalid;");
    caller_begin(c);
    caller_expect(c, "HTTP/1.1 101 Switching Protocols\r\n\r\n", "end invalid;");
}

static void what_is_not_http_is_invalid(void **state)
{
    static char long_head[5000], long_chunk[5000];
    struct caller *c = *state;
    caller_begin(c);
    caller_expect(c, "SSH-2.0-OpenSSH_9.2\r\n", "end invalid;");
    caller_begin(c);
    caller_expect(c, OK "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi", "end invalid;");
    caller_begin(c);
    caller_expect(c, OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhiX",
                  "head 200;body hi;end invalid;");
    caller_begin(c);
    snprintf(long_head, sizeof long_head, OK "X: %04500d\r\n\r\n", 1);
    caller_expect(c, long_head, "end too large;");
    caller_begin(c);
    snprintf(long_chunk, sizeof long_chunk, OK "Transfer-Encoding: chunked\r\n\r\n1;%04500d", 1);
    caller_expect(c, long_chunk, "head 200;end invalid;");
    assert_false(caller_is_kept(c));
}

static void an_answer_that_breaks_off_is_broken(void **state)
{
    static const char *const begun[] = {"",
                                        "HTTP/1.1 2",
                                        OK,
                                        OK "Content-Length: 2\r\n\r\n",
                                        OK "Transfer-Encoding: chunked\r\n\r\n1\r\n",
                                        "HTTP/1.1 100 Continue\r\n\r\n"};
    struct caller *c = *state;
    for (unsigned i = 0; i < sizeof begun / sizeof *begun; i++) {
        caller_begin(c);
        rig_send(c->service, slice_of(begun[i]));
        caller_close_service(c);
        RIG_UNTIL(&c->rig, strstr(c->notes, "end "));
        assert_non_null(strstr(c->notes, "end broken;"));
    }
}

static void a_kept_connection_that_ends_unheard_is_stale(void **state)
{
    struct caller *c = *state;
    caller_begin(c);
    caller_expect(c, OK_HI, HI_NOTES);
    caller_begin_again(c);
    caller_close_service(c);
    RIG_UNTIL(&c->rig, c->notes[0]);
    assert_string_equal(c->notes, "end stale;");
    assert_true(c->call.is_sent);
}

static void a_kept_connection_that_ends_in_an_answer_is_broken(void **state)
{
    struct caller *c = *state;
    caller_begin(c);
    caller_expect(c, OK_HI, HI_NOTES);
    caller_begin_again(c);
    RIG_SAY(c->service, "H");
    caller_close_service(c);
    RIG_UNTIL(&c->rig, c->notes[0]);
    assert_string_equal(c->notes, "end broken;");
}

static void a_caller_may_ask_again_in_the_end_of_its_call(void **state)
{
    struct caller *c = *state;
    caller_begin(c);
    c->deed = CALLER_ASKS_AGAIN_ON_END;
    caller_expect(c, OK_HI, HI_NOTES);
    rig_expect(&c->rig, c->service, &c->heard, CALLER_HEAD CALLER_HEAD);
    c->notes[0] = '\0';
    caller_expect(c, OK_HI, HI_NOTES);
    caller_begin_again(c); /* stale, and then on a fresh connection */
    c->deed = CALLER_ASKS_AGAIN_ON_END;
    c->request.fresh = true;
    caller_accept(c);
    rig_expect(&c->rig, c->service, &c->heard, CALLER_HEAD);
    caller_expect(c, OK_HI, "end stale;" HI_NOTES);
}

/* The service is full before it has heard all, says so and hangs up. */
static void an_early_answer_is_heard_and_its_connection_ends(void **state)
{
    static char body[8 << 20];
    struct caller *c = *state;
    c->request.body = (struct slice){body, sizeof body};
    caller_start(c);
    caller_accept(c);
    rig_turns(&c->rig, 5);
    caller_expect(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno",
                  "head 413;body no;end done;");
    c->request.body = SLICE_NONE;
    assert_false(caller_is_kept(c));
    rig_turns(&c->rig, 2);
    assert_int_equal(rig_count(&c->rig, COUNT_UPSTREAM_OPEN), 0);
}

static void an_early_answer_is_heard_though_its_service_resets(void **state)
{
    static char body[8 << 20];
    struct caller *c = *state;
    c->request.body = (struct slice){body, sizeof body};
    caller_start(c);
    caller_accept(c);
    rig_turns(&c->rig, 5);
    RIG_SAY(c->service,
            "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
    rig_turns(&c->rig, 1);
    caller_close_service(c);
    RIG_UNTIL(&c->rig, strstr(c->notes, "end "));
    assert_string_equal(c->notes, "head 413;body no;end done;");
}

static void nothing_is_heard_after_a_cancel(void **state)
{
    static const char *const begun[] = {"", "HTTP/1.1 2", OK "Content-Length: 2\r\n\r\n",
                                        OK "Content-Length: 2\r\n\r\nh"};
    struct caller *c = *state;
    for (unsigned i = 0; i < sizeof begun / sizeof *begun; i++) {
        caller_begin(c);
        rig_send(c->service, slice_of(begun[i]));
        rig_turns(&c->rig, 3);
        c->notes[0] = '\0';
        call_cancel(&c->call);
        memset(&c->call, 0xee, sizeof c->call); /* it may go at once */
        rig_expect_end(&c->rig, c->service, &c->heard);
        assert_string_equal(c->notes, "");
    }
    memset(&c->call, 0, sizeof c->call);
}

static void a_call_may_be_cancelled_before_it_is_connected(void **state)
{
    struct caller *c = *state;
    caller_start(c);
    call_cancel(&c->call);
    caller_start(c);
    rig_turn(&c->rig);
    call_cancel(&c->call);
    call_cancel(&c->call);
    rig_turns(&c->rig, 5);
    assert_string_equal(c->notes, "");
    assert_int_equal(rig_count(&c->rig, COUNT_UPSTREAM_OPEN), 0);
}

static void a_call_may_be_cancelled_by_what_it_hears(void **state)
{
    struct caller *c = *state;
    caller_begin(c);
    c->deed = CALLER_CANCELS_ON_HEAD;
    RIG_SAY(c->service, OK_HI);
    rig_expect_end(&c->rig, c->service, &c->heard);
    assert_string_equal(c->notes, "head 200;");
    c->deed = CALLER_LISTENS;
    caller_begin(c);
    c->deed = CALLER_CANCELS_ON_BODY;
    RIG_SAY(c->service, OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
    rig_expect_end(&c->rig, c->service, &c->heard);
    assert_string_equal(c->notes, "head 200;body a");
}

/* After each byte of an answer: the service goes, or the caller gives up. */
static void every_end_is_told_once_and_leaves_nothing(void **state)
{
    static const char answer[] = "HTTP/1.1 103 Early Hints\r\n\r\n" OK
                                 "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
    struct caller *c = *state;
    for (size_t n = 0; n < 2 * sizeof answer; n++) {
        bool gives_up = n % 2;
        caller_begin(c);
        rig_send(c->service, (struct slice){answer, n / 2});
        rig_turns(&c->rig, gives_up);
        if (gives_up)
            call_cancel(&c->call);
        else
            caller_close_service(c);
        RIG_UNTIL(&c->rig, rig_count(&c->rig, COUNT_UPSTREAM_OPEN) == 0 || gives_up);
        bool is_whole = n / 2 == sizeof answer - 1;
        const char *end = strstr(c->notes, "end ");
        if (is_whole)
            assert_string_equal(end, "end done;");
        else if (gives_up)
            assert_null(end);
        else
            assert_string_equal(end, "end broken;");
        caller_use_settings(c); /* no connection is left over */
    }
}

static void a_paused_call_reads_no_more_and_loses_nothing(void **state)
{
    static char block[65536];
    struct caller *c = *state;
    size_t n_sent = 0;
    caller_begin(c);
    c->deed = CALLER_PAUSES_ON_BODY;
    RIG_SAY(c->service, OK "\r\n");
    for (unsigned n_refused = 0; n_refused < 5;) {
        ssize_t n = send(c->service, block, sizeof block, MSG_NOSIGNAL);
        n_sent += n > 0 ? (size_t)n : 0;
        n_refused += n < 0;
        rig_turn(&c->rig);
    }
    assert_true(c->n_body <= LOOP_SCRATCH && n_sent > c->n_body);
    caller_close_service(c); /* the end must not overtake what lies before it */
    rig_turns(&c->rig, 3);
    assert_null(strstr(c->notes, "end"));
    c->deed = CALLER_LISTENS;
    call_resume(&c->call);
    RIG_UNTIL(&c->rig, strstr(c->notes, "end done;"));
    assert_int_equal(c->n_body, n_sent);
}

static void a_call_that_ends_while_paused_leaves_its_connection_reading(void **state)
{
    struct caller *c = *state;
    caller_begin(c);
    c->deed = CALLER_PAUSES_ON_BODY;
    caller_expect(c, OK_HI, HI_NOTES);
    c->deed = CALLER_LISTENS;
    caller_begin_again(c);
    caller_expect(c, OK_HI, HI_NOTES);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, caller_setup, caller_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_call_sends_head_and_body_and_hears_the_answer),
        TEST(answers_end_by_every_framing),
        TEST(a_body_by_length_is_read_where_the_caller_wants_it),
        TEST(a_body_goes_on_where_the_caller_has_no_room),
        TEST(an_answer_to_head_has_no_body),
        TEST(answers_may_come_byte_by_byte),
        TEST(interim_answers_are_passed_over),
        TEST(what_is_not_http_is_invalid),
        TEST(an_answer_that_breaks_off_is_broken),
        TEST(a_kept_connection_that_ends_unheard_is_stale),
        TEST(a_kept_connection_that_ends_in_an_answer_is_broken),
        TEST(a_caller_may_ask_again_in_the_end_of_its_call),
        TEST(an_early_answer_is_heard_and_its_connection_ends),
        TEST(an_early_answer_is_heard_though_its_service_resets),
        TEST(nothing_is_heard_after_a_cancel),
        TEST(a_call_may_be_cancelled_before_it_is_connected),
        TEST(a_call_may_be_cancelled_by_what_it_hears),
        TEST(every_end_is_told_once_and_leaves_nothing),
        TEST(a_paused_call_reads_no_more_and_loses_nothing),
        TEST(a_call_that_ends_while_paused_leaves_its_connection_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
