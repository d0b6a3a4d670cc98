/* stream_plain.c - streams without encryption: one system call a read, one a write */
#include <errno.h>

#include "net/kernel.h"
#include "net/stream_internal.h"

static enum stream_progress verdict(void)
{
    bool may_come = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return may_come ? STREAM_AGAIN : STREAM_FAILED;
}

static enum stream_progress handshake(struct stream *s)
{
    (void)s;
    return STREAM_DID;
}

static enum stream_progress read_plain(struct stream *s, struct stream_room room, size_t *n)
{
    ssize_t got = kernel_recv(s->fd, room.at, room.n, 0);
    if (got < 0)
        return verdict();
    *n = (size_t)got;
    return got > 0 ? STREAM_DID : STREAM_AT_EOF;
}

/* The common write has one slice; sendmsg() would have the kernel copy its description in too. */
static ssize_t send_slices(const struct stream *s)
{
    struct iovec parts[STREAM_MAX_SLICES];
    struct slice first = slice_after(s->slices[0], s->written);
    if (s->n_slices == 1)
        return kernel_send(s->fd, first.at, first.n);
    for (unsigned i = 0; i < s->n_slices; i++)
        parts[i] = (struct iovec){(void *)(uintptr_t)s->slices[i].at, s->slices[i].n};
    parts[0] = (struct iovec){(void *)(uintptr_t)first.at, first.n};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = s->n_slices};
    return kernel_sendmsg(s->fd, &message);
}

static enum stream_progress write_plain(struct stream *s)
{
    ssize_t sent = send_slices(s);
    if (sent < 0)
        return verdict();
    stream_move_on(s, (size_t)sent);
    return STREAM_DID;
}

static bool has_more(const struct stream *s)
{
    (void)s;
    return false;
}

static unsigned interest(const struct stream *s)
{
    (void)s;
    return 0;
}

static enum stream_progress shutdown_plain(struct stream *s)
{
    shutdown(s->fd, SHUT_WR);
    return STREAM_DID;
}

static void done(struct stream *s)
{
    (void)s;
}

const struct stream_kind stream_plain = {
    .handshake = handshake,
    .read = read_plain,
    .write = write_plain,
    .has_more = has_more,
    .interest = interest,
    .shutdown = shutdown_plain,
    .done = done,
};
