/* server_answer_test.c - answers on their way out: heads, framing, room, slow and leaving readers
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "owner.h"

static struct exchange *hold(struct owner *o, const char *request)
{
    rig_send(o->client, slice_of(request));
    RIG_UNTIL(&o->rig, o->held);
    return o->held;
}

static void a_head_has_date_length_and_the_fields_of_the_owner(void **state)
{
    struct owner *o = *state;
    char expected[256], date[64];
    owner_connect(o);
    owner_ask(o, OWNER_GET("/ok"), "hello");
    time_t now = (time_t)(o->rig.loop.wall_us / 1000000);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&now));
    snprintf(expected, sizeof expected,
             "HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Type: text/plain\r\n"
             "Content-Length: 5\r\n\r\nhello",
             date);
    assert_string_equal(o->text.at, expected);
    rig_turns(&o->rig, 1);
    snprintf(expected, sizeof expected, "head /ok;request;finished 200 %zu;", o->text.n);
    assert_string_equal(o->notes, expected);
}

/* A Unix socket gives at most one write's bytes a read, so each read is a system call of ours. */
static void a_plain_answer_is_one_write_in_the_turn_of_its_end(void **state)
{
    struct owner *o = *state;
    int fds[2];
    char bytes[4096];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
    server_accept(o->server, fds[0], NULL, NULL);
    o->client = fds[1];
    struct exchange *e = hold(o, OWNER_GET("/hold"));
    struct blob *b = blob_take(&o->rig.loop.blobs, 1000);
    memset(b->at, 'b', 1000);
    exchange_begin(e, 200, NULL, 0, 1010);
    assert_true(exchange_put(e, SLICE("[\"a\","), NULL));
    assert_true(exchange_put(e, (struct slice){b->at, 1000}, b));
    assert_true(exchange_put(e, SLICE("\"c\"]\n"), NULL));
    exchange_end(e);
    assert_true(recv(fds[1], bytes, sizeof bytes, 0) < 0); /* not inside our calls */
    rig_turn(&o->rig);
    ssize_t n = recv(fds[1], bytes, sizeof bytes, 0);
    assert_true(n > 1010 && memcmp(bytes + n - 5, "\"c\"]\n", 5) == 0);
    assert_null(o->held); /* finished in the same turn */
}

static void slices_that_do_not_fit_one_write_follow_in_the_next(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    struct exchange *e = hold(o, OWNER_GET("/hold"));
    exchange_begin(e, 200, NULL, 0, 200 * 300);
    for (unsigned i = 0; i < 200; i++) {
        struct blob *b = blob_take(&o->rig.loop.blobs, 300);
        memset(b->at, 'a' + (int)(i % 26), 300);
        assert_true(exchange_put(e, (struct slice){b->at, 300}, b));
    }
    exchange_end(e);
    RIG_UNTIL(&o->rig, !o->held);
    rig_read(o->client, &o->text);
    const char *body = strstr(o->text.at, "\r\n\r\n") + 4;
    assert_int_equal(o->text.at + o->text.n - body, 200 * 300);
    for (unsigned i = 0; i < 200 * 300; i++)
        assert_int_equal(body[i], 'a' + (i / 300) % 26);
}

static void an_answer_of_unknown_length_is_chunked(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    struct exchange *e = hold(o, OWNER_GET("/hold"));
    exchange_begin(e, 200, NULL, 0, EXCHANGE_LENGTH_UNKNOWN);
    assert_true(exchange_put(e, SLICE("first"), NULL));
    assert_true(exchange_put(e, SLICE(""), NULL)); /* must not end it */
    rig_expect(&o->rig, o->client, &o->text, "\r\n\r\n5\r\nfirst\r\n");
    assert_true(exchange_put(e, SLICE("and then the second"), NULL));
    exchange_end(e);
    rig_expect(&o->rig, o->client, &o->text, "13\r\nand then the second\r\n0\r\n\r\n");
    assert_int_equal(rig_count_of(&o->text, "Transfer-Encoding: chunked\r\n"), 1);
    assert_int_equal(rig_count_of(&o->text, "Content-Length"), 0);
    owner_ask(o, OWNER_GET("/ok"), "hello");
}

