/* server_time_test.c - what time, bounds and the server's end do to connections */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "owner.h"

enum {
    SHORT_MS = 60,
};

#define POST "POST /echo HTTP/1.1\r\nHost: a\r\n"

static uint64_t now_ms(void)
{
    return uv_hrtime() / 1000000;
}

static void a_client_that_says_nothing_is_closed_silently(void **state)
{
    struct owner *o = *state;
    o->bounds.header_timeout_ms = SHORT_MS;
    owner_set_bounds(o);
    uint64_t began_ms = now_ms();
    owner_connect(o);
    rig_expect_end(&o->rig, o->client, &o->text);
    assert_int_equal(o->text.n, 0);
    assert_true(now_ms() - began_ms >= SHORT_MS - 1);
    assert_string_equal(o->notes, "");
}

static void the_time_for_the_first_head_runs_from_the_accept(void **state)
{
    struct owner *o = *state;
    o->bounds.header_timeout_ms = SHORT_MS * 5;
    owner_set_bounds(o);
    uint64_t began_ms = now_ms();
    owner_connect(o);
    while (now_ms() < began_ms + SHORT_MS * 3)
        rig_turn(&o->rig);
    RIG_SAY(o->client, "GET ");
    rig_expect(&o->rig, o->client, &o->text, "bad");
    assert_true(now_ms() - began_ms < SHORT_MS * 7);
}

/* The time runs, however the head trickles in. */
static void a_head_that_does_not_end_is_refused(void **state)
{
    struct owner *o = *state;
    o->bounds.header_timeout_ms = SHORT_MS;
    owner_set_bounds(o);
    uint64_t began_ms = now_ms();
    owner_connect(o);
    RIG_SAY(o->client, "GET /ok HTTP/1.1\r\n");
    rig_begin(&o->rig);
    for (uint64_t next_ms = 0; !o->notes[0]; rig_go_on(&o->rig, "refused")) {
        if (now_ms() < next_ms || now_ms() >= began_ms + SHORT_MS)
            continue;
        RIG_SAY(o->client, "X: y\r\n");
        next_ms = now_ms() + 5;
    }
    assert_true(now_ms() - began_ms < SHORT_MS * 4);
    rig_expect(&o->rig, o->client, &o->text, "bad");
    assert_int_equal(rig_count_of(&o->text, "HTTP/1.1 408 Request Timeout\r\n"), 1);
    rig_expect_end(&o->rig, o->client, &o->text);
}

static void a_later_head_has_its_time_from_its_first_byte(void **state)
{
    struct owner *o = *state;
    o->bounds.header_timeout_ms = SHORT_MS;
    owner_set_bounds(o);
    owner_connect(o);
    owner_ask(o, OWNER_GET("/ok"), "hello");
    for (uint64_t until = now_ms() + SHORT_MS * 2; now_ms() < until;)
        rig_turn(&o->rig);
    owner_ask(o, "GE", "bad");
    assert_int_equal(rig_count_of(&o->text, "HTTP/1.1 408 "), 1);
}

static void a_body_must_go_on(void **state)
{
    struct owner *o = *state;
    o->bounds.header_timeout_ms = SHORT_MS;
    owner_set_bounds(o);
    owner_connect(o);
    RIG_SAY(o->client, POST "Content-Length: 1000\r\n\r\n");
    for (unsigned i = 0; i < 6; i++) { /* longer than the timeout in all */
        RIG_SAY(o->client, "0123456789012345678901234567890123456789");
        for (uint64_t until = now_ms() + SHORT_MS / 3; now_ms() < until;)
            rig_turn(&o->rig);
    }
    assert_string_equal(o->notes, "head /echo;");
    rig_expect(&o->rig, o->client, &o->text, "bad");
    assert_int_equal(rig_count_of(&o->text, "HTTP/1.1 408 "), 1);
    assert_non_null(strstr(o->notes, "head /echo;refused 408;finished 408"));
}

/* A byte now and then is not enough. */
static void a_body_that_trickles_in_is_refused(void **state)
{
    struct owner *o = *state;
    o->bounds.header_timeout_ms = SHORT_MS;
    owner_set_bounds(o);
    uint64_t began_ms = now_ms(), next_ms = 0;
    owner_connect(o);
    RIG_SAY(o->client, POST "Content-Length: 1000\r\n\r\n");
    rig_begin(&o->rig);
    for (; !strstr(o->notes, "refused 408"); rig_go_on(&o->rig, "refused 408")) {
        if (now_ms() < next_ms)
            continue;
        RIG_SAY(o->client, "x");
        next_ms = now_ms() + SHORT_MS / 6;
    }
    assert_true(now_ms() - began_ms >= SHORT_MS - 1);
    assert_true(now_ms() - began_ms < SHORT_MS * 5);
    rig_expect(&o->rig, o->client, &o->text, "bad");
}

