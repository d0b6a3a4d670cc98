/* stream.c - a connected socket that owns its descriptor: read, gather-write, close
 *
 * A stream is connecting, opening (the handshake of its kind), open, closed. Each event does at
 * most one read and one write, and then tells the poll where the interest has changed, which in
 * the steady state it has not: reading stays on, and waiting to write begins only where the kernel
 * took less than all.
 *
 * A stream that broke may still hold what the peer said before that (a service that answers early
 * and closes while we are sending): so a failure is told when reading has come to its end.
 */
#include "net/stream.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/check.h"
#include "net/kernel.h"
#include "net/stream_internal.h"

static bool is_live(const struct stream *s)
{
    return s->state != STREAM_CLOSED;
}

static unsigned wanted_interest(const struct stream *s)
{
    if (s->is_failing || (s->has_ended && s->state != STREAM_OPEN))
        return 0;
    if (s->state == STREAM_CONNECTING)
        return UV_WRITABLE;
    unsigned wanted = s->kind->interest(s);
    if (s->state == STREAM_OPENING)
        return wanted;
    if (!s->has_ended && !s->is_paused)
        wanted |= UV_READABLE;
    if (!s->has_ended && s->is_accepted)
        wanted |= UV_DISCONNECT;
    if (s->n_slices > 0 || s->is_parting)
        wanted |= UV_WRITABLE;
    return wanted;
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void tell_poll(struct stream *s)
{
    unsigned wanted = wanted_interest(s);
    if (wanted == s->interest || !s->is_polled)
        return;
    s->interest = wanted;
    if (wanted)
        CHECK(uv_poll_start(&s->poll, (int)wanted, on_poll) == 0);
    else
        uv_poll_stop(&s->poll);
}

static void make_due(struct stream *s, unsigned due)
{
    s->due |= due;
    loop_ready(s->loop, &s->ready);
}

static void end(struct stream *s, enum stream_end how)
{
    if (s->has_broken || (s->has_ended && how == STREAM_EOF))
        return;
    s->has_ended = true;
    s->has_broken = how == STREAM_BROKEN;
    s->is_failing |= s->has_broken;
    tell_poll(s);
    s->handlers->on_end(s, how);
}

/* Reading goes on to its end, and there the failure is told; where nothing is read, at once.
 * Nothing is polled any more: the ready queue does the rest. */
static void fail(struct stream *s)
{
    s->is_failing = true;
    tell_poll(s);
    bool may_read = s->state == STREAM_OPEN && !s->is_paused && !s->has_ended;
    make_due(s, may_read ? STREAM_DUE_READ : STREAM_DUE_END);
}

static void after_read(struct stream *s)
{
    if (!is_live(s))
        return;
    if (s->is_failing)
        fail(s);
    else if (!s->is_paused && s->kind->has_more(s))
        make_due(s, STREAM_DUE_READ);
    tell_poll(s);
}

static void read_some(struct stream *s)
{
    if (s->is_paused || s->has_ended)
        return;
    size_t n = 0;
    struct stream_room room = s->handlers->room(s);
    CHECK(room.n > 0); /* nothing read into nothing would look like the end */
    switch (s->kind->read(s, room, &n)) {
    case STREAM_DID:
        s->handlers->on_read(s, n);
        after_read(s);
        break;
    case STREAM_AGAIN:
        if (s->is_failing)
            end(s, STREAM_BROKEN);
        else
            tell_poll(s);
        break;
    case STREAM_AT_EOF:
        end(s, s->is_failing ? STREAM_BROKEN : STREAM_EOF);
        break;
    case STREAM_FAILED:
        end(s, STREAM_BROKEN);
        break;
    }
}

void stream_move_on(struct stream *s, size_t n)
{
    n += s->written;
    while (s->n_slices > 0 && n >= s->slices->n) {
        n -= s->slices->n;
        s->slices++;
        s->n_slices--;
    }
    s->written = n;
}

static void part(struct stream *s)
{
    s->is_parting = s->kind->shutdown(s) == STREAM_AGAIN;
    tell_poll(s);
}

static void write_some(struct stream *s)
{
    if (s->kind->write(s) == STREAM_FAILED) {
        fail(s);
        return;
    }
    if (s->n_slices == 0) {
        make_due(s, STREAM_DUE_WRITTEN);
        if (s->is_shutting)
            part(s);
    }
    tell_poll(s);
}

static void go_on_opening(struct stream *s)
{
    switch (s->kind->handshake(s)) {
    case STREAM_DID:
        s->state = STREAM_OPEN;
        if (s->kind->has_more(s))
            make_due(s, STREAM_DUE_READ);
        tell_poll(s);
        s->handlers->on_open(s);
        break;
    case STREAM_AGAIN:
        tell_poll(s);
        break;
    case STREAM_AT_EOF:
    case STREAM_FAILED:
        end(s, STREAM_BROKEN);
        break;
    }
}

static void go_on_connecting(struct stream *s)
{
    int error = 0;
    socklen_t n = sizeof error;
    if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0 || error != 0) {
        end(s, STREAM_BROKEN);
        return;
    }
    s->state = STREAM_OPENING;
    go_on_opening(s);
}

