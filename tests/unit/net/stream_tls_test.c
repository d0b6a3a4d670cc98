/* stream_tls_test.c - TLS streams: whom they trust, and what they tell apart */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../unit.h"
#include "authority.h"
#include "net/stream.h"
#include "net/tls.h"
#include "side.h"

enum {
    LARGE = 3 * 1024 * 1024
};

/* Stands before the C library's: OpenSSL writes with it. */
static bool is_kernel_full;

ssize_t write(int fd, const void *at, size_t n)
{
    if (is_kernel_full) {
        errno = EAGAIN;
        return -1;
    }
    return syscall(SYS_write, fd, at, n);
}

static struct authority authority;
static SSL_CTX *server_tls, *client_tls, *suspicious_tls; /* the last trusts somebody else */

static int setup(void **state)
{
    (void)state;
    char message[200];
    authority_open(&authority);
    server_tls =
        tls_server_context(authority.cert_file, authority.key_file, message, sizeof message);
    client_tls = tls_client_context(authority.ca_file, NULL, NULL, message, sizeof message);
    suspicious_tls =
        tls_client_context(authority.stranger_file, NULL, NULL, message, sizeof message);
    return server_tls && client_tls && suspicious_tls ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    tls_release(server_tls);
    tls_release(client_tls);
    tls_release(suspicious_tls);
    authority_close(&authority);
    return 0;
}

struct pair {
    struct loop loop;
    struct side client, server;
};

static void pair_begin(struct pair *p, SSL_CTX *tls, const char *server_name)
{
    struct sockaddr_storage at;
    socklen_t n;
    int listening = side_listen(&at, &n);
    loop_init(&p->loop, NULL, 0, NULL);
    side_init(&p->client, LARGE);
    side_init(&p->server, LARGE);
    const struct stream_peer to = {
        .at = (struct sockaddr *)&at, .n = n, .tls = tls, .server_name = server_name};
    side_connect(&p->client, &p->loop, &to);
    side_accept(&p->server, &p->loop, side_take(listening), server_tls);
    close(listening);
}

static void pair_open(struct pair *p)
{
    pair_begin(p, client_tls, "good.test");
    SIDE_RUN_UNTIL(&p->loop, p->client.n_opened && p->server.n_opened);
}

static void pair_close(struct pair *p)
{
    side_close(&p->client);
    side_close(&p->server);
    SIDE_RUN_UNTIL(&p->loop, p->client.n_closed && p->server.n_closed);
    side_finish(&p->loop);
    side_done(&p->client);
    side_done(&p->server);
}

/* What ALPN settled on; empty where nothing. */
static struct slice protocol_of(const struct side *s)
{
    const unsigned char *name = NULL;
    unsigned n = 0;
    SSL_get0_alpn_selected(s->stream.ssl, &name, &n);
    return (struct slice){(const char *)name, n};
}

static void a_trusted_server_is_known_by_name_and_by_address(void **state)
{
    (void)state;
    static const char *const names[] = {"good.test", "GOOD.test", "127.0.0.1"};
    const struct slice ask = SLICE_INIT("ask"), answer = SLICE_INIT("answer");
    for (unsigned i = 0; i < 3; i++) {
        struct pair p;
        pair_begin(&p, client_tls, names[i]);
        SIDE_RUN_UNTIL(&p.loop, p.client.n_opened && p.server.n_opened);
        side_write(&p.client, &ask, 1);
        SIDE_RUN_UNTIL(&p.loop, p.server.n_got == ask.n);
        side_write(&p.server, &answer, 1);
        SIDE_RUN_UNTIL(&p.loop, p.client.n_got == answer.n && p.client.n_written);
        assert_memory_equal(p.server.got, ask.at, ask.n);
        assert_memory_equal(p.client.got, answer.at, answer.n);
        assert_true(slice_equal(protocol_of(&p.client), SLICE("http/1.1")));
        assert_true(slice_equal(protocol_of(&p.server), SLICE("http/1.1")));
        pair_close(&p);
        assert_int_equal(p.client.n_ended + p.server.n_ended, 0);
    }
}

