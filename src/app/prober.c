/* prober.c - one check after the other, each with its timeout */
#include "app/prober.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/check.h"
#include "base/memory.h"
#include "http/call.h"
#include "wire/status.h"

enum {
    FIXED_MAX = 256, /* bytes of a request beside its path and Host */
    ANSWER_HEAD = 32 * 1024,
    ANSWER_BODY = 64 * 1024, /* past it the answer is as good as whole */
};

struct prober {
    struct prober_settings settings;
    const struct config_health *config;
    struct loop *loop;
    struct pool *pool;
    bool has_address;
    struct prober_record record;
    struct wheel_entry next; /* the next check begins */
    struct wheel_entry timeout;
    struct buffer head; /* of each request */
    struct call_request request;
    struct call call;
    bool is_asking;
    bool is_fine; /* the status of the answer */
    size_t n_body;
};

/* Last in an event: the owner may free the prober. */
static void end_check(struct prober *p, bool is_good)
{
    p->is_asking = false;
    loop_disarm(p->loop, &p->timeout);
    if (is_good)
        p->record.n_good++;
    else
        p->record.n_bad++;
    if (health_tell(&p->record.health, p->config, is_good))
        p->settings.on_change(p->settings.owner, !p->record.health.is_bad);
}

static void on_head(struct call *call, const struct h1_head *head, const char *base)
{
    (void)base;
    struct prober *p = LIST_OWNER(call, struct prober, call);
    p->is_fine = status_is_success(head->status);
}

static void on_body(struct call *call, struct slice chunk)
{
    struct prober *p = LIST_OWNER(call, struct prober, call);
    p->n_body += chunk.n;
    if (p->n_body <= ANSWER_BODY)
        return;
    call_cancel(call);
    end_check(p, p->is_fine);
}

static void on_end(struct call *call, enum call_end how)
{
    struct prober *p = LIST_OWNER(call, struct prober, call);
    end_check(p, how == CALL_DONE && p->is_fine);
}

static const struct call_handlers handlers = {
    .on_head = on_head, .on_body = on_body, .on_end = on_end};

static void on_timeout(struct wheel_entry *e)
{
    struct prober *p = LIST_OWNER(e, struct prober, timeout);
    call_cancel(&p->call);
    end_check(p, false);
}

static void begin_check(struct prober *p)
{
    p->is_asking = true;
    p->is_fine = false;
    p->n_body = 0;
    loop_arm(p->loop, &p->timeout, p->loop->now_ms + p->config->timeout_ms);
    call_start(&p->call, p->pool, &p->request, &handlers);
}

static void on_next(struct wheel_entry *e)
{
    struct prober *p = LIST_OWNER(e, struct prober, next);
    health_begin(&p->record.health, p->config, p->loop->now_ms);
    loop_arm(p->loop, &p->next, p->record.health.due_ms);
    if (p->has_address && !p->is_asking)
        begin_check(p);
}

static void write_request(struct prober *p)
{
    const struct config_service *s = p->settings.service;
    struct slice host = s->host.n ? s->host : p->settings.from->authority;
    buffer_init(&p->head, p->config->path.n + host.n + FIXED_MAX);
    bool fits = buffer_print(&p->head,
                             "GET %.*s HTTP/1.1\r\nhost: %.*s\r\nuser-agent: sheaf\r\n"
                             "accept: */*\r\n\r\n",
                             SLICE_ARG(p->config->path), SLICE_ARG(host));
    CHECK(fits);
    p->request = (struct call_request){.head = buffer_slice(&p->head), .fresh = true};
}

static struct pool *make_pool(struct prober *p, struct counters *counters)
{
    const struct config_service *s = p->settings.service;
    const struct config_target *t = p->settings.from;
    const char *name = t->is_srv ? t->authority.at : t->host;
    const struct pool_settings settings = {
        .tls = p->settings.tls,
        .server_name = s->tls.server_name ? s->tls.server_name : name,
        .connect_timeout_ms = s->connect_timeout_ms,
        .head_limit = ANSWER_HEAD,
    };
    return pool_new(p->loop, &settings, counters);
}

struct prober *prober_new(struct loop *l, const struct prober_settings *s,
                          struct counters *counters)
{
    struct prober *p = memory_take_zero(1, sizeof *p);
    p->settings = *s;
    p->config = &s->service->health;
    p->loop = l;
    p->pool = make_pool(p, counters);
    wheel_entry_init(&p->next, on_next);
    wheel_entry_init(&p->timeout, on_timeout);
    write_request(p);
    health_init(&p->record.health, p->config, s->random, l->now_ms);
    loop_arm(l, &p->next, p->record.health.due_ms);
    return p;
}

void prober_set_addresses(struct prober *p, const struct addresses *a)
{
    p->has_address = a->n > 0;
    pool_set_addresses(p->pool, a);
}

const struct prober_record *prober_record(const struct prober *p)
{
    return &p->record;
}

void prober_take_record(struct prober *p, const struct prober_record *r)
{
    p->record = *r;
    loop_arm(p->loop, &p->next, p->record.health.due_ms);
}

void prober_free(struct prober *p)
{
    if (p->is_asking)
        call_cancel(&p->call);
    loop_disarm(p->loop, &p->timeout);
    loop_disarm(p->loop, &p->next);
    pool_close(p->pool);
    buffer_done(&p->head);
    free(p);
}
