/* service_shared.c - made for a configuration, kept over the next, and gone with the last */
#include "service/service_shared.h"

#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "service/service.h"

/* The name of SRV records is no target itself. */
static struct ejection_target *new_ejections(const struct config_service *c)
{
    struct ejection_target *e = memory_take_zero(service_n_slots(c), sizeof *e);
    for (unsigned i = 0; i < c->n_targets; i++)
        if (c->targets[i].is_srv)
            ejection_clear(&e[i], true);
    return e;
}

static struct service_shared *new_shared(const struct config_service *c)
{
    struct service_shared *s = memory_take_zero(1, sizeof *s);
    atomic_init(&s->n_holders, 1);
    limit_init(&s->limit, &c->concurrency.limit);
    return s;
}

static void release(struct service_shared *s)
{
    if (atomic_fetch_sub_explicit(&s->n_holders, 1, memory_order_acq_rel) == 1)
        free(s);
}

static void note_remembered(struct service_sharing *services, const struct config_endpoint *e)
{
    for (unsigned i = 0; i < e->n_sources; i++)
        if (e->sources[i].cache.is_on)
            atomic_store(&services[e->sources[i].service->index].shared->is_remembered, true);
}

struct service_sharing *service_shared_new(const struct config *config)
{
    struct service_sharing *services = memory_take_zero(config->n_services + 1, sizeof *services);
    for (unsigned i = 0; i < config->n_services; i++) {
        services[i].shared = new_shared(&config->services[i]);
        services[i].ejections = new_ejections(&config->services[i]);
    }
    for (unsigned i = 0; i < config->n_endpoints; i++)
        note_remembered(services, &config->endpoints[i]);
    return services;
}

void service_shared_free(struct service_sharing *services, const struct config *config)
{
    if (!services)
        return;
    for (unsigned i = 0; i < config->n_services; i++) {
        release(services[i].shared);
        free(services[i].ejections);
    }
    free(services);
}

static const struct config_service *find(const struct config *c, struct slice name)
{
    for (unsigned i = 0; i < c->n_services; i++)
        if (slice_equal(c->services[i].name, name))
            return &c->services[i];
    return NULL;
}

static bool has_target(const struct config_service *c, const struct config_target *t)
{
    for (unsigned i = 0; i < c->n_targets; i++)
        if (c->targets[i].port == t->port && strcasecmp(c->targets[i].host, t->host) == 0)
            return true;
    return false;
}

/* One that has moved is another service, which may be well where the old one was not. */
static bool has_target_of(const struct config_service *a, const struct config_service *b)
{
    for (unsigned i = 0; i < b->n_targets; i++)
        if (has_target(a, &b->targets[i]))
            return true;
    return false;
}

static bool is_adaptive(const struct limit_settings *s)
{
    return s->is_on && s->max == 0;
}

/* A fixed number is looked at with each call; an adaptive one was computed within its bounds. */
static bool is_same_limit(const struct limit_settings *a, const struct limit_settings *b)
{
    if (!is_adaptive(a) || !is_adaptive(b))
        return is_adaptive(a) == is_adaptive(b);
    return a->initial == b->initial && a->least == b->least && a->most == b->most;
}

/* The same window: its buckets are told from each other by their length. */
static bool goes_on(const struct config_service *a, const struct config_service *b)
{
    return has_target_of(a, b) && a->breaker.window_ms == b->breaker.window_ms &&
           is_same_limit(&a->concurrency.limit, &b->concurrency.limit);
}

/* Entries outlive a reload, and what was begun before it. */
static void join_remembered(struct service_shared *a, struct service_shared *b)
{
    bool is_so = atomic_load(&a->is_remembered) || atomic_load(&b->is_remembered);
    atomic_store(&a->is_remembered, is_so);
    atomic_store(&b->is_remembered, is_so);
}

void service_shared_keep(struct service_sharing *services, const struct config *config,
                         const struct service_sharing *old, const struct config *old_config)
{
    for (unsigned i = 0; i < config->n_services; i++) {
        const struct config_service *before = find(old_config, config->services[i].name);
        if (!before)
            continue;
        join_remembered(services[i].shared, old[before->index].shared);
        if (!goes_on(&config->services[i], before))
            continue;
        release(services[i].shared);
        services[i].shared = old[before->index].shared;
        atomic_fetch_add_explicit(&services[i].shared->n_holders, 1, memory_order_relaxed);
    }
}

void service_shared_keep_forces(struct service_sharing *services, const struct config *config,
                                const struct service_sharing *old, const struct config *old_config)
{
    for (unsigned i = 0; i < config->n_services; i++) {
        const struct config_service *before = find(old_config, config->services[i].name);
        if (!before || services[i].shared == old[before->index].shared)
            continue;
        enum breaker_force force = atomic_load(&old[before->index].shared->breaker.forced);
        breaker_force(&services[i].shared->breaker, force);
    }
}
