/* demo_page.c - the page's listener, and the one call to the gateway behind each click */
#include "app/demo_page.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "http/call.h"
#include "wire/target.h"

enum {
    HEAD_MAX = 16 * 1024,
    ARENA_MAX = 1024 * 1024,
    ANSWER_MAX = 512 * 1024,
    TIMEOUT_MS = 10000
};
enum {
    CONNECTIONS_MAX = 256,
    GATEWAY_PORT = 8080,
    CONNECT_MS = 1000
};

/* The file web/demo/index.html, put in by the build. */
extern const char demo_page_html[];
extern const size_t demo_page_html_n;

/* One click: the call under way and what came of it. */
struct demo_try {
    struct demo_page *page;
    struct exchange *exchange;
    struct call call;
    struct call_request request;
    struct slice id;
    struct buffer body;
    struct wheel_entry late;
    uint64_t began_ns;
    unsigned status;
};

static const struct field html[] = {
    {SLICE_INIT("Content-Type"), SLICE_INIT("text/html; charset=utf-8")},
    {SLICE_INIT("Cache-Control"), SLICE_INIT("no-store")}};
static const struct field json[] = {{SLICE_INIT("Content-Type"), SLICE_INIT("application/json")},
                                    {SLICE_INIT("Cache-Control"), SLICE_INIT("no-store")}};

static void answer(struct exchange *e, unsigned status, const struct field *fields,
                   struct slice body)
{
    exchange_begin(e, status, fields, 2, (int64_t)body.n);
    CHECK(exchange_put(e, body, NULL));
    exchange_end(e);
}

static void end_try(struct demo_try *t)
{
    loop_disarm(t->exchange->loop, &t->late);
    buffer_done(&t->body);
    t->exchange->run = NULL;
}

static bool write_report(const struct demo_try *t, struct buffer *out)
{
    double ms = (double)(uv_hrtime() - t->began_ns) / 1e6;
    return buffer_print(out, "{\"ms\":%.2f,\"status\":%u,\"calls\":", ms, t->status) &&
           demo_service_report(t->page->services, t->id, t->began_ns, out) &&
           buffer_append(out, SLICE(",\"answer\":")) &&
           buffer_append(out, t->body.n ? buffer_slice(&t->body) : SLICE("null")) &&
           buffer_append(out, SLICE("}"));
}

/* Late calls end after the answer, so the report may lack their ends; the page says so. */
static void report(struct demo_try *t)
{
    struct exchange *e = t->exchange;
    struct buffer out;
    buffer_init(&out, ARENA_MAX / 2);
    bool is_whole = write_report(t, &out);
    struct slice text = is_whole ? arena_copy(&e->arena, buffer_slice(&out)) : SLICE_NONE;
    buffer_done(&out);
    end_try(t);
    if (text.at)
        answer(e, 200, json, text);
    else
        answer(e, 500, json, SLICE("{\"error\":\"the answer is too long for this page\"}"));
}

static void on_call_head(struct call *c, const struct h1_head *head, const char *base)
{
    (void)base;
    LIST_OWNER(c, struct demo_try, call)->status = head->status;
}

static void on_call_body(struct call *c, struct slice chunk)
{
    struct demo_try *t = LIST_OWNER(c, struct demo_try, call);
    if (!buffer_append(&t->body, chunk))
        t->status = 0;
}

static void on_call_end(struct call *c, enum call_end how)
{
    struct demo_try *t = LIST_OWNER(c, struct demo_try, call);
    if (how != CALL_DONE)
        t->status = 0;
    report(t);
}

static const struct call_handlers call_handlers = {
    .on_head = on_call_head,
    .on_body = on_call_body,
    .on_end = on_call_end,
};

static void on_late(struct wheel_entry *w)
{
    struct demo_try *t = LIST_OWNER(w, struct demo_try, late);
    call_cancel(&t->call);
    t->status = 0;
    report(t);
}

