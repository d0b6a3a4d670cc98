/* server_request_test.c - requests on their way in: pieces, pipelines, bodies, refusals */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "owner.h"

#define POST(target) "POST " target " HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED(target) POST(target) "Transfer-Encoding: chunked\r\n\r\n"

static void expect_notes(struct owner *o, const char *notes)
{
    rig_turns(&o->rig, 1);
    assert_string_equal(o->notes, notes);
}

static void a_request_comes_whole(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    rig_send(o->client, slice_of("GET /hold?x=1 HTTP/1.1\r\nHost: shop:80\r\nX-A:  b \r\n\r\n"));
    RIG_UNTIL(&o->rig, strstr(o->notes, "request;"));
    assert_string_equal(o->notes, "head /hold?x=1;request;");
}

static void the_owner_sees_the_parts_of_a_request(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    RIG_SAY(o->client, "GET /hold HTTP/1.1\r\nhOst: shop:80\r\nX-A:  b \r\nX-A: c\r\n\r\n");
    RIG_UNTIL(&o->rig, o->held);
    const struct request *r = &o->held->request;
    assert_true(slice_equal(r->method, SLICE("GET")));
    assert_true(slice_equal(r->target, SLICE("/hold")));
    assert_true(slice_equal(r->host, SLICE("shop:80")));
    assert_true(slice_equal(r->peer, SLICE("unix")));
    assert_int_equal(r->minor, 1);
    assert_int_equal(r->n_fields, 3);
    assert_true(slice_equal(exchange_field(r, SLICE("x-a"))->value, SLICE("b")));
    assert_null(exchange_field(r, SLICE("x-b")));
    assert_false(r->has_body);
    assert_false(r->is_tls);
    assert_true(o->held->started_ns > 0 && o->held->started_ns <= o->rig.loop.now_ns);
    owner_answer(o->held, SLICE("x"));
    rig_expect(&o->rig, o->client, &o->text, "\r\n\r\nx");
}

static void what_connection_names_is_as_though_it_had_not_come(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    RIG_SAY(o->client,
            "GET /hold HTTP/1.1\r\nX-A: 1\r\nHost: shop\r\nConnection: x-a,, HOST\r\n"
            "X-B: 2\r\nx-c: 3\r\nX-Forwarded-For: 192.0.2.1\r\nX-Request-Id: i\r\n"
            "connection: keep-alive,X-C, x-forwarded-for,x-request-id , x\r\nX-a: 4\r\n\r\n");
    RIG_UNTIL(&o->rig, o->held);
    const struct request *r = &o->held->request;
    assert_int_equal(r->n_fields, 6);
    assert_true(slice_equal(r->host, SLICE("shop")));
    assert_true(slice_equal(r->fields[0].name, SLICE("Host")));
    assert_true(slice_equal(r->fields[2].name, SLICE("X-B")));
    assert_true(slice_equal(r->fields[2].value, SLICE("2")));
    assert_null(exchange_field(r, SLICE("x-a")));
    assert_null(exchange_field(r, SLICE("x-c")));
    assert_non_null(exchange_field(r, SLICE("x-forwarded-for")));
    assert_non_null(exchange_field(r, SLICE("x-request-id")));
    owner_answer(o->held, SLICE("x"));
    rig_expect(&o->rig, o->client, &o->text, "\r\n\r\nx");
}

static void the_peer_is_an_address_without_a_port(void **state)
{
    struct owner *o = *state;
    owner_connect_tcp(o);
    RIG_SAY(o->client, OWNER_GET("/hold"));
    RIG_UNTIL(&o->rig, o->held);
    assert_true(slice_equal(o->held->request.peer, SLICE("127.0.0.1")));
}

static void a_request_may_come_byte_by_byte(void **state)
{
    static const char request[] =
        CHUNKED("/echo") "5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n";
    struct owner *o = *state;
    owner_connect(o);
    for (unsigned round = 1; round <= 2; round++) {
        for (size_t i = 0; i < sizeof request - 1; i++) {
            rig_send(o->client, (struct slice){request + i, 1});
            rig_turn(&o->rig);
        }
        rig_expect(&o->rig, o->client, &o->text, "\r\n\r\nhello world");
        assert_int_equal(rig_count_of(&o->text, "200 OK"), round);
    }
}

