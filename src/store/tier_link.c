/* tier_link.c - the states of a connection to a store, and its queue */
#include "store/tier_link.h"

#include "base/check.h"
#include "policy/backoff.h"

enum {
    OUT_MORE = 1024 * 1024, /* bytes of commands beside two of the longest */
    KEPT_OUT = 64 * 1024,   /* of a buffer, between two writes */
    STEADY_MS = 5000,       /* having been ready for so long, it begins with a small back-off */
};

static const struct backoff_settings backoff = {.base_ms = 100, .cap_ms = 2000};

static bool is_up(const struct tier_link *l)
{
    return l->state != TIER_LINK_WAITING && l->state != TIER_LINK_CLOSING;
}

static void arm(struct tier_link *l, uint64_t ms)
{
    loop_arm(l->loop, &l->timer, l->loop->now_ms + ms);
}

static void leave(struct tier_link *l)
{
    l->state = TIER_LINK_CLOSING;
    loop_disarm(l->loop, &l->timer);
    loop_ready_cancel(&l->flush);
    stream_close(&l->stream);
    while (!list_is_empty(&l->waits)) {
        struct tier_wait *w = LIST_OWNER(list_pop_front(&l->waits), struct tier_wait, node);
        l->n_waits--;
        w->on_answer(w, NULL);
    }
}

void tier_link_break(struct tier_link *l, const char *why)
{
    if (!is_up(l))
        return;
    bool was_steady =
        l->state == TIER_LINK_READY && l->loop->now_ms - l->ready_since_ms >= STEADY_MS;
    l->n_failures = was_steady ? 1 : l->n_failures + 1;
    leave(l);
    l->handlers->on_down(l, why);
}

/* What is written waits until the end of the turn: more may come to it. */
static void on_flush(struct ready *r)
{
    struct tier_link *l = LIST_OWNER(r, struct tier_link, flush);
    if (!is_up(l) || stream_is_writing(&l->stream) || l->written.n || l->out.n == 0)
        return;
    struct buffer empty = l->sending;
    l->sending = l->out;
    l->out = empty;
    l->written = buffer_slice(&l->sending);
    stream_write(&l->stream, &l->written, 1);
}

static void empty_buffer(struct buffer *b)
{
    if (b->capacity > KEPT_OUT)
        buffer_done(b);
    b->n = 0;
}

static void on_written(struct stream *s)
{
    struct tier_link *l = LIST_OWNER(s, struct tier_link, stream);
    empty_buffer(&l->sending);
    l->written = SLICE_NONE;
    if (l->out.n)
        loop_ready(l->loop, &l->flush);
}

static void await(struct tier_link *l)
{
    if (l->state == TIER_LINK_READY)
        arm(l, l->n_waits ? TIER_LINK_SILENCE_MS : l->ping_ms);
}

bool tier_link_begin(struct tier_link *l, struct resp_command *c, unsigned n_words)
{
    bool may_ask = l->state == TIER_LINK_READY || l->state == TIER_LINK_GREETING;
    if (!may_ask || l->n_waits == TIER_LINK_WAITS)
        return false;
    resp_begin(c, &l->out, n_words);
    return true;
}

bool tier_link_end(struct tier_link *l, struct resp_command *c, struct tier_wait *w)
{
    if (!resp_end(c))
        return false;
    list_push_back(&l->waits, &w->node);
    l->n_waits++;
    loop_ready(l->loop, &l->flush);
    if (l->n_waits == 1)
        await(l);
    return true;
}

static void become_ready(struct tier_link *l)
{
    l->state = TIER_LINK_READY;
    l->ready_since_ms = l->loop->now_ms;
    await(l);
    l->handlers->on_ready(l);
}