static void a_client_that_speaks_something_else_offers_no_protocol(void **state)
{
    (void)state;
    struct pair p;
    char message[256];
    SSL_CTX *tls = tls_client_context(authority.ca_file, NULL, NULL, message, sizeof message);
    assert_non_null(tls);
    tls_offer_none(tls);
    pair_begin(&p, tls, "good.test");
    SIDE_RUN_UNTIL(&p.loop, p.client.n_opened && p.server.n_opened);
    assert_int_equal(protocol_of(&p.client).n, 0);
    assert_int_equal(protocol_of(&p.server).n, 0);
    pair_close(&p);
    tls_release(tls);
}

static void expect_refusal(SSL_CTX *tls, const char *name)
{
    struct pair p;
    pair_begin(&p, tls, name);
    SIDE_RUN_UNTIL(&p.loop, p.client.n_ended);
    assert_int_equal(p.client.how, STREAM_BROKEN);
    assert_int_equal(p.client.n_opened, 0);
    SIDE_RUN_UNTIL(&p.loop, p.server.n_ended);
    assert_int_equal(p.server.how, STREAM_BROKEN);
    assert_int_equal(p.server.n_reads, 0);
    assert_true(side_count_turns(&p.loop, 20) < 10);
    pair_close(&p);
}

static void a_server_of_another_name_is_refused(void **state)
{
    (void)state;
    expect_refusal(client_tls, "other.test");
    expect_refusal(client_tls, "127.0.0.2");
    expect_refusal(client_tls, "server"); /* the common name does not count */
}

static void a_server_of_an_unknown_authority_is_refused(void **state)
{
    (void)state;
    expect_refusal(suspicious_tls, "good.test");
}

/* OpenSSL's own security level, which refuses them too, is out of the way. */
static void old_protocol_versions_are_refused(void **state)
{
    (void)state;
    SSL_CTX *old = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(old, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(old, TLS1_1_VERSION);
    int level = SSL_CTX_get_security_level(server_tls);
    SSL_CTX_set_security_level(old, 0);
    SSL_CTX_set_security_level(server_tls, 0);
    expect_refusal(old, "good.test");
    SSL_CTX_set_security_level(server_tls, level);
    SSL_CTX_free(old);
}

static void both_versions_that_are_allowed_work(void **state)
{
    (void)state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (unsigned i = 0; i < 2; i++) {
        char message[100];
        SSL_CTX *tls = tls_client_context(authority.ca_file, NULL, NULL, message, sizeof message);
        SSL_CTX_set_max_proto_version(tls, versions[i]);
        struct pair p;
        pair_begin(&p, tls, "good.test");
        SIDE_RUN_UNTIL(&p.loop, p.client.n_opened && p.server.n_opened);
        assert_int_equal(SSL_version(p.client.stream.ssl), versions[i]);
        const struct slice word = SLICE_INIT("word");
        side_write(&p.server, &word, 1);
        SIDE_RUN_UNTIL(&p.loop, p.client.n_got == word.n && p.server.n_written);
        pair_close(&p);
        tls_release(tls);
    }
}

/* The server's one read fetches the end of the handshake and the first request. */
static void what_comes_with_the_end_of_the_handshake_is_read(void **state)
{
    (void)state;
    struct pair p;
    struct slice request = SLICE_INIT("request");
    pair_begin(&p, client_tls, "good.test");
    p.client.writes_in_open = &request;
    SIDE_RUN_UNTIL(&p.loop, p.server.n_got == request.n);
    assert_memory_equal(p.server.got, request.at, request.n);
    pair_close(&p);
}

/* One record lies decrypted in OpenSSL, and no poll will tell of it. */
static void a_record_is_handed_over_in_pieces_without_further_events(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p);
    p.server.room = 1;
    const struct slice word = SLICE_INIT("a record of many bytes");
    side_write(&p.client, &word, 1);
    SIDE_RUN_UNTIL(&p.loop, p.server.n_got == word.n);
    assert_int_equal(p.server.n_reads, word.n);
    assert_memory_equal(p.server.got, word.at, word.n);
    pair_close(&p);
}

