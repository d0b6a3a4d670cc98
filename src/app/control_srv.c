/* control_srv.c - SRV records become targets, and targets leave with their records */
#include <stdio.h>
#include <stdlib.h>

#include "app/control_internal.h"
#include "app/control_targets_internal.h"
#include "base/check.h"

enum {
    ROOM = 16 /* slots */
};

static const struct config_target *config_of(const struct control_srv *s)
{
    return &s->service->config->targets[s->from];
}

static bool is_of(const struct control_target *t, unsigned from)
{
    return t && t->at.known.from == from;
}

static bool is_record(const struct control_target *t, const struct srv_record *r)
{
    return t->at.known.port == r->port && strcmp(t->at.known.host, r->host) == 0;
}

static struct control_target *find(const struct control_srv *s, const struct srv_record *r)
{
    struct control_target **targets = s->service->targets;
    for (unsigned i = 0; i < s->service->n_slots; i++)
        if (is_of(targets[i], s->from) && is_record(targets[i], r))
            return targets[i];
    return NULL;
}

static bool names(const struct srv_answer *a, const struct control_target *t)
{
    for (unsigned i = 0; i < a->n; i++)
        if (is_record(t, &a->at[i]))
            return true;
    return false;
}

static struct ejection_target *ejection_of(const struct control_service *s, unsigned slot)
{
    return &s->control->snapshot->services[s->config->index].ejections[slot];
}

static void leave(struct control_target *t)
{
    ejection_clear(ejection_of(t->service, t->at.known.target), true);
    t->at.known.is_gone = true;
    control_target_publish(t);
    control_target_settle(t);
    control_target_free(t);
}

/* Does one of those that stay serve? */
static bool has_heir(const struct control_service *s, unsigned from)
{
    for (unsigned i = 0; i < s->n_slots; i++)
        if (is_of(s->targets[i], from) && !s->targets[i]->is_leaving &&
            s->targets[i]->at.known.addresses.n)
            return true;
    return false;
}

/* One without an address serves nobody, whoever else does. */
static bool sweep(struct control_service *s, unsigned from)
{
    bool is_over = has_heir(s, from), has_left = false;
    for (unsigned i = 0; i < s->n_slots; i++) {
        struct control_target *t = s->targets[i];
        if (!is_of(t, from) || !t->is_leaving || (!is_over && t->at.known.addresses.n))
            continue;
        leave(t);
        has_left = true;
    }
    return has_left;
}

/* The new target, or NULL where no slot is free. */
static struct control_target *add(struct control_srv *s, const struct control_place *p)
{
    struct control_service *service = s->service;
    unsigned slot = service->config->n_targets;
    while (slot < service->n_slots && service->targets[slot])
        slot++;
    if (slot == service->n_slots)
        return NULL;
    struct control_target *t = control_target_new(service, slot, p);
    t->at.known.era = ejection_clear(ejection_of(service, slot), false);
    return t;
}

/* false: there is no slot for it. */
static bool come(struct control_srv *s, const struct srv_record *r)
{
    const struct control_place place = {s->from, r->host, r->port, r->weight};
    struct control_target *t = add(s, &place);
    if (!t)
        return false;
    t->is_awaited = true;
    atomic_fetch_add(&s->service->control->n_unresolved, 1);
    control_target_begin(t, NULL);
    if (t->at.known.addresses.n == 0)
        return true;
    control_target_publish(t);
    control_target_settle(t);
    return true;
}

static void stay(struct control_target *t, const struct srv_record *r)
{
    t->is_leaving = false;
    if (t->at.known.weight == r->weight)
        return;
    t->at.known.weight = r->weight;
    control_target_publish(t);
}

/* Kept for the moment when a slot is free again. */
static void keep(struct control_srv *s, const struct srv_answer *a)
{
    s->records = malloc(sizeof *a);
    CHECK(s->records);
    *s->records = *a;
}

static void drop_kept(struct control_srv *s)
{
    free(s->records);
    s->records = NULL;
}

/* Where those that leave have all the slots, some of them go before their time: nobody else could
 * come, and they would never go. Some, as a host that comes may have no address; half of them stay
 * at least. */
