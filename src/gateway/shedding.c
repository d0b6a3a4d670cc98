/* shedding.c - pressure becomes bits of sources */
#include "gateway/shedding.h"

#include "base/units.h"
#include "gateway/gateway_internal.h"
#include "policy/pressure.h"

enum {
    WHOLE = 1000
};

static struct pressure judge(const struct gateway *g)
{
    const struct gateway_context *c = &g->context;
    const struct pressure_signs signs = {
        .lag_us = g->loop->lag_ns / NS_A_US,
        .held = atomic_load_explicit(c->n_held, memory_order_relaxed),
        .memory = g->config->bounds.memory,
        .in_flight = atomic_load_explicit(c->n_in_flight, memory_order_relaxed),
        .connections = g->config->bounds.connections,
    };
    return pressure_judge(&signs);
}

/* Of some sources the one that matters least, as a bit; of equals the last. */
static uint64_t least(const struct plan *plan, uint64_t sources)
{
    unsigned found = (unsigned)__builtin_ctzll(sources);
    for (uint64_t left = sources; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);
        if (plan->sources[i].config->priority <= plan->sources[found].config->priority)
            found = i;
    }
    return UINT64_C(1) << found;
}

static uint64_t choose(const struct plan *plan, uint64_t optional, unsigned permille)
{
    unsigned n = ((unsigned)__builtin_popcountll(optional) * permille + WHOLE - 1) / WHOLE;
    uint64_t chosen = 0;
    for (; n > 0; n--)
        chosen |= least(plan, optional & ~chosen);
    return chosen;
}

static enum counter_id counter_of(enum pressure_reason reason)
{
    switch (reason) {
    case PRESSURE_NONE:
    case PRESSURE_LAG:
        break;
    case PRESSURE_MEMORY:
        return COUNT_SHED_SOURCES_MEMORY;
    case PRESSURE_CONNECTIONS:
        return COUNT_SHED_SOURCES_CONNECTIONS;
    }
    return COUNT_SHED_SOURCES_LAG;
}

struct shedding shedding_judge(const struct visit *v)
{
    const struct gateway *g = v->gateway;
    struct pressure p = judge(g);
    struct shedding s = {.refuses = p.refusal != PRESSURE_NONE, .counted_as = counter_of(p.reason)};
    if (s.refuses)
        counters_add(
            g->context.counters,
            p.refusal == PRESSURE_MEMORY ? COUNT_SHED_REQUESTS_MEMORY : COUNT_SHED_REQUESTS_LAG, 1);
    else if (p.reason != PRESSURE_NONE)
        s.sources = choose(v->plan, v->plan->optional & v->selection.called, p.optional_permille);
    return s;
}
