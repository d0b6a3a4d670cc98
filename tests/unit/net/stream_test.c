/* stream_test.c - plain streams: what is told, when, how often, and at what price */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "../unit.h"
#include "net/stream.h"
#include "side.h"

enum {
    LARGE = 8 * 1024 * 1024
};

/* Stands before the C library's: what the loop asks of epoll is counted. */
static unsigned n_epoll_ctl;

int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
    n_epoll_ctl++;
    return (int)syscall(SYS_epoll_ctl, epfd, op, fd, event);
}

static unsigned n_recv, n_sent;

/* The linker puts the wrap_ ones before ours (meson.build). */
ssize_t real_recv(int fd, void *at, size_t n, int flags) __asm__("__real_kernel_recv");
ssize_t real_send(int fd, const void *at, size_t n) __asm__("__real_kernel_send");
ssize_t real_sendmsg(int fd, const struct msghdr *message) __asm__("__real_kernel_sendmsg");
ssize_t wrap_recv(int fd, void *at, size_t n, int flags) __asm__("__wrap_kernel_recv");
ssize_t wrap_send(int fd, const void *at, size_t n) __asm__("__wrap_kernel_send");
ssize_t wrap_sendmsg(int fd, const struct msghdr *message) __asm__("__wrap_kernel_sendmsg");

ssize_t wrap_recv(int fd, void *at, size_t n, int flags)
{
    n_recv++;
    return real_recv(fd, at, n, flags);
}

ssize_t wrap_send(int fd, const void *at, size_t n)
{
    n_sent++;
    return real_send(fd, at, n);
}

ssize_t wrap_sendmsg(int fd, const struct msghdr *message)
{
    n_sent++;
    return real_sendmsg(fd, message);
}

/* Two sides of one socket pair in one loop: both accepted. */
struct pair {
    struct loop loop;
    struct side a, b;
};

static void pair_open(struct pair *p, size_t capacity)
{
    int fds[2];
    loop_init(&p->loop, NULL, 0, NULL);
    side_init(&p->a, capacity);
    side_init(&p->b, capacity);
    side_pair(fds);
    side_accept(&p->a, &p->loop, fds[0], NULL);
    side_accept(&p->b, &p->loop, fds[1], NULL);
    SIDE_RUN_UNTIL(&p->loop, p->a.n_opened && p->b.n_opened);
}

/* Over TCP: a has connected, b was accepted. */
static void pair_open_tcp(struct pair *p, size_t capacity)
{
    struct sockaddr_storage at;
    socklen_t n;
    int listening = side_listen(&at, &n);
    loop_init(&p->loop, NULL, 0, NULL);
    side_init(&p->a, capacity);
    side_init(&p->b, capacity);
    const struct stream_peer to = {.at = (struct sockaddr *)&at, .n = n};
    side_connect(&p->a, &p->loop, &to);
    side_accept(&p->b, &p->loop, side_take(listening), NULL);
    SIDE_RUN_UNTIL(&p->loop, p->a.n_opened && p->b.n_opened);
    close(listening);
}

static void pair_close(struct pair *p)
{
    side_close(&p->a);
    side_close(&p->b);
    SIDE_RUN_UNTIL(&p->loop, p->a.n_closed && p->b.n_closed);
    side_finish(&p->loop);
    assert_int_equal(p->a.n_closed, 1);
    assert_int_equal(p->b.n_closed, 1);
    side_done(&p->a);
    side_done(&p->b);
}

static void what_is_written_arrives_and_both_sides_are_told_once(void **state)
{
    (void)state;
    struct pair p;
    pair_open_tcp(&p, 100);
    const struct slice words[] = {SLICE_INIT("one "), SLICE_INIT(""), SLICE_INIT("two")};
    side_write(&p.a, words, 3);
    assert_true(stream_is_writing(&p.a.stream));
    SIDE_RUN_UNTIL(&p.loop, p.b.n_got == 7 && p.a.n_written);
    assert_memory_equal(p.b.got, "one two", 7);
    assert_int_equal(p.a.n_opened, 1);
    assert_int_equal(p.b.n_opened, 1);
    assert_int_equal(p.a.n_written, 1);
    pair_close(&p);
    assert_int_equal(p.a.n_ended + p.b.n_ended, 0);
}

