/* h1_request_test.c - requests that are read, and the statuses of those that are refused */
#include "h1_check.h"

#define GET "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define CHUNKED_HEAD "HEAD 1.1 POST / 0 keep chunked|Host=a|Transfer-Encoding=chunked\n"

static void a_request_is_read_into_its_parts(void **state)
{
    (void)state;
    expect_request(
        "GET /a?b=c HTTP/1.1\r\nHost: example.org:80\r\nX-Empty:\r\nX: \t y z\t \r\n\r\n",
        "HEAD 1.1 GET /a?b=c 0 keep|Host=example.org:80|X-Empty=|X=y z\nDONE\n");
    expect_request("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
                   "HEAD 1.1 OPTIONS * 0 keep|Host=a\nDONE\n");
    expect_request("GET http://b/c HTTP/1.1\r\nHost: a\r\n\r\n",
                   "HEAD 1.1 GET http://b/c 0 keep|Host=a\nDONE\n");
    expect_request(GET "X: a\xc3\xa4\x80\r\n\r\n",
                   "HEAD 1.1 GET / 0 keep|Host=a|X=a\xc3\xa4\x80\nDONE\n");
}

static void connection_options_are_told(void **state)
{
    (void)state;
    expect_request(GET "Connection: x, Close\r\n\r\n",
                   "HEAD 1.1 GET / 0 options|Host=a|Connection=x, Close\nDONE\n");
    expect_request(GET "connection: Keep-Alive,, upgrade\r\nConnection: TE\r\n\r\n",
                   "HEAD 1.1 GET / 0 keep options|Host=a|connection=Keep-Alive,, upgrade"
                   "|Connection=TE\nDONE\n");
    expect_request(GET "Connection: \r\n\r\n", "HEAD 1.1 GET / 0 keep|Host=a|Connection=\nDONE\n");
    expect_request("GET / HTTP/1.0\r\n\r\n", "HEAD 1.0 GET / 0\nDONE\n");
    expect_request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
                   "HEAD 1.0 GET / 0 keep|Connection=Keep-Alive\nDONE\n");
    expect_request("GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n",
                   "HEAD 1.0 GET / 0|Connection=keep-alive|Connection=close\nDONE\n");
    expect_request(POST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
                   "HEAD 1.1 POST / 0 keep expects length=1|Host=a|Expect=100-Continue"
                   "|Content-Length=1\nBODY x\nDONE\n");
    expect_request("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
                   "HEAD 1.0 POST / 0 length=0|Expect=100-continue|Content-Length=0\nDONE\n");
}

static void a_later_minor_version_is_read_as_1_1(void **state)
{
    (void)state;
    expect_request("GET / HTTP/1.2\r\nHost: a\r\n\r\n", "HEAD 1.1 GET / 0 keep|Host=a\nDONE\n");
    expect_request("GET / HTTP/1.9\r\n\r\n", "ERROR 400\n"); /* no Host */
}

static void an_upgrade_swallows_nothing(void **state)
{
    (void)state;
    expect_request(GET "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\r\n" GET "\r\n",
                   "HEAD 1.1 GET / 0 keep|Host=a|Upgrade=websocket"
                   "|Connection=keep-alive, Upgrade\nDONE\n"
                   "HEAD 1.1 GET / 0 keep|Host=a\nDONE\n");
    expect_request(POST "Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nhi" GET
                        "\r\n",
                   "HEAD 1.1 POST / 0 keep length=2|Host=a|Upgrade=h2c"
                   "|Connection=Upgrade|Content-Length=2\nBODY hi\nDONE\n"
                   "HEAD 1.1 GET / 0 keep|Host=a\nDONE\n");
    expect_request(GET "Upgrade: websocket\r\n\r\n",
                   "HEAD 1.1 GET / 0 keep|Host=a|Upgrade=websocket\nDONE\n");
    expect_request("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n" GET "\r\n",
                   "HEAD 1.1 CONNECT a:80 0 keep|Host=a:80\nDONE\n"
                   "HEAD 1.1 GET / 0 keep|Host=a\nDONE\n");
}

