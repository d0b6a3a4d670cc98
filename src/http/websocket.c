/* websocket.c - frames in and out, signs of life, and the ways to end */
#include "http/websocket.h"

#include "base/check.h"
#include "http/connection.h"
#include "http/websocket_internal.h"

enum {
    BURST = 32 * 1024,       /* bytes of several messages that are sent together */
    WAITING_MAX = 64 * 1024, /* bytes of frames; above it the client is not read from */
};

static struct loop *loop_of(const struct websocket *w)
{
    return w->server->loop;
}

static void wake(struct websocket *w)
{
    loop_ready(loop_of(w), &w->ready);
}

static void watch(struct websocket *w, uint64_t after_ms)
{
    loop_arm(loop_of(w), &w->watch, loop_of(w)->now_ms + after_ms);
}

void websocket_append(struct websocket *w, struct blob **to, struct slice bytes)
{
    struct blob_pool *blobs = &loop_of(w)->blobs;
    size_t n = *to ? (*to)->n : 0;
    if (!*to)
        *to = blob_take(blobs, bytes.n);
    else if ((*to)->capacity - n < bytes.n)
        *to = blob_take_grown(blobs, *to, 2 * n > n + bytes.n ? 2 * n : n + bytes.n);
    if (bytes.n)
        memcpy((*to)->at + n, bytes.at, bytes.n);
    (*to)->n = n + bytes.n;
}

static size_t n_waiting(const struct websocket *w)
{
    return w->waiting ? w->waiting->n - w->waiting_from : 0;
}

static void push(struct websocket *w, enum ws_event kind, struct slice payload)
{
    char head[WS_HEAD_MAX];
    size_t n = ws_head(&w->ws, kind, payload.n, head);
    websocket_append(w, &w->waiting, (struct slice){head + sizeof head - n, n});
    websocket_append(w, &w->waiting, payload);
    wake(w);
}

static void push_close(struct websocket *w, unsigned code, struct slice reason)
{
    char payload[WS_CONTROL_MAX];
    push(w, WS_CLOSE, (struct slice){payload, ws_close_payload(code, reason, payload)});
}

/* The first message is sent as it lies, its head right before it. */
static void push_message(struct websocket *w, struct websocket_ask *a)
{
    struct blob *b = a->message;
    struct slice text = slice_after(blob_slice(b), WS_HEAD_MAX);
    char head[WS_HEAD_MAX];
    a->message = NULL;
    a->is_whole = false;
    a->exchange->bytes_sent += text.n;
    if (w->waiting) {
        push(w, WS_TEXT, text);
        blob_release(&loop_of(w)->blobs, b);
        return;
    }
    size_t n = ws_head(&w->ws, WS_TEXT, text.n, head);
    memcpy(b->at + WS_HEAD_MAX - n, head + WS_HEAD_MAX - n, n);
    w->waiting = b;
    w->waiting_from = WS_HEAD_MAX - n;
}

/* In turns: who had a message sent goes to the end. Those that are over finish. */
static bool push_messages(struct websocket *w)
{
    struct list *last = w->asks.previous;
    bool has_pushed = false;
    for (struct list *n = w->asks.next, *next; n != &w->asks && n_waiting(w) < BURST; n = next) {
        struct websocket_ask *a = websocket_ask_of(n);
        next = n == last ? &w->asks : n->next;
        if (websocket_ask_collect(a)) {
            websocket_ask_finish(a);
        } else if (a->is_whole) {
            push_message(w, a);
            list_remove(n);
            list_push_back(&w->asks, n);
            has_pushed = true;
        }
    }
    return has_pushed;
}

/* What waits goes into the outbox, which takes all while it is empty. */
static void put(struct websocket *w)
{
    struct blob *b = w->waiting;
    if (!b)
        return;
    struct slice bytes = slice_after(blob_slice(b), w->waiting_from);
    w->waiting = NULL;
    w->waiting_from = 0;
    w->exchange->is_full = false;
    if (!exchange_put(w->exchange, bytes, b))
        blob_release(&loop_of(w)->blobs, b);
}

static void cancel_all(struct websocket *w)
{
    for (struct list *n = w->asks.next; n != &w->asks; n = n->next)
        websocket_cancel(websocket_ask_of(n));
}

static void end(struct websocket *w)
{
    w->state = WEBSOCKET_ENDED;
    loop_disarm(loop_of(w), &w->watch);
    cancel_all(w);
    put(w);
    exchange_end(w->exchange);
}

/* Ends without the client's word: it has said what cannot be understood. Behind a Close nothing is
 * sent (RFC 6455 5.5.1). */
static void fail(struct websocket *w, unsigned code)
{
    if (w->state == WEBSOCKET_OPEN)
        push_close(w, code, SLICE_NONE);
    end(w);
}

void websocket_close(struct websocket *w, unsigned code, struct slice reason)
{
    if (w->state != WEBSOCKET_OPEN)
        return;
    push_close(w, code, reason);
    w->state = WEBSOCKET_CLOSING;
    cancel_all(w);
    watch(w, WEBSOCKET_CLOSE_MS);
}

void websocket_say(struct websocket *w, struct slice text)
{
    if (w->state == WEBSOCKET_OPEN)
        push(w, WS_TEXT, text);
}

static void finish_gone(struct websocket *w)
{
    for (struct list *n = w->asks.next, *next; n != &w->asks; n = next) {
        struct websocket_ask *a = websocket_ask_of(n);
        next = n->next;
        if (a->exchange->is_gone)
            websocket_ask_finish(a);
    }
}

