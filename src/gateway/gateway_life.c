/* gateway_life.c - a gateway is compiled, retires, and frees itself */
#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"
#include "edge/api_keys.h"
#include "gateway/gateway_internal.h"
#include "gateway/issuers.h"
#include "service/service_call.h"

enum {
    PLAN_CHUNK = 16 * 1024,
    REQUESTS_LIMIT = 4 * 1024 * 1024, /* bytes of the requests that one turn writes, */
    BODIES_OF_A_TURN = 16,            /* and of bodies that are as large as a client's may be */
    KEY_LIMIT = 256 * 1024            /* an answer with a longer one is not remembered */
};

static void free_gateway(struct gateway *g)
{
    for (unsigned i = 0; i < g->config->n_services; i++)
        service_free(g->services[i]);
    service_call_free_kept(&g->calls);
    router_free(g->router);
    buffer_done(&g->requests);
    buffer_done(&g->key);
    arena_done(&g->arena);
    exchange_pool_done(&g->exchanges);
    for (unsigned i = 0; i < g->config->n_auth; i++)
        api_keys_release(g->keys[i]);
    free(g->keys);
    issuers_free(g, g->issuers);
    free(g->services);
    free(g->plans);
    free(g->told_programs);
    free(g->values);
    free(g);
}

static void on_ready(struct ready *r)
{
    struct gateway *g = LIST_OWNER(r, struct gateway, ready);
    void (*on_retired)(void *context) = g->on_retired;
    void *context = g->retired_context;
    free_gateway(g);
    on_retired(context);
}

static void hold(void *holder)
{
    gateway_hold(holder);
}

static void release(void *holder)
{
    gateway_release(holder);
}

static void open_services(struct gateway *g)
{
    const struct config *c = g->config;
    g->calls = (struct service_context){
        .loop = g->loop,
        .counters = g->context.counters,
        .random = g->context.random,
        .bounds = &c->bounds,
        .faults = c->faults,
        .n_faults = c->n_faults,
        .n_held = g->context.n_held,
        .on_refused = g->context.on_refused,
        .refused_owner = g->context.owner,
        .cache = g->context.cache,
        .spans = g->context.spans,
        .hold = hold,
        .release = release,
        .holder = g,
    };
    service_decoding_init(&g->calls.decoding, g->loop);
    g->services = memory_take_zero(c->n_services, sizeof *g->services);
    for (unsigned i = 0; i < c->n_services; i++)
        g->services[i] = service_new(&g->calls, &c->services[i], &g->context.shared[i],
                                     g->context.client_tls[i]);
}

static void take_keys(struct gateway *g)
{
    g->keys = memory_take_zero(g->config->n_auth, sizeof(struct api_keys *));
    for (unsigned i = 0; i < g->config->n_auth; i++)
        if (g->context.keys[i])
            g->keys[i] = api_keys_share(g->context.keys[i]);
}

/* A purge for a path that is never remembered would be one too many. */
static bool may_change(const struct config *c, const struct plan *p)
{
    for (unsigned i = 0; !p->is_safe && i < c->n_endpoints; i++)
        if (c->endpoints[i].cache.is_on && config_has_path_of(&c->endpoints[i], p->config))
            return true;
    return false;
}

static void compile_plans(struct gateway *g)
{
    const struct config *c = g->config;
    size_t n_values = 0;
    g->plans = memory_take_zero(c->n_endpoints, sizeof *g->plans);
    g->told_programs = memory_take_zero(c->n_endpoints, sizeof *g->told_programs);
    for (unsigned i = 0; i < c->n_endpoints; i++) {
        plan_compile(&g->plans[i], &c->endpoints[i], g->services, &g->arena);
        g->plans[i].index = i;
        g->plans[i].may_change = may_change(c, &g->plans[i]);
        size_t n = plan_max_variables(&g->plans[i]);
        n_values = n > n_values ? n : n_values;
    }
    cors_compile(&g->cors, &c->cors, SLICE_NONE, &g->arena);
    security_compile(&g->security, &c->security, NULL, 0, &g->arena);
    g->values = memory_take_zero(n_values, sizeof *g->values);
}

struct gateway *gateway_new(struct loop *loop, const struct config *config,
                            const struct gateway_context *context)
{
    struct gateway *g = memory_take_zero(1, sizeof *g);
    g->loop = loop;
    g->config = config;
    g->context = *context;
    arena_init(&g->arena, PLAN_CHUNK, SIZE_MAX / 2);
    exchange_pool_init(&g->exchanges);
    buffer_init(&g->requests, REQUESTS_LIMIT + BODIES_OF_A_TURN * config->bounds.request_body);
    buffer_init(&g->key, KEY_LIMIT);
    loop_ready_init(&g->ready, on_ready);
    open_services(g);
    take_keys(g);
    g->issuers = issuers_new(g);
    compile_plans(g);
    g->router = router_new(config);
    return g;
}

void gateway_set_addresses(struct gateway *g, unsigned service, unsigned target,
                           const struct addresses *a)
{
    CHECK(service < g->config->n_services);
    service_set_addresses(g->services[service], target, a);
}

void gateway_set_credentials(struct gateway *g, unsigned service, struct slice line,
                             uint64_t generation)
{
    CHECK(service < g->config->n_services);
    service_set_credentials(g->services[service], line, generation);
}

void gateway_set_keys(struct gateway *g, unsigned policy, struct api_keys *keys)
{
    CHECK(policy < g->config->n_auth);
    api_keys_release(g->keys[policy]);
    g->keys[policy] = api_keys_share(keys);
}

void gateway_set_issuer(struct gateway *g, const struct gateway_issuer *news)
{
    CHECK(news->policy < g->config->n_auth);
    issuers_hear(g, news);
}

void gateway_set_known(struct gateway *g, unsigned service, const struct service_known *k)
{
    CHECK(service < g->config->n_services);
    service_set_known(g->services[service], k);
}

static void free_if_over(struct gateway *g)
{
    if (g->is_retired && g->n_visits == 0)
        loop_ready(g->loop, &g->ready);
}

void gateway_retire(struct gateway *g, void (*on_retired)(void *context), void *context)
{
    g->is_retired = true;
    g->on_retired = on_retired;
    g->retired_context = context;
    issuers_retire(g);
    free_if_over(g);
}

void gateway_hold(struct gateway *g)
{
    g->n_visits++;
}

void gateway_release(struct gateway *g)
{
    CHECK(g->n_visits > 0);
    g->n_visits--;
    free_if_over(g);
}