struct ending {
    struct ready ready;
    struct exchange *exchange;
};

static void end_now(struct ready *r)
{
    exchange_end(LIST_OWNER(r, struct ending, ready)->exchange);
}

/* The write's completion, which finds that all is done, stands in the queue before the end's own
 * turn. */
static void an_answer_may_end_between_its_write_and_the_completion(void **state)
{
    struct owner *o = *state;
    struct ending ending;
    owner_connect(o);
    ending.exchange = hold(o, OWNER_GET("/hold"));
    loop_ready_init(&ending.ready, end_now);
    exchange_begin(ending.exchange, 200, NULL, 0, 4);
    assert_true(exchange_put(ending.exchange, SLICE("body"), NULL));
    loop_ready(&o->rig.loop, &ending.ready);
    rig_expect(&o->rig, o->client, &o->text, "body");
    rig_turns(&o->rig, 1);
    assert_non_null(strstr(o->notes, "finished 200"));
    owner_ask(o, OWNER_GET("/ok"), "hello");
}

static void an_old_client_reads_an_unknown_length_to_the_end(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    struct exchange *e = hold(o, "GET /hold HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    exchange_begin(e, 200, NULL, 0, EXCHANGE_LENGTH_UNKNOWN);
    assert_true(exchange_put(e, SLICE("all of it"), NULL));
    exchange_end(e);
    rig_expect(&o->rig, o->client, &o->text, "Connection: close\r\n\r\nall of it");
    rig_expect_end(&o->rig, o->client, &o->text);
}

static void an_old_client_keeps_its_connection_where_it_asks(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    owner_ask(o, "GET /ok HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "hello");
    assert_int_equal(rig_count_of(&o->text, "Connection: keep-alive\r\n"), 1);
    owner_ask(o, "GET /ok HTTP/1.0\r\n\r\n", "hello");
    assert_int_equal(rig_count_of(&o->text, "Connection: close\r\n"), 1);
    rig_expect_end(&o->rig, o->client, &o->text);
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
}

static void a_client_that_asks_for_the_end_gets_it(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    owner_ask(o, "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "hello");
    assert_int_equal(rig_count_of(&o->text, "Connection: close\r\n"), 1);
    rig_expect_end(&o->rig, o->client, &o->text);
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
}

static void an_owner_may_end_the_connection(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    struct exchange *e = hold(o, OWNER_GET("/hold"));
    e->must_close = true;
    owner_answer(e, SLICE("bye"));
    rig_expect(&o->rig, o->client, &o->text, "bye");
    assert_int_equal(rig_count_of(&o->text, "Connection: close\r\n"), 1);
    rig_expect_end(&o->rig, o->client, &o->text);
}

static void an_answer_to_head_has_no_body(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    owner_ask(o, "HEAD /ok HTTP/1.1\r\nHost: a\r\n\r\n", "Content-Length: 5\r\n\r\n");
    struct exchange *e = hold(o, "HEAD /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    struct blob *b = blob_take(&o->rig.loop.blobs, 1000);
    exchange_begin(e, 200, NULL, 0, EXCHANGE_LENGTH_UNKNOWN);
    assert_true(exchange_put(e, (struct slice){b->at, 1000}, b));
    exchange_end(e);
    rig_expect(&o->rig, o->client, &o->text, "Transfer-Encoding: chunked\r\n\r\n");
    owner_ask(o, OWNER_GET("/ok"), "hello");
}

static void some_statuses_have_no_body(void **state)
{
    static const unsigned statuses[] = {204, 304};
    struct owner *o = *state;
    owner_connect(o);
    for (unsigned i = 0; i < 2; i++) {
        o->text.n = 0;
        struct exchange *e = hold(o, OWNER_GET("/hold"));
        exchange_begin(e, statuses[i], NULL, 0, i ? EXCHANGE_LENGTH_UNKNOWN : 0);
        exchange_end(e);
        rig_expect(&o->rig, o->client, &o->text, "GMT\r\n\r\n");
    }
    owner_ask(o, OWNER_GET("/ok"), "hello");
}

static void a_205_has_no_body_and_says_so(void **state)
{
    static const int64_t lengths[] = {5, EXCHANGE_LENGTH_UNKNOWN};
    struct owner *o = *state;
    owner_connect(o);
    for (unsigned i = 0; i < 2; i++) {
        o->text.n = 0;
        struct exchange *e = hold(o, OWNER_GET("/hold"));
        exchange_begin(e, 205, NULL, 0, lengths[i]);
        assert_true(exchange_put(e, SLICE("hello"), NULL));
        exchange_end(e);
        rig_expect(&o->rig, o->client, &o->text, "Content-Length: 0\r\n\r\n");
    }
    owner_ask(o, OWNER_GET("/ok"), "hello");
}

static void a_status_without_a_name_is_sent(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    struct exchange *e = hold(o, OWNER_GET("/hold"));
    exchange_begin(e, 799, NULL, 0, 0);
    exchange_end(e);
    rig_expect(&o->rig, o->client, &o->text, "Content-Length: 0\r\n\r\n");
    assert_int_equal(rig_count_of(&o->text, "HTTP/1.1 799 \r\n"), 1);
}

static void an_answer_that_stays_short_is_cut(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    struct exchange *e = hold(o, OWNER_GET("/hold"));
    exchange_begin(e, 200, NULL, 0, 10);
    assert_true(exchange_put(e, SLICE("12345"), NULL));
    exchange_end(e);
    rig_expect(&o->rig, o->client, &o->text, "12345");
    rig_expect_end(&o->rig, o->client, &o->text);
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
}

/* What was put is sent, and nothing that could be taken for the end. */
static void a_cut_answer_of_unknown_length_has_no_last_chunk(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    struct exchange *e = hold(o, OWNER_GET("/hold"));
    exchange_begin(e, 200, NULL, 0, EXCHANGE_LENGTH_UNKNOWN);
    assert_true(exchange_put(e, SLICE("first"), NULL));
    exchange_cut(e);
    rig_expect(&o->rig, o->client, &o->text, "\r\n\r\n5\r\nfirst\r\n");
    rig_expect_end(&o->rig, o->client, &o->text);
    assert_memory_equal(o->text.at + o->text.n - 9, "\r\nfirst\r\n", 9);
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
    assert_null(strstr(o->notes, "gone"));
    assert_non_null(strstr(o->notes, "finished 200 "));
}

static void a_cut_answer_ends_its_connection_whatever_its_length(void **state)
{
    static const struct {
        int64_t length;
        const char *request, *put;
    } rows[] = {
        {10, OWNER_GET("/hold"), "12345"},
        {5, OWNER_GET("/hold"), "12345"}, /* all of it: it is not asked what is missing */
        {0, OWNER_GET("/hold"), ""},
        {EXCHANGE_LENGTH_UNKNOWN, "HEAD /hold HTTP/1.1\r\nHost: a\r\n\r\n", ""},
    };
    struct owner *o = *state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        o->text.n = 0;
        o->text.is_ended = false;
        owner_connect(o);
        struct exchange *e = hold(o, rows[i].request);
        exchange_begin(e, 200, NULL, 0, rows[i].length);
        assert_true(exchange_put(e, slice_of(rows[i].put), NULL));
        exchange_cut(e);
        rig_expect(&o->rig, o->client, &o->text, rows[i].put);
        rig_expect_end(&o->rig, o->client, &o->text);
        RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
        close(o->client);
        o->client = -1;
    }
}

/* Its end is on the way already, and the connection stays. */
static void an_answer_that_has_ended_is_cut_no_more(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    struct exchange *e = hold(o, OWNER_GET("/hold"));
    exchange_begin(e, 200, NULL, 0, EXCHANGE_LENGTH_UNKNOWN);
    assert_true(exchange_put(e, SLICE("first"), NULL));
    exchange_end(e);
    exchange_cut(e);
    rig_expect(&o->rig, o->client, &o->text, "5\r\nfirst\r\n0\r\n\r\n");
    owner_ask(o, OWNER_GET("/ok"), "hello");
}

static void a_full_outbox_refuses_and_tells_of_room(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    struct exchange *e = hold(o, OWNER_GET("/hold"));
    exchange_begin(e, 200, NULL, 0, EXCHANGE_LENGTH_UNKNOWN);
    o->puts_more = true;
    owner_fill(o, e);
    assert_true(o->n_put <= o->bounds.output && o->n_put > o->bounds.output / 2);
    assert_null(strstr(o->notes, "room"));
    rig_begin(&o->rig);
    for (size_t n = 0; n < 5000000; n += o->text.n) {
        o->text.n = 0;
        rig_read(o->client, &o->text);
        assert_true(e->outbox.n_bytes <= o->bounds.output);
        rig_go_on(&o->rig, "much is read");
    }
    assert_non_null(strstr(o->notes, "room;room;"));
    o->puts_more = false;
    exchange_end(e);
    while (o->held) {
        o->text.n = 0;
        rig_go_on(&o->rig, "the end");
        rig_read(o->client, &o->text);
    }
    rig_read(o->client, &o->text);
    assert_memory_equal(o->text.at + o->text.n - 7, "\r\n0\r\n\r\n", 7);
}

static void an_arena_at_its_limit_cuts_the_answer(void **state)
{
    struct owner *o = *state;
    o->bounds.arena = 16 * 1024;
    owner_set_bounds(o);
    owner_connect(o);
    struct exchange *e = hold(o, OWNER_GET("/hold"));
    while (arena_take(&e->arena, 64))
        continue;
    exchange_begin(e, 200, NULL, 0, 4);
    assert_true(exchange_put(e, SLICE("body"), NULL));
    exchange_end(e);
    rig_expect_end(&o->rig, o->client, &o->text);
    assert_int_equal(o->text.n, 0);
}

static void a_client_that_leaves_is_told_of_once(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    hold(o, OWNER_GET("/hold"));
    close(o->client);
    o->client = -1;
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
    assert_string_equal(o->notes, "head /hold;request;gone;finished 499 0;");
}

static void end_of_stream_counts_as_leaving(void **state)
{
    struct owner *o = *state;
    owner_connect_tcp(o);
    hold(o, OWNER_GET("/hold"));
    shutdown(o->client, SHUT_WR);
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
    assert_string_equal(o->notes, "head /hold;request;gone;finished 499 0;");
}

static void a_client_may_leave_in_the_middle_of_its_body(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    RIG_SAY(o->client, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    RIG_UNTIL(&o->rig, o->notes[0]);
    shutdown(o->client, SHUT_WR);
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
    assert_string_equal(o->notes, "head /echo;gone;finished 499 0;");
}

static void a_client_may_leave_in_the_middle_of_a_head(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    RIG_SAY(o->client, "GET /echo HTTP/1.1\r\nHo");
    rig_turns(&o->rig, 3);
    shutdown(o->client, SHUT_WR);
    rig_expect_end(&o->rig, o->client, &o->text);
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
    assert_int_equal(o->text.n, 0);
    assert_string_equal(o->notes, "");
}

static void an_owner_may_go_on_after_its_client_left(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    exchange_begin(hold(o, OWNER_GET("/hold")), 200, NULL, 0, EXCHANGE_LENGTH_UNKNOWN);
    rig_turn(&o->rig);
    o->goes_on = true;
    close(o->client);
    o->client = -1;
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
    assert_non_null(strstr(o->notes, "gone;went on;finished 499 "));
}

/* 3 MB and its end, of which the kernel takes a part. */
static void answer_much(struct owner *o)
{
    struct exchange *e = hold(o, OWNER_GET("/hold"));
    e->outbox.limit = 3 << 20;
    exchange_begin(e, 200, NULL, 0, EXCHANGE_LENGTH_UNKNOWN);
    owner_fill(o, e);
    exchange_end(e);
    rig_turns(&o->rig, 3);
    assert_non_null(o->held);
}

/* Its owner has nothing to cancel any more. */
static void a_client_that_leaves_behind_the_end_is_only_noted(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    answer_much(o);
    close(o->client);
    o->client = -1;
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
    assert_null(strstr(o->notes, "gone"));
    assert_non_null(strstr(o->notes, "finished 499 "));
}

static void a_client_that_half_closes_behind_the_end_reads_it_all(void **state)
{
    struct owner *o = *state;
    size_t n = 0;
    owner_connect(o);
    answer_much(o);
    shutdown(o->client, SHUT_WR);
    for (rig_begin(&o->rig); !o->text.is_ended; rig_go_on(&o->rig, "the end")) {
        n += o->text.n;
        o->text.n = 0;
        rig_read(o->client, &o->text);
    }
    n += o->text.n;
    assert_true(n > o->n_put);
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
    assert_non_null(strstr(o->notes, "finished 200 "));
}

static void a_client_that_half_closes_and_then_closes_is_let_go(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    answer_much(o);
    shutdown(o->client, SHUT_WR);
    rig_turns(&o->rig, 3);
    assert_int_equal(server_n_connections(o->server), 1);
    close(o->client);
    o->client = -1;
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
    assert_non_null(strstr(o->notes, "finished 499 "));
}

static void a_client_that_resets_during_a_large_answer_is_gone(void **state)
{
    static const struct linger reset = {.l_onoff = 1};
    struct owner *o = *state;
    owner_connect_tcp(o);
    struct exchange *e = hold(o, OWNER_GET("/hold"));
    exchange_begin(e, 200, NULL, 0, EXCHANGE_LENGTH_UNKNOWN);
    o->puts_more = true;
    owner_fill(o, e);
    rig_turns(&o->rig, 5);
    assert_int_equal(setsockopt(o->client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    close(o->client);
    o->client = -1;
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
    assert_non_null(strstr(o->notes, "gone;finished 499 "));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, owner_setup, owner_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_head_has_date_length_and_the_fields_of_the_owner),
        TEST(a_plain_answer_is_one_write_in_the_turn_of_its_end),
        TEST(slices_that_do_not_fit_one_write_follow_in_the_next),
        TEST(an_answer_of_unknown_length_is_chunked),
        TEST(an_answer_may_end_between_its_write_and_the_completion),
        TEST(an_old_client_reads_an_unknown_length_to_the_end),
        TEST(an_old_client_keeps_its_connection_where_it_asks),
        TEST(a_client_that_asks_for_the_end_gets_it),
        TEST(an_owner_may_end_the_connection),
        TEST(an_answer_to_head_has_no_body),
        TEST(some_statuses_have_no_body),
        TEST(a_205_has_no_body_and_says_so),
        TEST(a_status_without_a_name_is_sent),
        TEST(an_answer_that_stays_short_is_cut),
        TEST(a_cut_answer_of_unknown_length_has_no_last_chunk),
        TEST(a_cut_answer_ends_its_connection_whatever_its_length),
        TEST(an_answer_that_has_ended_is_cut_no_more),
        TEST(a_full_outbox_refuses_and_tells_of_room),
        TEST(an_arena_at_its_limit_cuts_the_answer),
        TEST(a_client_that_leaves_is_told_of_once),
        TEST(end_of_stream_counts_as_leaving),
        TEST(a_client_may_leave_in_the_middle_of_its_body),
        TEST(a_client_may_leave_in_the_middle_of_a_head),
        TEST(an_owner_may_go_on_after_its_client_left),
        TEST(a_client_that_leaves_behind_the_end_is_only_noted),
        TEST(a_client_that_half_closes_behind_the_end_reads_it_all),
        TEST(a_client_that_half_closes_and_then_closes_is_let_go),
        TEST(a_client_that_resets_during_a_large_answer_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