static void on_ready(struct ready *r)
{
    struct websocket *w = LIST_OWNER(r, struct websocket, ready);
    finish_gone(w);
    if (w->state == WEBSOCKET_ENDED || w->exchange->outbox.n)
        return;
    while (push_messages(w) && n_waiting(w) < BURST)
        continue;
    if (w->is_draining && list_is_empty(&w->asks))
        websocket_close(w, WS_GOING_AWAY, SLICE_NONE);
    put(w);
}

/* Whoever takes what is sent is alive, even where our ping waits behind it. */
static void look_for_life(struct websocket *w)
{
    const struct connection *c = w->exchange->connection;
    uint64_t now_ms = loop_of(w)->now_ms;
    size_t n_untaken = stream_n_untaken(&c->stream);
    bool is_taking = w->exchange->outbox.n || n_untaken < w->n_untaken;
    w->n_untaken = n_untaken;
    if (now_ms - w->heard_ms < WEBSOCKET_PING_MS) {
        watch(w, w->heard_ms + WEBSOCKET_PING_MS - now_ms);
        return;
    }
    if (w->has_pinged && !is_taking) {
        fail(w, WS_PROTOCOL_ERROR);
        return;
    }
    if (!w->has_pinged)
        push(w, WS_PING, SLICE_NONE);
    w->has_pinged = true;
    watch(w, WEBSOCKET_PING_MS);
}

static void on_watch(struct wheel_entry *entry)
{
    struct websocket *w = LIST_OWNER(entry, struct websocket, watch);
    if (w->state == WEBSOCKET_CLOSING)
        end(w);
    else
        look_for_life(w);
}

/* Its code comes back to the client, as the closing handshake asks (5.5.1). */
static void take_close(struct websocket *w)
{
    if (w->state == WEBSOCKET_OPEN)
        push_close(w, w->ws.code, SLICE_NONE);
    end(w);
}

static void take(struct websocket *w, enum ws_event event)
{
    if (event == WS_CLOSE) {
        take_close(w);
    } else if (event == WS_FAILED) {
        fail(w, w->ws.code);
    } else if (w->state == WEBSOCKET_OPEN) {
        if (event == WS_TEXT)
            w->handlers->on_text(w, w->ws.payload);
        else if (event == WS_BINARY)
            websocket_close(w, WS_UNSUPPORTED, SLICE("only text is understood"));
        else if (event == WS_PING)
            push(w, WS_PONG, w->ws.payload);
    }
}

/* Of the process; half of a message is held for as long as its client likes. */
static bool has_memory(const struct websocket *w)
{
    return !w->ws.message || server_memory_left(w->server) > 0;
}

static void on_bytes(struct exchange *e, struct slice bytes)
{
    struct websocket *w = e->run;
    w->heard_ms = loop_of(w)->now_ms;
    w->has_pinged = false;
    ws_feed(&w->ws, bytes);
    for (enum ws_event event = ws_read(&w->ws); event != WS_MORE && w->state != WEBSOCKET_ENDED;
         event = w->state == WEBSOCKET_ENDED ? WS_MORE : ws_read(&w->ws))
        take(w, event);
    if (w->state != WEBSOCKET_ENDED && !has_memory(w))
        fail(w, WS_TRY_LATER);
    e->is_full = n_waiting(w) > WAITING_MAX;
}

static void on_sent(struct exchange *e)
{
    wake(e->run);
}

static void on_drain(struct exchange *e)
{
    struct websocket *w = e->run;
    w->is_draining = true;
    wake(w);
}

static const struct exchange_tunnel tunnel = {
    .on_bytes = on_bytes, .on_sent = on_sent, .on_drain = on_drain};

static void on_gone(struct exchange *e)
{
    struct websocket *w = e->run;
    w->state = WEBSOCKET_ENDED;
    loop_disarm(loop_of(w), &w->watch);
    cancel_all(w);
}

static void on_finished(struct exchange *e)
{
    struct websocket *w = e->run;
    loop_disarm(loop_of(w), &w->watch);
    cancel_all(w);
    finish_gone(w);
    counters_add(w->server->counters, COUNT_WEBSOCKETS_OPEN, -1);
    loop_ready_cancel(&w->ready);
    if (w->waiting)
        blob_release(&loop_of(w)->blobs, w->waiting);
    ws_done(&w->ws);
}

static const struct exchange_handlers handlers_of_socket = {.on_gone = on_gone,
                                                            .on_finished = on_finished};

struct websocket *websocket_open(struct exchange *e, const struct field *fields, unsigned n_fields,
                                 const struct websocket_handlers *handlers, void *context)
{
    struct connection *c = e->connection;
    struct websocket *w = arena_take_zero(&e->arena, 1, sizeof *w);
    if (!w)
        return NULL;
    w->exchange = e;
    w->server = c->server;
    w->handlers = handlers;
    w->context = context;
    w->is_draining = w->server->is_draining;
    w->heard_ms = loop_of(w)->now_ms;
    list_init(&w->asks);
    ws_init(&w->ws, w->server->bounds.request_body, &loop_of(w)->blobs);
    loop_ready_init(&w->ready, on_ready);
    wheel_entry_init(&w->watch, on_watch);
    watch(w, WEBSOCKET_PING_MS);
    counters_add(w->server->counters, COUNT_WEBSOCKETS_OPEN, 1);
    e->handlers = &handlers_of_socket;
    e->run = w;
    exchange_upgrade(e, fields, n_fields, &tunnel);
    return w;
}

void *websocket_context(const struct websocket *w)
{
    return w->context;
}

bool websocket_is_ending(const struct websocket *w)
{
    return w->is_draining || w->state != WEBSOCKET_OPEN;
}

unsigned websocket_n_asks(const struct websocket *w)
{
    return w->n_asks;
}

unsigned websocket_n_unfinished(const struct websocket *w)
{
    return w->n_unfinished;
}
