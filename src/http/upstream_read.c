/* upstream_read.c - a service's bytes become a call's head, body and end */
#include "base/check.h"
#include "http/pool_internal.h"
#include "http/upstream.h"

enum {
    MAX_INTERIM = 64, /* 1xx answers before the final one */
};

void upstream_expect(struct upstream *u)
{
    u->reader.answers_head = u->call->request->is_head;
    u->n_interim = 0;
    u->is_answered = u->has_head = u->is_written = u->keeps_alive = false;
}

/* The rest of a body by length goes where it is to stay, and no read goes beyond it: what lies
 * behind an answer spoils the connection when it is idle. A read takes no more than any other, so
 * that large bodies take turns. */
static struct stream_room body_room(struct upstream *u)
{
    uint64_t left = u->call ? h1_body_left(&u->reader) : 0;
    size_t n = left < LOOP_SCRATCH ? (size_t)left : LOOP_SCRATCH;
    if (n == 0 || !u->call->handlers->room)
        return (struct stream_room){NULL, 0};
    struct stream_room room = u->call->handlers->room(u->call, n);
    return (struct stream_room){room.at, room.n < n ? room.n : n};
}

struct stream_room upstream_room(struct stream *s)
{
    struct upstream *u = LIST_OWNER(s, struct upstream, stream);
    struct loop *l = u->pool->loop;
    struct stream_room room = u->held.blob ? held_room(&u->held, &l->blobs) : body_room(u);
    if (room.n == 0)
        room = (struct stream_room){l->scratch, LOOP_SCRATCH};
    u->read_at = room.at;
    return room;
}

/* 1xx answers are passed over, in reason; nobody asked to switch protocols. */
static bool take_interim(struct upstream *u, unsigned status)
{
    if (status != 101 && ++u->n_interim <= MAX_INTERIM)
        return true;
    upstream_end_call(u, CALL_INVALID, 0);
    return false;
}

static bool take_head(struct upstream *u, const char *base)
{
    const struct h1_head *head = u->reader.head;
    if (head->status / 100 == 1)
        return take_interim(u, head->status);
    u->has_head = true;
    u->keeps_alive = head->keep_alive;
    u->call->handlers->on_head(u->call, head, base);
    return u->call;
}

/* What went wrong is told in the status that a request would get. */
static enum call_end end_of_bad_answer(const struct upstream *u)
{
    bool is_past_bound = u->reader.status == 431 || u->reader.status == 414;
    return is_past_bound && !u->has_head ? CALL_TOO_LARGE : CALL_INVALID;
}

/* false: the call has ended, or was cancelled by what it heard. */
static bool take_event(struct upstream *u, enum h1_event event, const char *at, size_t n_more)
{
    switch (event) {
    case H1_HEAD:
        return take_head(u, at - u->reader.head->size);
    case H1_BODY:
        u->call->handlers->on_body(u->call, u->reader.chunk);
        return u->call;
    case H1_DONE:
        if (u->has_head)
            upstream_end_call(u, CALL_DONE, n_more);
        return !u->has_head;
    case H1_ERROR:
        upstream_end_call(u, end_of_bad_answer(u), 0);
        return false;
    case H1_MORE:
        break;
    }
    CHECK(false);
    return false;
}

/* Everything was read; part of a head is kept. */
static void keep_rest(struct upstream *u, const char *head, const char *end)
{
    if (u->has_head)
        head = end;
    u->n_fed = (size_t)(end - head);
    held_keep(&u->held, &u->pool->loop->blobs, (struct slice){head, u->n_fed});
}

/* Inside a head, `base` is its first byte and `from` how much of it was read before. */
static void read_answer(struct upstream *u, const char *base, size_t from, size_t to)
{
    const char *head = base;
    for (;;) {
        enum h1_event event = h1_read(&u->reader, base, from, to, &from);
        if (event == H1_MORE) {
            keep_rest(u, head, base + to);
            return;
        }
        if (!take_event(u, event, base + from, to - from))
            return;
        head = base + from;
    }
}

/* Does this come on a kept connection from before the request was sent? What a poll tells was there
 * before anything of its turn was done. */
static bool is_too_early(const struct upstream *u)
{
    const struct loop *l = u->pool->loop;
    return u->is_reused && u->moved_turn == l->turn && loop_is_at_first_poll(l);
}

void upstream_on_read(struct stream *s, size_t n)
{
    struct upstream *u = LIST_OWNER(s, struct upstream, stream);
    struct slice bytes = {u->read_at, n};
    if (u->state != UPSTREAM_BUSY) { /* nobody asked */
        upstream_close(u);
        return;
    }
    if (is_too_early(u)) {
        upstream_end_call(u, CALL_STALE, 0);
        return;
    }
    u->is_answered = true;
    if (u->held.blob) {
        held_add(&u->held, n);
        bytes = held_bytes(&u->held);
    }
    read_answer(u, bytes.at, u->n_fed, bytes.n);
}

void upstream_read_end(struct upstream *u, enum stream_end how)
{
    enum call_end end = CALL_BROKEN;
    if (!u->is_answered && u->is_reused)
        end = CALL_STALE;
    else if (how == STREAM_EOF && u->has_head && h1_read_end(&u->reader) == H1_DONE)
        end = CALL_DONE;
    u->keeps_alive = false;
    upstream_end_call(u, end, 0);
}