/* The same answers come whatever the pieces in which requests arrive. */
static void pieces_make_no_difference(void **state)
{
    static const char requests[] = OWNER_GET("/ok")
        CHUNKED("/echo") "1;x=y\r\na\r\n2\r\nbc\r\n0\r\nT: u\r\n\r\n"
                         "\r\n" OWNER_GET("/early") POST("/echo") "Content-Length: 4\r\n\r\ndefg"
                                                                  "GET /ok HTTP/1.0\r\n\r\n";
    struct owner *o = *state;
    uint32_t random = 1;
    for (unsigned round = 0; round < 300; round++) {
        owner_connect(o);
        for (size_t at = 0; at < sizeof requests - 1;) {
            random = random * 1664525 + 1013904223;
            size_t n = 1 + (random >> 16) % (round + 1), left = sizeof requests - 1 - at;
            n = n < left ? n : left;
            rig_send(o->client, (struct slice){requests + at, n});
            rig_turns(&o->rig, random >> 31);
            at += n;
        }
        rig_expect_end(&o->rig, o->client, &o->text);
        assert_int_equal(rig_count_of(&o->text, "HTTP/1.1 200 OK"), 4);
        const char *at = strstr(o->text.at, "\r\n\r\nhello");
        static const char *const order[] = {"\r\n\r\nabc", "\r\n\r\nnone", "\r\n\r\ndefg", "hello"};
        for (unsigned i = 0; i < 4; i++) {
            assert_non_null(at);
            at = strstr(at, order[i]);
        }
        assert_non_null(at);
        o->notes[0] = '\0';
    }
}

static void a_head_in_two_pieces_keeps_its_first_time(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    RIG_SAY(o->client, "GET /hold HT");
    rig_turns(&o->rig, 2);
    uint64_t first_ns = o->rig.loop.now_ns;
    rig_turns(&o->rig, 2);
    RIG_SAY(o->client, "TP/1.1\r\nHost: a\r\n\r\n");
    RIG_UNTIL(&o->rig, o->held);
    assert_true(o->held->started_ns <= first_ns);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    RIG_SAY(o->client, CHUNKED("/echo") "1\r\nA\r\n0\r\n\r\n" OWNER_GET("/ok")
                           POST("/echo") "Content-Length: 3\r\n\r\nBCD" OWNER_GET("/early"));
    rig_expect(&o->rig, o->client, &o->text, "none");
    assert_int_equal(rig_count_of(&o->text, "HTTP/1.1 200 OK"), 3);
    const char *a = strstr(o->text.at, "\r\n\r\nA"), *b = strstr(o->text.at, "\r\n\r\nhello");
    const char *c = strstr(o->text.at, "\r\n\r\nBCD"), *d = strstr(o->text.at, "HTTP/1.1 404");
    assert_true(a && b && c && d && a < b && b < c && c < d);
}

static void a_pipelined_request_waits_for_the_answer_before_it(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    RIG_SAY(o->client, OWNER_GET("/hold") OWNER_GET("/ok"));
    RIG_UNTIL(&o->rig, o->held);
    RIG_SAY(o->client, "GET /o");
    rig_turns(&o->rig, 3);
    expect_notes(o, "head /hold;request;");
    owner_answer(o->held, SLICE("first"));
    rig_expect(&o->rig, o->client, &o->text, "hello");
    assert_int_equal(rig_count_of(&o->text, "first"), 1);
    assert_int_equal(rig_count_of(&o->text, "hello"), 1);
    owner_ask(o, "k HTTP/1.1\r\nHost: a\r\n\r\n", "hello");
}

