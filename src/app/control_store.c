/* control_store.c - purges heard and told, names of stores, sweeping */
#include "app/control_store.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/control_internal.h"
#include "app/store_setup.h"
#include "base/check.h"
#include "base/memory.h"
#include "base/units.h"
#include "observe/metrics.h"

enum {
    SWEEP_EVERY_MS = 1000,
    NAME_MORE = sizeof "[]:65535/4294967295",
};

struct control_store_name {
    struct control *control;
    struct resolver_name *watched;
    struct worker_store known;
    char *shown; /* host:port/database */
    bool is_up, was_down;
};

static void publish(const struct control_store_name *n)
{
    const struct control *c = n->control;
    for (unsigned i = 0; i < c->shared->n_workers && !c->is_waiting; i++)
        worker_set_store(&c->shared->workers[i], c->snapshot, &n->known);
}

static void on_addresses(void *context, const struct addresses *a)
{
    struct control_store_name *n = context;
    n->known.addresses = *a;
    tier_set_addresses(n->control->store.tier, n->known.store, a);
    publish(n);
}

/* Why it cannot be used is told once, and that it can be again. */
static void on_state(void *owner, unsigned store, bool is_up, const char *why)
{
    struct control *c = owner;
    struct control_store_name *n = &c->store.names[store];
    bool is_told = c->snapshot->config->log.level >= CONFIG_LEVEL_WARN;
    if (is_told && !is_up)
        fprintf(stderr, "sheaf: the store %s cannot be used: %s; going on without it\n", n->shown,
                why);
    else if (is_told && n->was_down)
        fprintf(stderr, "sheaf: the store %s can be used again\n", n->shown);
    n->is_up = is_up;
    n->was_down |= !is_up;
}

static void on_purge(void *owner, const struct cache_purge *p)
{
    const struct control *c = owner;
    cache_purge(c->shared->cache, p);
}

static char *show_name(const struct config_store *s)
{
    size_t n = strlen(s->host) + NAME_MORE;
    bool is_v6 = strchr(s->host, ':');
    char *shown = malloc(n);
    CHECK(shown);
    snprintf(shown, n, "%s%s%s:%u/%u", is_v6 ? "[" : "", s->host, is_v6 ? "]" : "", s->port,
             s->database);
    return shown;
}

static void open_name(struct control *c, unsigned i)
{
    const struct config_store *s = &c->snapshot->config->stores[i];
    struct control_store_name *n = &c->store.names[i];
    *n = (struct control_store_name){.control = c, .known.store = i, .shown = show_name(s)};
    n->watched = resolver_watch(c->resolver, s->host, s->port, on_addresses, n);
}

static void open_stores(struct control *c)
{
    struct control_store *s = &c->store;
    const struct store_setup with = {
        .loop = &c->loop, .counters = &s->counters, .on_state = on_state, .owner = c};
    s->n = c->snapshot->config->n_stores;
    s->tier = store_setup_new(c->snapshot, &with);
    if (!s->tier)
        return;
    s->names = memory_take_zero(s->n, sizeof *s->names);
    for (unsigned i = 0; i < s->n; i++)
        open_name(c, i);
    tier_listen(s->tier, on_purge, c);
}

static void on_closed(void *owner)
{
    (void)owner;
}

static void close_stores(struct control *c)
{
    struct control_store *s = &c->store;
    if (!s->tier)
        return;
    tier_close(s->tier, on_closed, NULL);
    for (unsigned i = 0; i < s->n; i++) {
        resolver_unwatch(s->names[i].watched);
        free(s->names[i].shown);
    }
    free(s->names);
    s->tier = NULL;
    s->names = NULL;
    s->n = 0;
}

void control_store_watch(struct control *c, const struct config *before)
{
    if (before && store_setup_is_alike(before, c->snapshot->config)) {
        if (c->store.tier)
            tier_set_tls(c->store.tier, c->snapshot->store_tls);
        return;
    }
    close_stores(c);
    open_stores(c);
}

unsigned control_store_known(const struct control *c, struct worker_store *to)
{
    unsigned n = 0;
    for (unsigned i = 0; i < c->store.n; i++)
        if (c->store.names[i].known.addresses.n)
            to[n++] = c->store.names[i].known;
    return n;
}

struct purge {
    struct control *control;
    struct cache_purge purge; /* its text stands behind */
    void (*done)(void *owner, bool is_done);
    void *owner;
    char text[];
};

/* Once more, as a worker may have read it in a store meanwhile. */
static void on_purged(void *owner, bool is_done)
{
    struct purge *p = owner;
    on_purge(p->control, &p->purge);
    p->done(p->owner, is_done);
    free(p);
}

bool control_store_purge(struct control *c, const struct cache_purge *p,
                         void (*done)(void *owner, bool is_done), void *owner)
{
    struct cache_purge here = *p;
    here.at_ms = c->loop.wall_us / US_A_MS;
    on_purge(c, &here);
    if (!c->store.tier)
        return false;
    struct purge *purge = malloc(sizeof *purge + p->what.n);
    CHECK(purge);
    if (p->what.n)
        memcpy(purge->text, p->what.at, p->what.n);
    purge->control = c;
    purge->purge = (struct cache_purge){.kind = p->kind, .what = {purge->text, p->what.n}};
    purge->done = done;
    purge->owner = owner;
    tier_purge(c->store.tier, p, on_purged, purge);
    return true;
}

static void on_sweep(struct wheel_entry *e)
{
    struct control *c = LIST_OWNER(e, struct control, store.sweep);
    cache_sweep(c->shared->cache, c->loop.wall_us / US_A_MS);
    loop_arm(&c->loop, e, c->loop.now_ms + SWEEP_EVERY_MS);
}

void control_store_init(struct control *c)
{
    wheel_entry_init(&c->store.sweep, on_sweep);
    loop_arm(&c->loop, &c->store.sweep, c->loop.now_ms + SWEEP_EVERY_MS);
}

void control_store_show(const struct control *c, struct metrics *m)
{
    metrics_family(m, "sheaf_store_up", "gauge", "Can a shared store be used?");
    for (unsigned i = 0; i < c->store.n; i++) {
        const struct metrics_label label = {"store", slice_of(c->store.names[i].shown)};
        metrics_sample(m, "sheaf_store_up", &label, 1, c->store.names[i].is_up);
    }
}

void control_store_done(struct control *c)
{
    loop_disarm(&c->loop, &c->store.sweep);
    close_stores(c);
}