static void an_idle_connection_ends(void **state)
{
    struct owner *o = *state;
    o->bounds.idle_timeout_ms = SHORT_MS;
    owner_set_bounds(o);
    owner_connect(o);
    for (unsigned i = 0; i < 2; i++) {
        owner_ask(o, OWNER_GET("/ok"), "hello");
        for (uint64_t until = now_ms() + SHORT_MS / 2; now_ms() < until;)
            rig_turn(&o->rig);
    }
    uint64_t began_ms = now_ms();
    rig_expect_end(&o->rig, o->client, &o->text);
    assert_true(now_ms() - began_ms < SHORT_MS * 3);
}

static void an_answer_has_all_the_time_that_its_owner_takes(void **state)
{
    struct owner *o = *state;
    o->bounds.idle_timeout_ms = o->bounds.header_timeout_ms = o->bounds.send_timeout_ms =
        SHORT_MS / 2;
    owner_set_bounds(o);
    owner_connect(o);
    RIG_SAY(o->client, OWNER_GET("/hold"));
    for (uint64_t until = now_ms() + SHORT_MS * 2; now_ms() < until;)
        rig_turn(&o->rig);
    owner_answer(o->held, SLICE("late"));
    rig_expect(&o->rig, o->client, &o->text, "late");
}

static void a_reader_that_stops_is_cut(void **state)
{
    struct owner *o = *state;
    o->bounds.send_timeout_ms = SHORT_MS;
    owner_set_bounds(o);
    owner_connect(o);
    RIG_SAY(o->client, OWNER_GET("/hold"));
    RIG_UNTIL(&o->rig, o->held);
    exchange_begin(o->held, 200, NULL, 0, EXCHANGE_LENGTH_UNKNOWN);
    owner_fill(o, o->held);
    uint64_t began_ms = now_ms();
    RIG_UNTIL(&o->rig, !o->held);
    assert_true(now_ms() - began_ms >= SHORT_MS / 2);
    assert_true(now_ms() - began_ms < SHORT_MS * 4);
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
    assert_int_equal(o->rig.n_held, 0);
    rig_read(o->client, &o->text); /* what the kernel took counts as sent */
    char notes[64];
    snprintf(notes, sizeof notes, "gone;finished 499 %zu;", o->text.n);
    assert_non_null(strstr(o->notes, notes));
}

static void a_slow_reader_that_goes_on_is_not_cut(void **state)
{
    struct owner *o = *state;
    o->bounds.send_timeout_ms = SHORT_MS;
    owner_set_bounds(o);
    owner_connect(o);
    RIG_SAY(o->client, OWNER_GET("/hold"));
    RIG_UNTIL(&o->rig, o->held);
    exchange_begin(o->held, 200, NULL, 0, EXCHANGE_LENGTH_UNKNOWN);
    owner_fill(o, o->held);
    exchange_end(o->held);
    while (o->held) { /* some 30 reads, 10 ms apart */
        static char block[65536];
        (void)!recv(o->client, block, sizeof block, 0);
        for (uint64_t until = now_ms() + SHORT_MS / 6; now_ms() < until && o->held;)
            rig_turn(&o->rig);
    }
    assert_non_null(strstr(o->notes, "finished 200"));
}

static void a_client_that_does_not_close_is_not_waited_for_long(void **state)
{
    struct owner *o = *state;
    uint64_t began_ms = now_ms();
    owner_connect(o);
    owner_ask(o, "rubbish\r\n\r\n", "bad");
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
    assert_true(now_ms() - began_ms < 3000);
}

static void connections_past_the_bound_are_turned_away(void **state)
{
    struct owner *o = *state;
    int kept[4], fds[2];
    struct rig_text *text = calloc(1, sizeof *text);
    for (unsigned i = 0; i < 4; i++) {
        rig_pair(fds);
        kept[i] = fds[1];
        server_accept(o->server, fds[0], NULL, NULL);
    }
    rig_pair(fds);
    RIG_SAY(fds[1], OWNER_GET("/ok"));
    server_accept(o->server, fds[0], NULL, NULL);
    rig_expect_end(&o->rig, fds[1], text);
    assert_int_equal(rig_count_of(text, "HTTP/1.1 503 "), 1);
    assert_int_equal(rig_count_of(text, "Retry-After: 1\r\n"), 1);
    assert_int_equal(server_n_connections(o->server), 4);
    assert_int_equal(rig_count(&o->rig, COUNT_CONNECTIONS_REFUSED), 1);
    assert_int_equal(rig_count(&o->rig, COUNT_CONNECTIONS_ACCEPTED), 4);
    close(kept[0]);
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 3);
    owner_connect(o);
    owner_ask(o, OWNER_GET("/ok"), "hello");
    close(fds[1]);
    for (unsigned i = 1; i < 4; i++)
        close(kept[i]);
    free(text);
}

