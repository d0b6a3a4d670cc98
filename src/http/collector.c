/* collector.c - takes what the outbox has, until the answer has ended */
#include "http/collector.h"

#include "base/check.h"

enum {
    BODY_FIRST = 4096, /* bytes, where the length is not told */
};

/* Lives in its exchange's arena. */
struct collector {
    struct exchange *exchange;
    struct collector_settings settings;
    struct ready ready;
    const struct field *fields;
    unsigned n_fields;
    struct blob *body; /* NULL: none */
};

static struct blob_pool *blobs_of(const struct collector *c)
{
    return &c->settings.loop->blobs;
}

static void begin(struct exchange *e, const struct field *fields, unsigned n_fields, int64_t length)
{
    struct collector *c = e->connection;
    struct field *copy = arena_take(&e->arena, n_fields * sizeof *copy);
    e->sends_body = true;
    if (length > 0)
        c->body = blob_take(blobs_of(c), (size_t)length);
    if (!copy) {
        e->is_broken = true;
        return;
    }
    memcpy(copy, fields, n_fields * sizeof *copy);
    c->fields = copy;
    c->n_fields = n_fields;
}

static void wake(struct exchange *e)
{
    struct collector *c = e->connection;
    loop_ready(c->settings.loop, &c->ready);
}

static const struct exchange_link collecting = {.begin = begin, .wake = wake};

static void append(struct collector *c, struct slice bytes)
{
    struct blob *b = c->body;
    size_t n = b ? b->n : 0;
    if (!b)
        b = blob_take(blobs_of(c), bytes.n > BODY_FIRST ? bytes.n : BODY_FIRST);
    else if (b->capacity - n < bytes.n)
        b = blob_take_grown(blobs_of(c), b, 2 * n > n + bytes.n ? 2 * n : n + bytes.n);
    memcpy(b->at + n, bytes.at, bytes.n);
    b->n = n + bytes.n;
    c->body = b;
}

static void take_some(struct collector *c)
{
    struct exchange *e = c->exchange;
    unsigned n = outbox_peek(&e->outbox, e->slices, STREAM_MAX_SLICES);
    for (unsigned i = 0; i < n; i++)
        append(c, e->slices[i]);
    outbox_drop(&e->outbox, n);
}

static void finish(struct collector *c)
{
    struct exchange *e = c->exchange;
    struct blob *body = c->body;
    const struct collected answer = {
        .exchange = e,
        .status = e->status,
        .fields = c->fields,
        .n_fields = c->n_fields,
        .body = body ? blob_slice(body) : SLICE(""),
        .is_whole = !e->is_broken,
    };
    if (!e->is_gone)
        c->settings.done(c->settings.owner, &answer);
    if (body)
        blob_release(blobs_of(c), body);
    e->handlers->on_finished(e);
    exchange_pool_release(c->settings.pool, e);
}

static void on_ready(struct ready *r)
{
    struct collector *c = LIST_OWNER(r, struct collector, ready);
    struct exchange *e = c->exchange;
    while (e->outbox.n)
        take_some(c);
    if (e->has_ended || e->is_gone) {
        finish(c);
    } else if (e->wants_room) {
        e->wants_room = false;
        e->handlers->on_room(e);
    }
}

struct collector *collector_open(const struct collector_settings *s)
{
    struct exchange *e =
        exchange_pool_acquire(s->pool, &s->loop->blobs, s->arena_limit, SIZE_MAX / 2);
    struct collector *c = arena_take_zero(&e->arena, 1, sizeof *c);
    CHECK(c); /* the arena is empty */
    c->exchange = e;
    c->settings = *s;
    loop_ready_init(&c->ready, on_ready);
    e->loop = s->loop;
    e->handlers = s->handlers;
    e->link = &collecting;
    e->connection = c;
    e->started_ns = s->loop->now_ns;
    return c;
}

struct exchange *collector_exchange(struct collector *c)
{
    return c->exchange;
}

static bool copy(struct arena *arena, struct slice *to, struct slice from)
{
    *to = arena_copy(arena, from);
    return to->at;
}

static bool copy_fields(struct arena *arena, struct request *to, const struct request *from)
{
    to->fields = arena_take(arena, from->n_fields * sizeof *to->fields);
    bool is_good = to->fields;
    for (unsigned i = 0; is_good && i < from->n_fields; i++)
        is_good = copy(arena, &to->fields[i].name, from->fields[i].name) &&
                  copy(arena, &to->fields[i].value, from->fields[i].value);
    to->n_fields = from->n_fields;
    return is_good;
}

bool collector_ask_alike(struct collector *c, const struct request *r)
{
    struct arena *arena = &c->exchange->arena;
    struct request *q = &c->exchange->request;
    *q = (struct request){.is_tls = r->is_tls, .minor = 1, .has_body = r->has_body};
    return copy(arena, &q->method, r->method) && copy(arena, &q->target, r->target) &&
           copy_fields(arena, q, r) && copy(arena, &q->body, r->body) &&
           copy(arena, &q->host, r->host) && copy(arena, &q->peer, r->peer);
}

void collector_cancel(struct collector *c)
{
    struct exchange *e = c->exchange;
    if (e->is_gone)
        return;
    exchange_leave(e);
    wake(e);
}