static void a_write_of_nothing_is_told_too(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, 10);
    const struct slice nothing = SLICE_INIT("");
    side_write(&p.a, &nothing, 1);
    SIDE_RUN_UNTIL(&p.loop, p.a.n_written);
    pair_close(&p);
}

static void bytes_come_one_at_a_time_in_their_order(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, 100);
    p.b.room = 1;
    const struct slice text = SLICE_INIT("patience");
    side_write(&p.a, &text, 1);
    SIDE_RUN_UNTIL(&p.loop, p.b.n_got == text.n);
    assert_int_equal(p.b.n_reads, text.n);
    assert_memory_equal(p.b.got, text.at, text.n);
    for (size_t i = 0; i < text.n; i++) {
        const struct slice byte = {text.at + i, 1};
        side_write(&p.b, &byte, 1);
        SIDE_RUN_UNTIL(&p.loop, p.a.n_got == i + 1 && p.b.n_written == i + 1);
    }
    assert_memory_equal(p.a.got, text.at, text.n);
    pair_close(&p);
}

static char *make_bytes(size_t n)
{
    char *bytes = malloc(n);
    assert_non_null(bytes);
    uint32_t x = 1;
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525 + 1013904223;
        bytes[i] = (char)(x >> 24);
    }
    return bytes;
}

/* 64 slices of unequal length, among them empty ones. */
static void cut(struct slice *slices, const char *bytes, size_t n)
{
    size_t at = 0;
    for (unsigned i = 0; i < STREAM_MAX_SLICES; i++) {
        bool is_last = i == STREAM_MAX_SLICES - 1;
        size_t part = i % 7 == 3 ? 0 : n / STREAM_MAX_SLICES - i * 31;
        slices[i] = (struct slice){bytes + at, is_last ? n - at : part};
        at += part;
    }
}

static void a_large_write_waits_for_a_slow_reader(void **state)
{
    (void)state;
    for (unsigned tcp = 0; tcp < 2; tcp++) {
        struct pair p;
        (tcp ? pair_open_tcp : pair_open)(&p, LARGE);
        char *bytes = make_bytes(LARGE);
        struct slice slices[STREAM_MAX_SLICES];
        cut(slices, bytes, LARGE);
        side_pause(&p.b);
        p.b.room = 70001;
        side_write(&p.a, slices, STREAM_MAX_SLICES);
        side_count_turns(&p.loop, 20);
        assert_int_equal(p.a.n_written, 0);
        assert_int_equal(p.b.n_got, 0);
        side_resume(&p.b);
        SIDE_RUN_UNTIL(&p.loop, p.b.n_got == LARGE);
        SIDE_RUN_UNTIL(&p.loop, p.a.n_written);
        assert_int_equal(p.a.n_written, 1);
        assert_memory_equal(p.b.got, bytes, LARGE);
        free(bytes);
        pair_close(&p);
    }
}

/* The kernel tells that there is room only when a third of its buffer is free; a slow reader shows
 * itself earlier. */
static void what_a_slow_reader_takes_is_seen_before_the_kernel_has_room(void **state)
{
    (void)state;
    struct pair p;
    pair_open_tcp(&p, LARGE);
    char *bytes = make_bytes(LARGE);
    const struct slice all = {bytes, LARGE};
    assert_int_equal(stream_n_untaken(&p.a.stream), 0);
    side_pause(&p.b);
    side_write(&p.a, &all, 1);
    side_count_turns(&p.loop, 20);
    size_t before = stream_n_untaken(&p.a.stream);
    size_t not_in_kernel = p.a.stream.slices->n - p.a.stream.written;
    assert_true(before > not_in_kernel && before < LARGE);
    side_resume(&p.b);
    SIDE_RUN_UNTIL(&p.loop, stream_n_untaken(&p.a.stream) < before);
    SIDE_RUN_UNTIL(&p.loop, p.b.n_got == LARGE && stream_n_untaken(&p.a.stream) == 0);
    free(bytes);
    pair_close(&p);
}

