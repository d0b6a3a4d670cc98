/* connection_write.c - the answer on its way out, and what comes behind it */
#include "base/check.h"
#include "http/connection.h"

static const struct slice interim = SLICE_INIT("HTTP/1.1 100 Continue\r\n\r\n");

static void wake(struct exchange *e)
{
    struct connection *c = e->connection;
    loop_ready(c->server->loop, &c->ready);
}

const struct exchange_link connection_link = {.begin = connection_write_head, .wake = wake};

/* Closing at once may reset the connection where bytes of the client's are still unread, and the
 * reset may overtake the answer. */
static bool must_linger(const struct connection *c)
{
    return !c->has_left && (!c->is_last || c->is_deaf || c->held.blob);
}

/* A TLS stream's goodbye may have to wait for room in the kernel. */
static bool must_part(struct connection *c)
{
    if (c->is_tls)
        stream_shutdown(&c->stream);
    return stream_is_parting(&c->stream);
}

/* The answer is with the kernel. */
static void finish(struct connection *c)
{
    bool is_broken = c->exchange->is_broken;
    bool must_close = c->exchange->must_close;
    connection_end_exchange(c);
    if (!must_close && !is_broken) {
        connection_move(c, CONNECTION_IDLE);
        if (c->state == CONNECTION_IDLE)
            connection_read_held(c);
    } else {
        bool lingers = !is_broken && (must_linger(c) || must_part(c));
        connection_move(c, lingers ? CONNECTION_LINGER : CONNECTION_CLOSED);
    }
}

/* One write at a time, of all that there is up to the limit of slices. */
static void write_on(struct connection *c)
{
    struct exchange *e = c->exchange;
    if (stream_is_writing(&c->stream))
        return;
    unsigned n = outbox_peek(&e->outbox, e->slices, STREAM_MAX_SLICES);
    c->n_write_slices = n;
    if (n)
        stream_write(&c->stream, e->slices, n);
    if (n || !e->has_ended)
        connection_watch_write(c);
    else
        finish(c);
}

/* The exchange that asked for this turn may have finished in a turn before it. */
void connection_on_ready(struct ready *r)
{
    struct connection *c = LIST_OWNER(r, struct connection, ready);
    if (c->state == CONNECTION_ANSWER) {
        connection_feed_tunnel(c);
        write_on(c);
    } else if (c->state == CONNECTION_IDLE && c->server->is_draining)
        connection_move(c, CONNECTION_CLOSED);
}

/* Tells an owner that found the outbox full, once half of it is free. */
static void tell_room(struct exchange *e)
{
    const struct outbox *o = &e->outbox;
    bool has_room = o->n <= OUTBOX_MAX_SLICES / 2 && o->n_bytes <= o->limit / 2;
    if (!e->wants_room || e->has_ended || !has_room)
        return;
    e->wants_room = false;
    if (e->handlers->on_room)
        e->handlers->on_room(e);
}

static void tell_sent(struct exchange *e)
{
    if (e->tunnel && !e->has_ended && e->outbox.n == 0)
        e->tunnel->on_sent(e);
}

void connection_on_written(struct stream *s)
{
    struct connection *c = LIST_OWNER(s, struct connection, stream);
    struct exchange *e = c->exchange;
    if (c->n_write_slices) {
        size_t n = e->outbox.n_bytes;
        outbox_drop(&e->outbox, c->n_write_slices);
        c->n_write_slices = 0;
        e->bytes_sent += n - e->outbox.n_bytes;
        tell_room(e);
        tell_sent(e);
    }
    if (c->state == CONNECTION_ANSWER)
        write_on(c);
}

void connection_write_interim(struct connection *c)
{
    stream_write(&c->stream, &interim, 1);
}
