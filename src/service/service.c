/* service.c - targets, their pools, and the choice among them */
#include "service/service.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/units.h"
#include "service/service_internal.h"
#include "service/service_queue.h"

enum {
    LATENCY_WINDOW_MS = 30000,
    WELL_LEAST_OF = 5, /* fewer than one in so many are not enough */
};

static bool wants_latency(const struct config_service *c)
{
    return c->retry.attempts > 1 || c->hedge.is_on;
}

struct service *service_new(struct service_context *context, const struct config_service *config,
                            const struct service_sharing *sharing, SSL_CTX *tls)
{
    struct service *s = memory_take_zero(1, sizeof *s);
    *s = (struct service){.context = context, .config = config, .tls = tls};
    s->shared = sharing->shared;
    s->ejections = sharing->ejections;
    s->n_targets = config->n_targets;
    s->targets = memory_take_zero(service_n_slots(config), sizeof *s->targets);
    s->loads = memory_take_zero(service_n_slots(config), sizeof *s->loads);
    service_targets_init(s);
    balance_init(&s->balance, s->loads, s->n_targets);
    if (wants_latency(config)) {
        s->latency = memory_take_zero(1, sizeof *s->latency);
        quantile_init(s->latency, LATENCY_WINDOW_MS);
    }
    s->lacks_credentials = config->credentials.kind != CONFIG_NO_CREDENTIALS;
    service_queue_init(s);
    return s;
}

static void forget_line(struct service *s)
{
    if (s->authorization.n)
        explicit_bzero((char *)s->authorization.at, s->authorization.n);
    free((char *)s->authorization.at);
}

void service_set_credentials(struct service *s, struct slice line, uint64_t generation)
{
    char *text = memory_take_zero(1, line.n + 1);
    if (line.n)
        memcpy(text, line.at, line.n);
    forget_line(s);
    s->authorization = (struct slice){text, line.n};
    s->token = generation;
    s->token_since_ns = s->context->loop->now_ns;
    s->lacks_credentials = line.n == 0 && s->config->credentials.kind != CONFIG_NO_CREDENTIALS;
}

/* One that began before the token came had another. */
void service_note_refusal(struct service *s, uint64_t started_ns)
{
    uint64_t generation = s->token;
    if (generation == 0 || started_ns < s->token_since_ns || !s->context->on_refused)
        return;
    s->token = 0;
    s->context->on_refused(s->context->refused_owner, generation);
}

bool service_is_well(const struct service *s, unsigned target)
{
    const struct service_target *t = &s->targets[target];
    return t->has_address && !t->is_unhealthy &&
           !ejection_is_out(&s->ejections[target], s->context->loop->now_ms);
}

/* Who is back from an ejection rises slowly to its share. */
static void note_ejected(struct service *s, const struct balance_set *ejected)
{
    for (unsigned i = 0; i < BALANCE_WORDS; i++)
        for (uint64_t back = s->ejected.bits[i] & ~ejected->bits[i]; back; back &= back - 1)
            s->loads[i * 64 + (unsigned)__builtin_ctzll(back)].since_ns = s->context->loop->now_ns;
    s->ejected = *ejected;
}

struct choice {
    struct balance_set there; /* targets with an address */
    struct balance_set well;  /* of these */
};

/* Where nearly none is well those would have to carry all, and it is likelier that we see wrongly:
 * then all count as well. */
static struct choice look_at_targets(struct service *s)
{
    struct choice c = {0};
    struct balance_set ejected = {0};
    unsigned n_there = 0, n_well = 0;
    for (unsigned i = 0; i < s->n_targets; i++) {
        const struct service_target *t = &s->targets[i];
        if (ejection_is_out(&s->ejections[i], s->context->loop->now_ms))
            balance_add(&ejected, i);
        if (!t->has_address)
            continue;
        n_there++;
        balance_add(&c.there, i);
        if (t->is_unhealthy || balance_has(&ejected, i))
            continue;
        n_well++;
        balance_add(&c.well, i);
    }
    note_ejected(s, &ejected);
    if (n_well * WELL_LEAST_OF < n_there)
        c.well = c.there;
    return c;
}

static struct balance_set without(const struct balance_set *set, const struct balance_set *tried)
{
    struct balance_set rest;
    for (unsigned i = 0; i < BALANCE_WORDS; i++)
        rest.bits[i] = set->bits[i] & ~tried->bits[i];
    return rest;
}

bool service_has_other(struct service *s, const struct balance_set *tried)
{
    const struct choice c = look_at_targets(s);
    const struct balance_set rest = without(&c.well, tried);
    for (unsigned i = 0; i < BALANCE_WORDS; i++)
        if (rest.bits[i])
            return true;
    return false;
}

static int choose_among(struct service *s, const struct balance_set *usable, uint64_t hash)
{
    switch (s->config->balance) {
    case CONFIG_LEAST_LATENCY:
        break;
    case CONFIG_ROUND_ROBIN:
        return balance_round_robin(&s->balance, usable, s->context->loop->now_ns);
    case CONFIG_HASH:
        if (hash)
            return balance_hash(&s->balance, usable, hash);
        break;
    }
    return balance_least_latency(&s->balance, usable, random_next(s->context->random),
                                 s->context->loop->now_ns);
}

/* One that is well and was tried is better than one that is not. */
int service_choose(struct service *s, const struct balance_set *tried, uint64_t hash)
{
    if (s->n_targets == 1)
        return s->targets[0].has_address ? 0 : BALANCE_NONE;
    const struct choice c = look_at_targets(s);
    const struct balance_set preferred[] = {without(&c.well, tried), c.well,
                                            without(&c.there, tried), c.there};
    int target = BALANCE_NONE;
    for (unsigned i = 0; i < sizeof preferred / sizeof *preferred && target == BALANCE_NONE; i++)
        target = choose_among(s, &preferred[i], hash);
    return target;
}

uint64_t service_due_ms(const struct loop *l, uint64_t ms)
{
    return (l->now_ns + NS_A_MS - 1) / NS_A_MS + ms;
}

void service_free(struct service *s)
{
    service_queue_done(s);
    service_targets_done(s);
    balance_done(&s->balance);
    forget_line(s);
    free(s->latency);
    free(s->loads);
    free(s->targets);
    free(s);
}
