/* demo_pass.c - a request waits, goes on, and its answer comes back as it comes */
#include "app/demo_pass.h"

#include "app/demo_answer.h"
#include "base/buffer.h"
#include "base/check.h"
#include "http/call.h"
#include "wire/token.h"

enum {
    HEAD_MAX = 16 * 1024,
    PATIENCE_MS = 10000, /* for the head of an answer */
    CONNECT_MS = 1000,
    IDLE_MS = 10000, /* a kept connection; the other side's patience is longer */
    GATEWAY_PORT = 8080,
};

/* One request on its way. */
struct passing {
    struct exchange *exchange;
    struct pool *to;
    struct call call;
    struct call_request request;
    struct wheel_entry timer; /* the round trip, then the patience */
    struct blob *waiting;     /* of the body, what the outbox has not taken; NULL: nothing */
    bool has_head, has_ended;
    bool is_cut; /* it has ended before its answer was whole */
};

/* Fields of one connection, which the next makes for itself (RFC 9110 7.6.1). */
static bool is_passed_on(struct slice name)
{
    static const struct slice own[] = {
        SLICE_INIT("connection"), SLICE_INIT("keep-alive"),        SLICE_INIT("te"),
        SLICE_INIT("trailer"),    SLICE_INIT("transfer-encoding"), SLICE_INIT("upgrade"),
        SLICE_INIT("host"),       SLICE_INIT("content-length"),    SLICE_INIT("expect"),
        SLICE_INIT("date"),
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (token_equals(name, own[i]))
            return false;
    return true;
}

static void clear(struct passing *p)
{
    loop_disarm(p->exchange->loop, &p->timer);
    call_cancel(&p->call);
    if (p->waiting)
        blob_release(&p->exchange->loop->blobs, p->waiting);
    p->waiting = NULL;
    p->exchange->run = NULL;
}

/* As the answer has ended, so that the page sees where something is missing. */
static void end(struct passing *p)
{
    struct exchange *e = p->exchange;
    bool is_cut = p->is_cut;
    clear(p);
    if (is_cut)
        exchange_cut(e);
    else
        exchange_end(e);
}

static void fail(struct passing *p, unsigned status, struct slice what)
{
    struct exchange *e = p->exchange;
    clear(p);
    demo_answer_error(e, status, what);
}

static void put_waiting(struct passing *p)
{
    if (p->waiting && !exchange_put(p->exchange, blob_slice(p->waiting), p->waiting)) {
        call_pause(&p->call);
        return;
    }
    p->waiting = NULL;
    if (p->has_ended)
        end(p);
    else if (p->call.is_paused)
        call_resume(&p->call);
}

static void on_call_head(struct call *c, const struct h1_head *head, const char *base)
{
    struct passing *p = LIST_OWNER(c, struct passing, call);
    struct field fields[H1_MAX_FIELDS];
    unsigned n = 0;
    for (unsigned i = 0; i < head->n_fields; i++) {
        const struct h1_field *f = &head->fields[i];
        struct slice name = {base + f->name_at, f->name_n};
        if (is_passed_on(name))
            fields[n++] = (struct field){name, {base + f->value_at, f->value_n}};
    }
    loop_disarm(p->exchange->loop, &p->timer);
    p->has_head = true;
    exchange_begin(p->exchange, head->status, fields, n,
                   head->has_length ? (int64_t)head->length : EXCHANGE_LENGTH_UNKNOWN);
}

static void on_call_body(struct call *c, struct slice chunk)
{
    struct passing *p = LIST_OWNER(c, struct passing, call);
    struct blob_pool *blobs = &p->exchange->loop->blobs;
    size_t n = p->waiting ? p->waiting->n : 0;
    p->waiting =
        p->waiting ? blob_take_grown(blobs, p->waiting, n + chunk.n) : blob_take(blobs, chunk.n);
    memcpy(p->waiting->at + n, chunk.at, chunk.n);
    p->waiting->n = n + chunk.n;
    put_waiting(p);
}

static const struct call_handlers call_handlers;

static void on_call_end(struct call *c, enum call_end how)
{
    struct passing *p = LIST_OWNER(c, struct passing, call);
    p->has_ended = true;
    p->is_cut = how != CALL_DONE;
    if (p->has_head) {
        put_waiting(p);
    } else if (how == CALL_STALE) {
        p->has_ended = false;
        p->request.fresh = true;
        call_start(&p->call, p->to, &p->request, &call_handlers);
    } else {
        fail(p, 502, SLICE("no answer from behind the page's listener"));
    }
}

static const struct call_handlers call_handlers = {
    .on_head = on_call_head,
    .on_body = on_call_body,
    .on_end = on_call_end,
};

static void on_late(struct wheel_entry *w)
{
    fail(LIST_OWNER(w, struct passing, timer), 504, SLICE("no answer in time"));
}

static void on_round_trip_over(struct wheel_entry *w)
{
    struct passing *p = LIST_OWNER(w, struct passing, timer);
    struct loop *l = p->exchange->loop;
    wheel_entry_init(&p->timer, on_late);
    loop_arm(l, &p->timer, l->now_ms + PATIENCE_MS);
    call_start(&p->call, p->to, &p->request, &call_handlers);
}

/* The request's head as it goes on, in the exchange's arena; at is NULL where it is too long. */
static struct slice compose(struct exchange *e, struct slice path, struct slice query)
{
    struct slice head = SLICE_NONE;
    struct buffer b;
    buffer_init(&b, HEAD_MAX);
    bool is_good = buffer_print(&b, "GET %.*s%s%.*s HTTP/1.1\r\nHost: localhost\r\n",
                                SLICE_ARG(path), query.n ? "?" : "", SLICE_ARG(query));
    for (unsigned i = 0; is_good && i < e->request.n_fields; i++) {
        const struct field *f = &e->request.fields[i];
        if (is_passed_on(f->name))
            is_good = buffer_print(&b, "%.*s: %.*s\r\n", SLICE_ARG(f->name), SLICE_ARG(f->value));
    }
    if (is_good && buffer_append(&b, SLICE("\r\n")))
        head = arena_copy(&e->arena, buffer_slice(&b));
    buffer_done(&b);
    return head;
}

/* false: it is no number up to the bound. No word of it is no time. */
static bool read_round_trip(struct slice query, uint64_t *ms)
{
    struct slice name, value;
    *ms = 0;
    while (target_next_pair(&query, &name, &value)) {
        if (!slice_equal(name, SLICE("round_trip")))
            continue;
        *ms = 0;
        for (size_t i = 0; i < value.n; i++) {
            if (value.at[i] < '0' || value.at[i] > '9')
                return false;
            *ms = 10 * *ms + (uint64_t)(value.at[i] - '0');
            if (*ms > DEMO_PASS_MAX_MS)
                return false;
        }
    }
    return true;
}

static void pass_on(struct exchange *e, struct pool *to, struct slice path, struct slice query)
{
    uint64_t ms;
    if (!slice_equal(e->request.method, SLICE("GET"))) {
        demo_answer_error(e, 501, SLICE("only GET goes on from here"));
        return;
    }
    if (!read_round_trip(query, &ms)) {
        demo_answer_error(e, 400, SLICE("round_trip is a number of milliseconds up to 300"));
        return;
    }
    struct passing *p = arena_take_zero(&e->arena, 1, sizeof *p);
    struct slice head = compose(e, path, query);
    if (!p || !head.at) {
        demo_answer_error(e, 431, SLICE("the request is too long for this listener"));
        return;
    }
    *p = (struct passing){.exchange = e, .to = to, .request.head = head};
    e->run = p;
    wheel_entry_init(&p->timer, on_round_trip_over);
    loop_arm(e->loop, &p->timer, e->loop->now_ms + ms);
}

/* Takes "/svc/NAME" off the path. */
static struct pool *find_service(struct demo_pass *p, struct slice *path)
{
    static const struct slice prefix = SLICE_INIT("/svc/");
    if (!slice_starts(*path, prefix))
        return NULL;
    struct slice rest = slice_after(*path, prefix.n);
    for (unsigned i = 0; i < DEMO_N_SERVICES; i++) {
        struct slice name = slice_of(demo_service_name(i));
        if (slice_starts(rest, name) && rest.n > name.n && rest.at[name.n] == '/') {
            *path = slice_after(rest, name.n);
            return p->services[i];
        }
    }
    return NULL;
}

bool demo_pass_begin(struct demo_pass *p, struct exchange *e, const struct target *t)
{
    struct slice path = t->path;
    struct pool *to = slice_starts(path, SLICE("/api/")) ? p->gateway : find_service(p, &path);
    if (to)
        pass_on(e, to, path, t->query);
    return to;
}

void demo_pass_on_gone(struct exchange *e)
{
    if (e->run)
        clear(e->run);
}

void demo_pass_on_room(struct exchange *e)
{
    if (e->run)
        put_waiting(e->run);
}

static struct pool *open_pool(struct loop *loop, struct counters *counters, uint16_t port)
{
    const struct pool_settings settings = {
        .connect_timeout_ms = CONNECT_MS,
        .idle_timeout_ms = IDLE_MS,
        .max_idle = 8,
        .head_limit = HEAD_MAX,
    };
    struct addresses a;
    CHECK(resolver_literal("127.0.0.1", port, &a));
    struct pool *p = pool_new(loop, &settings, counters);
    pool_set_addresses(p, &a);
    return p;
}

void demo_pass_open(struct demo_pass *p, struct loop *loop, struct counters *counters)
{
    p->gateway = open_pool(loop, counters, GATEWAY_PORT);
    for (unsigned i = 0; i < DEMO_N_SERVICES; i++)
        p->services[i] = open_pool(loop, counters, (uint16_t)(DEMO_FIRST_PORT + i));
}
