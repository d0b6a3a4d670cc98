/* rig.c - a loop turned by hand, and raw sockets at its other side */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_tick(uv_timer_t *tick)
{
    (void)tick;
}

void rig_init(struct rig *r)
{
    memset(r, 0, sizeof *r);
    loop_init(&r->loop, r, 1 << 20, &r->n_held);
    assert_int_equal(uv_timer_init(&r->loop.uv, &r->tick), 0);
    assert_int_equal(uv_timer_start(&r->tick, on_tick, 5, 5), 0);
    rig_turn(r);
}

void rig_done(struct rig *r)
{
    rig_turns(r, 3);
    assert_int_equal(r->n_held, 0);
    uv_close((uv_handle_t *)&r->tick, NULL);
    loop_stop(&r->loop);
    assert_true(loop_run(&r->loop));
    loop_done(&r->loop);
}

void rig_turn(struct rig *r)
{
    uv_run(&r->loop.uv, UV_RUN_ONCE);
}

void rig_turns(struct rig *r, unsigned n)
{
    while (n--)
        uv_run(&r->loop.uv, UV_RUN_NOWAIT);
}

void rig_begin(struct rig *r)
{
    r->give_up_ns = uv_hrtime() + (uint64_t)RIG_PATIENCE_MS * 1000000;
}

void rig_go_on(struct rig *r, const char *until)
{
    if (uv_hrtime() > r->give_up_ns)
        fail_msg("waited in vain for: %s", until);
    rig_turn(r);
}

int64_t rig_count(const struct rig *r, enum counter_id id)
{
    return atomic_load(&r->counters.values[id]);
}

static void make_nonblocking(int fd)
{
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
}

void rig_pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
}

int rig_listen(struct sockaddr_in *at, int backlog)
{
    socklen_t n = sizeof *at;
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    make_nonblocking(fd);
    assert_int_equal(bind(fd, (struct sockaddr *)at, sizeof *at), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)at, &n), 0);
    return fd;
}

void rig_tcp_pair(int fds[2])
{
    struct sockaddr_in at;
    int listening = rig_listen(&at, 8);
    fds[1] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fds[1], (struct sockaddr *)&at, sizeof at), 0);
    make_nonblocking(fds[1]);
    fds[0] = accept(listening, NULL, NULL);
    make_nonblocking(fds[0]);
    close(listening);
}

void rig_send(int fd, struct slice bytes)
{
    if (bytes.n)
        assert_int_equal(send(fd, bytes.at, bytes.n, 0), bytes.n);
}

void rig_read(int fd, struct rig_text *t)
{
    while (!t->is_ended && !t->is_reset && t->n < sizeof t->at - 1) {
        ssize_t got = recv(fd, t->at + t->n, sizeof t->at - 1 - t->n, 0);
        if (got < 0 && errno == EAGAIN)
            break;
        t->is_reset = got < 0;
        t->is_ended = got == 0;
        t->n += got > 0 ? (size_t)got : 0;
    }
    t->at[t->n] = '\0';
}

static bool ends_with(const struct rig_text *t, const char *end)
{
    size_t n = strlen(end);
    return t->n >= n && memcmp(t->at + t->n - n, end, n) == 0;
}

void rig_expect(struct rig *r, int fd, struct rig_text *t, const char *end)
{
    rig_begin(r);
    rig_read(fd, t);
    while (!ends_with(t, end)) {
        if (t->is_ended || t->is_reset || uv_hrtime() > r->give_up_ns)
            fail_msg("no \"%s\" but \"%s\"", end, t->n > 4000 ? "much" : t->at);
        rig_turn(r);
        rig_read(fd, t);
    }
}

void rig_expect_end(struct rig *r, int fd, struct rig_text *t)
{
    rig_begin(r);
    for (rig_read(fd, t); !t->is_ended && !t->is_reset; rig_read(fd, t))
        rig_go_on(r, "the end of the stream");
    assert_false(t->is_reset);
}

unsigned rig_count_of(const struct rig_text *t, const char *what)
{
    const char *end = t->at + t->n;
    size_t length = strlen(what);
    unsigned n = 0;
    for (const char *at = memmem(t->at, t->n, what, length); at; n++) {
        at += length;
        at = memmem(at, (size_t)(end - at), what, length);
    }
    return n;
}
