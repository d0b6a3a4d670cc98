/* worker.c - one thread's life: set up, serve, drain, end */
#include "app/worker.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/control_credentials.h"
#include "app/control_issuers.h"
#include "app/control_programs.h"
#include "app/jq_setup.h"
#include "app/store_setup.h"
#include "app/worker_internal.h"
#include "base/check.h"
#include "base/memory.h"

enum {
    KEPT_BLOBS = 4 * 1024 * 1024,     /* free bytes of bodies kept for the next answers */
    EXCHANGE_ARENA = 4 * 1024 * 1024, /* bytes of one exchange, bodies aside */
    LOOK_EVERY_MS = 5,                /* while draining */
};

static struct server_bounds bounds_of(const struct worker *w)
{
    const struct config_bounds *b = &w->snapshot->config->bounds;
    return (struct server_bounds){
        .request_header = b->request_header,
        .request_body = b->request_body,
        .memory = b->memory,
        .output = b->memory,
        .arena = EXCHANGE_ARENA + b->request_body,
        .connections = b->connections,
        .n_open = &w->shared->n_connections,
        .header_timeout_ms = b->header_timeout_ms,
        .send_timeout_ms = b->send_timeout_ms,
        .idle_timeout_ms = b->idle_timeout_ms,
    };
}

/* Address literals are known at once; names come from the control thread. */
static void set_literals(struct gateway *g, const struct config *c)
{
    struct addresses a;
    for (unsigned i = 0; i < c->n_services; i++)
        for (unsigned k = 0; k < c->services[i].n_targets; k++) {
            const struct config_target *t = &c->services[i].targets[k];
            if (resolver_literal(t->host, t->port, &a))
                gateway_set_addresses(g, i, k, &a);
        }
}

static void on_refused(void *owner, uint64_t generation)
{
    struct worker *w = owner;
    control_credentials_refused(w->shared->control, generation);
}

static void on_unknown_key(void *owner, unsigned policy)
{
    struct worker *w = owner;
    control_issuers_missed(w->shared->control, w->snapshot, policy);
}

static void on_program_failed(void *owner, const struct config_endpoint *e,
                              const struct config_source *s, struct slice why)
{
    struct worker *w = owner;
    const struct control_program failed = {e, s, why};
    control_programs_failed(w->shared->control, &failed);
}

static struct gateway *make_gateway(struct worker *w)
{
    w->jq = jq_setup(w->jq, &w->loop, w->snapshot->config);
    const struct gateway_context context = {
        .counters = &w->counters,
        .journal = w->snapshot->config->log.access ? w->journal : NULL,
        .spans = w->snapshot->config->traces.is_on ? &w->spans : NULL,
        .random = &w->random,
        .scratch = w->scratch,
        .client_tls = w->snapshot->service_tls,
        .shared = w->snapshot->services,
        .keys = w->snapshot->keys,
        .client_certs = w->snapshot->client_certs,
        .n_held = &w->shared->n_held,
        .n_in_flight = &w->shared->n_in_flight,
        .stats = w->snapshot->stats[w->index],
        .jq = w->jq,
        .cache = &w->cache,
        .late = &w->late,
        .rates = w->snapshot->rates,
        .on_refused = on_refused,
        .on_unknown_key = on_unknown_key,
        .on_program_failed = on_program_failed,
        .owner = w,
    };
    struct gateway *g = gateway_new(&w->loop, w->snapshot->config, &context);
    set_literals(g, w->snapshot->config);
    return g;
}

static void on_tier_closed(void *owner)
{
    struct worker *w = owner;
    w->n_retiring--;
}

static void close_tier(struct worker *w)
{
    if (!w->tier)
        return;
    w->n_retiring++;
    struct tier *closing = w->tier;
    w->tier = w->cache.tier = NULL;
    tier_close(closing, on_tier_closed, w);
}

static void open_tier(struct worker *w)
{
    const struct store_setup with = {.loop = &w->loop, .counters = &w->counters};
    w->tier = w->cache.tier = store_setup_new(w->snapshot, &with);
}

/* The stores stay connected over a reload that leaves them as they are. */
static void renew_tier(struct worker *w, bool is_alike)
{
    if (!is_alike) {
        close_tier(w);
        open_tier(w);
    } else if (w->tier) {
        tier_set_tls(w->tier, w->snapshot->store_tls);
    }
}

struct retired {
    struct worker *worker;
    struct snapshot *snapshot;
};

/* What is kept was found to be JSON within the bound that was. Each worker does it, as the others
 * may still keep more. */
static void forget_what_is_too_deep(struct worker *w, const struct snapshot *before,
                                    const struct snapshot *now)
{
    static const struct cache_purge all = {.kind = CACHE_PURGE_ALL};
    if (now->config->bounds.json_depth < before->config->bounds.json_depth)
        cache_purge(w->cache.cache, &all);
}

/* Until now it has kept by its own bounds. */
static void on_retired(void *context)
{
    struct retired *r = context;
    if (r->worker->snapshot)
        forget_what_is_too_deep(r->worker, r->snapshot, r->worker->snapshot);
    r->worker->n_retiring--;
    snapshot_release(r->snapshot);
    free(r);
}