/* What a client pours in while it is being answered stays with the kernel. */
static void what_is_read_ahead_is_bounded(void **state)
{
    static char request[3000];
    struct owner *o = *state;
    unsigned n_sent = 0;
    int n =
        snprintf(request, sizeof request, "GET /ok HTTP/1.1\r\nHost: a\r\nX: %02500d\r\n\r\n", 1);
    owner_connect(o);
    RIG_SAY(o->client, OWNER_GET("/hold"));
    RIG_UNTIL(&o->rig, o->held);
    for (unsigned n_refused = 0; n_refused < 5;) {
        if (send(o->client, request, (size_t)n, MSG_NOSIGNAL) == n) {
            assert_true(++n_sent < 1000);
        } else {
            n_refused++;
        }
        rig_turn(&o->rig);
    }
    assert_true(o->rig.n_held < 64 * 1024);
    owner_answer(o->held, SLICE("first"));
    RIG_UNTIL(&o->rig,
              rig_count_of(&o->text, "hello") == n_sent || (rig_read(o->client, &o->text), 0));
    assert_int_equal(o->rig.n_held, 0);
}

/* It never runs empty, and takes no more memory for that. */
static void a_pipeline_may_go_on_for_ever(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    RIG_SAY(o->client, "GET /o");
    for (unsigned i = 0; i < 1000; i++) {
        RIG_SAY(o->client, "k HTTP/1.1\r\nHost: a\r\n\r\n" OWNER_GET("/ok") "GET /o");
        rig_turns(&o->rig, 1);
        assert_true(o->rig.n_held > 0 && o->rig.n_held <= 8 * 1024);
        o->notes[0] = '\0';
        rig_read(o->client, &o->text);
    }
    assert_int_equal(rig_count_of(&o->text, "hello"), 2000);
}

static void a_body_is_whole_before_the_owner_hears_of_it(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    RIG_SAY(o->client, POST("/echo") "Content-Length: 10\r\n\r\n01234");
    RIG_UNTIL(&o->rig, strstr(o->notes, "head"));
    rig_turns(&o->rig, 2);
    expect_notes(o, "head /echo;");
    RIG_SAY(o->client, "56789");
    rig_expect(&o->rig, o->client, &o->text, "\r\n\r\n0123456789");
}

static void a_large_body_is_put_together(void **state)
{
    struct owner *o = *state;
    static char body[90001];
    owner_connect(o);
    for (size_t i = 0; i < sizeof body - 1; i++)
        body[i] = (char)('a' + i % 26);
    RIG_SAY(o->client, POST("/echo") "Content-Length: 90000\r\n\r\n");
    for (size_t i = 0; i < sizeof body - 1; i += 9000) {
        rig_send(o->client, (struct slice){body + i, 9000});
        rig_turn(&o->rig);
        assert_true(o->rig.n_held <= 128 * 1024); /* nothing is held twice */
    }
    rig_expect(&o->rig, o->client, &o->text, body);
}

static void a_body_at_its_bound_is_taken(void **state)
{
    struct owner *o = *state;
    o->bounds.request_body = 5;
    owner_set_bounds(o);
    owner_connect(o);
    owner_ask(o, POST("/echo") "Content-Length: 5\r\n\r\n01234", "\r\n\r\n01234");
    owner_ask(o, CHUNKED("/echo") "2\r\n01\r\n3\r\n234\r\n0\r\n\r\n", "\r\n\r\n01234");
}

static void a_length_past_the_bound_is_refused_at_once(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    owner_ask(o, POST("/echo") "Expect: 100-continue\r\nContent-Length: 100001\r\n\r\n", "bad");
    rig_turns(&o->rig, 1);
    assert_int_equal(rig_count_of(&o->text, "HTTP/1.1 413 Content Too Large\r\n"), 1);
    assert_int_equal(rig_count_of(&o->text, "Connection: close\r\n"), 1);
    assert_non_null(strstr(o->notes, "refused 413;finished 413"));
    assert_null(strstr(o->notes, "head"));
}

static void chunks_past_the_bound_are_refused(void **state)
{
    struct owner *o = *state;
    o->bounds.request_body = 5;
    owner_set_bounds(o);
    owner_connect(o);
    owner_ask(o, CHUNKED("/echo") "2\r\n01\r\n4\r\n2345\r\n0\r\n\r\n", "bad");
    rig_expect_end(&o->rig, o->client, &o->text);
    assert_int_equal(rig_count_of(&o->text, "HTTP/1.1 413 "), 1);
    assert_non_null(strstr(o->notes, "head /echo;refused 413;finished 413"));
}

