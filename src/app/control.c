/* control.c - resolves for the workers, and lets an operator look */
#include "app/control.h"

#include <stdlib.h>
#include <unistd.h>

#include "app/admin.h"
#include "base/check.h"

enum {
    KEPT_BLOBS = 256 * 1024,
    ADMIN_HEADER = 16 * 1024,
    ADMIN_ARENA = 64 * 1024 * 1024
};
enum {
    ADMIN_CONNECTIONS = 256,
    ADMIN_TIMEOUT_MS = 10000,
    LOOK_EVERY_MS = 5,
    NAMES_WAIT_MS = 1000, /* for the addresses of a new snapshot */
};

struct control_name {
    struct control *control;
    struct resolver_name *watched;
    struct worker_target at; /* no addresses: not known yet */
};

/* The workers go over to the snapshot with what is known of its names by now, so that a reload
 * costs no request the time of asking for a name. */
static void hand_over(struct control *c)
{
    struct worker_target *known = calloc(c->n_names + 1, sizeof *known);
    unsigned n = 0;
    CHECK(known);
    for (unsigned i = 0; i < c->n_names; i++)
        if (c->names[i].at.addresses.n)
            known[n++] = c->names[i].at;
    for (unsigned i = 0; i < c->shared->n_workers; i++)
        worker_reload(&c->shared->workers[i], c->snapshot, known, n);
    free(known);
    loop_disarm(&c->loop, &c->patience);
    c->is_waiting = false;
}

static void on_patience(struct wheel_entry *e)
{
    hand_over(LIST_OWNER(e, struct control, patience));
}

static void on_addresses(void *context, const struct addresses *a)
{
    struct control_name *name = context;
    struct control *c = name->control;
    if (name->at.addresses.n == 0)
        atomic_fetch_sub(&c->n_unresolved, 1);
    name->at.addresses = *a;
    if (c->is_waiting && atomic_load(&c->n_unresolved) == 0)
        hand_over(c);
    for (unsigned i = 0; i < c->shared->n_workers && !c->is_waiting; i++)
        worker_set_addresses(&c->shared->workers[i], c->snapshot, &name->at);
}

/* Calls visit for each target whose host is a name; the number of them. */
static unsigned each_name(struct control *c, void (*visit)(struct control *, unsigned i,
                                                           unsigned service, unsigned target))
{
    const struct config *config = c->snapshot->config;
    struct addresses literal;
    unsigned n = 0;
    for (unsigned s = 0; s < config->n_services; s++)
        for (unsigned t = 0; t < config->services[s].n_targets; t++) {
            const struct config_target *target = &config->services[s].targets[t];
            if (resolver_literal(target->host, target->port, &literal))
                continue;
            if (visit)
                visit(c, n, s, t);
            n++;
        }
    return n;
}

static void watch(struct control *c, unsigned i, unsigned service, unsigned target)
{
    const struct config_target *t = &c->snapshot->config->services[service].targets[target];
    c->names[i] = (struct control_name){.control = c, .at = {.service = service, .target = target}};
    c->names[i].watched = resolver_watch(c->resolver, t->host, t->port, on_addresses, &c->names[i]);
}

static void watch_names(struct control *c)
{
    c->n_names = each_name(c, NULL);
    c->names = calloc(c->n_names + 1, sizeof *c->names);
    CHECK(c->names);
    atomic_store(&c->n_unresolved, c->n_names);
    each_name(c, watch);
}

static void unwatch_names(struct control *c)
{
    for (unsigned i = 0; i < c->n_names; i++)
        resolver_unwatch(c->names[i].watched);
    free(c->names);
    c->names = NULL;
    c->n_names = 0;
}

struct message {
    struct loop_message base;
    struct snapshot *snapshot;
};

static struct message *make(void (*run)(struct loop_message *, void *))
{
    struct message *m = calloc(1, sizeof *m);
    CHECK(m);
    m->base.run = run;
    return m;
}