static void a_drain_ends_idle_connections_and_closes_behind_answers(void **state)
{
    struct owner *o = *state;
    int idle[2];
    struct rig_text *text = calloc(1, sizeof *text);
    rig_pair(idle);
    server_accept(o->server, idle[0], NULL, NULL);
    owner_connect(o);
    RIG_SAY(o->client, OWNER_GET("/hold"));
    RIG_UNTIL(&o->rig, o->held);
    server_drain(o->server);
    rig_expect_end(&o->rig, idle[1], text);
    assert_int_equal(server_n_connections(o->server), 1);
    owner_answer(o->held, SLICE("last"));
    rig_expect(&o->rig, o->client, &o->text, "Connection: close\r\n\r\nlast");
    rig_expect_end(&o->rig, o->client, &o->text);
    assert_non_null(strstr(o->notes, "finished 200"));
    close(idle[1]);
    free(text);
}

/* Kept, just accepted, and accepted meanwhile; no poll has told of their requests. */
static void a_drain_answers_the_requests_that_have_arrived(void **state)
{
    struct owner *o = *state;
    struct rig_text *text = calloc(3, sizeof *text);
    int clients[3], fds[2];
    clients[0] = owner_connect(o);
    o->client = -1;
    RIG_SAY(clients[0], OWNER_GET("/ok"));
    rig_expect(&o->rig, clients[0], &text[0], "hello");
    for (unsigned i = 0; i < 3; i++) {
        if (i > 0) {
            rig_pair(fds);
            clients[i] = fds[1];
            server_accept(o->server, fds[0], NULL, NULL);
        }
        RIG_SAY(clients[i], OWNER_GET("/ok"));
        if (i == 1)
            server_drain(o->server);
    }
    for (unsigned i = 0; i < 3; i++) {
        rig_expect(&o->rig, clients[i], &text[i], "Connection: close\r\n\r\nhello");
        rig_expect_end(&o->rig, clients[i], &text[i]);
        close(clients[i]);
    }
    free(text);
}

static void a_drain_gives_half_a_request_its_time(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    rig_turn(&o->rig);
    RIG_SAY(o->client, "GET /ok HTTP/1.1\r\n");
    server_drain(o->server);
    rig_turns(&o->rig, 3);
    RIG_SAY(o->client, "Host: a\r\n\r\n");
    rig_expect(&o->rig, o->client, &o->text, "Connection: close\r\n\r\nhello");
    rig_expect_end(&o->rig, o->client, &o->text);
}

/* Its head went out before the drain began and promised nothing. */
static void a_drain_ends_a_connection_whose_answer_was_on_the_way(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    RIG_SAY(o->client, OWNER_GET("/hold"));
    RIG_UNTIL(&o->rig, o->held);
    exchange_begin(o->held, 200, NULL, 0, 4);
    rig_turn(&o->rig);
    server_drain(o->server);
    assert_true(exchange_put(o->held, SLICE("last"), NULL));
    exchange_end(o->held);
    rig_expect(&o->rig, o->client, &o->text, "last");
    rig_expect_end(&o->rig, o->client, &o->text);
}

static void a_cut_ends_everything(void **state)
{
    struct owner *o = *state;
    int head[2];
    rig_pair(head);
    server_accept(o->server, head[0], NULL, NULL);
    RIG_SAY(head[1], "GET / HT");
    owner_connect(o);
    RIG_SAY(o->client, OWNER_GET("/hold"));
    RIG_UNTIL(&o->rig, o->held);
    server_cut(o->server);
    assert_non_null(o->held);
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
    assert_string_equal(o->notes, "head /hold;request;gone;finished 499 0;");
    close(head[1]);
}

/* Below 4 KiB in all: this, a few hundred bytes of libuv's, and what the kernel counts for itself.
 */
static void an_idle_connection_is_small_and_holds_no_buffer(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    RIG_SAY(o->client, "GET /o");
    rig_turns(&o->rig, 2);
    owner_ask(o, "k HTTP/1.1\r\nHost: a\r\n\r\n", "hello");
    rig_turns(&o->rig, 2);
    assert_int_equal(o->rig.n_held, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, owner_setup, owner_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_client_that_says_nothing_is_closed_silently),
        TEST(the_time_for_the_first_head_runs_from_the_accept),
        TEST(a_head_that_does_not_end_is_refused),
        TEST(a_later_head_has_its_time_from_its_first_byte),
        TEST(a_body_must_go_on),
        TEST(a_body_that_trickles_in_is_refused),
        TEST(an_idle_connection_ends),
        TEST(an_answer_has_all_the_time_that_its_owner_takes),
        TEST(a_reader_that_stops_is_cut),
        TEST(a_slow_reader_that_goes_on_is_not_cut),
        TEST(a_client_that_does_not_close_is_not_waited_for_long),
        TEST(connections_past_the_bound_are_turned_away),
        TEST(a_drain_ends_idle_connections_and_closes_behind_answers),
        TEST(a_drain_answers_the_requests_that_have_arrived),
        TEST(a_drain_gives_half_a_request_its_time),
        TEST(a_drain_ends_a_connection_whose_answer_was_on_the_way),
        TEST(a_cut_ends_everything),
        TEST(an_idle_connection_is_small_and_holds_no_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