/* A body that was held before counts; what is refused gives back what it had. */
static void a_body_for_which_no_memory_is_left_is_refused(void **state)
{
    struct owner *o = *state;
    o->bounds.memory = 48 * 1024;
    owner_set_bounds(o);
    struct blob *held = blob_take(&o->rig.loop.blobs, 40 * 1024);
    owner_connect(o);
    owner_ask(o, POST("/echo") "Content-Length: 2\r\n\r\nok", "\r\n\r\nok");
    owner_ask(o, CHUNKED("/echo") "4\r\n0123\r\n0\r\n\r\n", "\r\n\r\n0123");
    owner_ask(o, POST("/echo") "Content-Length: 20000\r\n\r\n0123", "bad");
    assert_int_equal(rig_count_of(&o->text, "HTTP/1.1 503 "), 1);
    rig_expect_end(&o->rig, o->client, &o->text);
    blob_release(&o->rig.loop.blobs, held);
}

static void a_client_that_asks_is_told_to_continue(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    owner_ask(o, POST("/echo") "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n",
              "HTTP/1.1 100 Continue\r\n\r\n");
    owner_ask(o, "ok", "\r\n\r\nok");
    assert_int_equal(rig_count_of(&o->text, "100 Continue"), 0);
}

static void a_client_is_not_told_to_continue_where_that_is_void(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    owner_ask(o, POST("/echo") "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nok", "\r\n\r\nok");
    assert_int_equal(rig_count_of(&o->text, "100 Continue"), 0);
    owner_ask(o, POST("/ok") "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n", "hello");
    assert_int_equal(rig_count_of(&o->text, "100 Continue"), 0);
    owner_ask(o, POST("/early") "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n", "none");
    assert_int_equal(rig_count_of(&o->text, "100 Continue"), 0);
    assert_int_equal(rig_count_of(&o->text, "Connection: close"), 1);
}

static void other_expectations_fail(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    owner_ask(o, POST("/echo") "Expect: a-miracle\r\nContent-Length: 2\r\n\r\nok", "bad");
    rig_expect_end(&o->rig, o->client, &o->text);
    assert_int_equal(rig_count_of(&o->text, "HTTP/1.1 417 Expectation Failed"), 1);
    owner_connect(o);
    owner_ask(o, "GET /ok HTTP/1.0\r\nExpect: a-miracle\r\n\r\n", "hello");
}

/* A refused body is read and dropped, so that no reset takes the answer away. */
static void a_client_that_goes_on_sending_still_reads_its_answer(void **state)
{
    static char block[65536];
    struct owner *o = *state;
    size_t n_sent = 0;
    owner_connect_tcp(o);
    RIG_SAY(o->client, CHUNKED("/early") "2dc6c0\r\n");
    rig_begin(&o->rig);
    while (n_sent < 3000000) {
        ssize_t n = send(o->client, block, sizeof block, MSG_NOSIGNAL);
        n_sent += n > 0 ? (size_t)n : 0;
        rig_go_on(&o->rig, "the body is sent");
    }
    rig_expect(&o->rig, o->client, &o->text, "none");
    rig_expect_end(&o->rig, o->client, &o->text);
    assert_int_equal(server_n_connections(o->server), 1);
    close(o->client);
    o->client = -1;
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
    expect_notes(o, "head /early;finished 404 105;");
}

static void an_answer_on_the_head_keeps_the_connection_where_there_is_no_body(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    owner_ask(o, OWNER_GET("/early"), "none");
    owner_ask(o, OWNER_GET("/early"), "none");
    assert_int_equal(rig_count_of(&o->text, "Connection:"), 0);
    assert_null(strstr(o->notes, "request;"));
}

static void nor_does_it_end_one_whose_body_came_with_the_head(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    RIG_SAY(
        o->client,
        POST("/early") "Content-Length: 4\r\n\r\nGET " POST(
            "/early") "Content-Length: 4\r\n\r\nabcd" POST("/echo") "Content-Length: 2\r\n\r\nok");
    rig_expect(&o->rig, o->client, &o->text, "\r\n\r\nok");
    assert_int_equal(rig_count_of(&o->text, "HTTP/1.1 404"), 2);
    assert_int_equal(rig_count_of(&o->text, "Connection:"), 0);
    assert_int_equal(rig_count_of(&o->text, "HTTP/1.1 200"), 1);
}