static void make_room(struct control_srv *s)
{
    struct control_service *service = s->service;
    unsigned n_own = 0, n_left = 0;
    for (unsigned i = service->config->n_targets; i < service->n_slots; i++) {
        const struct control_target *t = service->targets[i];
        if (!t || (is_of(t, s->from) && !t->is_leaving))
            return;
        n_own += is_of(t, s->from);
    }
    unsigned n = n_own / 2 < ROOM ? (n_own + 1) / 2 : ROOM;
    for (unsigned i = service->n_slots; i-- > service->config->n_targets && n_left < n;)
        if (is_of(service->targets[i], s->from)) {
            leave(service->targets[i]);
            n_left++;
        }
}

/* Each record has its target. false: one has found no slot. */
static bool take_records(struct control_srv *s, const struct srv_answer *a)
{
    bool has_all = true;
    make_room(s);
    for (unsigned i = 0; i < a->n; i++) {
        struct control_target *t = find(s, &a->at[i]);
        if (t)
            stay(t, &a->at[i]);
        else
            has_all &= come(s, &a->at[i]);
    }
    return has_all;
}

static bool has_leaving(const struct control_service *s)
{
    for (unsigned i = s->config->n_targets; i < s->n_slots; i++)
        if (s->targets[i] && s->targets[i]->is_leaving)
            return true;
    return false;
}

static void say_left_out(const struct control_srv *s)
{
    const struct control_service *service = s->service;
    if (service->control->snapshot->config->log.level >= CONFIG_LEVEL_WARN)
        fprintf(
            stderr,
            "sheaf: the records of %s name more targets than the service %.*s takes, which is %d; "
            "the others are not called\n",
            config_of(s)->host, SLICE_ARG(service->config->name), SRV_MAX);
}

/* Once, until there is a place for all again. Those that still leave may make it. */
static void tell_left_out(struct control_srv *s)
{
    bool is_left_out = s->is_cut || (s->records && !has_leaving(s->service));
    if (is_left_out && !s->is_told)
        say_left_out(s);
    s->is_told = is_left_out || (s->is_told && s->records);
}

/* Slots are free: who has waited for one may come. */
static void take_kept(struct control_service *s)
{
    for (unsigned i = 0; i < s->n_srvs; i++) {
        struct control_srv *srv = &s->srvs[i];
        if (!srv->records)
            continue;
        if (take_records(srv, srv->records))
            drop_kept(srv);
        tell_left_out(srv);
    }
}

static void on_records(void *context, const struct srv_answer *a)
{
    struct control_srv *s = context;
    struct control_service *service = s->service;
    drop_kept(s);
    s->is_cut = a->is_cut;
    for (unsigned i = service->config->n_targets; i < service->n_slots; i++)
        if (is_of(service->targets[i], s->from))
            service->targets[i]->is_leaving = !names(a, service->targets[i]);
    bool has_left = sweep(service, s->from);
    if (!take_records(s, a))
        keep(s, a);
    if (sweep(service, s->from) || has_left)
        take_kept(service);
    tell_left_out(s);
    control_srv_settle(s);
}

void control_srv_sweep(struct control_service *s, unsigned from)
{
    if (sweep(s, from))
        take_kept(s);
}

void control_srv_done(struct control_srv *s)
{
    drop_kept(s);
}

void control_srv_settle(struct control_srv *s)
{
    bool was_awaited = s->is_awaited;
    s->is_awaited = false;
    if (was_awaited)
        control_settle(s->service->control);
}

/* What the same name gave in the configuration before, until there is an answer. */
static void inherit(struct control_srv *s, const struct control_srv *from,
                    const struct control_targets *before)
{
    for (unsigned i = 0; i < from->service->n_slots; i++) {
        const struct control_target *old = from->service->targets[i];
        if (!is_of(old, from->from))
            continue;
        const struct service_known *k = &old->at.known;
        const struct control_place place = {s->from, k->host, k->port, k->weight};
        struct control_target *t = add(s, &place);
        if (!t)
            continue;
        t->is_leaving = old->is_leaving;
        control_target_begin(t, before);
    }
}

void control_srv_begin(struct control_srv *s, const struct control_targets *before)
{
    const struct control_service *old =
        before ? control_targets_service(before, s->service->config->name) : NULL;
    for (unsigned i = 0; old && i < old->n_srvs; i++)
        if (strcmp(config_of(&old->srvs[i])->host, config_of(s)->host) == 0) {
            s->is_told = old->srvs[i].is_told;
            inherit(s, &old->srvs[i], before);
            break;
        }
    s->watched =
        resolver_srv_watch(s->service->control->resolver, config_of(s)->host, on_records, s);
}
