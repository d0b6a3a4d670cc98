/* upstream.c - the states of a connection to a target, and the way to an address that answers */
#include "http/upstream.h"

#include "base/check.h"
#include "http/call_internal.h"
#include "http/pool_internal.h"

#define BIT(state) (1u << (state))

static void try_address(struct upstream *u);

static void stop_stream(struct upstream *u)
{
    struct loop *l = u->pool->loop;
    loop_disarm(l, &u->deadline);
    held_drop(&u->held, &l->blobs);
    stream_close(&u->stream);
}

static void await_call(struct upstream *u)
{
    if (u->stream.is_paused)
        stream_resume(&u->stream);
    pool_keep(u->pool, u);
}

static void send_request(struct upstream *u)
{
    const struct call_request *r = u->call->request;
    upstream_expect(u);
    u->call->is_sent = true;
    u->request[0] = r->head;
    u->request[1] = r->body;
    stream_write(&u->stream, u->request, r->body.n ? 2 : 1);
    if (u->call->is_paused)
        stream_pause(&u->stream);
}

static const struct {
    unsigned may_follow;
    void (*arrive)(struct upstream *); /* may move on */
} states[] = {
    [UPSTREAM_CONNECTING] = {BIT(UPSTREAM_BETWEEN) | BIT(UPSTREAM_IDLE) | BIT(UPSTREAM_BUSY) |
                                 BIT(UPSTREAM_CLOSED),
                             try_address},
    [UPSTREAM_BETWEEN] = {BIT(UPSTREAM_CONNECTING) | BIT(UPSTREAM_CLOSED), stop_stream},
    [UPSTREAM_IDLE] = {BIT(UPSTREAM_BUSY) | BIT(UPSTREAM_CLOSED), await_call},
    [UPSTREAM_BUSY] = {BIT(UPSTREAM_IDLE) | BIT(UPSTREAM_CLOSED), send_request},
    [UPSTREAM_CLOSED] = {0, stop_stream},
};

static void move(struct upstream *u, enum upstream_state next)
{
    CHECK(states[u->state].may_follow & BIT(next));
    if (u->state == UPSTREAM_IDLE && !list_is_empty(&u->node))
        pool_forget_idle(u->pool, u);
    u->state = next;
    u->moved_turn = u->pool->loop->turn;
    states[next].arrive(u);
}

void upstream_close(struct upstream *u)
{
    if (u->state != UPSTREAM_CLOSED)
        move(u, UPSTREAM_CLOSED);
}

/* A poll since it became idle would have told of what came. */
bool upstream_is_quiet(const struct upstream *u)
{
    return u->moved_turn != u->pool->loop->turn || !stream_has_unread(&u->stream);
}

void upstream_lend(struct upstream *u, struct call *call)
{
    u->call = call;
    call->upstream = u;
    u->is_reused = true;
    move(u, UPSTREAM_BUSY);
}

/* Another call may follow on it: the answer ended where it said, and nothing is left over. */
static bool is_good_for_more(const struct upstream *u, size_t n_extra)
{
    return u->keeps_alive && u->is_written && n_extra == 0;
}

void upstream_end_call(struct upstream *u, enum call_end how, size_t n_extra)
{
    struct call *c = u->call;
    u->call = NULL;
    held_drop(&u->held, &u->pool->loop->blobs);
    u->n_fed = 0;
    if (how == CALL_DONE && is_good_for_more(u, n_extra))
        move(u, UPSTREAM_IDLE);
    else
        upstream_close(u);
    call_tell_end(c, how);
}

static bool wants_address(const struct upstream *u)
{
    const struct pool *p = u->pool;
    return p->addresses.n && (u->call || !p->is_closed);
}

/* This address did not answer: the next one is tried once the stream has closed. */
static void fail_address(struct upstream *u)
{
    bool has_time = u->pool->loop->now_ms < u->connect_until_ms;
    if (u->n_untried && has_time && wants_address(u))
        move(u, UPSTREAM_BETWEEN);
    else if (u->call)
        upstream_end_call(u, CALL_NO_CONNECTION, 0);
    else
        upstream_close(u);
}

static void on_late(struct wheel_entry *entry)
{
    fail_address(LIST_OWNER(entry, struct upstream, deadline));
}

static void on_open(struct stream *s)
{
    struct upstream *u = LIST_OWNER(s, struct upstream, stream);
    struct pool *p = u->pool;
    loop_disarm(p->loop, &u->deadline);
    h1_init(&u->reader, H1_RESPONSE, p->settings.head_limit, &p->head);
    u->is_open = true;
    counters_add(p->counters, COUNT_UPSTREAM_OPENED, 1);
    counters_add(p->counters, COUNT_UPSTREAM_OPEN, 1);
    move(u, u->call ? UPSTREAM_BUSY : UPSTREAM_IDLE);
}

static void on_written(struct stream *s)
{
    LIST_OWNER(s, struct upstream, stream)->is_written = true;
}

static void on_end(struct stream *s, enum stream_end how)
{
    struct upstream *u = LIST_OWNER(s, struct upstream, stream);
    if (u->state == UPSTREAM_CONNECTING)
        fail_address(u);
    else if (u->state == UPSTREAM_BUSY)
        upstream_read_end(u, how);
    else
        upstream_close(u);
}

static void on_closed(struct stream *s)
{
    struct upstream *u = LIST_OWNER(s, struct upstream, stream);
    struct call *c = u->call; /* between two addresses, and there are none any more */
    if (u->state == UPSTREAM_BETWEEN && wants_address(u)) {
        move(u, UPSTREAM_CONNECTING);
        return;
    }
    if (u->is_open)
        counters_add(u->pool->counters, COUNT_UPSTREAM_OPEN, -1);
    pool_release_upstream(u->pool, u);
    if (c)
        call_tell_end(c, CALL_NO_CONNECTION);
}

static const struct stream_handlers handlers = {
    .on_open = on_open,
    .room = upstream_room,
    .on_read = upstream_on_read,
    .on_written = on_written,
    .on_end = on_end,
    .on_closed = on_closed,
};

static socklen_t size_of(const struct sockaddr_storage *at)
{
    return at->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

/* An address that does not answer costs its share of the time and leaves the others theirs. */
static void try_address(struct upstream *u)
{
    struct pool *p = u->pool;
    uint64_t now_ms = p->loop->now_ms;
    uint64_t left_ms = u->connect_until_ms > now_ms ? u->connect_until_ms - now_ms : 0;
    u->at = p->addresses.at[u->next_address++ % p->addresses.n];
    loop_arm(p->loop, &u->deadline, now_ms + left_ms / u->n_untried--);
    const struct stream_peer to = {
        .at = (const struct sockaddr *)&u->at,
        .n = size_of(&u->at),
        .tls = p->settings.tls,
        .server_name = p->server_name,
    };
    stream_connect(&u->stream, p->loop, &to, &handlers);
}

void upstream_open(struct pool *p, struct call *call)
{
    struct upstream *u = pool_acquire_upstream(p);
    u->call = call;
    if (call)
        call->upstream = u;
    u->n_untried = p->addresses.n;
    u->next_address = p->next_address++;
    u->connect_until_ms = p->loop->now_ms + p->settings.connect_timeout_ms;
    wheel_entry_init(&u->deadline, on_late);
    try_address(u);
}