static void run_start(struct loop_message *base, void *owner)
{
    watch_names(owner);
    free(base);
}

static void run_reload(struct loop_message *base, void *owner)
{
    struct message *m = (struct message *)base;
    struct control *c = owner;
    unwatch_names(c);
    snapshot_release(c->snapshot);
    c->snapshot = m->snapshot;
    watch_names(c);
    c->is_waiting = true;
    if (c->n_names)
        loop_arm(&c->loop, &c->patience, c->loop.now_ms + NAMES_WAIT_MS);
    else
        hand_over(c);
    free(m);
}

void control_reload(struct control *c, struct snapshot *s)
{
    struct message *m = make(run_reload);
    m->snapshot = snapshot_share(s);
    loop_post(&c->loop, &m->base);
}

static void on_listener_closed(struct listener *l)
{
    struct control *c = l->owner;
    c->listens = false;
}

static void on_look(struct wheel_entry *e)
{
    struct control *c = LIST_OWNER(e, struct control, look);
    if (c->listens || (c->admin && server_n_connections(c->admin)))
        loop_arm(&c->loop, &c->look, c->loop.now_ms + LOOK_EVERY_MS);
    else
        loop_stop(&c->loop);
}

static void run_end(struct loop_message *base, void *owner)
{
    struct control *c = owner;
    unwatch_names(c);
    loop_disarm(&c->loop, &c->patience);
    resolver_close(c->resolver);
    if (c->listens)
        listener_stop(&c->listener, on_listener_closed);
    if (c->admin)
        server_cut(c->admin);
    loop_arm(&c->loop, &c->look, c->loop.now_ms);
    free(base);
}

static void on_accept(struct listener *l, int fd)
{
    struct control *c = l->owner;
    struct sockaddr_storage peer = {0};
    socklen_t n = sizeof peer;
    bool is_known = getpeername(fd, (struct sockaddr *)&peer, &n) == 0;
    server_accept(c->admin, fd, c->snapshot->admin_tls,
                  is_known && peer.ss_family != AF_UNIX ? (struct sockaddr *)&peer : NULL);
}

static void start_admin(struct control *c, int fd)
{
    const struct server_bounds bounds = {
        .request_header = ADMIN_HEADER,
        .request_body = ADMIN_HEADER,
        .output = ADMIN_ARENA,
        .arena = ADMIN_ARENA,
        .connections = ADMIN_CONNECTIONS,
        .n_open = &c->n_connections,
        .header_timeout_ms = ADMIN_TIMEOUT_MS,
        .send_timeout_ms = ADMIN_TIMEOUT_MS,
        .idle_timeout_ms = ADMIN_TIMEOUT_MS,
    };
    c->admin = server_new(&c->loop, &bounds, &admin_handlers, &c->counters, c);
    c->listens = true;
    listener_start(&c->listener, &c->loop, fd, on_accept, c);
}

static void *run(void *context)
{
    struct control *c = context;
    CHECK(loop_run(&c->loop));
    return NULL;
}

void control_start(struct control *c, struct worker_shared *shared, struct snapshot *s,
                   int admin_fd)
{
    c->shared = shared;
    c->snapshot = snapshot_share(s);
    loop_init(&c->loop, c, KEPT_BLOBS, NULL);
    wheel_entry_init(&c->look, on_look);
    wheel_entry_init(&c->patience, on_patience);
    c->resolver = resolver_new(&c->loop);
    atomic_store(&c->n_unresolved, each_name(c, NULL));
    if (admin_fd >= 0)
        start_admin(c, admin_fd);
    loop_post(&c->loop, &make(run_start)->base);
    CHECK(pthread_create(&c->thread, NULL, run, c) == 0);
}

void control_join(struct control *c)
{
    loop_post(&c->loop, &make(run_end)->base);
    CHECK(pthread_join(c->thread, NULL) == 0);
    if (c->admin)
        server_free(c->admin);
    loop_done(&c->loop);
    snapshot_release(c->snapshot);
}
