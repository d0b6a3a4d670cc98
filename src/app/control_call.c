/* control_call.c - one request at a time, within its time */
#include "app/control_call.h"

#include "app/control.h"
#include "base/check.h"

enum {
    CONNECT_MS = 3000,
    ANSWER_HEAD = 32 * 1024,
};

static void end(struct control_call *c, enum control_call_end how)
{
    loop_disarm(&c->control->loop, &c->timeout);
    c->is_under_way = false;
    c->handlers->on_end(c, how);
}

static void on_head(struct call *call, const struct h1_head *head, const char *base)
{
    struct control_call *c = LIST_OWNER(call, struct control_call, call);
    c->handlers->on_head(c, head, base);
}

static void on_body(struct call *call, struct slice chunk)
{
    struct control_call *c = LIST_OWNER(call, struct control_call, call);
    c->handlers->on_body(c, chunk);
}

static void on_end(struct call *call, enum call_end how)
{
    static const enum control_call_end ends[] = {
        [CALL_DONE] = CONTROL_CALL_DONE,       [CALL_NO_CONNECTION] = CONTROL_CALL_NO_CONNECTION,
        [CALL_BROKEN] = CONTROL_CALL_BROKEN,   [CALL_STALE] = CONTROL_CALL_BROKEN,
        [CALL_INVALID] = CONTROL_CALL_INVALID, [CALL_TOO_LARGE] = CONTROL_CALL_INVALID,
    };
    end(LIST_OWNER(call, struct control_call, call), ends[how]);
}

static const struct call_handlers handlers = {
    .on_head = on_head,
    .on_body = on_body,
    .on_end = on_end,
};

static void on_timeout(struct wheel_entry *e)
{
    struct control_call *c = LIST_OWNER(e, struct control_call, timeout);
    call_cancel(&c->call);
    end(c, CONTROL_CALL_LATE);
}

static void on_addresses(void *context, const struct addresses *a)
{
    struct control_call *c = context;
    bool is_first = c->addresses.n == 0;
    c->addresses = *a;
    pool_set_addresses(c->pool, a);
    if (is_first && c->handlers->on_address)
        c->handlers->on_address(c);
}

static void make_pool(struct control_call *c, const struct control_call_place *at)
{
    const struct pool_settings s = {
        .tls = at->tls,
        .server_name = at->server_name,
        .connect_timeout_ms = CONNECT_MS,
        .idle_timeout_ms = at->idle_ms ? at->idle_ms : at->answer_ms,
        .max_idle = at->idle_ms ? 1 : 0,
        .head_limit = ANSWER_HEAD,
    };
    c->pool = pool_new(&c->control->loop, &s, &c->control->counters);
    c->is_fresh = at->idle_ms == 0;
    c->answer_ms = at->answer_ms;
    pool_set_addresses(c->pool, &c->addresses);
}

void control_call_init(struct control_call *c, struct control *control,
                       const struct control_call_handlers *own)
{
    *c = (struct control_call){.control = control, .handlers = own};
    wheel_entry_init(&c->timeout, on_timeout);
}

void control_call_open(struct control_call *c, const struct control_call_place *at)
{
    c->addresses = (struct addresses){0};
    if (!resolver_literal(at->host, at->port, &c->addresses))
        c->watched = resolver_watch(c->control->resolver, at->host, at->port, on_addresses, c);
    make_pool(c, at);
}

void control_call_move(struct control_call *c, const struct control_call_place *at)
{
    CHECK(!c->is_under_way);
    pool_close(c->pool);
    make_pool(c, at);
}

bool control_call_is_known(const struct control_call *c)
{
    return c->addresses.n;
}

void control_call_start(struct control_call *c, struct slice head, struct slice body)
{
    CHECK(!c->is_under_way);
    struct loop *l = &c->control->loop;
    c->is_under_way = true;
    c->request = (struct call_request){.head = head, .body = body, .fresh = c->is_fresh};
    loop_arm(l, &c->timeout, l->now_ms + c->answer_ms);
    call_start(&c->call, c->pool, &c->request, &handlers);
}

void control_call_cancel(struct control_call *c)
{
    if (!c->is_under_way)
        return;
    call_cancel(&c->call);
    loop_disarm(&c->control->loop, &c->timeout);
    c->is_under_way = false;
}

void control_call_unwatch(struct control_call *c)
{
    if (c->watched)
        resolver_unwatch(c->watched);
    c->watched = NULL;
}

void control_call_close(struct control_call *c)
{
    control_call_cancel(c);
    control_call_unwatch(c);
    if (c->pool)
        pool_close(c->pool);
    c->pool = NULL;
}
