/* owner.c - a server with an owner that does what the target says, and notes what it is told */
#include "owner.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void note(struct owner *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(struct owner *o, const char *format, ...)
{
    size_t n = strlen(o->notes);
    va_list args;
    va_start(args, format);
    vsnprintf(o->notes + n, sizeof o->notes - n, format, args);
    va_end(args);
}

void owner_answer(struct exchange *e, struct slice body)
{
    const struct field type = {SLICE("Content-Type"), SLICE("text/plain")};
    exchange_begin(e, 200, &type, 1, (int64_t)body.n);
    assert_true(exchange_put(e, body, NULL));
    exchange_end(e);
}

static bool is_for(const struct exchange *e, const char *target)
{
    return slice_equal(e->request.target, slice_of(target));
}

static enum exchange_interest on_head(struct exchange *e)
{
    struct owner *o = e->context;
    note(o, "head %.*s;", SLICE_ARG(e->request.target));
    if (is_for(e, "/hold-head"))
        o->held = e;
    if (!is_for(e, "/early"))
        return EXCHANGE_WANT_BODY;
    exchange_begin(e, 404, NULL, 0, 4);
    assert_true(exchange_put(e, SLICE("none"), NULL));
    exchange_end(e);
    return EXCHANGE_REFUSE_BODY;
}

static void on_request(struct exchange *e)
{
    struct owner *o = e->context;
    note(o, "request;");
    if (is_for(e, "/hold"))
        o->held = e;
    else if (is_for(e, "/echo"))
        owner_answer(e, e->request.body);
    else if (is_for(e, "/ok"))
        owner_answer(e, SLICE("hello"));
}

/* Nothing that an owner still does after that matters, or is kept. */
static void go_on(struct owner *o, struct exchange *e)
{
    struct blob *b = blob_take(&o->rig.loop.blobs, 1000);
    exchange_begin(e, 200, NULL, 0, 0);
    assert_true(exchange_put(e, (struct slice){b->at, 1000}, b));
    exchange_end(e);
    note(o, "went on;");
}

static void on_gone(struct exchange *e)
{
    struct owner *o = e->context;
    assert_int_equal(e->status, 499);
    note(o, "gone;");
    if (o->goes_on)
        go_on(o, e);
}

void owner_fill(struct owner *o, struct exchange *e)
{
    for (;;) {
        struct blob *b = blob_take(&o->rig.loop.blobs, 16 * 1024);
        b->n = 16 * 1024;
        memset(b->at, 'x', b->n);
        if (!exchange_put(e, blob_slice(b), b)) {
            blob_release(&o->rig.loop.blobs, b);
            return;
        }
        o->n_put += b->n;
    }
}

static void on_room(struct exchange *e)
{
    struct owner *o = e->context;
    note(o, "room;");
    if (o->puts_more)
        owner_fill(o, e);
}

static void on_finished(struct exchange *e)
{
    struct owner *o = e->context;
    note(o, "finished %u %d;", e->status, (int)e->bytes_sent);
    if (o->held == e)
        o->held = NULL;
}

static void on_refused(struct exchange *e, unsigned status, const char *detail)
{
    note(e->context, "refused %u;", status);
    assert_true(strlen(detail) > 10);
    exchange_begin(e, status, NULL, 0, 3);
    assert_true(exchange_put(e, SLICE("bad"), NULL));
    exchange_end(e);
}

static const struct exchange_handlers handlers = {
    .on_head = on_head,
    .on_request = on_request,
    .on_gone = on_gone,
    .on_room = on_room,
    .on_finished = on_finished,
    .on_refused = on_refused,
};

int owner_setup(void **state)
{
    struct owner *o = calloc(1, sizeof *o);
    rig_init(&o->rig);
    o->client = -1;
    o->bounds = (struct server_bounds){
        .request_header = 4096,
        .request_body = 100000,
        .output = 1 << 20,
        .arena = 1 << 20,
        .connections = 4,
        .n_open = &o->n_open,
        .header_timeout_ms = 60000,
        .send_timeout_ms = 60000,
        .idle_timeout_ms = 60000,
    };
    o->server = server_new(&o->rig.loop, &o->bounds, &handlers, &o->rig.counters, o);
    *state = o;
    return 0;
}

int owner_teardown(void **state)
{
    struct owner *o = *state;
    server_cut(o->server);
    RIG_UNTIL(&o->rig, server_n_connections(o->server) == 0);
    assert_int_equal(o->n_open, 0);
    assert_int_equal(rig_count(&o->rig, COUNT_CONNECTIONS_OPEN), 0);
    server_free(o->server);
    rig_done(&o->rig);
    if (o->client >= 0)
        close(o->client);
    free(o);
    return 0;
}

void owner_set_bounds(struct owner *o)
{
    server_set_bounds(o->server, &o->bounds);
}

static int adopt(struct owner *o, int fds[2], const struct sockaddr *peer)
{
    if (o->client >= 0)
        close(o->client);
    o->client = fds[1];
    o->text = (struct rig_text){.n = 0};
    server_accept(o->server, fds[0], NULL, peer);
    rig_turns(&o->rig, 1);
    return fds[1];
}

int owner_connect(struct owner *o)
{
    int fds[2];
    rig_pair(fds);
    return adopt(o, fds, NULL);
}

int owner_connect_tcp(struct owner *o)
{
    int fds[2];
    struct sockaddr_storage peer;
    socklen_t n = sizeof peer;
    rig_tcp_pair(fds);
    assert_int_equal(getpeername(fds[0], (struct sockaddr *)&peer, &n), 0);
    return adopt(o, fds, (struct sockaddr *)&peer);
}

void owner_ask(struct owner *o, const char *request, const char *answer_end)
{
    o->text.n = 0;
    rig_send(o->client, slice_of(request));
    rig_expect(&o->rig, o->client, &o->text, answer_end);
}
