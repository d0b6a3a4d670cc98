/* service.c - targets, their pools and whose turn it is */
#include "service/service.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

enum {
    IDLE_TIMEOUT_MS = 30000, /* services commonly close after 60 s or more: we go first */
    MAX_IDLE = 1024,         /* connections a target and worker */
    ANSWER_HEAD = 32 * 1024, /* bytes */
};

static struct pool *make_pool(const struct service *s, const struct config_target *t, SSL_CTX *tls)
{
    const struct config_service *c = s->config;
    const struct pool_settings settings = {
        .tls = t->is_tls ? tls : NULL,
        .server_name = c->tls.server_name ? c->tls.server_name : t->host,
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

struct service *service_new(struct service_context *context, const struct config_service *config,
                            SSL_CTX *tls)
{
    struct service *s = calloc(1, sizeof *s);
    CHECK(s);
    *s = (struct service){.context = context, .config = config};
    s->targets = calloc(config->n_targets, sizeof *s->targets);
    CHECK(s->targets);
    for (unsigned i = 0; i < config->n_targets; i++) {
        s->targets[i].pool = make_pool(s, &config->targets[i], tls);
        s->targets[i].host = make_host(config, &config->targets[i]);
    }
    return s;
}

void service_set_addresses(struct service *s, unsigned target, const struct addresses *a)
{
    CHECK(target < s->config->n_targets);
    s->targets[target].has_address = a->n > 0;
    pool_set_addresses(s->targets[target].pool, a);
}

struct service_target *service_pick(struct service *s)
{
    unsigned n = s->config->n_targets;
    for (unsigned i = 0; i < n; i++) {
        struct service_target *t = &s->targets[s->next];
        s->next = s->next + 1 < n ? s->next + 1 : 0;
        if (t->has_address)
            return t;
    }
    return NULL;
}

uint64_t service_due_ms(const struct loop *l, uint64_t ms)
{
    const uint64_t ns_a_ms = 1000000;
    return (l->now_ns + ns_a_ms - 1) / ns_a_ms + ms;
}

void service_free(struct service *s)
{
    for (unsigned i = 0; i < s->config->n_targets; i++) {
        pool_close(s->targets[i].pool);
        free((char *)s->targets[i].host.at);
    }
    free(s->targets);
    free(s);
}
