/* connection.c - the states of a client's connection, and what time does to it */
#include "http/connection.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"
#include "base/units.h"

enum {
    LINGER_MS = 5000,
    LINGER_QUIET_MS = 1000,   /* without a byte */
    LAST_HANDSHAKE_MS = 1000, /* while draining */
    LOOKS = 4,                /* at a write's progress, in each send_timeout */
};

static void arm(struct connection *c, uint64_t after_ms)
{
    struct loop *l = c->server->loop;
    loop_arm(l, &c->deadline, l->now_ms + after_ms);
}

/* A request may be with the kernel already: closing over it would reset the connection. Its turn
 * comes behind the read, and closes what is still idle then. */
static void look_once_more(struct connection *c)
{
    stream_read_once(&c->stream);
    loop_ready_cancel(&c->ready);
    loop_ready(c->server->loop, &c->ready);
}

static void rest(struct connection *c)
{
    struct server *s = c->server;
    c->reader.head_limit = s->bounds.request_header;
    if (s->is_draining)
        look_once_more(c);
    else if (!c->is_fresh) /* a fresh one has the time since it was accepted */
        arm(c, s->bounds.idle_timeout_ms);
}

static void await_head(struct connection *c)
{
    if (!c->is_fresh)
        arm(c, c->server->bounds.header_timeout_ms);
}

/* A body that trickles in would hold its connection and its memory for as long as it likes. */
static void await_more_body(struct connection *c)
{
    struct loop *l = c->server->loop;
    uint64_t timeout_ms = c->server->bounds.header_timeout_ms;
    uint64_t n = c->exchange->body ? c->exchange->body->n : 0;
    if (!c->body_from_ms)
        c->body_from_ms = l->now_ms;
    uint64_t next_ms = l->now_ms + timeout_ms;
    uint64_t last_ms = c->body_from_ms + timeout_ms + n * MS_A_SECOND / SERVER_BODY_RATE;
    loop_arm(l, &c->deadline, next_ms < last_ms ? next_ms : last_ms);
}

static void linger(struct connection *c)
{
    c->is_deaf = true;
    held_drop(&c->held, &c->server->loop->blobs);
    stream_shutdown(&c->stream);
    if (c->stream.is_paused)
        stream_resume(&c->stream);
    c->linger_until_ms = c->server->loop->now_ms + LINGER_MS;
    c->n_stalls = 0;
    c->n_unsent = 0;
    arm(c, LINGER_QUIET_MS);
}

static void close_stream(struct connection *c)
{
    loop_disarm(c->server->loop, &c->deadline);
    loop_ready_cancel(&c->ready);
    stream_close(&c->stream);
}

static void give_up(struct connection *c)
{
    connection_move(c, CONNECTION_CLOSED);
}

static void look_at_progress(struct connection *c);

/* What is quiet for long enough is over, but for a client that has not yet taken its answer up to
 * the goodbye behind it. */
static void end_lingering(struct connection *c)
{
    if (stream_is_parting(&c->stream))
        look_at_progress(c);
    else
        give_up(c);
}

static void time_out(struct connection *c)
{
    connection_refuse(c, 408);
}

/* A client that takes nothing for the whole send_timeout is cut. What it takes out of the kernel's
 * buffer counts: the poll tells of room only when much of it has become free. */
static void look_at_progress(struct connection *c)
{
    size_t n = stream_n_untaken(&c->stream);
    c->n_stalls = n == c->n_unsent ? c->n_stalls + 1 : 0;
    c->n_unsent = n;
    if (c->n_stalls == LOOKS)
        connection_cut(c);
    else
        arm(c, c->server->bounds.send_timeout_ms / LOOKS);
}

/* Where nothing waits to be sent, an interim answer neither, an answer has all the time that its
 * owner takes. */
void connection_watch_write(struct connection *c)
{
    c->n_stalls = 0;
    if (c->stream.n_slices == 0) {
        loop_disarm(c->server->loop, &c->deadline);
        return;
    }
    c->n_unsent = stream_n_untaken(&c->stream);
    arm(c, c->server->bounds.send_timeout_ms / LOOKS);
}

#define BIT(state) (1u << (state))

static const struct {
    unsigned may_follow;
    void (*arrive)(struct connection *); /* may move on */
    void (*ring)(struct connection *);   /* the deadline passed */
} states[] = {
    [CONNECTION_OPENING] = {BIT(CONNECTION_IDLE) | BIT(CONNECTION_CLOSED), NULL, give_up},
    [CONNECTION_IDLE] = {BIT(CONNECTION_HEAD) | BIT(CONNECTION_BODY) | BIT(CONNECTION_ANSWER) |
                             BIT(CONNECTION_CLOSED),
                         rest, give_up},
    [CONNECTION_HEAD] = {BIT(CONNECTION_BODY) | BIT(CONNECTION_ANSWER) | BIT(CONNECTION_CLOSED),
                         await_head, time_out},
    [CONNECTION_BODY] = {BIT(CONNECTION_BODY) | BIT(CONNECTION_ANSWER) | BIT(CONNECTION_CLOSED),
                         await_more_body, time_out},
    [CONNECTION_ANSWER] = {BIT(CONNECTION_IDLE) | BIT(CONNECTION_LINGER) | BIT(CONNECTION_CLOSED),
                           connection_watch_write, look_at_progress},
    [CONNECTION_LINGER] = {BIT(CONNECTION_CLOSED), linger, end_lingering},
    [CONNECTION_CLOSED] = {0, close_stream, NULL},
};

