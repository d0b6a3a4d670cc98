/* tier_purge.c - who has purged what, and the purges that a store has before it
 *
 * A store does some at a time, the eldest first, each by steps (tier_job.h). Those that wait for a
 * store that is away are done when it is back.
 */
#include <stdlib.h>

#include "base/check.h"
#include "store/tier_job.h"

enum {
    JOBS_MAX = 1024, /* of a store that wait; beyond them all is purged there instead */
    AT_ONCE = 32,    /* of them under way */
    AWAY_MS = 1000,  /* so long is waited for a store that cannot be used */
    AGAIN_MS = 100,  /* where too much is under way for a step */
};

/* One tier_purge(), in all stores. */
struct purging {
    struct list node;
    struct tier *tier;
    struct wheel_entry patience;
    uint64_t until_ms; /* it is waited for */
    unsigned n_left;   /* stores */
    bool is_done;      /* in those where it is over */
    tier_purged *done; /* NULL: nobody waits any more */
    void *owner;
};

static void tell(struct purging *p)
{
    tier_purged *done = p->done;
    p->done = NULL;
    if (done)
        done(p->owner, p->n_left == 0 && p->is_done);
}

static void finish(struct purging *p)
{
    loop_disarm(p->tier->loop, &p->patience);
    list_remove(&p->node);
    tell(p);
    free(p);
}

static bool is_store_away(const struct tier *t)
{
    for (unsigned i = 0; i < t->n_stores; i++)
        if (!t->stores[i].is_usable)
            return true;
    return false;
}

/* It is over, or it has taken long. Who is away is not waited for as long as who is at it. */
static void on_patience(struct wheel_entry *e)
{
    struct purging *p = LIST_OWNER(e, struct purging, patience);
    struct loop *l = p->tier->loop;
    if (p->n_left == 0)
        finish(p);
    else if (l->now_ms >= p->until_ms || is_store_away(p->tier))
        tell(p);
    else
        loop_arm(l, &p->patience, p->until_ms);
}

static void end_job(struct tier_job *j, bool is_done)
{
    struct purging *p = j->owner;
    struct tier_store *s = j->store;
    counters_add(s->tier->counters, is_done ? COUNT_STORE_PURGES : COUNT_STORE_PURGES_FAILED, 1);
    list_remove(&j->node);
    s->n_jobs--;
    tier_job_free(j);
    p->is_done &= is_done;
    if (--p->n_left == 0)
        loop_arm(p->tier->loop, &p->patience, p->tier->loop->now_ms);
}

static bool can_go_on(struct tier_store *s)
{
    unsigned n = 0;
    for (struct list *at = s->jobs.next; at != &s->jobs && n < AT_ONCE; at = at->next, n++)
        if (!tier_job_go_on(LIST_OWNER(at, struct tier_job, node)))
            return false;
    return true;
}

void tier_purge_go_on(struct tier_store *s)
{
    if (!can_go_on(s) && s->is_usable)
        loop_arm(s->tier->loop, &s->again, s->tier->loop->now_ms + AGAIN_MS);
}

static void on_job_step(struct tier_job *j)
{
    tier_purge_go_on(j->store);
}

static void on_job_end(struct tier_job *j, bool is_done)
{
    struct tier_store *s = j->store;
    end_job(j, is_done);
    tier_purge_go_on(s);
}

static void on_again(struct wheel_entry *e)
{
    tier_purge_go_on(LIST_OWNER(e, struct tier_store, again));
}

void tier_purge_init(struct tier_store *s)
{
    list_init(&s->jobs);
    wheel_entry_init(&s->again, on_again);
}

/* What waits; the answer to what is under way is to come. */
static void end_waiting(struct tier_store *s)
{
    struct list *before;
    for (struct list *n = s->jobs.previous; n != &s->jobs; n = before) {
        struct tier_job *j = LIST_OWNER(n, struct tier_job, node);
        before = n->previous;
        if (!j->is_asking)
            end_job(j, false);
    }
}

void tier_purge_end(struct tier *t)
{
    struct list *next;
    for (unsigned i = 0; i < t->n_stores; i++) {
        loop_disarm(t->loop, &t->stores[i].again);
        end_waiting(&t->stores[i]);
    }
    for (struct list *n = t->purgings.next; n != &t->purgings; n = next) {
        next = n->next;
        finish(LIST_OWNER(n, struct purging, node));
    }
}

static void add_job(struct purging *p, struct tier_store *s, enum cache_purge_kind kind,
                    struct slice label)
{
    bool are_too_many = s->n_jobs >= JOBS_MAX;
    if (are_too_many)
        end_waiting(s);
    struct tier_job *j = are_too_many
                             ? tier_job_new(s, CACHE_PURGE_ALL, tier_text_kind(CACHE_PURGE_ALL))
                             : tier_job_new(s, kind, label);
    j->owner = p;
    j->on_step = on_job_step;
    j->on_end = on_job_end;
    list_push_back(&s->jobs, &j->node);
    s->n_jobs++;
    p->n_left++;
}

static struct purging *make(struct tier *t, tier_purged *done, void *owner)
{
    struct purging *p = malloc(sizeof *p);
    CHECK(p);
    *p = (struct purging){.tier = t,
                          .until_ms = t->loop->now_ms + TIER_PURGE_MS,
                          .is_done = true,
                          .done = done,
                          .owner = owner};
    wheel_entry_init(&p->patience, on_patience);
    list_push_back(&t->purgings, &p->node);
    loop_arm(t->loop, &p->patience, t->loop->now_ms + AWAY_MS);
    return p;
}

void tier_purge(struct tier *t, const struct cache_purge *p, tier_purged *done, void *owner)
{
    struct purging *made = make(t, done, owner);
    struct slice kind = tier_text_kind(p->kind);
    struct buffer label;
    buffer_init(&label, kind.n + p->what.n);
    CHECK(buffer_append(&label, kind) && buffer_append(&label, p->what));
    for (unsigned i = 0; i < t->n_stores; i++)
        add_job(made, &t->stores[i], p->kind, buffer_slice(&label));
    buffer_done(&label);
    for (unsigned i = 0; i < t->n_stores; i++)
        tier_purge_go_on(&t->stores[i]);
}
