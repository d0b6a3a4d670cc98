/* worker_message.c - what other threads ask of a worker */
#include <stdlib.h>

#include "app/worker_internal.h"
#include "base/check.h"

struct message {
    struct loop_message base;
    struct snapshot *snapshot;
    int fd; /* of a handed-on connection */
    unsigned listener;
    unsigned n_known;
    struct worker_target known[];
};

static struct message *make_for(void (*run)(struct loop_message *, void *),
                                const struct worker_target *known, unsigned n)
{
    struct message *m = calloc(1, sizeof *m + n * sizeof *known);
    CHECK(m);
    m->base.run = run;
    m->n_known = n;
    for (unsigned i = 0; i < n; i++)
        m->known[i] = known[i];
    return m;
}

static struct message *make(void (*run)(struct loop_message *, void *))
{
    return make_for(run, NULL, 0);
}

static void set_known(struct worker *w, const struct message *m)
{
    if (w->snapshot != m->snapshot || !w->front.current)
        return;
    for (unsigned i = 0; i < m->n_known; i++)
        gateway_set_addresses(w->front.current, m->known[i].service, m->known[i].target,
                              &m->known[i].addresses);
}

static void run_reload(struct loop_message *base, void *owner)
{
    struct message *m = (struct message *)base;
    worker_adopt(owner, snapshot_share(m->snapshot));
    set_known(owner, m);
    snapshot_release(m->snapshot);
    free(m);
}

void worker_reload(struct worker *w, struct snapshot *s, const struct worker_target *known,
                   unsigned n)
{
    struct message *m = make_for(run_reload, known, n);
    m->snapshot = snapshot_share(s);
    loop_post(&w->loop, &m->base);
}

static void run_addresses(struct loop_message *base, void *owner)
{
    struct message *m = (struct message *)base;
    set_known(owner, m);
    snapshot_release(m->snapshot);
    free(m);
}

void worker_set_addresses(struct worker *w, struct snapshot *s, const struct worker_target *t)
{
    struct message *m = make_for(run_addresses, t, 1);
    m->snapshot = snapshot_share(s);
    loop_post(&w->loop, &m->base);
}

static void run_connection(struct loop_message *base, void *owner)
{
    struct message *m = (struct message *)base;
    worker_take_connection(owner, m->listener, m->fd);
    free(m);
}

void worker_hand_on(struct worker *w, unsigned listener, int fd)
{
    struct message *m = make(run_connection);
    m->listener = listener;
    m->fd = fd;
    loop_post(&w->loop, &m->base);
}

static void run_drain(struct loop_message *base, void *owner)
{
    worker_begin_drain(owner);
    free(base);
}

void worker_drain(struct worker *w)
{
    loop_post(&w->loop, &make(run_drain)->base);
}

static void run_cut(struct loop_message *base, void *owner)
{
    worker_cut_now(owner);
    free(base);
}

void worker_cut(struct worker *w)
{
    loop_post(&w->loop, &make(run_cut)->base);
}