static void ask_gateway(struct exchange *e, struct demo_page *p, struct slice query)
{
    struct demo_try *t = arena_take_zero(&e->arena, 1, sizeof *t);
    CHECK(t); /* the first thing in a fresh arena */
    *t = (struct demo_try){.page = p, .exchange = e, .began_ns = uv_hrtime()};
    t->id = arena_print(&e->arena, "demo-%u", ++p->n_asked);
    t->request.head = arena_print(&e->arena,
                                  "GET /api/aggregated/product?%.*s HTTP/1.1\r\n"
                                  "Host: 127.0.0.1:%d\r\nX-Request-Id: %.*s\r\n\r\n",
                                  SLICE_ARG(query), GATEWAY_PORT, SLICE_ARG(t->id));
    CHECK(t->id.at && t->request.head.at);
    buffer_init(&t->body, ANSWER_MAX);
    e->run = t;
    wheel_entry_init(&t->late, on_late);
    loop_arm(e->loop, &t->late, e->loop->now_ms + TIMEOUT_MS);
    call_start(&t->call, p->gateway, &t->request, &call_handlers);
}

static enum exchange_interest on_head(struct exchange *e)
{
    (void)e;
    return EXCHANGE_WANT_BODY;
}

static void on_request(struct exchange *e)
{
    struct target t;
    const char *why;
    if (!target_split(e->request.target, &t, &why))
        answer(e, 400, json, SLICE("{\"error\":\"bad target\"}"));
    else if (slice_equal(t.path, SLICE("/")))
        answer(e, 200, html, (struct slice){demo_page_html, demo_page_html_n});
    else if (slice_equal(t.path, SLICE("/try")))
        ask_gateway(e, e->context, t.query);
    else
        answer(e, 404, json, SLICE("{\"error\":\"not found\"}"));
}

static void on_gone(struct exchange *e)
{
    struct demo_try *t = e->run;
    if (!t)
        return;
    call_cancel(&t->call);
    end_try(t);
}

static void on_finished(struct exchange *e)
{
    (void)e;
}

static void on_refused(struct exchange *e, unsigned status, const char *detail)
{
    (void)detail;
    answer(e, status, json, SLICE("{\"error\":\"bad request\"}"));
}

static const struct exchange_handlers handlers = {
    .on_head = on_head,
    .on_request = on_request,
    .on_gone = on_gone,
    .on_finished = on_finished,
    .on_refused = on_refused,
};

static void on_accept(struct listener *l, int fd)
{
    struct demo_page *p = l->owner;
    server_accept(p->server, fd, NULL, NULL);
}

static void open_gateway_pool(struct demo_page *p)
{
    const struct pool_settings settings = {
        .connect_timeout_ms = CONNECT_MS,
        .idle_timeout_ms = TIMEOUT_MS,
        .max_idle = 8,
        .head_limit = HEAD_MAX,
    };
    struct addresses a;
    CHECK(resolver_literal("127.0.0.1", GATEWAY_PORT, &a));
    p->gateway = pool_new(p->loop, &settings, &p->counters);
    pool_set_addresses(p->gateway, &a);
}

bool demo_page_open(struct demo_page *p, struct loop *loop, struct demo_services *services)
{
    const struct server_bounds bounds = {
        .request_header = HEAD_MAX,
        .request_body = HEAD_MAX,
        .output = ARENA_MAX,
        .arena = ARENA_MAX,
        .connections = CONNECTIONS_MAX,
        .n_open = &p->n_connections,
        .header_timeout_ms = TIMEOUT_MS,
        .send_timeout_ms = TIMEOUT_MS,
        .idle_timeout_ms = TIMEOUT_MS,
    };
    char text[32];
    struct listener_address address;
    const char *why;
    p->loop = loop;
    p->services = services;
    snprintf(text, sizeof text, "127.0.0.1:%d", DEMO_PAGE_PORT);
    CHECK(listener_parse(slice_of(text), &address, &why) == FAULT_NONE);
    if (listener_open(&address, &p->fd, 1) != FAULT_NONE) {
        fprintf(stderr, "sheaf: the demo's page cannot listen on %s: %s\n", text, strerror(errno));
        return false;
    }
    open_gateway_pool(p);
    p->server = server_new(loop, &bounds, &handlers, &p->counters, p);
    listener_start(&p->listener, loop, p->fd, on_accept, p);
    return true;
}