/* A password alone is that of the user "default". */
static bool write_auth(struct tier_link *l, struct resp_command *c)
{
    const struct tier_address *a = l->address;
    if (!tier_link_begin(l, c, a->user.n ? 3 : 2))
        return false;
    resp_add(c, SLICE("AUTH"), SLICE_NONE);
    if (a->user.n)
        resp_add(c, a->user, SLICE_NONE);
    resp_add(c, a->password, SLICE_NONE);
    return true;
}

static bool write_select(struct tier_link *l, struct resp_command *c)
{
    if (!tier_link_begin(l, c, 2))
        return false;
    resp_add(c, SLICE("SELECT"), SLICE_NONE);
    resp_add_number(c, l->address->database);
    return true;
}

/* One after the other, as the second is of no use where the first is refused. */
static void greet(struct tier_link *l)
{
    struct resp_command c;
    bool is_whole = true;
    if (l->n_greeted == 0 && !l->address->user.n && !l->address->password.n)
        l->n_greeted++;
    if (l->n_greeted == 1 && l->address->database == 0)
        l->n_greeted++;
    if (l->n_greeted == 0)
        is_whole = write_auth(l, &c) && tier_link_end(l, &c, &l->greeting);
    else if (l->n_greeted == 1)
        is_whole = write_select(l, &c) && tier_link_end(l, &c, &l->greeting);
    else
        become_ready(l);
    if (!is_whole)
        tier_link_break(l, "the user's name and password are too long");
}

static void on_greeted(struct tier_wait *w, struct resp_value *v)
{
    struct tier_link *l = LIST_OWNER(w, struct tier_link, greeting);
    if (!v)
        return;
    if (v->kind != RESP_STATUS) {
        tier_link_break(l,
                        l->n_greeted == 0 ? "it refuses the password" : "it has no such database");
        return;
    }
    l->n_greeted++;
    greet(l);
}

static void on_open(struct stream *s)
{
    struct tier_link *l = LIST_OWNER(s, struct tier_link, stream);
    l->state = TIER_LINK_GREETING;
    l->n_greeted = 0;
    greet(l);
}

static struct stream_room room(struct stream *s)
{
    return (struct stream_room){s->loop->scratch, LOOP_SCRATCH};
}

static void take_answer(struct tier_link *l, struct resp_value *v)
{
    bool is_push =
        l->handlers->on_push && l->state == TIER_LINK_READY && l->handlers->on_push(l, v);
    struct list *node = is_push ? NULL : list_pop_front(&l->waits);
    if (node) {
        struct tier_wait *w = LIST_OWNER(node, struct tier_wait, node);
        l->n_waits--;
        w->on_answer(w, v);
    } else if (!is_push) {
        tier_link_break(l, "it answers what nobody has asked");
    }
    resp_free(v);
}

/* Any answer may lead to the end of the link; its reader stays until the stream has closed. */
static void on_read(struct stream *s, size_t n)
{
    struct tier_link *l = LIST_OWNER(s, struct tier_link, stream);
    enum resp_progress progress = RESP_WHOLE;
    resp_feed(l->reader, (struct slice){s->loop->scratch, n});
    while (is_up(l) && progress == RESP_WHOLE) {
        struct resp_value *v;
        progress = resp_next(l->reader, &v);
        if (progress == RESP_WHOLE)
            take_answer(l, v);
    }
    if (progress == RESP_BROKEN)
        tier_link_break(l, "it does not speak as Redis does");
    else
        await(l);
}

static void on_end(struct stream *s, enum stream_end how)
{
    struct tier_link *l = LIST_OWNER(s, struct tier_link, stream);
    (void)how;
    if (l->state != TIER_LINK_CONNECTING)
        tier_link_break(l, "the connection broke");
    else
        tier_link_break(l, l->address->is_tls ? "no connection, or no certificate that is trusted"
                                              : "no connection");
}

static void wait_for_more(struct tier_link *l, uint64_t ms)
{
    l->state = TIER_LINK_WAITING;
    if (l->addresses.n)
        arm(l, ms);
}