/* The gateway ends when its last run has ended, and then gives its snapshot back. */
static void retire(struct worker *w)
{
    struct retired *r = malloc(sizeof *r);
    CHECK(r);
    *r = (struct retired){w, w->snapshot};
    struct gateway *g = w->front.current;
    w->front.current = NULL;
    w->snapshot = NULL;
    w->n_retiring++;
    gateway_retire(g, on_retired, r);
}

void worker_adopt(struct worker *w, struct snapshot *s)
{
    if (w->is_draining) {
        snapshot_release(s);
        return;
    }
    bool is_alike = store_setup_is_alike(w->snapshot->config, s->config);
    forget_what_is_too_deep(w, w->snapshot, s);
    retire(w);
    w->snapshot = s;
    w->front.current = make_gateway(w);
    renew_tier(w, is_alike); /* who waited for the old one goes on at once, and may ask anew */
    struct server_bounds bounds = bounds_of(w);
    server_set_bounds(w->server, &bounds);
}

void worker_take_connection(struct worker *w, unsigned listener, int fd,
                            const struct sockaddr *peer)
{
    if (w->snapshot)
        server_accept(w->server, fd, w->snapshot->listen_tls[listener], peer);
    else
        close(fd); /* all is over here */
}

static void on_accept(struct listener *l, int fd)
{
    struct worker_listener *wl = l->owner;
    struct worker *w = wl->worker;
    struct worker *to = w;
    if (wl->hands_on)
        to = &w->shared->workers[w->next_worker++ % w->shared->n_workers];
    if (to == w)
        worker_take_connection(w, wl->index, fd, listener_peer(l));
    else
        worker_hand_on(to, wl->index, fd);
}

static void on_listener_closed(struct listener *l)
{
    struct worker_listener *wl = l->owner;
    wl->worker->n_open--;
}

static void stop(struct worker *w)
{
    if (w->jq)
        jq_free(w->jq);
    w->jq = NULL;
    close_tier(w);
    loop_stop(&w->loop);
}

static void stop_if_over(struct worker *w)
{
    if (server_n_connections(w->server) == 0 && w->n_open == 0 && w->n_retiring == 0)
        stop(w);
    else
        loop_arm(&w->loop, &w->look, w->loop.now_ms + LOOK_EVERY_MS);
}

/* The gateway retires once no connection can bring it a request any more. */
static void on_look(struct wheel_entry *e)
{
    struct worker *w = LIST_OWNER(e, struct worker, look);
    if (w->front.current && server_n_connections(w->server) == 0)
        retire(w);
    stop_if_over(w);
}

/* Who has connected by now is served: closing the socket would reset what waits in its queue. */
static void stop_listener(struct listener *l)
{
    if (l->fd < 0)
        return;
    listener_take_waiting(l);
    listener_stop(l, on_listener_closed);
}

void worker_begin_drain(struct worker *w)
{
    if (w->is_draining)
        return;
    w->is_draining = true;
    for (unsigned i = 0; i < w->n_listeners; i++)
        stop_listener(&w->listeners[i].listener);
    server_drain(w->server);
    service_cache_drain(&w->cache);
    loop_arm(&w->loop, &w->look, w->loop.now_ms);
}

void worker_cut_now(struct worker *w)
{
    worker_begin_drain(w);
    if (w->server) /* NULL: it came when all was over */
        server_cut(w->server);
    late_calls_cut(&w->late);
}

static void *serve(void *context)
{
    struct worker *w = context;
    CHECK(loop_run(&w->loop));
    atomic_store(&w->is_done, true);
    return NULL;
}

static void start_listeners(struct worker *w, const int *fds, const bool *hands_on)
{
    w->n_listeners = w->snapshot->config->n_listens;
    w->listeners = memory_take_zero(w->n_listeners, sizeof *w->listeners);
    for (unsigned i = 0; i < w->n_listeners; i++) {
        struct worker_listener *l = &w->listeners[i];
        *l = (struct worker_listener){.worker = w, .index = i, .hands_on = hands_on[i]};
        l->listener.fd = fds[i];
        if (fds[i] < 0)
            continue;
        w->n_open++;
        listener_start(&l->listener, &w->loop, fds[i], on_accept, l);
    }
}

void worker_init(struct worker *w, struct snapshot *s)
{
    loop_init(&w->loop, w, KEPT_BLOBS, &w->shared->n_held);
    random_init(&w->random);
    journal_ring_init(&w->spans, NULL);
    service_cache_init(&w->cache, w->shared->cache, &w->loop, w->index, &w->shared->crew);
    late_calls_init(&w->late);
    w->shared->crew.seats[w->index] = w->cache.seats;
    w->scratch = pattern_scratch_new();
    w->snapshot = snapshot_share(s);
    open_tier(w);
    w->front.current = make_gateway(w);
    struct server_bounds bounds = bounds_of(w);
    w->server = server_new(&w->loop, &bounds, &gateway_handlers, &w->counters, &w->front);
    wheel_entry_init(&w->look, on_look);
}

void worker_start(struct worker *w, const int *fds, const bool *hands_on)
{
    start_listeners(w, fds, hands_on);
    CHECK(pthread_create(&w->thread, NULL, serve, w) == 0);
}

void worker_join(struct worker *w)
{
    CHECK(pthread_join(w->thread, NULL) == 0);
    server_free(w->server);
    w->server = NULL;
    pattern_scratch_free(w->scratch);
    loop_done(&w->loop);
    service_cache_done(&w->cache);
    free(w->listeners);
    journal_ring_done(&w->spans);
}
