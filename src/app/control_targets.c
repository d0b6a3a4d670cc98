/* control_targets.c - a table of targets a service, made for a snapshot and gone with it */
#include "app/control_targets.h"

#include <stdlib.h>

#include "app/control_internal.h"
#include "app/control_targets_internal.h"
#include "base/memory.h"
#include "observe/metrics.h"

static bool is_awaited(const struct config_target *t)
{
    struct addresses literal;
    return t->is_srv || !resolver_literal(t->host, t->port, &literal);
}

unsigned control_targets_count(const struct config *config)
{
    unsigned n = 0;
    for (unsigned s = 0; s < config->n_services; s++)
        for (unsigned t = 0; t < config->services[s].n_targets; t++)
            n += is_awaited(&config->services[s].targets[t]);
    return n;
}

const struct control_service *control_targets_service(const struct control_targets *t,
                                                      struct slice name)
{
    for (unsigned i = 0; i < t->n_services; i++)
        if (slice_equal(t->services[i].config->name, name))
            return &t->services[i];
    return NULL;
}

static void open_service(struct control_service *s, struct control *c,
                         const struct config_service *config)
{
    *s = (struct control_service){
        .control = c, .config = config, .n_slots = service_n_slots(config)};
    s->targets = memory_take_zero(s->n_slots, sizeof *s->targets);
    s->srvs = memory_take_zero(config->n_targets, sizeof *s->srvs);
    for (unsigned i = 0; i < config->n_targets; i++) {
        const struct config_target *t = &config->targets[i];
        const struct control_place place = {i, t->host, t->port, t->weight};
        if (t->is_srv)
            s->srvs[s->n_srvs++] =
                (struct control_srv){.service = s, .from = i, .is_awaited = true};
        else
            control_target_new(s, i, &place)->is_awaited = is_awaited(t);
    }
}

static void begin_service(struct control_service *s, const struct control_targets *before)
{
    for (unsigned i = 0; i < s->config->n_targets; i++)
        if (s->targets[i])
            control_target_begin(s->targets[i], before);
    for (unsigned i = 0; i < s->n_srvs; i++)
        control_srv_begin(&s->srvs[i], before);
}

static bool has_targets(const struct control_srv *s)
{
    for (unsigned i = s->service->config->n_targets; i < s->service->n_slots; i++)
        if (s->service->targets[i] && s->service->targets[i]->at.known.from == s->from &&
            s->service->targets[i]->at.known.addresses.n)
            return true;
    return false;
}

/* What is known by now need not be waited for. */
static void settle_service(struct control_service *s)
{
    for (unsigned i = 0; i < s->n_slots; i++)
        if (s->targets[i] && s->targets[i]->at.known.addresses.n)
            control_target_settle(s->targets[i]);
    for (unsigned i = 0; i < s->n_srvs; i++)
        if (has_targets(&s->srvs[i]))
            control_srv_settle(&s->srvs[i]);
}

/* All are begun before the first one settles, as the workers then may be told of all. */
void control_targets_watch(struct control *c, const struct control_targets *before)
{
    const struct config *config = c->snapshot->config;
    struct control_targets *t = &c->targets;
    t->n_services = config->n_services;
    t->services = memory_take_zero(t->n_services, sizeof *t->services);
    for (unsigned i = 0; i < t->n_services; i++)
        open_service(&t->services[i], c, &config->services[i]);
    for (unsigned i = 0; i < t->n_services; i++)
        begin_service(&t->services[i], before);
    for (unsigned i = 0; i < t->n_services; i++)
        settle_service(&t->services[i]);
}

/* Visits each target that there is. */
static void each_target(const struct control *c,
                        void (*visit)(const struct control_target *t, void *context), void *context)
{
    for (unsigned i = 0; i < c->targets.n_services; i++) {
        const struct control_service *s = &c->targets.services[i];
        for (unsigned k = 0; k < s->n_slots; k++)
            if (s->targets[k])
                visit(s->targets[k], context);
    }
}

struct known {
    struct worker_target *at; /* NULL: they are counted only */
    unsigned n;
};

static void note(const struct control_target *t, void *context)
{
    struct known *known = context;
    if (known->at)
        known->at[known->n] = t->at;
    known->n++;
}

struct worker_target *control_targets_known(const struct control *c, unsigned *n)
{
    struct known known = {0};
    each_target(c, note, &known);
    known.at = memory_take_zero(known.n, sizeof *known.at);
    known.n = 0;
    each_target(c, note, &known);
    *n = known.n;
    return known.at;
}

static void close_service(struct control_service *s)
{
    for (unsigned i = 0; i < s->n_srvs; i++)
        resolver_srv_unwatch(s->srvs[i].watched);
    for (unsigned i = 0; i < s->n_srvs; i++)
        control_srv_done(&s->srvs[i]);
    for (unsigned i = 0; i < s->n_slots; i++)
        if (s->targets[i])
            control_target_free(s->targets[i]);
    free(s->targets);
    free(s->srvs);
}

void control_targets_done(struct control_targets *t)
{
    for (unsigned i = 0; i < t->n_services; i++)
        close_service(&t->services[i]);
    free(t->services);
    *t = (struct control_targets){0};
}

struct show {
    struct metrics *m;
    void (*sample)(struct metrics *m, const struct control_target *t, struct metrics_label *labels);
};

static void show_target(const struct control_target *t, void *context)
{
    const struct show *show = context;
    char name[CONTROL_NAME_SIZE];
    struct metrics_label labels[3] = {{"service", t->service->config->name}};
    if (!t->prober)
        return;
    labels[1] = (struct metrics_label){"target", slice_of(control_target_name(t, name))};
    show->sample(show->m, t, labels);
}

static void show_health(struct metrics *m, const struct control_target *t,
                        struct metrics_label *labels)
{
    metrics_sample(m, "sheaf_target_healthy", labels, 2, !t->at.known.is_unhealthy);
}

static void show_checks(struct metrics *m, const struct control_target *t,
                        struct metrics_label *labels)
{
    const struct prober_record *r = prober_record(t->prober);
    const char *const name = "sheaf_health_checks_total";
    labels[2] = (struct metrics_label){"result", SLICE("good")};
    metrics_sample(m, name, labels, 3, (int64_t)r->n_good);
    labels[2] = (struct metrics_label){"result", SLICE("bad")};
    metrics_sample(m, name, labels, 3, (int64_t)r->n_bad);
}

void control_targets_show(const struct control *c, struct metrics *m)
{
    struct show health = {m, show_health}, checks = {m, show_checks};
    metrics_family(m, "sheaf_target_healthy", "gauge", "Does the target pass its health checks?");
    each_target(c, show_target, &health);
    metrics_family(m, "sheaf_health_checks_total", "counter", "Health checks by their result.");
    each_target(c, show_target, &checks);
}
