/* worker_message.c - what other threads ask of a worker */
#include <stdlib.h>

#include "app/worker_internal.h"
#include "base/memory.h"
#include "edge/api_keys.h"
#include "edge/key_set.h"
#include "store/tier.h"

struct message {
    struct loop_message base;
    struct snapshot *snapshot;
    int fd; /* of a handed-on connection */
    unsigned listener;
    struct worker_known known;    /* owned */
    struct worker_keys keys;      /* a share */
    struct gateway_issuer issuer; /* with a share */
};

static struct message *make(void (*run)(struct loop_message *, void *))
{
    struct message *m = memory_take_zero(1, sizeof *m);
    m->base.run = run;
    return m;
}

static void *copy(const void *from, size_t n)
{
    void *to = memory_take_zero(1, n + 1);
    if (n)
        memcpy(to, from, n);
    return to;
}

static struct message *make_known(void (*run)(struct loop_message *, void *), struct snapshot *s,
                                  const struct worker_known *known)
{
    struct message *m = make(run);
    m->snapshot = snapshot_share(s);
    struct worker_credentials *c =
        copy(known->credentials, known->n_credentials * sizeof *known->credentials);
    for (unsigned i = 0; i < known->n_credentials; i++)
        c[i].line.at = copy(c[i].line.at, c[i].line.n);
    m->known = *known;
    m->known.targets = copy(known->targets, known->n_targets * sizeof *known->targets);
    m->known.credentials = c;
    m->known.stores = copy(known->stores, known->n_stores * sizeof *known->stores);
    return m;
}

static void free_known(struct message *m)
{
    for (unsigned i = 0; i < m->known.n_credentials; i++) {
        struct slice line = m->known.credentials[i].line;
        explicit_bzero((char *)line.at, line.n);
        free((char *)line.at);
    }
    free((struct worker_credentials *)m->known.credentials);
    free((struct worker_target *)m->known.targets);
    free((struct worker_store *)m->known.stores);
    snapshot_release(m->snapshot);
    free(m);
}

static void set_known(struct worker *w, const struct message *m)
{
    struct gateway *g = w->front.current;
    if (w->snapshot != m->snapshot || !g)
        return;
    for (unsigned i = 0; i < m->known.n_targets; i++) {
        const struct worker_target *t = &m->known.targets[i];
        gateway_set_known(g, t->service, &t->known);
    }
    for (unsigned i = 0; i < m->known.n_credentials; i++) {
        const struct worker_credentials *c = &m->known.credentials[i];
        gateway_set_credentials(g, c->service, c->line, c->generation);
    }
    for (unsigned i = 0; i < m->known.n_stores; i++)
        tier_set_addresses(w->tier, m->known.stores[i].store, &m->known.stores[i].addresses);
}

static void run_reload(struct loop_message *base, void *owner)
{
    struct message *m = (struct message *)base;
    worker_adopt(owner, snapshot_share(m->snapshot));
    set_known(owner, m);
    free_known(m);
}

void worker_reload(struct worker *w, struct snapshot *s, const struct worker_known *known)
{
    loop_post(&w->loop, &make_known(run_reload, s, known)->base);
}

static void run_known(struct loop_message *base, void *owner)
{
    struct message *m = (struct message *)base;
    set_known(owner, m);
    free_known(m);
}

void worker_set_target(struct worker *w, struct snapshot *s, const struct worker_target *t)
{
    const struct worker_known known = {.targets = t, .n_targets = 1};
    loop_post(&w->loop, &make_known(run_known, s, &known)->base);
}

void worker_set_credentials(struct worker *w, struct snapshot *s,
                            const struct worker_credentials *c)
{
    const struct worker_known known = {.credentials = c, .n_credentials = 1};
    loop_post(&w->loop, &make_known(run_known, s, &known)->base);
}

void worker_set_store(struct worker *w, struct snapshot *s, const struct worker_store *store)
{
    const struct worker_known known = {.stores = store, .n_stores = 1};
    loop_post(&w->loop, &make_known(run_known, s, &known)->base);
}

static void run_keys(struct loop_message *base, void *owner)
{
    struct message *m = (struct message *)base;
    struct worker *w = owner;
    if (w->snapshot == m->snapshot && w->front.current)
        gateway_set_keys(w->front.current, m->keys.policy, m->keys.keys);
    api_keys_release(m->keys.keys);
    snapshot_release(m->snapshot);
    free(m);
}

void worker_set_keys(struct worker *w, struct snapshot *s, struct worker_keys keys)
{
    struct message *m = make(run_keys);
    m->snapshot = snapshot_share(s);
    m->keys = keys;
    loop_post(&w->loop, &m->base);
}

static void run_issuer(struct loop_message *base, void *owner)
{
    struct message *m = (struct message *)base;
    struct worker *w = owner;
    if (w->snapshot == m->snapshot && w->front.current)
        gateway_set_issuer(w->front.current, &m->issuer);
    key_set_release(m->issuer.keys);
    snapshot_release(m->snapshot);
    free(m);
}

void worker_set_issuer(struct worker *w, struct snapshot *s, struct gateway_issuer issuer)
{
    struct message *m = make(run_issuer);
    m->snapshot = snapshot_share(s);
    m->issuer = issuer;
    if (issuer.keys)
        key_set_share(issuer.keys);
    loop_post(&w->loop, &m->base);
}

static void run_connection(struct loop_message *base, void *owner)
{
    struct message *m = (struct message *)base;
    worker_take_connection(owner, m->listener, m->fd,
                           NULL); /* only a Unix socket's are handed on */
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
