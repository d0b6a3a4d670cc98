/* control_srv.c - SRV records become targets, and targets leave with their records */
#include <stdio.h>

#include "app/control_internal.h"
#include "app/control_targets_internal.h"

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

void control_srv_sweep(struct control_service *s, unsigned from)
{
    bool has_address = false;
    for (unsigned i = 0; i < s->n_slots; i++)
        if (is_of(s->targets[i], from) && !s->targets[i]->is_leaving)
            has_address |= s->targets[i]->at.known.addresses.n > 0;
    for (unsigned i = 0; i < s->n_slots && has_address; i++)
        if (is_of(s->targets[i], from) && s->targets[i]->is_leaving)
            leave(s->targets[i]);
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
    ejection_clear(ejection_of(service, slot), false);
    return control_target_new(service, slot, p);
}

static void come(struct control_srv *s, const struct srv_record *r)
{
    const struct control_place place = {s->from, r->host, r->port, r->weight};
    struct control_target *t = add(s, &place);
    if (!t)
        return;
    t->is_awaited = true;
    atomic_fetch_add(&s->service->control->n_unresolved, 1);
    control_target_begin(t, NULL);
    if (t->at.known.addresses.n == 0)
        return;
    control_target_publish(t);
    control_target_settle(t);
}

static void stay(struct control_target *t, const struct srv_record *r)
{
    t->is_leaving = false;
    if (t->at.known.weight == r->weight)
        return;
    t->at.known.weight = r->weight;
    control_target_publish(t);
}

static void on_records(void *context, const struct srv_answer *a)
{
    struct control_srv *s = context;
    struct control_service *service = s->service;
    for (unsigned i = service->config->n_targets; i < service->n_slots; i++)
        if (is_of(service->targets[i], s->from))
            service->targets[i]->is_leaving = !names(a, service->targets[i]);
    for (unsigned i = 0; i < a->n; i++) {
        struct control_target *t = find(s, &a->at[i]);
        if (t)
            stay(t, &a->at[i]);
        else
            come(s, &a->at[i]);
    }
    control_srv_sweep(service, s->from);
    control_srv_settle(s);
}

void control_srv_settle(struct control_srv *s)
{
    bool was_awaited = s->is_awaited;
    s->is_awaited = false;
    if (was_awaited)
        control_settle(s->service->control);
}

static const struct config_target *config_of(const struct control_srv *s)
{
    return &s->service->config->targets[s->from];
}

/* What the same name gave in the configuration before, until there is an answer. */
static void inherit(struct control_srv *s, const struct control_srv *from,
                    const struct control_targets *before)
{
    for (unsigned i = 0; i < from->service->n_slots; i++) {
        const struct control_target *old = from->service->targets[i];
        if (!is_of(old, from->from) || old->is_leaving)
            continue;
        const struct service_known *k = &old->at.known;
        const struct control_place place = {s->from, k->host, k->port, k->weight};
        struct control_target *t = add(s, &place);
        if (t)
            control_target_begin(t, before);
    }
}

void control_srv_begin(struct control_srv *s, const struct control_targets *before)
{
    const struct control_service *old =
        before ? control_targets_service(before, s->service->config->name) : NULL;
    for (unsigned i = 0; old && i < old->n_srvs; i++)
        if (strcmp(config_of(&old->srvs[i])->host, config_of(s)->host) == 0) {
            inherit(s, &old->srvs[i], before);
            break;
        }
    s->watched =
        resolver_srv_watch(s->service->control->resolver, config_of(s)->host, on_records, s);
}