static void what_waits_in_openssl_is_handed_over_when_reading_is_resumed(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p);
    p.server.room = 2;
    p.server.pauses_in = SIDE_READ;
    const struct slice word = SLICE_INIT("record");
    side_write(&p.client, &word, 1);
    for (unsigned i = 1; i <= 3; i++) {
        SIDE_RUN_UNTIL(&p.loop, p.server.n_reads == i);
        side_count_turns(&p.loop, 5);
        assert_int_equal(p.server.n_got, 2 * i);
        side_resume(&p.server);
    }
    assert_memory_equal(p.server.got, word.at, word.n);
    pair_close(&p);
}

static char *make_bytes(size_t n, unsigned seed)
{
    char *bytes = malloc(n);
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        bytes[i] = (char)(seed >> 24);
    }
    return bytes;
}

/* Slices below, at and above the size of a record. */
static unsigned cut(struct slice *slices, const char *bytes, size_t n)
{
    static const size_t sizes[] = {1, 0, 300, 16383, 16384, 16385, 40000, 7, 100000};
    unsigned n_slices = 0;
    for (size_t at = 0; at < n; n_slices++) {
        size_t part = sizes[n_slices % (sizeof sizes / sizeof *sizes)];
        if (part > n - at || n_slices == STREAM_MAX_SLICES - 1)
            part = n - at;
        slices[n_slices] = (struct slice){bytes + at, part};
        at += part;
    }
    return n_slices;
}

static void large_amounts_go_both_ways_at_once(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p);
    char *up = make_bytes(LARGE, 1), *down = make_bytes(LARGE, 2);
    struct slice up_slices[STREAM_MAX_SLICES], down_slices[STREAM_MAX_SLICES];
    unsigned n_up = cut(up_slices, up, LARGE), n_down = cut(down_slices, down, LARGE);
    p.server.room = 20011;
    p.client.room = 3001;
    side_write(&p.client, up_slices, n_up);
    side_write(&p.server, down_slices, n_down);
    SIDE_RUN_UNTIL(&p.loop, p.server.n_got == LARGE && p.client.n_got == LARGE);
    SIDE_RUN_UNTIL(&p.loop, p.server.n_written && p.client.n_written);
    assert_memory_equal(p.server.got, up, LARGE);
    assert_memory_equal(p.client.got, down, LARGE);
    pair_close(&p);
    free(up);
    free(down);
}

static void a_slow_reader_holds_the_writer_back_and_loses_nothing(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p);
    char *bytes = make_bytes(LARGE, 3);
    struct slice slices[STREAM_MAX_SLICES];
    unsigned n = cut(slices, bytes, LARGE);
    int small = 4096;
    setsockopt(p.server.stream.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    side_pause(&p.client);
    side_write(&p.server, slices, n);
    assert_true(side_count_turns(&p.loop, 20) < 100);
    assert_int_equal(p.server.n_written, 0);
    side_resume(&p.client);
    SIDE_RUN_UNTIL(&p.loop, p.client.n_got == LARGE && p.server.n_written);
    assert_memory_equal(p.client.got, bytes, LARGE);
    pair_close(&p);
    free(bytes);
}

static void new_keys_in_the_middle_change_nothing(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p);
    const struct slice word = SLICE_INIT("word");
    for (unsigned i = 1; i <= 5; i++) {
        SSL_key_update(p.client.stream.ssl, SSL_KEY_UPDATE_REQUESTED);
        side_write(&p.client, &word, 1);
        SIDE_RUN_UNTIL(&p.loop, p.server.n_got == i * word.n);
        side_write(&p.server, &word, 1);
        SIDE_RUN_UNTIL(&p.loop, p.client.n_got == i * word.n);
    }
    pair_close(&p);
}