static void what_is_missing_of_the_body_is_not_waited_for(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    owner_ask(o, POST("/early") "Content-Length: 4\r\n\r\nabc", "none");
    assert_int_equal(rig_count_of(&o->text, "Connection: close"), 1);
    owner_connect(o);
    owner_ask(o, CHUNKED("/early") "1\r\na\r\n0\r\n\r\n", "none");
    assert_int_equal(rig_count_of(&o->text, "Connection: close"), 1);
}

/* The answer was begun while the body was on its way: what is left of it is dropped. */
static void an_answer_before_the_body_is_whole_ends_the_connection(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    RIG_SAY(o->client, POST("/hold-head") "Content-Length: 10\r\n\r\n01234");
    RIG_UNTIL(&o->rig, o->held);
    rig_turns(&o->rig, 2);
    owner_answer(o->held, SLICE("sooner"));
    RIG_SAY(o->client, "56789" OWNER_GET("/ok"));
    rig_expect(&o->rig, o->client, &o->text, "sooner");
    rig_expect_end(&o->rig, o->client, &o->text);
    assert_int_equal(rig_count_of(&o->text, "Connection: close"), 1);
    expect_notes(o, "head /hold-head;finished 200 126;");
}

static void expect_refusal(struct owner *o, struct slice bytes, unsigned status)
{
    char line[32];
    snprintf(line, sizeof line, "HTTP/1.1 %u ", status);
    owner_connect_tcp(o);
    o->notes[0] = '\0';
    rig_send(o->client, bytes);
    rig_expect(&o->rig, o->client, &o->text, "bad");
    rig_expect_end(&o->rig, o->client, &o->text);
    assert_int_equal(rig_count_of(&o->text, line), 1);
    assert_int_equal(rig_count_of(&o->text, "Connection: close\r\n"), 1);
    assert_null(strstr(o->notes, "request;"));
}