void connection_move(struct connection *c, enum connection_state next)
{
    CHECK(states[c->state].may_follow & BIT(next));
    c->state = next;
    if (states[next].arrive)
        states[next].arrive(c);
}

static void on_ring(struct wheel_entry *entry)
{
    struct connection *c = LIST_OWNER(entry, struct connection, deadline);
    states[c->state].ring(c);
}

/* Bytes of the write under way that are not yet with the kernel. */
static size_t count_unsent(const struct stream *s)
{
    size_t n = 0;
    for (unsigned i = 0; i < s->n_slices; i++)
        n += s->slices[i].n;
    return n - s->written;
}

/* Bytes of the write under way that are with the kernel, though it will not end. */
static size_t count_sent(const struct connection *c)
{
    size_t n = 0;
    if (!stream_is_writing(&c->stream))
        return 0;
    for (unsigned i = 0; i < c->n_write_slices; i++)
        n += c->exchange->slices[i].n;
    return n ? n - count_unsent(&c->stream) : 0;
}

void connection_cut(struct connection *c)
{
    struct exchange *e = c->exchange;
    if (c->state == CONNECTION_CLOSED)
        return;
    if (e)
        e->bytes_sent += count_sent(c);
    connection_move(c, CONNECTION_CLOSED);
    if (e)
        exchange_leave(e);
}

void connection_linger_on(struct connection *c)
{
    uint64_t now_ms = c->server->loop->now_ms;
    if (c->n_dropped >= CONNECTION_MAX_DROPPED || now_ms >= c->linger_until_ms)
        connection_move(c, CONNECTION_CLOSED);
    else
        arm(c, LINGER_QUIET_MS);
}

void connection_drain(struct connection *c)
{
    struct exchange *e = c->exchange;
    if (c->state == CONNECTION_IDLE)
        look_once_more(c);
    else if (c->state == CONNECTION_OPENING)
        arm(c, LAST_HANDSHAKE_MS);
    else if (e && e->tunnel && !e->has_ended)
        e->tunnel->on_drain(e);
}

static void on_open(struct stream *s)
{
    connection_move(LIST_OWNER(s, struct connection, stream), CONNECTION_IDLE);
}

/* End of stream counts as leaving (CONTRACT 3.5). But an answer that is whole already, a refusal of
 * what came right before the end for one, may still reach a client that only half closed. */
static void on_end(struct stream *s, enum stream_end how)
{
    struct connection *c = LIST_OWNER(s, struct connection, stream);
    if (how == STREAM_BROKEN || c->state != CONNECTION_ANSWER || !c->exchange->has_ended) {
        connection_cut(c);
        return;
    }
    c->has_left = true;
    c->exchange->must_close = true;
}

static void on_closed(struct stream *s)
{
    struct connection *c = LIST_OWNER(s, struct connection, stream);
    struct server *server = c->server;
    if (c->exchange)
        connection_end_exchange(c);
    held_drop(&c->held, &server->loop->blobs);
    list_remove(&c->node);
    server->n_connections--;
    counters_add(server->counters, COUNT_CONNECTIONS_OPEN, -1);
    atomic_fetch_sub_explicit(server->bounds.n_open, 1, memory_order_relaxed);
    free(c);
}

static const struct stream_handlers handlers = {
    .on_open = on_open,
    .room = connection_room,
    .on_read = connection_on_read,
    .on_written = connection_on_written,
    .on_end = on_end,
    .on_closed = on_closed,
};

/* The address without its port; an IPv4 one reads the same whatever socket it came in by. */
static void name_peer(struct connection *c, const struct sockaddr *peer)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)peer;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)peer;
    const char *text = NULL;
    if (peer && peer->sa_family == AF_INET)
        text = inet_ntop(AF_INET, &v4->sin_addr, c->peer, sizeof c->peer);
    else if (peer && peer->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        text = inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], c->peer, sizeof c->peer);
    else if (peer && peer->sa_family == AF_INET6)
        text = inet_ntop(AF_INET6, &v6->sin6_addr, c->peer, sizeof c->peer);
    if (!text)
        memcpy(c->peer, "unix", sizeof "unix");
    c->peer_n = (unsigned char)strlen(c->peer);
}

void connection_open(struct server *s, int fd, SSL_CTX *tls, const struct sockaddr *peer)
{
    struct connection *c = memory_take_zero(1, sizeof *c);
    c->server = s;
    c->is_tls = tls != NULL;
    c->is_fresh = true;
    name_peer(c, peer);
    h1_init(&c->reader, H1_REQUEST, s->bounds.request_header, &s->head);
    wheel_entry_init(&c->deadline, on_ring);
    loop_ready_init(&c->ready, connection_on_ready);
    list_push_back(&s->connections, &c->node);
    s->n_connections++;
    counters_add(s->counters, COUNT_CONNECTIONS_OPEN, 1);
    arm(c, s->bounds.header_timeout_ms);
    stream_accept(&c->stream, s->loop, fd, tls, &handlers);
}
