/* control_issuers.c - keys go to the workers, questions for keys come from them */
#include "app/control_issuers.h"

#include <stdlib.h>

#include "app/control_internal.h"
#include "app/control_issuer.h"
#include "base/check.h"
#include "base/memory.h"
#include "observe/metrics.h"

enum {
    LOOK_EVERY_MS = 1000
};

static uint64_t quiet_ms(const struct control_issuer *i)
{
    uint64_t now_ms = i->control->loop.now_ms;
    if (i->policy->jwt.file)
        return KEY_LIFE_COOL_DOWN_MS;
    return i->life.quiet_ms > now_ms ? i->life.quiet_ms - now_ms : 0;
}

static void publish(const struct control_issuer *i)
{
    struct control *c = i->control;
    const struct gateway_issuer news = {i->policy->index, i->keys, quiet_ms(i)};
    for (unsigned k = 0; k < c->shared->n_workers && !c->is_waiting; k++)
        worker_set_issuer(&c->shared->workers[k], c->snapshot, news);
}

static void settle(struct control_issuer *i)
{
    if (i->is_settled)
        return;
    i->is_settled = true;
    control_settle(i->control);
}

/* Told before it settles: what the workers go over with is told by control_issuers_publish(). */
static void on_news(void *owner)
{
    publish(owner);
    settle(owner);
}

static void on_look(struct wheel_entry *e)
{
    struct control *c = LIST_OWNER(e, struct control, issuers.look);
    for (unsigned i = 0; i < c->issuers.n; i++)
        control_issuer_look(c->issuers.all[i]);
    loop_arm(&c->loop, e, c->loop.now_ms + LOOK_EVERY_MS);
}

void control_issuers_init(struct control *c)
{
    wheel_entry_init(&c->issuers.look, on_look);
}

unsigned control_issuers_count(const struct config *config)
{
    unsigned n = 0;
    for (unsigned i = 0; i < config->n_auth; i++)
        n += config->auth[i].kind == CONFIG_AUTH_JWT;
    return n;
}

/* Its place is empty from then on; NULL: there is none. */
static struct control_issuer *take_alike(struct control_issuers *from,
                                         const struct config_auth *policy)
{
    for (unsigned i = 0; i < from->n; i++) {
        struct control_issuer *one = from->all[i];
        if (!one || !control_issuer_is_alike(one->policy, policy))
            continue;
        from->all[i] = NULL;
        return one;
    }
    return NULL;
}

static void free_all(struct control_issuers *some)
{
    for (unsigned i = 0; i < some->n; i++)
        if (some->all[i])
            control_issuer_free(some->all[i]);
    free(some->all);
}

static void watch(struct control *c, const struct config_auth *policy,
                  struct control_issuers *before)
{
    struct control_issuer *i = take_alike(before, policy);
    if (i) {
        i->is_settled = false;
        control_issuer_move(i, policy);
    } else {
        i = control_issuer_new(c, policy, on_news);
    }
    c->issuers.all[c->issuers.n++] = i;
    if (i->keys || policy->jwt.file)
        settle(i);
    publish(i);
}

void control_issuers_watch(struct control *c)
{
    const struct config *config = c->snapshot->config;
    struct control_issuers before = c->issuers;
    c->issuers.n = 0;
    c->issuers.all = memory_take_zero(control_issuers_count(config) + 1, sizeof *c->issuers.all);
    for (unsigned i = 0; i < config->n_auth; i++)
        if (config->auth[i].kind == CONFIG_AUTH_JWT)
            watch(c, &config->auth[i], &before);
    free_all(&before);
    if (c->issuers.n)
        loop_arm(&c->loop, &c->issuers.look, c->loop.now_ms + LOOK_EVERY_MS);
    else
        loop_disarm(&c->loop, &c->issuers.look);
}

void control_issuers_publish(struct control *c)
{
    for (unsigned i = 0; i < c->issuers.n; i++)
        publish(c->issuers.all[i]);
}

void control_issuers_done(struct control *c)
{
    free_all(&c->issuers);
    c->issuers.all = NULL;
    c->issuers.n = 0;
    loop_disarm(&c->loop, &c->issuers.look);
}

struct missed {
    struct loop_message base;
    const struct snapshot *snapshot; /* compared alone: it may be gone */
    unsigned policy;
};

/* Where keys are asked for the answer to that is the answer to this. */
static void run_missed(struct loop_message *base, void *owner)
{
    struct missed *m = (struct missed *)base;
    struct control *c = owner;
    for (unsigned i = 0; i < c->issuers.n && m->snapshot == c->snapshot; i++) {
        struct control_issuer *one = c->issuers.all[i];
        if (one->policy->index == m->policy && !control_issuer_miss(one))
            publish(one);
    }
    free(m);
}

void control_issuers_missed(struct control *c, const struct snapshot *s, unsigned policy)
{
    struct missed *m = malloc(sizeof *m);
    CHECK(m);
    *m = (struct missed){.base.run = run_missed, .snapshot = s, .policy = policy};
    loop_post(&c->loop, &m->base);
}

void control_issuers_show(const struct control *c, struct metrics *m)
{
    if (c->issuers.n == 0)
        return;
    metrics_family(m, "sheaf_issuer_keys", "gauge",
                   "Keys that a policy's tokens may be signed with; 0: there never were any.");
    for (unsigned i = 0; i < c->issuers.n; i++) {
        const struct control_issuer *one = c->issuers.all[i];
        const struct metrics_label label = {"policy", one->policy->name};
        metrics_sample(m, "sheaf_issuer_keys", &label, 1,
                       one->keys ? (int64_t)key_set_count(one->keys) : 0);
    }
}
