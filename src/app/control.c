/* control.c - resolves for the workers, and lets an operator look */
#include "app/control.h"

#include <stdlib.h>
#include <unistd.h>

#include "app/admin.h"
#include "app/control_internal.h"
#include "base/check.h"
#include "base/memory.h"
#include "service/service_shared.h"

enum {
    KEPT_BLOBS = 256 * 1024,
    ADMIN_HEADER = 16 * 1024,
    ADMIN_ARENA = 64 * 1024 * 1024
};
enum {
    ADMIN_CONNECTIONS = 256,
    ADMIN_TIMEOUT_MS = 10000,
    LOOK_EVERY_MS = 5,
};

/* The workers go over to the snapshot with what is known of its names by now, so that a reload
 * costs no request the time of asking for a name. */
static void hand_over(struct control *c)
{
    unsigned n = 0;
    struct worker_target *known = control_targets_known(c, &n);
    struct worker_credentials *lines =
        calloc(control_credentials_count(c->snapshot->config) + 1, sizeof *lines);
    CHECK(lines);
    struct worker_store stores[CONFIG_MAX_STORES];
    const struct worker_known all = {known,  n,
                                     lines,  control_credentials_known(c, lines),
                                     stores, control_store_known(c, stores)};
    for (unsigned i = 0; i < c->shared->n_workers; i++)
        worker_reload(&c->shared->workers[i], c->snapshot, &all);
    free(lines);
    free(known);
    loop_disarm(&c->loop, &c->patience);
    c->is_waiting = false;
    control_issuers_publish(c);
}

static void on_patience(struct wheel_entry *e)
{
    hand_over(LIST_OWNER(e, struct control, patience));
}

void control_settle(struct control *c)
{
    if (atomic_fetch_sub(&c->n_unresolved, 1) == 1 && c->is_waiting)
        hand_over(c);
}

static unsigned count_awaited(const struct snapshot *s)
{
    return control_targets_count(s->config) + control_credentials_count(s->config) +
           control_issuers_count(s->config);
}

/* before: the targets of the snapshot before this one, or NULL. The watching itself is waited for,
 * so that nothing is handed over before all of it is there. */
static void watch(struct control *c, const struct control_targets *before,
                  const struct config *config_before)
{
    atomic_store(&c->n_unresolved, count_awaited(c->snapshot) + 1);
    control_targets_watch(c, before);
    control_credentials_watch(c);
    control_keys_watch(c);
    control_issuers_watch(c);
    control_store_watch(c, config_before);
    control_spans_watch(c);
    control_settle(c);
}

struct message {
    struct loop_message base;
    struct snapshot *snapshot;
};

static struct message *make(void (*run)(struct loop_message *, void *))
{
    struct message *m = memory_take_zero(1, sizeof *m);
    m->base.run = run;
    return m;
}

static void run_start(struct loop_message *base, void *owner)
{
    watch(owner, NULL, NULL);
    free(base);
}

static void run_reload(struct loop_message *base, void *owner)
{
    struct message *m = (struct message *)base;
    struct control *c = owner;
    struct snapshot *before = c->snapshot;
    struct control_targets targets = c->targets;
    bool was_waiting = c->is_waiting;
    c->snapshot = m->snapshot;
    service_shared_keep_forces(c->snapshot->services, c->snapshot->config, before->services,
                               before->config);
    c->is_waiting = true;
    watch(c, &targets, before->config);
    control_targets_done(&targets);
    if (c->is_waiting && !was_waiting) /* the wait is one, however many reloads come in it */
        loop_arm(&c->loop, &c->patience, c->loop.now_ms + CONTROL_NAMES_WAIT_MS);
    snapshot_release(before);
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
    bool is_over =
        control_spans_are_over(c) && !c->listens && !(c->admin && server_n_connections(c->admin));
    if (c->is_closing) {
        loop_stop(&c->loop);
        return;
    }
    if (is_over)
        control_spans_done(c);
    c->is_closing = is_over;
    loop_arm(&c->loop, &c->look, c->loop.now_ms + (is_over ? 0 : LOOK_EVERY_MS));
}

static void run_end(struct loop_message *base, void *owner)
{
    struct control *c = owner;
    control_targets_done(&c->targets);
    control_credentials_done(c);
    control_keys_done(c);
    control_issuers_done(c);
    control_store_done(c);
    control_spans_end(c);
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
    server_accept(c->admin, fd, c->snapshot->admin_tls, listener_peer(l));
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
    atomic_store(&c->n_unresolved, count_awaited(s));
    random_init(&c->random);
    control_credentials_init(c);
    control_keys_init(c);
    control_issuers_init(c);
    control_store_init(c);
    control_spans_init(c);
    shared->control = c;
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