static void the_steady_state_costs_one_read_one_write_and_no_epoll_ctl(void **state)
{
    (void)state;
    struct pair p;
    pair_open_tcp(&p, 100);
    const struct slice ask = SLICE_INIT("?");
    side_write(&p.a, &ask, 1);
    SIDE_RUN_UNTIL(&p.loop, p.b.n_got == 1);
    n_epoll_ctl = n_recv = n_sent = 0;
    for (unsigned i = 0; i < 10; i++) {
        side_write(&p.b, &ask, 1);
        SIDE_RUN_UNTIL(&p.loop, p.a.n_got == i + 1);
        side_write(&p.a, &ask, 1);
        SIDE_RUN_UNTIL(&p.loop, p.b.n_got == i + 2);
    }
    assert_int_equal(n_epoll_ctl, 0);
    assert_int_equal(n_recv, 20);
    assert_int_equal(n_sent, 20);
    pair_close(&p);
}

static void nothing_but_on_closed_comes_after_a_close_in_any_handler(void **state)
{
    (void)state;
    static const enum side_event places[] = {SIDE_OPEN, SIDE_READ, SIDE_WRITTEN, SIDE_END};
    for (unsigned i = 0; i < 4; i++) {
        struct pair p;
        int fds[2];
        loop_init(&p.loop, NULL, 0, NULL);
        side_init(&p.a, 100);
        side_pair(fds);
        assert_int_equal(write(fds[1], "hello", 5), 5);
        close(fds[1]);
        struct slice word = SLICE_INIT("a");
        p.a.closes_in = places[i];
        p.a.writes_in_open = places[i] == SIDE_WRITTEN ? &word : NULL;
        if (places[i] == SIDE_WRITTEN) /* a peer that is there takes it */
            side_pair(fds);
        side_accept(&p.a, &p.loop, fds[0], NULL);
        SIDE_RUN_UNTIL(&p.loop, p.a.n_closed);
        side_close(&p.a);
        side_finish(&p.loop);
        assert_int_equal(p.a.n_closed, 1);
        assert_int_equal(p.a.n_opened, 1);
        assert_int_equal(p.a.n_reads, places[i] == SIDE_READ || places[i] == SIDE_END);
        assert_int_equal(p.a.n_ended, places[i] == SIDE_END);
        side_done(&p.a);
    }
}

static void a_stream_closed_before_it_opened_only_closes(void **state)
{
    (void)state;
    struct loop l;
    struct side s;
    struct sockaddr_storage at;
    socklen_t n;
    int listening = side_listen(&at, &n);
    loop_init(&l, NULL, 0, NULL);
    side_init(&s, 1);
    const struct stream_peer to = {.at = (struct sockaddr *)&at, .n = n};
    side_connect(&s, &l, &to);
    side_close(&s);
    side_close(&s);
    SIDE_RUN_UNTIL(&l, s.n_closed);
    side_finish(&l);
    assert_int_equal(s.n_opened + s.n_ended, 0);
    side_done(&s);
    close(listening);
}

static void the_end_is_told_once_and_writing_goes_on(void **state)
{
    (void)state;
    struct pair p;
    pair_open_tcp(&p, 100);
    const struct slice last = SLICE_INIT("last words");
    side_write(&p.a, &last, 1);
    side_shutdown(&p.a);
    SIDE_RUN_UNTIL(&p.loop, p.b.n_ended);
    assert_int_equal(p.b.how, STREAM_EOF);
    assert_int_equal(p.b.n_got, last.n);
    assert_true(side_count_turns(&p.loop, 20) < 10);
    const struct slice answer = SLICE_INIT("heard");
    side_write(&p.b, &answer, 1);
    SIDE_RUN_UNTIL(&p.loop, p.a.n_got == answer.n && p.b.n_written);
    pair_close(&p);
}

static void a_shutdown_waits_for_the_write_under_way(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, LARGE);
    char *bytes = make_bytes(LARGE);
    const struct slice all = {bytes, LARGE};
    side_pause(&p.b);
    side_write(&p.a, &all, 1);
    side_shutdown(&p.a);
    side_shutdown(&p.a);
    side_resume(&p.b);
    SIDE_RUN_UNTIL(&p.loop, p.b.n_ended);
    assert_int_equal(p.b.n_got, LARGE);
    assert_int_equal(p.b.how, STREAM_EOF);
    assert_memory_equal(p.b.got, bytes, LARGE);
    free(bytes);
    pair_close(&p);
}

static void reset(int fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    close(fd);
}

/* One stream of ours, connected over TCP to a descriptor that the test plays with. */
struct lone {
    struct loop loop;
    struct side side;
    int peer;
};

