/* control_credentials.c - holders of secrets, and how workers hear of them */
#include "app/control_credentials.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/control_grant.h"
#include "app/control_internal.h"
#include "app/secret.h"
#include "base/check.h"
#include "base/memory.h"
#include "base/units.h"
#include "observe/metrics.h"
#include "service/credentials.h"
#include "wire/token.h"

enum {
    LOOK_EVERY_MS = 1000,
};

struct control_holder {
    struct control *control;
    const struct config_service *service;
    struct secret secret;
    struct buffer line;          /* of what is no token */
    struct control_grant *grant; /* OAuth 2.0 alone */
    bool is_settled;             /* had a line since its snapshot came */
};

static const struct config_secret *secret_of(const struct config_credentials *c)
{
    switch (c->kind) {
    case CONFIG_BEARER:
        return &c->bearer;
    case CONFIG_BASIC:
        return &c->password;
    case CONFIG_OAUTH2:
        return &c->client_secret;
    case CONFIG_NO_CREDENTIALS:
        break;
    }
    return NULL;
}

static struct worker_credentials credentials_of(const struct control_holder *h)
{
    const struct control_grant *g = h->grant;
    return (struct worker_credentials){
        .service = h->service->index,
        .generation = g ? g->life.generation : 0,
        .line = buffer_slice(g ? &g->line : &h->line),
    };
}

/* While the snapshot is not served by yet its lines go along with it. */
static void publish(struct control_holder *h)
{
    struct control *c = h->control;
    const struct worker_credentials what = credentials_of(h);
    if (what.line.n && !h->is_settled) {
        h->is_settled = true;
        control_settle(c);
    }
    for (unsigned i = 0; i < c->shared->n_workers && !c->is_waiting; i++)
        worker_set_credentials(&c->shared->workers[i], c->snapshot, &what);
}

static void on_change(void *owner)
{
    publish(owner);
}

static void complain(const struct control_holder *h, const char *what)
{
    if (h->control->snapshot->config->log.level >= CONFIG_LEVEL_WARN)
        fprintf(stderr, "sheaf: the credentials of the service %.*s: %s%s\n",
                SLICE_ARG(h->service->name), h->secret.file ? h->secret.file : "", what);
}

static void write_line(struct control_holder *h)
{
    const struct config_credentials *c = &h->service->credentials;
    struct slice value = secret_value(&h->secret);
    struct buffer line;
    buffer_init(&line, CREDENTIALS_LIMIT);
    bool good = c->kind == CONFIG_BASIC ? credentials_write_basic(&line, c->user, value)
                                        : credentials_write_bearer(&line, token_trim(value));
    struct buffer old = good ? h->line : line;
    if (good)
        h->line = line;
    else
        complain(h,
                 h->secret.file ? " is not fit for a header" : "the text is not fit for a header");
    credentials_forget(&old);
}

static void use_secret(struct control_holder *h)
{
    if (h->grant) {
        control_grant_secret_changed(h->grant);
        return;
    }
    write_line(h);
    publish(h);
}

static void look(struct control_holder *h)
{
    switch (secret_look(&h->secret)) {
    case SECRET_SAME:
        break;
    case SECRET_CHANGED:
        use_secret(h);
        break;
    case SECRET_LOST:
        complain(h, " cannot be read");
        break;
    }
}

static void on_look(struct wheel_entry *e)
{
    struct control *c = LIST_OWNER(e, struct control, credentials.look);
    for (unsigned i = 0; i < c->credentials.n; i++)
        look(c->credentials.all[i]);
    loop_arm(&c->loop, e, c->loop.now_ms + LOOK_EVERY_MS);
}

void control_credentials_init(struct control *c)
{
    wheel_entry_init(&c->credentials.look, on_look);
    random_init(&c->credentials.random);
}

unsigned control_credentials_count(const struct config *config)
{
    unsigned n = 0;
    for (unsigned i = 0; i < config->n_services; i++)
        n += config->services[i].credentials.kind != CONFIG_NO_CREDENTIALS;
    return n;
}

static struct control_holder *new_holder(struct control *c, const struct config_service *service)
{
    struct control_holder *h = memory_take_zero(1, sizeof *h);
    *h = (struct control_holder){.control = c, .service = service};
    buffer_init(&h->line, CREDENTIALS_LIMIT);
    secret_init(&h->secret, secret_of(&service->credentials), CREDENTIALS_SECRET_MAX);
    return h;
}

static void start_holder(struct control_holder *h)
{
    bool is_lost = secret_look(&h->secret) == SECRET_LOST;
    if (is_lost)
        complain(h, " cannot be read");
    if (h->service->credentials.kind == CONFIG_OAUTH2)
        h->grant = control_grant_new(h->control, h->service, &h->secret, on_change, h);
    else if (!is_lost)
        use_secret(h);
}

static void move_holder(struct control_holder *h, const struct config_service *service)
{
    h->service = service;
    h->is_settled = false;
    secret_move(&h->secret, secret_of(&service->credentials));
    if (h->grant)
        control_grant_move(h->grant, service);
    look(h);
    publish(h);
}