static void on_closed(struct stream *s)
{
    struct tier_link *l = LIST_OWNER(s, struct tier_link, stream);
    resp_done(l->reader);
    l->reader = NULL;
    l->written = SLICE_NONE;
    buffer_done(&l->out);
    buffer_done(&l->sending);
    if (l->is_ending)
        l->handlers->on_closed(l); /* last: it may free l */
    else
        wait_for_more(l, backoff_ms(&backoff, l->n_failures, 0, random_next(l->random)));
}

static const struct stream_handlers stream_handlers = {
    .on_open = on_open,
    .room = room,
    .on_read = on_read,
    .on_written = on_written,
    .on_end = on_end,
    .on_closed = on_closed,
};

static void open_stream(struct tier_link *l)
{
    l->state = TIER_LINK_CONNECTING;
    l->reader = resp_new(l->limit);
    l->at = l->addresses.at[l->next_address++ % l->addresses.n];
    const struct stream_peer to = {
        .at = (const struct sockaddr *)&l->at,
        .n = l->at.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6),
        .tls = l->address->is_tls ? l->tls : NULL,
        .server_name = l->address->server_name,
    };
    arm(l, TIER_LINK_CONNECT_MS);
    stream_connect(&l->stream, l->loop, &to, &stream_handlers);
}

/* So that a connection that died in silence is noticed, and one that nobody needs is kept. */
static bool send_ping(struct tier_link *l)
{
    struct resp_command c;
    if (!tier_link_begin(l, &c, 1))
        return false;
    resp_add(&c, SLICE("PING"), SLICE_NONE);
    return tier_link_end(l, &c, &l->ping);
}

/* That there is an answer is enough. */
static void on_ponged(struct tier_wait *w, struct resp_value *v)
{
    (void)w, (void)v;
}

static void on_timer(struct wheel_entry *e)
{
    struct tier_link *l = LIST_OWNER(e, struct tier_link, timer);
    bool is_idle = l->state == TIER_LINK_READY && l->n_waits == 0;
    if (l->state == TIER_LINK_WAITING)
        open_stream(l);
    else if (!is_idle || !send_ping(l))
        tier_link_break(l, "it does not answer");
}

static void on_ended(struct ready *r)
{
    struct tier_link *l = LIST_OWNER(r, struct tier_link, ended);
    l->handlers->on_closed(l); /* last: it may free l */
}

void tier_link_init(struct tier_link *l)
{
    l->state = TIER_LINK_WAITING;
    buffer_init(&l->out, 2 * l->limit + OUT_MORE);
    buffer_init(&l->sending, l->out.limit);
    loop_ready_init(&l->flush, on_flush);
    loop_ready_init(&l->ended, on_ended);
    wheel_entry_init(&l->timer, on_timer);
    list_init(&l->waits);
    list_init(&l->greeting.node);
    l->greeting.on_answer = on_greeted;
    l->ping.on_answer = on_ponged;
}

void tier_link_close(struct tier_link *l)
{
    if (l->is_ending)
        return;
    l->is_ending = true;
    loop_disarm(l->loop, &l->timer);
    if (is_up(l))
        leave(l);
    else if (l->state == TIER_LINK_WAITING)
        loop_ready(l->loop, &l->ended);
}

static bool is_among(const struct addresses *a, const struct sockaddr_storage *at)
{
    size_t n = at->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    for (unsigned i = 0; i < a->n; i++)
        if (memcmp(&a->at[i], at, n) == 0)
            return true;
    return false;
}

void tier_link_set_addresses(struct tier_link *l, const struct addresses *a)
{
    l->addresses = *a;
    if (l->is_ending)
        return;
    if (is_up(l) && !is_among(a, &l->at))
        tier_link_break(l, "its address has changed");
    else if (l->state == TIER_LINK_WAITING && a->n && !wheel_is_armed(&l->timer))
        arm(l, 0);
}
