/* call.c - a call finds a connection, or waits for the turn in which its failure is told */
#include "http/call.h"

#include "base/check.h"
#include "http/call_internal.h"
#include "http/pool_internal.h"
#include "http/upstream.h"

void call_tell_end(struct call *c, enum call_end how)
{
    c->pool = NULL;
    c->upstream = NULL;
    c->handlers->on_end(c, how);
}

static void end_in_turn(struct ready *r)
{
    struct call *c = LIST_OWNER(r, struct call, ready);
    pool_count_ending(c->pool, -1);
    call_tell_end(c, CALL_NO_CONNECTION);
}

void call_start(struct call *c, struct pool *p, const struct call_request *request,
                const struct call_handlers *handlers)
{
    CHECK(!p->is_closed);
    *c = (struct call){.pool = p, .request = request, .handlers = handlers};
    loop_ready_init(&c->ready, end_in_turn);
    struct upstream *u = request->fresh ? NULL : pool_take_idle(p);
    if (u) {
        upstream_lend(u, c);
    } else if (p->addresses.n) {
        upstream_open(p, c);
    } else {
        pool_count_ending(p, 1);
        loop_ready(p->loop, &c->ready);
    }
}

void call_cancel(struct call *c)
{
    struct pool *p = c->pool;
    struct upstream *u = c->upstream;
    if (!p)
        return;
    c->pool = NULL;
    c->upstream = NULL;
    if (u) {
        u->call = NULL;
        upstream_close(u);
    } else {
        loop_ready_cancel(&c->ready);
        pool_count_ending(p, -1);
    }
}

void call_pause(struct call *c)
{
    c->is_paused = true;
    if (c->upstream && c->upstream->state == UPSTREAM_BUSY)
        stream_pause(&c->upstream->stream);
}

void call_resume(struct call *c)
{
    c->is_paused = false;
    if (c->upstream && c->upstream->state == UPSTREAM_BUSY)
        stream_resume(&c->upstream->stream);
}