static void what_is_not_http_is_refused_and_the_connection_ends(void **state)
{
    static char long_target[6000], long_head[6000];
    struct owner *o = *state;
    snprintf(long_target, sizeof long_target, "GET /%05000d HTTP/1.1\r\n", 1);
    snprintf(long_head, sizeof long_head, "GET / HTTP/1.1\r\nHost: a\r\nX: %05000d\r\n\r\n", 1);
    expect_refusal(o, SLICE("\x16\x03\x01 hello\r\n\r\n"), 400);
    expect_refusal(o, SLICE("GET / HTTP/1.1\r\n\r\n"), 400);
    expect_refusal(o, SLICE("GET / HTTP/1.1\r\nHost : a\r\n\r\n" OWNER_GET("/ok")), 400);
    expect_refusal(o, SLICE("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
    expect_refusal(o, SLICE(POST("/echo") "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501);
    expect_refusal(o, SLICE(CHUNKED("/echo") "2\r\nabX0\r\n\r\n" OWNER_GET("/ok")), 400);
    expect_refusal(o, slice_of(long_target), 414);
    expect_refusal(o, slice_of(long_head), 431);
    assert_int_equal(rig_count(&o->rig, COUNT_REQUESTS_MALFORMED), 8);
}

static void a_refusal_behind_a_good_request_comes_in_its_turn(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    RIG_SAY(o->client, OWNER_GET("/hold") "GET / HTTP/1.1\r\n\r\n" OWNER_GET("/ok"));
    RIG_UNTIL(&o->rig, o->held);
    owner_answer(o->held, SLICE("first"));
    rig_expect(&o->rig, o->client, &o->text, "bad");
    rig_expect_end(&o->rig, o->client, &o->text);
    assert_true(strstr(o->text.at, "first") < strstr(o->text.at, "HTTP/1.1 400"));
    assert_null(strstr(o->notes, "/ok"));
}

/* Such a client reads its answer all the same. */
static void rubbish_from_a_client_that_half_closes_is_answered(void **state)
{
    struct owner *o = *state;
    owner_connect(o);
    RIG_SAY(o->client, "rubbish\r\n\r\n");
    shutdown(o->client, SHUT_WR);
    rig_expect(&o->rig, o->client, &o->text, "bad");
    rig_expect_end(&o->rig, o->client, &o->text);
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
        n++;
    return n;
}

static void a_client_may_leave_behind_any_byte(void **state)
{
    static const char requests[] =
        OWNER_GET("/ok") CHUNKED("/echo") "1;x=y\r\na\r\n0\r\nT: u\r\n\r\n" OWNER_GET("/early")
            POST("/echo") "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nab" OWNER_GET("/hold");
    struct owner *o = *state;
    for (size_t n = 0; n < sizeof requests; n++) {
        o->notes[0] = '\0';
        owner_connect(o);
        rig_send(o->client, (struct slice){requests, n});
        rig_turns(&o->rig, (unsigned)(n % 3));
        close(o->client);
        o->client = -1;
        RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
        assert_int_equal(count(o->notes, "head "), count(o->notes, "finished "));
        assert_true(count(o->notes, "gone;") <= 1);
        assert_null(strstr(o->notes, "refused"));
    }
}

/* The end of the stream comes behind a body that nobody wants: no reset, no departure. */
static void refuse_a_body(struct owner *o, const char *head, const char *notes)
{
    static char body[60000];
    owner_connect_tcp(o);
    o->notes[0] = '\0';
    rig_send(o->client, slice_of(head));
    rig_send(o->client, (struct slice){body, sizeof body});
    shutdown(o->client, SHUT_WR);
    rig_expect(&o->rig, o->client, &o->text, "none");
    rig_expect_end(&o->rig, o->client, &o->text);
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
    assert_string_equal(o->notes, notes);
}

static void a_refused_body_that_ends_with_its_client_is_answered(void **state)
{
    struct owner *o = *state;
    refuse_a_body(o, POST("/early") "Content-Length: 60000\r\n\r\n",
                  "head /early;finished 404 86;");
    refuse_a_body(o, POST("/early") "Content-Length: 60001\r\n\r\n",
                  "head /early;finished 404 105;");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, owner_setup, owner_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_request_comes_whole),
        TEST(the_owner_sees_the_parts_of_a_request),
        TEST(what_connection_names_is_as_though_it_had_not_come),
        TEST(the_peer_is_an_address_without_a_port),
        TEST(a_request_may_come_byte_by_byte),
        TEST(pieces_make_no_difference),
        TEST(a_head_in_two_pieces_keeps_its_first_time),
        TEST(pipelined_requests_are_answered_in_order),
        TEST(a_pipelined_request_waits_for_the_answer_before_it),
        TEST(what_is_read_ahead_is_bounded),
        TEST(a_pipeline_may_go_on_for_ever),
        TEST(a_body_is_whole_before_the_owner_hears_of_it),
        TEST(a_large_body_is_put_together),
        TEST(a_body_at_its_bound_is_taken),
        TEST(a_length_past_the_bound_is_refused_at_once),
        TEST(chunks_past_the_bound_are_refused),
        TEST(a_body_for_which_no_memory_is_left_is_refused),
        TEST(a_client_that_asks_is_told_to_continue),
        TEST(a_client_is_not_told_to_continue_where_that_is_void),
        TEST(other_expectations_fail),
        TEST(a_client_that_goes_on_sending_still_reads_its_answer),
        TEST(an_answer_on_the_head_keeps_the_connection_where_there_is_no_body),
        TEST(nor_does_it_end_one_whose_body_came_with_the_head),
        TEST(what_is_missing_of_the_body_is_not_waited_for),
        TEST(an_answer_before_the_body_is_whole_ends_the_connection),
        TEST(what_is_not_http_is_refused_and_the_connection_ends),
        TEST(a_refusal_behind_a_good_request_comes_in_its_turn),
        TEST(a_client_may_leave_behind_any_byte),
        TEST(a_refused_body_that_ends_with_its_client_is_answered),
        TEST(rubbish_from_a_client_that_half_closes_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