static void an_end_in_order_is_told_from_a_cut(void **state)
{
    (void)state;
    for (unsigned is_cut = 0; is_cut < 2; is_cut++) {
        struct pair p;
        pair_open(&p);
        const struct slice word = SLICE_INIT("word");
        side_write(&p.server, &word, 1);
        if (is_cut)
            shutdown(p.server.stream.fd, SHUT_WR); /* as a man in the middle may */
        else
            side_shutdown(&p.server);
        SIDE_RUN_UNTIL(&p.loop, p.client.n_ended);
        assert_int_equal(p.client.n_got, word.n);
        assert_int_equal(p.client.how, is_cut ? STREAM_BROKEN : STREAM_EOF);
        pair_close(&p);
    }
}

/* One read fetches the last bytes and what is behind them, and no poll tells of that. */
static void a_goodbye_that_finds_no_room_is_said_later(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p);
    is_kernel_full = true;
    side_shutdown(&p.server);
    assert_true(stream_is_parting(&p.server.stream));
    side_count_turns(&p.loop, 20);
    assert_int_equal(p.client.n_ended, 0);
    is_kernel_full = false;
    SIDE_RUN_UNTIL(&p.loop, p.client.n_ended);
    assert_int_equal(p.client.how, STREAM_EOF);
    assert_false(stream_is_parting(&p.server.stream));
    assert_true(side_count_turns(&p.loop, 20) < 10);
    pair_close(&p);
}

static void an_end_that_comes_with_the_last_bytes_is_told(void **state)
{
    (void)state;
    for (unsigned is_garbage = 0; is_garbage < 2; is_garbage++) {
        struct pair p;
        pair_open(&p);
        side_count_turns(&p.loop, 5);
        const struct slice word = SLICE_INIT("word");
        side_write(&p.server, &word, 1);
        if (is_garbage)
            assert_int_equal(send(p.server.stream.fd, "garbage", 7, 0), 7);
        else
            SSL_shutdown(p.server.stream.ssl); /* close_notify, and no FIN */
        SIDE_RUN_UNTIL(&p.loop, p.client.n_ended);
        assert_int_equal(p.client.n_got, word.n);
        assert_int_equal(p.client.how, is_garbage ? STREAM_BROKEN : STREAM_EOF);
        pair_close(&p);
    }
}

static void closing_says_goodbye_but_not_behind_half_a_write(void **state)
{
    (void)state;
    char *bytes = make_bytes(LARGE, 4);
    for (unsigned is_half = 0; is_half < 2; is_half++) {
        struct pair p;
        pair_open(&p);
        const struct slice all = {bytes, is_half ? LARGE : 10};
        int small = 4096;
        setsockopt(p.server.stream.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        side_pause(&p.client);
        side_write(&p.server, &all, 1);
        assert_int_equal(p.server.stream.n_slices, is_half);
        side_close(&p.server);
        side_resume(&p.client);
        SIDE_RUN_UNTIL(&p.loop, p.client.n_ended);
        assert_int_equal(p.client.how, is_half ? STREAM_BROKEN : STREAM_EOF);
        assert_memory_equal(p.client.got, bytes, p.client.n_got);
        pair_close(&p);
    }
    free(bytes);
}

static void a_client_that_leaves_while_paused_is_told(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p);
    side_pause(&p.server);
    side_close(&p.client);
    SIDE_RUN_UNTIL(&p.loop, p.server.n_ended);
    assert_true(side_count_turns(&p.loop, 20) < 10);
    pair_close(&p);
}

static void bytes_that_are_no_tls_break_the_stream(void **state)
{
    (void)state;
    struct loop l;
    struct side s;
    int fds[2];
    loop_init(&l, NULL, 0, NULL);
    side_init(&s, 10);
    side_pair(fds);
    assert_int_equal(write(fds[1], "GET / HTTP/1.1\r\n\r\n", 18), 18);
    side_accept(&s, &l, fds[0], server_tls);
    SIDE_RUN_UNTIL(&l, s.n_ended);
    assert_int_equal(s.how, STREAM_BROKEN);
    assert_int_equal(s.n_opened, 0);
    assert_true(side_count_turns(&l, 20) < 10);
    side_close(&s);
    SIDE_RUN_UNTIL(&l, s.n_closed);
    side_finish(&l);
    side_done(&s);
    close(fds[1]);
}