/* A write may wait for readable too, and a read for writable (TLS). */
static void go_on(struct stream *s, int events)
{
    unsigned extra = s->kind->interest(s);
    bool is_crossed = (unsigned)events & extra;
    if (s->n_slices > 0 && (events & UV_WRITABLE || is_crossed))
        write_some(s);
    else if (s->is_parting && events & UV_WRITABLE)
        part(s);
    if (!is_live(s))
        return;
    if (events & UV_READABLE || is_crossed)
        read_some(s);
    if (is_live(s) && events & UV_DISCONNECT && s->is_paused && s->is_accepted)
        end(s, STREAM_EOF);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct stream *s = poll->data;
    loop_note_time(s->loop);
    if (status < 0)
        s->interest = 0; /* libuv has stopped the poll: an error is set on the socket */
    switch ((enum stream_state)s->state) {
    case STREAM_CONNECTING:
        go_on_connecting(s);
        break;
    case STREAM_OPENING:
        go_on_opening(s);
        break;
    case STREAM_OPEN:
        if (status < 0)
            fail(s);
        else
            go_on(s, events);
        break;
    case STREAM_CLOSED:
        break;
    }
}

/* The completions of what was begun inside calls of the owner's. */
static void on_ready(struct ready *ready)
{
    struct stream *s = LIST_OWNER(ready, struct stream, ready);
    unsigned due = s->due;
    s->due = 0;
    if (!is_live(s)) {
        s->handlers->on_closed(s); /* last: it may free s */
        return;
    }
    if (due & STREAM_DUE_OPEN)
        go_on_opening(s);
    if (is_live(s) && due & STREAM_DUE_WRITTEN) {
        s->slices = NULL;
        s->handlers->on_written(s);
    }
    if (is_live(s) && due & STREAM_DUE_READ)
        read_some(s);
    if (is_live(s) && due & STREAM_DUE_END)
        end(s, STREAM_BROKEN);
}

static void init(struct stream *s, struct loop *l, int fd, const struct stream_handlers *h)
{
    *s = (struct stream){.loop = l, .handlers = h, .kind = &stream_plain, .fd = fd};
    loop_ready_init(&s->ready, on_ready);
    if (fd < 0 || uv_poll_init(&l->uv, &s->poll, fd) != 0)
        return;
    s->poll.data = s;
    s->is_polled = true;
}

void stream_accept(struct stream *s, struct loop *l, int fd, SSL_CTX *tls,
                   const struct stream_handlers *h)
{
    init(s, l, fd, h);
    s->is_accepted = true;
    s->state = STREAM_OPENING;
    if (!s->is_polled || (tls && !stream_tls_begin(s, tls, NULL)))
        make_due(s, STREAM_DUE_END);
    else
        make_due(s, STREAM_DUE_OPEN);
}

/* Nagle's algorithm would hold back the end of a request until its beginning is acknowledged. */
static int open_socket(int family)
{
    static const int on = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && family != AF_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

void stream_connect(struct stream *s, struct loop *l, const struct stream_peer *to,
                    const struct stream_handlers *h)
{
    init(s, l, open_socket(to->at->sa_family), h);
    s->state = STREAM_CONNECTING;
    if (!s->is_polled || (to->tls && !stream_tls_begin(s, to->tls, to->server_name))) {
        make_due(s, STREAM_DUE_END);
        return;
    }
    if (connect(s->fd, to->at, to->n) == 0) {
        s->state = STREAM_OPENING;
        make_due(s, STREAM_DUE_OPEN);
    } else if (errno == EINPROGRESS || errno == EINTR) {
        tell_poll(s);
    } else {
        make_due(s, STREAM_DUE_END);
    }
}

void stream_write(struct stream *s, const struct slice *slices, unsigned n)
{
    if (s->state != STREAM_OPEN || s->is_failing)
        return; /* on_end has come or will come, or it is closed */
    CHECK(!s->slices && !s->is_shutting && n <= STREAM_MAX_SLICES);
    s->slices = slices;
    s->n_slices = n;
    s->written = 0;
    write_some(s);
}

bool stream_is_writing(const struct stream *s)
{
    return s->slices;
}

size_t stream_n_untaken(const struct stream *s)
{
    int in_kernel = 0;
    if (s->fd < 0 || ioctl(s->fd, SIOCOUTQ, &in_kernel) != 0)
        in_kernel = 0;
    size_t n = (size_t)in_kernel;
    for (unsigned i = 0; i < s->n_slices; i++)
        n += s->slices[i].n;
    return n - s->written;
}

bool stream_has_unread(const struct stream *s)
{
    char byte;
    if (s->kind->has_more(s))
        return true;
    return kernel_recv(s->fd, &byte, 1, MSG_PEEK) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

void stream_read_once(struct stream *s)
{
    if (s->state == STREAM_OPEN)
        make_due(s, STREAM_DUE_READ);
}

void stream_pause(struct stream *s)
{
    s->is_paused = true;
    if (!is_live(s))
        return;
    if (s->is_failing)
        make_due(s, STREAM_DUE_END);
    tell_poll(s);
}

void stream_resume(struct stream *s)
{
    s->is_paused = false;
    if (!is_live(s))
        return;
    if (s->state == STREAM_OPEN && s->kind->has_more(s))
        make_due(s, STREAM_DUE_READ);
    tell_poll(s);
}

void stream_shutdown(struct stream *s)
{
    if (s->state != STREAM_OPEN || s->is_shutting)
        return;
    s->is_shutting = true;
    if (s->n_slices == 0)
        part(s);
}

bool stream_is_parting(const struct stream *s)
{
    return s->is_shutting && (s->n_slices > 0 || s->is_parting);
}

static void on_poll_closed(uv_handle_t *poll)
{
    struct stream *s = poll->data;
    s->handlers->on_closed(s); /* last: it may free s */
}

/* uv_close() takes the descriptor out of epoll at once, so that it may be closed right after it. */
void stream_close(struct stream *s)
{
    if (!is_live(s))
        return;
    loop_ready_cancel(&s->ready);
    s->kind->done(s);
    s->state = STREAM_CLOSED;
    if (s->is_polled)
        uv_close((uv_handle_t *)&s->poll, on_poll_closed);
    else
        loop_ready(s->loop, &s->ready);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}