static void lone_open(struct lone *o, bool is_accepted)
{
    struct sockaddr_storage at;
    socklen_t n;
    int listening = side_listen(&at, &n);
    loop_init(&o->loop, NULL, 0, NULL);
    side_init(&o->side, LARGE);
    const struct stream_peer to = {.at = (struct sockaddr *)&at, .n = n};
    if (is_accepted) {
        o->peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(o->peer, to.at, to.n), 0);
        side_accept(&o->side, &o->loop, side_take(listening), NULL);
    } else {
        side_connect(&o->side, &o->loop, &to);
        o->peer = side_take(listening);
    }
    SIDE_RUN_UNTIL(&o->loop, o->side.n_opened);
    close(listening);
}

static void lone_close(struct lone *o)
{
    side_close(&o->side);
    SIDE_RUN_UNTIL(&o->loop, o->side.n_closed);
    side_finish(&o->loop);
    side_done(&o->side);
}

static void a_reset_is_a_broken_stream_behind_what_came_before_it(void **state)
{
    (void)state;
    struct lone o;
    lone_open(&o, true);
    o.side.room = 3;
    assert_int_equal(send(o.peer, "12345678", 8, 0), 8);
    reset(o.peer);
    SIDE_RUN_UNTIL(&o.loop, o.side.n_ended);
    assert_int_equal(o.side.how, STREAM_BROKEN);
    assert_memory_equal(o.side.got, "12345678", o.side.n_got);
    assert_true(side_count_turns(&o.loop, 20) < 10);
    lone_close(&o);
}

static void a_paused_client_that_leaves_is_told_and_costs_nothing_more(void **state)
{
    (void)state;
    for (unsigned is_reset = 0; is_reset < 2; is_reset++) {
        struct lone o;
        lone_open(&o, true);
        side_pause(&o.side);
        side_count_turns(&o.loop, 1);
        assert_int_equal(send(o.peer, "unread", 6, 0), 6);
        if (is_reset)
            reset(o.peer);
        else
            close(o.peer);
        SIDE_RUN_UNTIL(&o.loop, o.side.n_ended);
        assert_int_equal(o.side.how, is_reset ? STREAM_BROKEN : STREAM_EOF);
        assert_int_equal(o.side.n_reads, 0);
        assert_true(side_count_turns(&o.loop, 20) < 10);
        side_resume(&o.side);
        assert_true(side_count_turns(&o.loop, 20) < 10);
        assert_int_equal(o.side.n_reads, 0);
        lone_close(&o);
    }
}

static void a_paused_service_that_left_is_read_to_the_end_first(void **state)
{
    (void)state;
    struct lone o;
    lone_open(&o, false);
    side_pause(&o.side);
    assert_int_equal(send(o.peer, "the whole answer", 16, 0), 16);
    close(o.peer);
    assert_true(side_count_turns(&o.loop, 20) < 10);
    assert_int_equal(o.side.n_ended, 0);
    side_resume(&o.side);
    SIDE_RUN_UNTIL(&o.loop, o.side.n_ended);
    assert_int_equal(o.side.n_got, 16);
    assert_int_equal(o.side.how, STREAM_EOF);
    lone_close(&o);
}

/* A service that refuses early answers, closes, and answers further bytes with a reset. */
static void an_answer_before_the_write_ended_is_read_though_the_write_breaks(void **state)
{
    (void)state;
    struct lone o;
    lone_open(&o, false);
    char *bytes = make_bytes(LARGE);
    const struct slice all = {bytes, LARGE};
    assert_int_equal(send(o.peer, "413", 3, 0), 3);
    shutdown(o.peer, SHUT_RDWR);
    side_write(&o.side, &all, 1);
    close(o.peer);
    SIDE_RUN_UNTIL(&o.loop, o.side.n_ended);
    assert_int_equal(o.side.n_got, 3);
    assert_int_equal(o.side.n_written, 0);
    lone_close(&o);
    free(bytes);
}

static void a_write_that_breaks_behind_the_end_of_stream_is_told(void **state)
{
    (void)state;
    struct lone o;
    lone_open(&o, true);
    char *bytes = make_bytes(LARGE);
    const struct slice all = {bytes, LARGE};
    shutdown(o.peer, SHUT_WR);
    SIDE_RUN_UNTIL(&o.loop, o.side.n_ended == 1);
    assert_int_equal(o.side.how, STREAM_EOF);
    side_write(&o.side, &all, 1);
    reset(o.peer);
    SIDE_RUN_UNTIL(&o.loop, o.side.n_ended == 2);
    assert_int_equal(o.side.how, STREAM_BROKEN);
    assert_true(side_count_turns(&o.loop, 20) < 10);
    lone_close(&o);
    free(bytes);
}

