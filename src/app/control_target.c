/* control_target.c - one target: its addresses are watched, its health is asked for */
#include <stdio.h>
#include <stdlib.h>

#include "app/control_internal.h"
#include "app/control_targets_internal.h"
#include "base/check.h"

void control_target_publish(const struct control_target *t)
{
    const struct control *c = t->service->control;
    for (unsigned i = 0; i < c->shared->n_workers && !c->is_waiting; i++)
        worker_set_target(&c->shared->workers[i], c->snapshot, &t->at);
}

void control_target_settle(struct control_target *t)
{
    bool was_awaited = t->is_awaited;
    t->is_awaited = false;
    if (was_awaited)
        control_settle(t->service->control);
}

static void set_addresses(struct control_target *t, const struct addresses *a)
{
    t->at.known.addresses = *a;
    if (t->prober)
        prober_set_addresses(t->prober, a);
}

static void on_addresses(void *context, const struct addresses *a)
{
    struct control_target *t = context;
    set_addresses(t, a);
    control_target_publish(t);
    control_target_settle(t);
    control_srv_sweep(t->service, t->at.known.from); /* last: t may be one that leaves */
}

const char *control_target_name(const struct control_target *t, char out[CONTROL_NAME_SIZE])
{
    const struct service_known *k = &t->at.known;
    bool is_v6 = strchr(k->host, ':');
    snprintf(out, CONTROL_NAME_SIZE, "%s%s%s:%u", is_v6 ? "[" : "", k->host, is_v6 ? "]" : "",
             k->port);
    return out;
}

static void on_health(void *owner, bool is_healthy)
{
    struct control_target *t = owner;
    char name[CONTROL_NAME_SIZE];
    t->at.known.is_unhealthy = !is_healthy;
    if (t->service->control->snapshot->config->log.level >= CONFIG_LEVEL_WARN)
        fprintf(stderr, "sheaf: %s of the service %.*s %s\n", control_target_name(t, name),
                SLICE_ARG(t->service->config->name),
                is_healthy ? "is well again" : "fails its health checks");
    control_target_publish(t);
}

static const struct config_target *from_of(const struct control_target *t)
{
    return &t->service->config->targets[t->at.known.from];
}

static void probe(struct control_target *t)
{
    struct control *c = t->service->control;
    const struct prober_settings settings = {
        .service = t->service->config,
        .from = from_of(t),
        .tls = from_of(t)->is_tls ? c->snapshot->service_tls[t->service->config->index] : NULL,
        .random = random_next(&c->random),
        .on_change = on_health,
        .owner = t,
    };
    t->prober = prober_new(&c->loop, &settings, &c->counters);
}

struct control_target *control_target_new(struct control_service *s, unsigned slot,
                                          const struct control_place *p)
{
    struct control_target *t = calloc(1, sizeof *t);
    CHECK(t && !s->targets[slot]);
    *t = (struct control_target){.service = s, .at.service = s->config->index};
    struct service_known *k = &t->at.known;
    *k = (struct service_known){
        .target = slot, .from = p->from, .weight = p->weight, .port = p->port};
    snprintf(k->host, sizeof k->host, "%s", p->host);
    s->targets[slot] = t;
    if (s->config->health.is_on)
        probe(t);
    return t;
}

static bool is_at(const struct control_target *t, const struct service_known *k)
{
    return t && t->at.known.port == k->port && strcmp(t->at.known.host, k->host) == 0;
}

/* The target of the same service, host and port in the configuration before; NULL: none. */
static const struct control_target *find_before(const struct control_targets *before,
                                                const struct control_target *t)
{
    const struct control_service *s = control_targets_service(before, t->service->config->name);
    for (unsigned i = 0; s && i < s->n_slots; i++)
        if (is_at(s->targets[i], &t->at.known))
            return s->targets[i];
    return NULL;
}

/* Would a check say the same of both? */
static bool is_checked_alike(const struct control_target *a, const struct control_target *b)
{
    const struct config_service *one = a->service->config, *other = b->service->config;
    return from_of(a)->is_tls == from_of(b)->is_tls && slice_equal(one->host, other->host) &&
           one->connect_timeout_ms == other->connect_timeout_ms &&
           slice_equal_texts(one->tls.ca, other->tls.ca) &&
           slice_equal_texts(one->tls.server_name, other->tls.server_name) &&
           health_is_alike(&one->health, &other->health);
}

static void inherit_health(struct control_target *t, const struct control_target *from)
{
    if (!t->prober || !from->prober || !is_checked_alike(t, from))
        return;
    t->at.known.is_unhealthy = from->at.known.is_unhealthy;
    prober_take_record(t->prober, prober_record(from->prober));
}

void control_target_begin(struct control_target *t, const struct control_targets *before)
{
    const struct service_known *k = &t->at.known;
    const struct control_target *from = before ? find_before(before, t) : NULL;
    struct addresses literal;
    if (from) {
        set_addresses(t, &from->at.known.addresses);
        inherit_health(t, from);
    }
    if (resolver_literal(k->host, k->port, &literal))
        set_addresses(t, &literal);
    else
        t->watched =
            resolver_watch(t->service->control->resolver, k->host, k->port, on_addresses, t);
}

void control_target_free(struct control_target *t)
{
    if (t->watched)
        resolver_unwatch(t->watched);
    if (t->prober)
        prober_free(t->prober);
    t->service->targets[t->at.known.target] = NULL;
    free(t);
}
