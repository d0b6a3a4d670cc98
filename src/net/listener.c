/* listener.c - accepts connections in one loop */
#include "net/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "base/check.h"

enum {
    ACCEPT_AT_MOST = 16,    /* connections an event, so that those that are open have their turn */
    WAITING_AT_MOST = 4096, /* what a backlog may hold */
    REST_MS = 100
};

static void on_poll(uv_poll_t *poll, int status, int events);

static void listen_on(struct listener *l)
{
    l->is_paused = false;
    CHECK(uv_poll_start(&l->poll, UV_READABLE, on_poll) == 0);
}

static void on_rested(struct wheel_entry *e)
{
    listen_on(LIST_OWNER(e, struct listener, rest));
}

/* The connection stays in the backlog; asking again at once would only burn time. */
static void rest(struct listener *l)
{
    l->is_paused = true;
    uv_poll_stop(&l->poll);
    loop_arm(l->loop, &l->rest, l->loop->now_ms + REST_MS);
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void accept_some(struct listener *l, unsigned at_most)
{
    static const int on = 1;
    for (unsigned n = 0; n < at_most && !l->is_paused && !l->on_closed; n++) {
        socklen_t size = sizeof l->peer;
        int fd = accept4(l->fd, (struct sockaddr *)&l->peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (is_shortage(errno))
                rest(l);
            return;
        }
        if (!l->is_unix)
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        l->on_accept(l, fd);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct listener *l = poll->data;
    loop_note_time(l->loop);
    accept_some(l, ACCEPT_AT_MOST);
}

const struct sockaddr *listener_peer(const struct listener *l)
{
    return l->is_unix ? NULL : (const struct sockaddr *)&l->peer;
}

void listener_take_waiting(struct listener *l)
{
    accept_some(l, WAITING_AT_MOST);
}

static bool is_unix_socket(int fd)
{
    struct sockaddr_storage at = {.ss_family = AF_UNSPEC};
    socklen_t n = sizeof at;
    return getsockname(fd, (struct sockaddr *)&at, &n) == 0 && at.ss_family == AF_UNIX;
}

void listener_start(struct listener *l, struct loop *loop, int fd,
                    void (*on_accept)(struct listener *, int), void *owner)
{
    *l = (struct listener){.loop = loop, .fd = fd, .owner = owner, .on_accept = on_accept};
    l->is_unix = is_unix_socket(fd);
    wheel_entry_init(&l->rest, on_rested);
    CHECK(uv_poll_init(&loop->uv, &l->poll, fd) == 0);
    l->poll.data = l;
    listen_on(l);
}

static void on_poll_closed(uv_handle_t *poll)
{
    struct listener *l = poll->data;
    l->on_closed(l); /* last: it may free l */
}

void listener_stop(struct listener *l, void (*on_closed)(struct listener *))
{
    if (l->on_closed)
        return;
    l->on_closed = on_closed;
    loop_disarm(l->loop, &l->rest);
    uv_close((uv_handle_t *)&l->poll, on_poll_closed);
}
