/* connection_read.c - bytes of a client on their way to its exchange
 *
 * They are read into the loop's scratch, which is free again behind this event; only an incomplete
 * head and what was read ahead are held.
 */
#include "base/check.h"
#include "http/connection.h"

struct stream_room connection_room(struct stream *s)
{
    struct connection *c = LIST_OWNER(s, struct connection, stream);
    struct loop *l = c->server->loop;
    if (c->held.blob)
        return held_room(&c->held, &l->blobs);
    return (struct stream_room){l->scratch, LOOP_SCRATCH};
}

/* Holds [at..end) and nothing before it; none, and the memory goes. */
static void hold(struct connection *c, const char *at, const char *end)
{
    held_keep(&c->held, &c->server->loop->blobs, (struct slice){at, (size_t)(end - at)});
}

static bool is_tunnel(const struct connection *c)
{
    return c->exchange && c->exchange->tunnel;
}

/* While a request is answered, a bounded number of bytes is read ahead. What is only dropped is
 * read as well: closing over unread bytes would reset the connection, and the end of the stream
 * must not overtake them. */
static bool wants_bytes(const struct connection *c)
{
    if (c->is_deaf)
        return c->n_dropped < CONNECTION_MAX_DROPPED;
    if (is_tunnel(c))
        return !c->exchange->is_full;
    return c->state != CONNECTION_ANSWER ||
           held_bytes(&c->held).n < c->server->bounds.request_header;
}

static void pause_or_resume(struct connection *c)
{
    bool wants = wants_bytes(c);
    if (c->state == CONNECTION_CLOSED || wants != c->stream.is_paused)
        return;
    if (wants)
        stream_resume(&c->stream);
    else
        stream_pause(&c->stream);
}

/* Everything was read: part of a head is kept, a body has gone where it belongs. */
static void keep_rest(struct connection *c, const char *head, const char *end)
{
    if (c->exchange)
        head = end;
    hold(c, head, end);
    c->n_fed = (size_t)(end - head);
    if (c->exchange)
        connection_move(c, CONNECTION_BODY);
    else if (c->state == CONNECTION_IDLE)
        connection_move(c, CONNECTION_HEAD);
}

static void take_event(struct connection *c, enum h1_event event, const char *at, size_t n_more)
{
    switch (event) {
    case H1_HEAD:
        connection_begin_request(c, at - c->server->head.size, n_more);
        return;
    case H1_BODY:
        connection_take_body(c, c->reader.chunk);
        return;
    case H1_DONE:
        connection_end_request(c);
        return;
    case H1_ERROR:
        connection_refuse(c, c->reader.status);
        return;
    case H1_MORE:
        CHECK(false);
    }
}

/* Reads base[from..to) to the end of one request at most; what lies behind it is held. Inside a
 * head, `base` is its first byte and `from` how much of it was read before. */
static void read_request(struct connection *c, const char *base, size_t from, size_t to)
{
    if (from == 0)
        c->started_ns = c->server->loop->now_ns;
    while (c->state <= CONNECTION_BODY) {
        enum h1_event event = h1_read(&c->reader, base, from, to, &from);
        if (event == H1_MORE) {
            keep_rest(c, base, base + to);
            return;
        }
        take_event(c, event, base + from, to - from);
    }
    c->n_fed = 0;
    if (!c->is_deaf)
        hold(c, base + from, base + to);
}

static void drop(struct connection *c, size_t n)
{
    c->n_dropped += n;
    if (c->state == CONNECTION_LINGER)
        connection_linger_on(c);
    else
        pause_or_resume(c);
}

/* Behind the end nothing is of use any more. */
static void pass(struct connection *c, struct slice bytes)
{
    if (!c->exchange->has_ended)
        c->exchange->tunnel->on_bytes(c->exchange, bytes);
    held_drop(&c->held, &c->server->loop->blobs);
}

void connection_feed_tunnel(struct connection *c)
{
    struct slice bytes = held_bytes(&c->held);
    if (!is_tunnel(c))
        return;
    if (bytes.n)
        pass(c, bytes);
    pause_or_resume(c);
}

void connection_on_read(struct stream *s, size_t n)
{
    struct connection *c = LIST_OWNER(s, struct connection, stream);
    if (c->is_deaf) {
        drop(c, n);
        return;
    }
    struct slice bytes = {c->server->loop->scratch, n};
    if (c->held.blob) {
        held_add(&c->held, n);
        bytes = held_bytes(&c->held);
    }
    if (is_tunnel(c))
        pass(c, bytes);
    else if (c->state == CONNECTION_ANSWER)
        hold(c, bytes.at, bytes.at + bytes.n);
    else
        read_request(c, bytes.at, c->n_fed, bytes.n);
    pause_or_resume(c);
}

void connection_read_held(struct connection *c)
{
    struct slice bytes = held_bytes(&c->held);
    if (bytes.n)
        read_request(c, bytes.at, 0, bytes.n);
    pause_or_resume(c);
}

void connection_stop_reading(struct connection *c)
{
    c->is_deaf = true;
    c->exchange->must_close = true;
    held_drop(&c->held, &c->server->loop->blobs);
    connection_move(c, CONNECTION_ANSWER);
}
