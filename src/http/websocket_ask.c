/* websocket_ask.c - the body of an answer becomes messages */
#include "base/check.h"
#include "http/websocket_internal.h"

static struct loop *loop_of(const struct websocket_ask *a)
{
    return a->socket->server->loop;
}

/* Fields of an answer have no place in a message. */
static void begin(struct exchange *e, const struct field *fields, unsigned n_fields, int64_t length)
{
    struct websocket_ask *a = e->connection;
    (void)fields;
    (void)n_fields;
    (void)length;
    e->sends_body = true;
    a->is_problem = e->status / 100 != 2;
}

static void wake(struct exchange *e)
{
    struct websocket_ask *a = e->connection;
    loop_ready(loop_of(a), &a->socket->ready);
}

static const struct exchange_link linking = {.begin = begin, .wake = wake};

struct exchange *websocket_ask(struct websocket *w, const struct exchange_handlers *handlers,
                               struct slice id)
{
    struct server *s = w->server;
    struct exchange *e =
        exchange_pool_acquire(&s->exchanges, &s->loop->blobs, s->bounds.arena, s->bounds.output);
    struct websocket_ask *a = arena_take_zero(&e->arena, 1, sizeof *a);
    CHECK(a); /* the arena is empty */
    a->id = arena_copy(&e->arena, id);
    CHECK(a->id.at);
    a->socket = w;
    a->exchange = e;
    e->loop = s->loop;
    e->handlers = handlers;
    e->link = &linking;
    e->connection = a;
    e->context = w->exchange->context;
    e->started_ns = s->loop->now_ns;
    list_push_back(&w->asks, &a->node);
    w->n_asks += id.n > 0;
    w->n_unfinished++;
    return e;
}

void websocket_set_problem(struct exchange *e, struct slice head)
{
    struct websocket_ask *a = e->connection;
    CHECK(head.at);
    a->problem = head;
}

struct websocket_ask *websocket_find(const struct websocket *w, struct slice id)
{
    for (struct list *n = w->asks.next; n != &w->asks; n = n->next) {
        struct websocket_ask *a = websocket_ask_of(n);
        if (id.n && slice_equal(a->id, id) && !a->exchange->is_gone)
            return a;
    }
    return NULL;
}

void websocket_cancel(struct websocket_ask *a)
{
    struct exchange *e = a->exchange;
    if (e->is_gone)
        return;
    a->socket->n_asks -= a->id.n > 0;
    exchange_leave(e);
    wake(e);
}

void websocket_ask_finish(struct websocket_ask *a)
{
    struct exchange *e = a->exchange;
    struct server *s = a->socket->server;
    if (!e->is_gone)
        a->socket->n_asks -= a->id.n > 0;
    if (a->message)
        blob_release(&s->loop->blobs, a->message);
    list_remove(&a->node);
    a->socket->n_unfinished--;
    e->handlers->on_finished(e);
    exchange_pool_release(&s->exchanges, e);
}

static void add(struct websocket_ask *a, struct slice bytes)
{
    static const char room[WS_HEAD_MAX];
    bool is_first = !a->message;
    if (is_first)
        websocket_append(a->socket, &a->message, (struct slice){room, sizeof room});
    if (is_first && a->is_problem)
        websocket_append(a->socket, &a->message, a->problem);
    websocket_append(a->socket, &a->message, bytes);
}

/* Of the outbox's first slice what belongs to this message: up to the end of its line. */
static void take_some(struct websocket_ask *a)
{
    struct outbox *o = &a->exchange->outbox;
    struct slice whole;
    (void)outbox_peek(o, &whole, 1);
    struct slice rest = slice_after(whole, a->offset);
    const char *end = a->is_problem ? NULL : memchr(rest.at, '\n', rest.n);
    struct slice taken = {rest.at, end ? (size_t)(end - rest.at) : rest.n};
    add(a, taken);
    a->is_whole = end;
    a->offset += taken.n + (end != NULL);
    if (a->offset < whole.n)
        return;
    outbox_drop(o, 1);
    a->offset = 0;
}

static void tell_room(struct exchange *e)
{
    if (!e->wants_room || e->has_ended || e->outbox.n)
        return;
    e->wants_room = false;
    e->handlers->on_room(e);
}

/* Something went wrong of which the client does not know yet. */
static void tell_broken(struct websocket_ask *a)
{
    if (a->message)
        blob_release(&loop_of(a)->blobs, a->message);
    a->message = NULL;
    a->is_problem = true;
    add(a, SLICE("{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503}}"));
}

/* All of the answer is taken. false: there is a last message. */
static bool end(struct websocket_ask *a)
{
    const struct exchange *e = a->exchange;
    bool is_broken = e->is_broken || (a->message != NULL) != a->is_problem;
    if (a->is_told || (!is_broken && !a->is_problem))
        return true;
    if (is_broken)
        tell_broken(a);
    else
        add(a, SLICE("}"));
    a->is_told = a->is_whole = true;
    return false;
}

bool websocket_ask_collect(struct websocket_ask *a)
{
    struct exchange *e = a->exchange;
    if (e->is_gone)
        return true;
    while (!a->is_whole && e->outbox.n)
        take_some(a);
    tell_room(e);
    if (a->is_whole || e->outbox.n || !e->has_ended)
        return false;
    return end(a);
}