static void pipelined_requests_come_one_by_one(void **state)
{
    (void)state;
    expect_request(POST "Content-Length: 3\r\n\r\nabc\r\n" GET "\r\n\r\n\r\n" CHUNKED
                        "2\r\nhi\r\n0\r\n\r\n" GET "\r\n",
                   "HEAD 1.1 POST / 0 keep length=3|Host=a|Content-Length=3\nBODY abc\nDONE\n"
                   "HEAD 1.1 GET / 0 keep|Host=a\nDONE\n" CHUNKED_HEAD "BODY hi\nDONE\n"
                   "HEAD 1.1 GET / 0 keep|Host=a\nDONE\n");
}

static void a_cut_message_is_an_error_and_an_absent_one_is_none(void **state)
{
    (void)state;
    expect_request("", "");
    expect_request("GET", "ERROR 400\n");
    expect_request(GET, "ERROR 400\n");
    expect_request(POST "Content-Length: 3\r\n\r\nab",
                   "HEAD 1.1 POST / 0 keep length=3|Host=a|Content-Length=3\nBODY ab\nERROR 400\n");
    expect_request(CHUNKED "2\r\nhi\r\n0\r\n", CHUNKED_HEAD "BODY hi\nERROR 400\n");
}

static void refuse_all(const struct slice *cases, size_t n, const char *transcript)
{
    for (size_t i = 0; i < n; i++)
        expect_drive((struct drive){.kind = H1_REQUEST}, cases[i], transcript);
}

#define REFUSE_ALL(cases, transcript)                                                              \
    refuse_all((cases), sizeof(cases) / sizeof *(cases), transcript)