static void free_holder(struct control_holder *h)
{
    if (h->grant)
        control_grant_free(h->grant);
    secret_done(&h->secret);
    credentials_forget(&h->line);
    free(h);
}

/* Its place is empty from then on; NULL: there is none. */
static struct control_holder *take_alike(struct control_credentials *from,
                                         const struct config_service *service)
{
    for (unsigned i = 0; i < from->n; i++) {
        struct control_holder *h = from->all[i];
        if (!h || !credentials_are_alike(h->service, service))
            continue;
        from->all[i] = NULL;
        return h;
    }
    return NULL;
}

static void free_all(struct control_credentials *some)
{
    for (unsigned i = 0; i < some->n; i++)
        if (some->all[i])
            free_holder(some->all[i]);
    free(some->all);
}

/* It is among the others before it tells anybody of itself. */
static void watch(struct control *c, const struct config_service *service,
                  struct control_credentials *before)
{
    struct control_holder *kept = take_alike(before, service);
    struct control_holder *h = kept ? kept : new_holder(c, service);
    c->credentials.all[c->credentials.n++] = h;
    if (kept)
        move_holder(h, service);
    else
        start_holder(h);
}

void control_credentials_watch(struct control *c)
{
    const struct config *config = c->snapshot->config;
    struct control_credentials before = c->credentials;
    c->credentials.n = 0;
    c->credentials.all =
        memory_take_zero(control_credentials_count(config) + 1, sizeof *c->credentials.all);
    for (unsigned i = 0; i < config->n_services; i++)
        if (config->services[i].credentials.kind != CONFIG_NO_CREDENTIALS)
            watch(c, &config->services[i], &before);
    free_all(&before);
    loop_arm(&c->loop, &c->credentials.look, c->loop.now_ms + LOOK_EVERY_MS);
}

unsigned control_credentials_known(const struct control *c, struct worker_credentials *out)
{
    for (unsigned i = 0; i < c->credentials.n; i++)
        out[i] = credentials_of(c->credentials.all[i]);
    return c->credentials.n;
}

void control_credentials_done(struct control *c)
{
    free_all(&c->credentials);
    c->credentials.all = NULL;
    c->credentials.n = 0;
    loop_disarm(&c->loop, &c->credentials.look);
}

struct refusal {
    struct loop_message base;
    uint64_t generation;
};

static void run_refused(struct loop_message *base, void *owner)
{
    struct refusal *r = (struct refusal *)base;
    struct control *c = owner;
    for (unsigned i = 0; i < c->credentials.n; i++) {
        struct control_grant *g = c->credentials.all[i]->grant;
        if (g)
            control_grant_refused(g, r->generation);
    }
    free(r);
}

void control_credentials_refused(struct control *c, uint64_t generation)
{
    struct refusal *r = malloc(sizeof *r);
    CHECK(r);
    *r = (struct refusal){.base.run = run_refused, .generation = generation};
    loop_post(&c->loop, &r->base);
}

/* Visits each service that asks for tokens. */
static void each_grant(const struct control *c, struct metrics *m,
                       void (*show)(const struct control_grant *g, struct metrics *m))
{
    for (unsigned i = 0; i < c->credentials.n; i++)
        if (c->credentials.all[i]->grant)
            show(c->credentials.all[i]->grant, m);
}

static void show_results(const struct control_grant *g, struct metrics *m)
{
    static const char *const names[] = {
        [CONTROL_GRANT_OK] = "ok",           [CONTROL_GRANT_REFUSED] = "refused",
        [CONTROL_GRANT_INVALID] = "invalid", [CONTROL_GRANT_UNREACHABLE] = "unreachable",
        [CONTROL_GRANT_TIMEOUT] = "timeout",
    };
    for (unsigned i = 0; i < CONTROL_GRANT_N_RESULTS; i++) {
        const struct metrics_label labels[] = {{"service", g->service->name},
                                               {"result", slice_of(names[i])}};
        metrics_sample(m, "sheaf_token_requests_total", labels, 2, (int64_t)g->n_results[i]);
    }
}

/* None where there is no end to be told of. */
static void show_rest(const struct control_grant *g, struct metrics *m)
{
    const struct metrics_label label = {"service", g->service->name};
    uint64_t now_ms = g->control->loop.now_ms;
    uint64_t rest_ms = 0;
    if (g->life.generation && g->life.ends_ms == UINT64_MAX)
        return;
    if (g->life.generation && g->life.ends_ms > now_ms)
        rest_ms = g->life.ends_ms - now_ms;
    metrics_sample(m, "sheaf_token_expires_seconds", &label, 1, (int64_t)(rest_ms / MS_A_SECOND));
}

void control_credentials_show(const struct control *c, struct metrics *m)
{
    if (control_credentials_count(c->snapshot->config) == 0)
        return;
    metrics_family(m, "sheaf_token_requests_total", "counter",
                   "Requests for a service's token by what came of them.");
    each_grant(c, m, show_results);
    metrics_family(m, "sheaf_token_expires_seconds", "gauge",
                   "Time until a service's token is over; 0: there is none.");
    each_grant(c, m, show_rest);
}
