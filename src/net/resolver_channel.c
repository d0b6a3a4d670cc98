/* resolver_channel.c - c-ares in a loop: its sockets polled, its time-outs kept
 *
 * c-ares opens and closes sockets as it likes and tells by a callback what it waits for on each.
 */
#include <stdlib.h>

#include "base/check.h"
#include "net/resolver_internal.h"

enum {
    TRIES = 3 /* of each server, each waiting longer */
};

struct resolver_socket {
    struct list node;
    struct resolver *resolver;
    ares_socket_t fd;
    uv_poll_t poll;
};

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct resolver_socket *s = poll->data;
    struct resolver *r = s->resolver;
    loop_note_time(r->loop);
    bool is_readable = status < 0 || events & UV_READABLE;
    bool is_writable = status < 0 || events & UV_WRITABLE;
    ares_process_fd(r->channel, is_readable ? s->fd : ARES_SOCKET_BAD,
                    is_writable ? s->fd : ARES_SOCKET_BAD);
    resolver_channel_tend(r); /* the socket may be gone */
}

static struct resolver_socket *find_socket(struct resolver *r, ares_socket_t fd)
{
    for (struct list *n = r->sockets.next; n != &r->sockets; n = n->next) {
        struct resolver_socket *s = LIST_OWNER(n, struct resolver_socket, node);
        if (s->fd == fd)
            return s;
    }
    return NULL;
}

static struct resolver_socket *add_socket(struct resolver *r, ares_socket_t fd)
{
    struct resolver_socket *s = malloc(sizeof *s);
    CHECK(s);
    *s = (struct resolver_socket){.resolver = r, .fd = fd};
    CHECK(uv_poll_init(&r->loop->uv, &s->poll, fd) == 0);
    s->poll.data = s;
    list_push_back(&r->sockets, &s->node);
    return s;
}

static void on_poll_closed(uv_handle_t *poll)
{
    free(poll->data);
}

/* c-ares closes the descriptor right after this, which uv_close() permits. */
static void remove_socket(struct resolver_socket *s)
{
    list_remove(&s->node);
    uv_close((uv_handle_t *)&s->poll, on_poll_closed);
}

static void on_socket_state(void *context, ares_socket_t fd, int readable, int writable)
{
    struct resolver *r = context;
    struct resolver_socket *s = find_socket(r, fd);
    int wanted = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    if (!s && wanted)
        s = add_socket(r, fd);
    if (wanted)
        CHECK(uv_poll_start(&s->poll, wanted, on_poll) == 0);
    else if (s)
        remove_socket(s);
}

static int set_up(struct resolver *r)
{
    static char lookups[] = "fb"; /* /etc/hosts first */
    struct ares_options options = {
        .lookups = lookups,
        .timeout = r->timeout_ms,
        .tries = TRIES,
        .sock_state_cb = on_socket_state,
        .sock_state_cb_data = r,
    };
    int mask = ARES_OPT_LOOKUPS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
#ifdef ARES_OPT_QUERY_CACHE
    mask |= ARES_OPT_QUERY_CACHE; /* of no size: we ask when we want to know */
#endif
    int status = ares_init_options(&r->channel, &options, mask);
    if (status != ARES_SUCCESS)
        return status;
    status = r->servers ? ares_set_servers_ports_csv(r->channel, r->servers) : ARES_SUCCESS;
    if (status != ARES_SUCCESS)
        ares_destroy(r->channel);
    return status;
}

bool resolver_channel_open(struct resolver *r)
{
    if (r->is_open && r->is_stale)
        resolver_channel_close(r);
    if (!r->is_open)
        r->is_open = set_up(r) == ARES_SUCCESS;
    return r->is_open;
}

void resolver_channel_close(struct resolver *r)
{
    loop_disarm(r->loop, &r->timer);
    if (r->is_open)
        ares_destroy(r->channel);
    r->is_open = r->is_stale = false;
}

void resolver_channel_tend(struct resolver *r)
{
    struct timeval left;
    if (ares_timeout(r->channel, NULL, &left)) {
        uint64_t ms = (uint64_t)left.tv_sec * 1000 + ((uint64_t)left.tv_usec + 999) / 1000;
        loop_arm(r->loop, &r->timer, r->loop->now_ms + ms);
    } else {
        loop_disarm(r->loop, &r->timer);
    }
}