static void two_answers_about_the_length_are_refused(void **state)
{
    (void)state;
    static const struct slice cases[] = {
        BYTES(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
        BYTES(POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"),
        BYTES(POST "Transfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\n"),
        BYTES(POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\n"),
        BYTES(POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n"),
        BYTES(POST "Content-Length: 3, 3\r\n\r\n"),
        BYTES(POST "Content-Length: +3\r\n\r\n"),
        BYTES(POST "Content-Length: -3\r\n\r\n"),
        BYTES(POST "Content-Length: 0x3\r\n\r\n"),
        BYTES(POST "Content-Length: 3 3\r\n\r\n"),
        BYTES(POST "Content-Length:\r\n\r\n"),
        BYTES(POST "Content-Length: 3;\r\n\r\n"),
        BYTES(POST "Content-Length: 9223372036854775808\r\n\r\n"),
        BYTES(POST "Content-Length: 18446744073709551619\r\n\r\n"),
        BYTES(POST "Content-Length: 184467440737095516190\r\n\r\n"),
        BYTES(POST "Transfer-Encoding: chunked, chunked\r\n\r\n"),
        BYTES(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
        BYTES(POST "Transfer-Encoding: chunked, gzip\r\n\r\n"),
        BYTES(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"),
        BYTES(POST "Transfer-Encoding:\r\n\r\n"),
        BYTES(POST "Transfer-Encoding: ,\r\n\r\n"),
        BYTES(POST "Transfer-Encoding: chunked,\r\n\r\n"),
        BYTES(POST "Transfer-Encoding: chunked ,\r\n\r\n"),
        BYTES("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    };
    REFUSE_ALL(cases, "ERROR 400\n");
}

static void an_unknown_coding_is_not_implemented(void **state)
{
    (void)state;
    static const struct slice cases[] = {
        BYTES(POST "Transfer-Encoding: identity\r\n\r\n"),
        BYTES(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"),
        BYTES(POST "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"),
        BYTES(POST "Transfer-Encoding: xchunked\r\n\r\n"),
        BYTES(POST "Transfer-Encoding: chunked;q=1\r\n\r\n"),
        BYTES(POST "Transfer-Encoding: \"chunked\"\r\n\r\n"),
    };
    REFUSE_ALL(cases, "ERROR 501\n");
}

static void lines_have_one_form_only(void **state)
{
    (void)state;
    static const struct slice cases[] = {
        BYTES(GET "A: b\r\n c\r\n\r\n"),
        BYTES(GET "A: b\r\n\tc\r\n\r\n"),
        BYTES(GET " A: b\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        BYTES(GET "A : b\r\n\r\n"),
        BYTES(GET "A\t: b\r\n\r\n"),
        BYTES(GET "Content-Length : 3\r\n\r\nabc"),
        BYTES(GET ": b\r\n\r\n"),
        BYTES(GET "A\r\n\r\n"),
        BYTES(GET "A B: c\r\n\r\n"),
        BYTES(GET "A\0: c\r\n\r\n"),
        BYTES(GET "A(: c\r\n\r\n"),
        BYTES(GET "\xc3\xa4: c\r\n\r\n"),
        BYTES(GET "A: b\nC: d\r\n\r\n"),
        BYTES(GET "A: b\rC: d\r\n\r\n"),
        BYTES(GET "A: b\r\r\n\r\n"),
        BYTES(GET "A:\rContent-Length: 3\r\n\r\n"),
        BYTES(GET "A:\nContent-Length: 3\r\n\r\n"),
        BYTES(GET "A: \0\r\n\r\n"),
        BYTES(GET "A: b\0\r\n\r\n"),
        BYTES(GET "A: b\x01"
                  "c\r\n\r\n"),
        BYTES(GET "A: 12345678\x7f\r\n\r\n"),
        BYTES(GET "A: b\x0b\r\n\r\n"),
        BYTES(GET "A: b\r\n\n"),
        BYTES(GET "\n"),
        BYTES(GET "\rX\r\n"),
        BYTES("GET / HTTP/1.1\nHost: a\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\rHost: a\r\n\r\n"),
    };
    REFUSE_ALL(cases, "ERROR 400\n");
}

static void a_request_line_has_one_form_only(void **state)
{
    (void)state;
    static const struct slice cases[] = {
        BYTES("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
        BYTES(" GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /\r\nHost: a\r\n\r\n"),
        BYTES("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /a\0 HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /a\x7f HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET / http/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET / HTTPS/1.1\r\nHost: a\r\n\r\n"),
        BYTES("GET / RTSP/1.0\r\nHost: a\r\n\r\n"),
        BYTES("SOURCE / ICE/1.0\r\nHost: a\r\n\r\n"),
        BYTES("GET / HTTP/1\r\nHost: a\r\n\r\n"),
        BYTES("GET / HTTP/01.1\r\nHost: a\r\n\r\n"),
        BYTES("GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
        BYTES("GET / HTTP/1,1\r\nHost: a\r\n\r\n"),
        BYTES("\x16\x03\x01\x02"),
        BYTES("\n\n\0"),
    };
    REFUSE_ALL(cases, "ERROR 400\n");
}

static void another_major_version_is_not_supported(void **state)
{
    (void)state;
    static const struct slice cases[] = {
        BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        BYTES("GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
        BYTES("GET / HTTP/3.0\r\nHost: a\r\n\r\n"),
        BYTES("GET / HTTP/0.9\r\nHost: a\r\n\r\n"),
    };
    REFUSE_ALL(cases, "ERROR 505\n");
}

static void any_token_is_a_method(void **state)
{
    (void)state;
    expect_request("BREW /a HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD 1.1 BREW /a 0 keep|Host=a\nDONE\n");
    expect_request("\r\nget / HTTP/1.0\r\n\r\n", "HEAD 1.0 get / 0\nDONE\n");
    expect_request("\r\n\r\nBREW2345678901234567890123456789 / HTTP/1.1\r\nHost: a\r\n\r\n",
                   "HEAD 1.1 BREW2345678901234567890123456789 / 0 keep|Host=a\nDONE\n");
    expect_request("GETX / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi" GET "\r\n",
                   "HEAD 1.1 GETX / 0 keep length=2|Host=a|Content-Length=2\nBODY hi\nDONE\n"
                   "HEAD 1.1 GET / 0 keep|Host=a\nDONE\n");
    /* Methods of RTSP and ICE, of which llhttp knows that they are not HTTP's. */
    expect_request("DESCRIBE / HTTP/1.1\r\nHost: a\r\n\r\n",
                   "HEAD 1.1 DESCRIBE / 0 keep|Host=a\nDONE\n");
    expect_request("SOURCE / HTTP/1.1\r\nHost: a\r\n\r\n",
                   "HEAD 1.1 SOURCE / 0 keep|Host=a\nDONE\n");
}

static void an_unknown_method_excuses_no_error(void **state)
{
    (void)state;
    static const struct slice cases[] = {
        BYTES("GARBAGE\r\n\r\n"),
        BYTES("HELLO WORLD\r\n\r\n"),
        BYTES("garbage garbage garbage\r\n\r\n"),
        BYTES("BREW / HTTP/1.1\r\n\r\n"),
        BYTES("BREW / HTTP/1.1\nHost: a\n\n"),
        BYTES("BREW  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("BREW / HTTP/1.1 \r\nHost: a\r\n\r\n"),
        BYTES("BREW / HTTP/1.1\r\nHost : a\r\n\r\n"),
        BYTES("BREW / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        BYTES("PRI / HTTP/1.1\r\nHost: a\r\n\r\n"),
        BYTES("DESCRIBE / RTSP/1.0\r\nHost: a\r\n\r\n"),
        BYTES("SOURCE / ICE/1.0\r\nHost: a\r\n\r\n"),
        BYTES("\x16\x03\x01\x00\x05hello"),
        BYTES("BR{"),
        BYTES("GET / XTTP"),
        BYTES("BREW / XTTP"),
        BYTES("BREW / HTTP/1.1\r\n\0"),
        BYTES(" BREW / HTTP/1.1\r\nHost: a\r\n\r\n"),
    };
    REFUSE_ALL(cases, "ERROR 400\n");
    expect_request("BREW234567890123456789012345678901 / HTTP/1.1\r\nHost: a\r\n\r\n",
                   "ERROR 501\n");
    static const struct slice versions[] = {BYTES("BREW / HTTP/2.0\r\nHost: a\r\n\r\n")};
    REFUSE_ALL(versions, "ERROR 505\n");
}

static void there_is_one_good_host(void **state)
{
    (void)state;
    static const struct slice cases[] = {
        BYTES("GET / HTTP/1.1\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        BYTES("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost:\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
        BYTES("GET http://a/ HTTP/1.1\r\n\r\n"),
    };
    REFUSE_ALL(cases, "ERROR 400\n");
}

static void a_chunked_body_loses_its_framing(void **state)
{
    (void)state;
    expect_request(CHUNKED "5\r\nhello\r\n00A;x\r\n0123456789\r\n000\r\n\r\n",
                   CHUNKED_HEAD "BODY hello0123456789\nDONE\n");
    expect_request(CHUNKED "2;a=b;c=\"\\\";\\\\ d\"; e\r\nhi\r\n0;z\r\n\r\n",
                   CHUNKED_HEAD "BODY hi\nDONE\n");
    expect_request(CHUNKED "0\r\nA: b\"\\\r\nContent-Length: 5\r\nC:\r\n\r\n" GET "\r\n",
                   CHUNKED_HEAD "DONE\nHEAD 1.1 GET / 0 keep|Host=a\nDONE\n");
}

static void bad_chunk_framing_is_refused(void **state)
{
    (void)state;
    static const struct slice cases[] = {
        BYTES(CHUNKED "\r\n"),
        BYTES(CHUNKED "x\r\n"),
        BYTES(CHUNKED "0x2\r\nhi\r\n"),
        BYTES(CHUNKED "-1\r\n"),
        BYTES(CHUNKED " 2\r\n"),
        BYTES(CHUNKED "2 \r\n"),
        BYTES(CHUNKED "2\n"),
        BYTES(CHUNKED "2\r\r\n"),
        BYTES(CHUNKED "2;\r\n"),
        BYTES(CHUNKED "2;a\n"),
        BYTES(CHUNKED "2;a=\r\n"),
        BYTES(CHUNKED "2;a=\"b\r\n"),
        BYTES(CHUNKED "2;a=\"b\"c\r\n"),
        BYTES(CHUNKED "2;a\0\r\n"),
        BYTES(CHUNKED "8000000000000000\r\n"),
        BYTES(CHUNKED "10000000000000002\r\n"),
        BYTES(CHUNKED "0\r\n A: b\r\n\r\n"),
        BYTES(CHUNKED "0\r\nA b\r\n\r\n"),
        BYTES(CHUNKED "0\r\nA: b\n\r\n"),
        BYTES(CHUNKED "0\r\nA: \0\r\n\r\n"),
        BYTES(CHUNKED "0\r\n\n"),
    };
    REFUSE_ALL(cases, CHUNKED_HEAD "ERROR 400\n");
    static const struct slice after_data[] = {
        BYTES(CHUNKED "2\r\nhi0\r\n\r\n"),
        BYTES(CHUNKED "2\r\nhi\n0\r\n\r\n"),
        BYTES(CHUNKED "2\r\nhi\r0\r\n\r\n"),
        BYTES(CHUNKED "2\r\nhi\r\n\r\n"),
    };
    REFUSE_ALL(after_data, CHUNKED_HEAD "BODY hi\nERROR 400\n");
}

/* A request of n bytes in all: its last field is as long as it takes. */
static struct slice padded(char *at, size_t n, const char *head, const char *end)
{
    size_t n_head = strlen(head), n_end = strlen(end);
    memset(at, 'x', n);
    memcpy(at, head, n_head);
    memcpy(at + n - n_end, end, n_end);
    return (struct slice){at, n};
}

static void heads_end_at_their_limit(void **state)
{
    (void)state;
    char bytes[300];
    struct drive d = {.kind = H1_REQUEST, .head_limit = 256};
    struct buffer out;
    buffer_init(&out, 4096);
    assert_int_equal(drive(&d, padded(bytes, 256, GET "A: ", "\r\n\r\n"), &out), H1_MORE);
    assert_true(out.n > 5 && memcmp(out.at + out.n - 5, "DONE\n", 5) == 0);
    buffer_done(&out);
    expect_drive(d, padded(bytes, 257, GET "A: ", "\r\n\r\n"), "ERROR 431\n");
    expect_drive(d, padded(bytes, 257, "GET /", " HTTP/1.1\r\nHost: a\r\n\r\n"), "ERROR 431\n");
    expect_drive(d, padded(bytes, 300, "GET /", ""), "ERROR 414\n");
    expect_drive(d, padded(bytes, 300, "\r\nGET /", ""), "ERROR 414\n");
    expect_drive(d, padded(bytes, 300, GET, ""), "ERROR 431\n");
}

/* A request with n fields, Host among them. */
static void print_fields(struct buffer *bytes, int n)
{
    assert_true(buffer_append(bytes, slice_of(GET)));
    for (int i = 1; i < n; i++)
        assert_true(buffer_append(bytes, SLICE("A: b\r\n")));
    assert_true(buffer_append(bytes, SLICE("\r\n")));
}

static void more_fields_than_we_hold_are_too_many(void **state)
{
    (void)state;
    struct drive d = {.kind = H1_REQUEST};
    struct buffer bytes, out;
    buffer_init(&bytes, 4096);
    buffer_init(&out, 16384);
    print_fields(&bytes, H1_MAX_FIELDS);
    assert_int_equal(drive(&d, buffer_slice(&bytes), &out), H1_MORE);
    assert_true(out.n > 5 && memcmp(out.at + out.n - 5, "DONE\n", 5) == 0);
    bytes.n = 0;
    print_fields(&bytes, H1_MAX_FIELDS + 1);
    expect_drive(d, buffer_slice(&bytes), "ERROR 431\n");
    buffer_done(&bytes);
    buffer_done(&out);
}

static void extensions_and_trailers_are_bounded(void **state)
{
    (void)state;
    char bytes[1024];
    struct drive d = {.kind = H1_REQUEST, .head_limit = 256};
    expect_drive(d, padded(bytes, 600, CHUNKED "2;", ""), CHUNKED_HEAD "ERROR 431\n");
    expect_drive(d, padded(bytes, 600, CHUNKED "0\r\nA: ", ""), CHUNKED_HEAD "ERROR 431\n");
    memset(bytes, '0', sizeof bytes);
    memcpy(bytes, CHUNKED, sizeof CHUNKED - 1);
    expect_drive(d, (struct slice){bytes, sizeof bytes}, CHUNKED_HEAD "ERROR 431\n");
    /* Many small chunks are no such thing. */
    char *at = stpcpy(bytes, CHUNKED);
    for (int i = 0; i < 100; i++)
        at = stpcpy(at, "1\r\n.\r\n");
    stpcpy(at, "0\r\n\r\n");
    struct buffer out;
    buffer_init(&out, 4096);
    assert_int_equal(drive(&d, slice_of(bytes), &out), H1_MORE);
    assert_memory_equal(out.at + out.n - 7, ".\nDONE\n", 7);
    buffer_done(&out);
}

static void a_refusal_is_final(void **state)
{
    (void)state;
    static struct h1_head head;
    struct h1_reader r;
    size_t used;
    h1_init(&r, H1_REQUEST, 1024, &head);
    assert_int_equal(h1_read(&r, "\x01", 0, 1, &used), H1_ERROR);
    assert_int_equal(h1_read(&r, GET "\r\n", 0, sizeof GET + 1, &used), H1_ERROR);
    assert_int_equal(h1_read_end(&r), H1_ERROR);
    assert_int_equal(r.status, 400);
    assert_false(h1_is_between(&r));
}

static void between_two_messages_nothing_has_begun(void **state)
{
    (void)state;
    static struct h1_head head;
    struct h1_reader r;
    size_t used;
    h1_init(&r, H1_REQUEST, 1024, &head);
    assert_true(h1_is_between(&r));
    assert_int_equal(h1_read(&r, GET, 0, 5, &used), H1_MORE);
    assert_int_equal(used, 5);
    assert_false(h1_is_between(&r));
    assert_int_equal(h1_read(&r, GET "\r\n", 5, sizeof GET + 1, &used), H1_HEAD);
    assert_int_equal(head.size, sizeof GET + 1);
    assert_int_equal(used, sizeof GET + 1);
    assert_false(h1_is_between(&r));
    assert_int_equal(h1_read(&r, GET "\r\n", used, used, &used), H1_DONE);
    assert_true(h1_is_between(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read_into_its_parts),
        cmocka_unit_test(connection_options_are_told),
        cmocka_unit_test(a_later_minor_version_is_read_as_1_1),
        cmocka_unit_test(an_upgrade_swallows_nothing),
        cmocka_unit_test(pipelined_requests_come_one_by_one),
        cmocka_unit_test(a_cut_message_is_an_error_and_an_absent_one_is_none),
        cmocka_unit_test(two_answers_about_the_length_are_refused),
        cmocka_unit_test(an_unknown_coding_is_not_implemented),
        cmocka_unit_test(lines_have_one_form_only),
        cmocka_unit_test(a_request_line_has_one_form_only),
        cmocka_unit_test(another_major_version_is_not_supported),
        cmocka_unit_test(any_token_is_a_method),
        cmocka_unit_test(an_unknown_method_excuses_no_error),
        cmocka_unit_test(there_is_one_good_host),
        cmocka_unit_test(a_chunked_body_loses_its_framing),
        cmocka_unit_test(bad_chunk_framing_is_refused),
        cmocka_unit_test(heads_end_at_their_limit),
        cmocka_unit_test(more_fields_than_we_hold_are_too_many),
        cmocka_unit_test(extensions_and_trailers_are_bounded),
        cmocka_unit_test(a_refusal_is_final),
        cmocka_unit_test(between_two_messages_nothing_has_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
