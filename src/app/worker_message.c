/* worker_message.c - what other threads ask of a worker */
#include <stdlib.h>

#include "app/worker_internal.h"
#include "base/check.h"

struct message {
    struct loop_message base;
    struct snapshot *snapshot;
    unsigned service, target; /* of addresses */
    struct addresses addresses;
    int fd; /* of a handed-on connection */
    unsigned listener;
};

static struct message *make(void (*run)(struct loop_message *, void *))
{
    struct message *m = calloc(1, sizeof *m);
    CHECK(m);
    m->base.run = run;
    return m;
}

static void run_reload(struct loop_message *base, void *owner)
{
    struct message *m = (struct message *)base;
    worker_adopt(owner, m->snapshot);
    free(m);
}

void worker_reload(struct worker *w, struct snapshot *s)
{
    struct message *m = make(run_reload);
    m->snapshot = snapshot_share(s);
    loop_post(&w->loop, &m->base);
}

static void run_addresses(struct loop_message *base, void *owner)
{
    struct message *m = (struct message *)base;
    struct worker *w = owner;
    if (w->snapshot == m->snapshot && w->front.current)
        gateway_set_addresses(w->front.current, m->service, m->target, &m->addresses);
    snapshot_release(m->snapshot);
    free(m);
}

void worker_set_addresses(struct worker *w, struct snapshot *s, unsigned service, unsigned target,
                          const struct addresses *a)
{
    struct message *m = make(run_addresses);
    m->snapshot = snapshot_share(s);
    m->service = service;
    m->target = target;
    m->addresses = *a;
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
