/* h1_response_test.c - what services answer: framing of every kind, and what is no HTTP */
#include "h1_check.h"

#define OK "HTTP/1.1 200 OK\r\n"

static void a_body_ends_by_length_chunks_or_connection(void **state)
{
    (void)state;
    expect_response(OK "Content-Length: 2\r\n\r\nhi" OK "Content-Length: 0\r\n\r\n",
                    "HEAD 1.1   200 keep length=2|Content-Length=2\nBODY hi\nDONE\n"
                    "HEAD 1.1   200 keep length=0|Content-Length=0\nDONE\n");
    expect_response(OK "Transfer-Encoding: Chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
                    "HEAD 1.1   200 keep chunked|Transfer-Encoding=Chunked\nBODY hi\nDONE\n");
    expect_response(OK "\r\nhi\r\n\r\n", "HEAD 1.1   200\nBODY hi\r\n\r\n\nDONE\n");
    expect_response(OK "\r\n", "HEAD 1.1   200\nDONE\n");
    expect_response("HTTP/1.0 200 OK\r\n\r\nhi", "HEAD 1.0   200\nBODY hi\nDONE\n");
    expect_response("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi",
                    "HEAD 1.0   200 keep length=2|Connection=keep-alive|Content-Length=2\n"
                    "BODY hi\nDONE\n");
}

static void some_answers_have_no_body(void **state)
{
    (void)state;
    expect_response("HTTP/1.1 204 No Content\r\n\r\n" OK "Content-Length: 0\r\n\r\n",
                    "HEAD 1.1   204 keep\nDONE\n"
                    "HEAD 1.1   200 keep length=0|Content-Length=0\nDONE\n");
    expect_response("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
                    "HEAD 1.1   304 keep length=9|Content-Length=9\nDONE\n");
    struct drive to_head = {.kind = H1_RESPONSE, .answers_head = true};
    expect_drive(to_head, SLICE(OK "Content-Length: 9\r\n\r\n"),
                 "HEAD 1.1   200 keep length=9|Content-Length=9\nDONE\n");
    expect_drive(to_head, SLICE(OK "Transfer-Encoding: chunked\r\n\r\n"),
                 "HEAD 1.1   200 keep chunked|Transfer-Encoding=chunked\nDONE\n");
    expect_drive(to_head, SLICE(OK "\r\n"), "HEAD 1.1   200 keep\nDONE\n");
}

static void informational_answers_pass_by(void **state)
{
    (void)state;
    expect_response("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
                    "HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\n1",
                    "HEAD 1.1   100 keep\nDONE\nHEAD 1.1   103 keep|Link=a\nDONE\n"
                    "HEAD 1.1   201 keep length=1|Content-Length=1\nBODY 1\nDONE\n");
}

static void a_reason_may_be_anything_or_missing(void **state)
{
    (void)state;
    expect_response("HTTP/1.1 301\r\nContent-Length: 0\r\n\r\n",
                    "HEAD 1.1   301 keep length=0|Content-Length=0\nDONE\n");
    expect_response("HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n",
                    "HEAD 1.1   404 keep length=0|Content-Length=0\nDONE\n");
    expect_response("HTTP/1.1 500  pr\xc3\xa9"
                    "fet: x\r\nContent-Length: 0\r\n\r\n",
                    "HEAD 1.1   500 keep length=0|Content-Length=0\nDONE\n");
}

static void a_host_means_nothing_in_an_answer(void **state)
{
    (void)state;
    expect_response(OK "Host: a b\r\nHost: c\r\nContent-Length: 0\r\n\r\n",
                    "HEAD 1.1   200 keep length=0|Host=a b|Host=c|Content-Length=0\nDONE\n");
}

static void a_cut_answer_is_an_error(void **state)
{
    (void)state;
    expect_response("", "");
    expect_response("HTTP/1.1 20", "ERROR 0\n");
    expect_response(OK "Content-Length: 2\r\n\r\nh",
                    "HEAD 1.1   200 keep length=2|Content-Length=2\nBODY h\nERROR 0\n");
    expect_response(OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
                    "HEAD 1.1   200 keep chunked|Transfer-Encoding=chunked\nBODY hi\nERROR 0\n");
}

static void what_is_not_plain_http_is_refused(void **state)
{
    (void)state;
    static const struct slice cases[] = {
        BYTES("hello\r\n\r\n"),
        BYTES("<html>"),
        BYTES("HTP/1.1 200 OK\r\n\r\n"),
        BYTES("HTTP/1.1\t200 OK\r\n\r\n"),
        BYTES("HTTP/1.1  200 OK\r\n\r\n"),
        BYTES("HTTP/1.1 20 OK\r\n\r\n"),
        BYTES("HTTP/1.1 2000 OK\r\n\r\n"),
        BYTES("HTTP/1.1 099 OK\r\n\r\n"),
        BYTES("HTTP/1.1 200 O\0K\r\n\r\n"),
        BYTES("HTTP/1.1 200 OK\n\r\n"),
        BYTES("HTTP/1.1 200 OK\r\r\n\r\n"),
        BYTES("HTTP/2.0 200 OK\r\n\r\n"),
        BYTES("HTTP/0.9 200 OK\r\n\r\n"),
        BYTES("ICY 200 OK\r\n\r\n"),
        BYTES("RTSP/1.0 200 OK\r\n\r\n"),
        BYTES("ICE/1.0 200 OK\r\n\r\n"),
        BYTES(OK "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"),
        BYTES(OK "Content-Length: 2\r\nContent-Length: 3\r\n\r\n"),
        BYTES(OK "Content-Length: 2, 2\r\n\r\n"),
        BYTES(OK "Content-Length: +2\r\n\r\n"),
        BYTES(OK "Transfer-Encoding: gzip, chunked\r\n\r\n"),
        BYTES(OK "Transfer-Encoding: chunked, chunked\r\n\r\n"),
        BYTES(OK "Transfer-Encoding: identity\r\n\r\n"),
        BYTES("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        BYTES(OK "A : b\r\n\r\n"),
        BYTES(OK "A: b\r\n c\r\n\r\n"),
        BYTES(OK "A: b\nC: d\r\n\r\n"),
        BYTES(OK "A: \0\r\n\r\n"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_drive((struct drive){.kind = H1_RESPONSE}, cases[i], "ERROR 0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_ends_by_length_chunks_or_connection),
        cmocka_unit_test(some_answers_have_no_body),
        cmocka_unit_test(informational_answers_pass_by),
        cmocka_unit_test(a_reason_may_be_anything_or_missing),
        cmocka_unit_test(a_host_means_nothing_in_an_answer),
        cmocka_unit_test(a_cut_answer_is_an_error),
        cmocka_unit_test(what_is_not_plain_http_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
