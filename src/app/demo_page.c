/* demo_page.c - the page's listener: whose is this path? */
#include "app/demo_page.h"

#include <errno.h>
#include <stdio.h>

#include "app/demo_answer.h"
#include "app/demo_file.h"
#include "base/check.h"
#include "wire/target.h"

enum {
    HEAD_MAX = 16 * 1024,
    ARENA_MAX = 1024 * 1024,
    TIMEOUT_MS = 10000,
    CONNECTIONS_MAX = 256
};

static void answer_config(struct exchange *e, const struct demo_page *p)
{
    static const struct field fields[] = {
        {SLICE_INIT("Content-Type"), SLICE_INIT("text/plain; charset=utf-8")},
        {SLICE_INIT("X-Content-Type-Options"), SLICE_INIT("nosniff")}};
    exchange_begin(e, 200, fields, sizeof fields / sizeof *fields, (int64_t)p->config.n);
    CHECK(exchange_put(e, p->config, NULL)); /* an empty outbox takes any one slice */
    exchange_end(e);
}

static enum exchange_interest on_head(struct exchange *e)
{
    (void)e;
    return EXCHANGE_WANT_BODY;
}

static void on_request(struct exchange *e)
{
    struct demo_page *p = e->context;
    struct target t;
    const char *why;
    if (!target_split(e->request.target, &t, &why))
        demo_answer_error(e, 400, SLICE("bad target"));
    else if (slice_equal(t.path, SLICE("/sheaf.yaml")))
        answer_config(e, p);
    else if (!demo_file_answer(e, t.path) && !demo_pass_begin(&p->pass, e, &t))
        demo_answer_error(e, 404, SLICE("not found"));
}

static void on_finished(struct exchange *e)
{
    (void)e;
}

static void on_refused(struct exchange *e, unsigned status, const char *detail)
{
    (void)detail;
    demo_answer_error(e, status, SLICE("bad request"));
}

static const struct exchange_handlers handlers = {
    .on_head = on_head,
    .on_request = on_request,
    .on_gone = demo_pass_on_gone,
    .on_room = demo_pass_on_room,
    .on_finished = on_finished,
    .on_refused = on_refused,
};

static void on_accept(struct listener *l, int fd)
{
    struct demo_page *p = l->owner;
    server_accept(p->server, fd, NULL, NULL);
}

bool demo_page_open(struct demo_page *p, struct loop *loop, struct slice config)
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
    p->config = config;
    snprintf(text, sizeof text, "127.0.0.1:%d", DEMO_PAGE_PORT);
    CHECK(listener_parse(slice_of(text), &address, &why) == FAULT_NONE);
    if (listener_open(&address, &p->fd, 1) != FAULT_NONE) {
        fprintf(stderr, "sheaf: the demo's page cannot listen on %s: %s\n", text, strerror(errno));
        return false;
    }
    demo_pass_open(&p->pass, loop, &p->counters);
    p->server = server_new(loop, &bounds, &handlers, &p->counters, p);
    listener_start(&p->listener, loop, p->fd, on_accept, p);
    return true;
}
