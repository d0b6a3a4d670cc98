/* service_target.c - the targets of a service on one worker: they are told where they are, how they
 * are, and that they came or went
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "service/service_internal.h"

enum {
    IDLE_TIMEOUT_MS = 30000, /* services commonly close after 60 s or more: we go first */
    MAX_IDLE = 1024,         /* connections a target and worker */
    ANSWER_HEAD = 32 * 1024, /* bytes */
};

unsigned service_n_slots(const struct config_service *c)
{
    for (unsigned i = 0; i < c->n_targets; i++)
        if (c->targets[i].is_srv)
            return c->n_targets + SRV_MAX;
    return c->n_targets;
}

static struct pool *make_pool(const struct service *s, const struct config_target *t)
{
    const struct config_service *c = s->config;
    const char *domain = t->is_srv ? t->authority.at : t->host;
    const struct pool_settings settings = {
        .tls = t->is_tls ? s->tls : NULL,
        .server_name = c->tls.server_name ? c->tls.server_name : domain,
        .connect_timeout_ms = c->connect_timeout_ms,
        .idle_timeout_ms = IDLE_TIMEOUT_MS,
        .warm = c->warm,
        .max_idle = MAX_IDLE,
        .head_limit = ANSWER_HEAD,
    };
    return pool_new(s->context->loop, &settings, s->context->counters);
}

static struct slice make_host(const struct config_service *c, const struct config_target *t)
{
    struct slice host = c->host.n ? c->host : t->authority;
    char *text = NULL;
    int n = asprintf(&text, " HTTP/1.1\r\nhost: %.*s\r\n", SLICE_ARG(host));
    CHECK(n > 0);
    return (struct slice){text, (size_t)n};
}

static void done(struct service_target *t)
{
    if (t->pool)
        pool_close(t->pool);
    free((char *)t->host.at);
    *t = (struct service_target){0};
}

void service_targets_init(struct service *s)
{
    for (unsigned i = 0; i < s->n_targets; i++) {
        const struct config_target *t = &s->config->targets[i];
        if (t->is_srv)
            continue; /* what it stands for has slots of its own */
        s->loads[i] = (struct balance_target){.weight = t->weight ? t->weight : 1,
                                              .id = hash_of(t->authority)};
        s->targets[i].pool = make_pool(s, t);
        s->targets[i].host = make_host(s->config, t);
    }
}

void service_targets_done(struct service *s)
{
    for (unsigned i = 0; i < s->n_targets; i++)
        done(&s->targets[i]);
}

void service_set_addresses(struct service *s, unsigned target, const struct addresses *a)
{
    CHECK(target < s->n_targets && s->targets[target].pool);
    s->targets[target].has_address = a->n > 0;
    pool_set_addresses(s->targets[target].pool, a);
}

void service_set_health(struct service *s, unsigned target, bool is_healthy)
{
    CHECK(target < s->n_targets);
    if (is_healthy && s->targets[target].is_unhealthy)
        s->loads[target].since_ns = s->context->loop->now_ns;
    s->targets[target].is_unhealthy = !is_healthy;
}

static uint64_t id_of(const struct service_known *k)
{
    char authority[SRV_HOST_SIZE + 8];
    int n = snprintf(authority, sizeof authority, "%s:%u", k->host, k->port);
    return hash_of((struct slice){authority, (size_t)n});
}

/* Calls under way end where they are. They are still counted among those of the slot, and nothing
 * else of them is told of who has it now. */
static void come(struct service *s, const struct service_known *k)
{
    const struct config_target *from = &s->config->targets[k->from];
    struct service_target *t = &s->targets[k->target];
    struct balance_target *load = &s->loads[k->target];
    done(t);
    t->era = k->era;
    t->pool = make_pool(s, from);
    t->host = make_host(s->config, from);
    *load = (struct balance_target){
        .id = id_of(k), .in_flight = load->in_flight, .since_ns = s->context->loop->now_ns};
    if (k->target >= s->n_targets)
        s->n_targets = k->target + 1;
}

/* It is made anew when it is asked for. */
static void forget_ring(struct service *s)
{
    balance_done(&s->balance);
    balance_init(&s->balance, s->loads, s->n_targets);
}

/* Nothing new goes there; its pool stays for calls that have to connect once more. */
static void go(struct service *s, unsigned target)
{
    struct service_target *t = &s->targets[target];
    if (t->pool)
        pool_retire(t->pool);
    t->has_address = false;
    t->is_gone = true;
    s->loads[target].latency_us = 0;
    s->loads[target].weight = 0;
    forget_ring(s);
}

static void set_slot(struct service *s, const struct service_known *k)
{
    if (s->targets[k->target].era != k->era)
        come(s, k);
    s->loads[k->target].weight = k->weight;
    forget_ring(s);
}

void service_set_known(struct service *s, const struct service_known *k)
{
    CHECK(k->target < service_n_slots(s->config) && k->from < s->config->n_targets);
    if (k->is_gone) {
        go(s, k->target);
        return;
    }
    if (k->target >= s->config->n_targets)
        set_slot(s, k);
    if (k->addresses.n)
        service_set_addresses(s, k->target, &k->addresses);
    service_set_health(s, k->target, !k->is_unhealthy);
}