static void garbage_in_the_middle_breaks_the_stream(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p);
    assert_int_equal(send(p.client.stream.fd, "garbage", 7, 0), 7);
    SIDE_RUN_UNTIL(&p.loop, p.server.n_ended);
    assert_int_equal(p.server.how, STREAM_BROKEN);
    assert_int_equal(p.server.n_reads, 0);
    pair_close(&p);
}

/* Carries bytes between two descriptors, one at a time; how many. */
static unsigned carry(int from, int to)
{
    char byte;
    if (recv(from, &byte, 1, 0) != 1)
        return 0;
    assert_int_equal(send(to, &byte, 1, MSG_NOSIGNAL), 1);
    return 1;
}

static void a_handshake_works_a_byte_at_a_time(void **state)
{
    (void)state;
    struct loop l;
    struct side client, server;
    struct sockaddr_storage at;
    socklen_t n;
    int fds[2], listening = side_listen(&at, &n);
    loop_init(&l, NULL, 0, NULL);
    side_init(&client, 100);
    side_init(&server, 100);
    const struct stream_peer to = {
        .at = (struct sockaddr *)&at, .n = n, .tls = client_tls, .server_name = "good.test"};
    side_connect(&client, &l, &to);
    int between = side_take(listening);
    side_pair(fds);
    side_accept(&server, &l, fds[0], server_tls);
    unsigned n_bytes = 0;
    for (unsigned turn = 0; turn < 20000 && !(client.n_opened && server.n_opened); turn++) {
        uv_run(&l.uv, UV_RUN_NOWAIT);
        n_bytes += carry(between, fds[1]) + carry(fds[1], between);
    }
    assert_int_equal(client.n_opened, 1);
    assert_int_equal(server.n_opened, 1);
    assert_true(n_bytes > 500);
    side_close(&client);
    side_close(&server);
    SIDE_RUN_UNTIL(&l, client.n_closed && server.n_closed);
    side_finish(&l);
    side_done(&client);
    side_done(&server);
    close(between);
    close(fds[1]);
    close(listening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trusted_server_is_known_by_name_and_by_address),
        cmocka_unit_test(a_server_of_another_name_is_refused),
        cmocka_unit_test(a_server_of_an_unknown_authority_is_refused),
        cmocka_unit_test(a_client_that_speaks_something_else_offers_no_protocol),
        cmocka_unit_test(old_protocol_versions_are_refused),
        cmocka_unit_test(both_versions_that_are_allowed_work),
        cmocka_unit_test(what_comes_with_the_end_of_the_handshake_is_read),
        cmocka_unit_test(a_record_is_handed_over_in_pieces_without_further_events),
        cmocka_unit_test(what_waits_in_openssl_is_handed_over_when_reading_is_resumed),
        cmocka_unit_test(large_amounts_go_both_ways_at_once),
        cmocka_unit_test(a_slow_reader_holds_the_writer_back_and_loses_nothing),
        cmocka_unit_test(new_keys_in_the_middle_change_nothing),
        cmocka_unit_test(an_end_in_order_is_told_from_a_cut),
        cmocka_unit_test(a_goodbye_that_finds_no_room_is_said_later),
        cmocka_unit_test(an_end_that_comes_with_the_last_bytes_is_told),
        cmocka_unit_test(closing_says_goodbye_but_not_behind_half_a_write),
        cmocka_unit_test(a_client_that_leaves_while_paused_is_told),
        cmocka_unit_test(bytes_that_are_no_tls_break_the_stream),
        cmocka_unit_test(garbage_in_the_middle_breaks_the_stream),
        cmocka_unit_test(a_handshake_works_a_byte_at_a_time),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