static void a_stream_that_breaks_while_paused_is_told(void **state)
{
    (void)state;
    struct lone o;
    lone_open(&o, false);
    char *bytes = make_bytes(LARGE);
    const struct slice all = {bytes, LARGE};
    side_pause(&o.side);
    side_write(&o.side, &all, 1);
    reset(o.peer);
    SIDE_RUN_UNTIL(&o.loop, o.side.n_ended);
    assert_int_equal(o.side.how, STREAM_BROKEN);
    lone_close(&o);
    free(bytes);
}

static void a_stream_that_is_paused_just_after_it_broke_is_told(void **state)
{
    (void)state;
    struct lone o;
    lone_open(&o, true);
    const struct slice word = SLICE_INIT("word");
    reset(o.peer);
    side_write(&o.side, &word, 1);
    side_pause(&o.side);
    SIDE_RUN_UNTIL(&o.loop, o.side.n_ended);
    assert_int_equal(o.side.how, STREAM_BROKEN);
    assert_int_equal(o.side.n_written, 0);
    lone_close(&o);
}

static void expect_no_connection(const struct stream_peer *to)
{
    struct loop l;
    struct side s;
    loop_init(&l, NULL, 0, NULL);
    side_init(&s, 1);
    side_connect(&s, &l, to);
    SIDE_RUN_UNTIL(&l, s.n_ended);
    assert_int_equal(s.how, STREAM_BROKEN);
    assert_int_equal(s.n_opened, 0);
    side_close(&s);
    SIDE_RUN_UNTIL(&l, s.n_closed);
    side_finish(&l);
    side_done(&s);
}

static void a_refused_connection_is_told(void **state)
{
    (void)state;
    struct sockaddr_storage at;
    socklen_t n;
    close(side_listen(&at, &n));
    const struct stream_peer nobody = {.at = (struct sockaddr *)&at, .n = n};
    expect_no_connection(&nobody);

    const struct sockaddr_un missing = {AF_UNIX, "/nonexistent/socket"};
    const struct stream_peer nothing = {.at = (const struct sockaddr *)&missing,
                                        .n = sizeof missing};
    expect_no_connection(&nothing);
}

static void an_address_of_no_known_family_is_told(void **state)
{
    (void)state;
    const struct sockaddr strange = {.sa_family = 250};
    const struct stream_peer nowhere = {.at = &strange, .n = sizeof strange};
    expect_no_connection(&nowhere);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_arrives_and_both_sides_are_told_once),
        cmocka_unit_test(a_write_of_nothing_is_told_too),
        cmocka_unit_test(bytes_come_one_at_a_time_in_their_order),
        cmocka_unit_test(a_large_write_waits_for_a_slow_reader),
        cmocka_unit_test(what_a_slow_reader_takes_is_seen_before_the_kernel_has_room),
        cmocka_unit_test(the_steady_state_costs_one_read_one_write_and_no_epoll_ctl),
        cmocka_unit_test(nothing_but_on_closed_comes_after_a_close_in_any_handler),
        cmocka_unit_test(a_stream_closed_before_it_opened_only_closes),
        cmocka_unit_test(the_end_is_told_once_and_writing_goes_on),
        cmocka_unit_test(a_shutdown_waits_for_the_write_under_way),
        cmocka_unit_test(a_reset_is_a_broken_stream_behind_what_came_before_it),
        cmocka_unit_test(a_paused_client_that_leaves_is_told_and_costs_nothing_more),
        cmocka_unit_test(a_paused_service_that_left_is_read_to_the_end_first),
        cmocka_unit_test(an_answer_before_the_write_ended_is_read_though_the_write_breaks),
        cmocka_unit_test(a_write_that_breaks_behind_the_end_of_stream_is_told),
        cmocka_unit_test(a_stream_that_breaks_while_paused_is_told),
        cmocka_unit_test(a_stream_that_is_paused_just_after_it_broke_is_told),
        cmocka_unit_test(a_refused_connection_is_told),
        cmocka_unit_test(an_address_of_no_known_family_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
