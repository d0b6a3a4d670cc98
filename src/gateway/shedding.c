/* shedding.c - pressure becomes bits of sources */
#include "gateway/shedding.h"

#include "gateway/gateway_internal.h"
#include "policy/pressure.h"

enum {
    NS_A_US = 1000,
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

static bool is_optional(const struct plan *plan, unsigned source)
{
    return !plan->sources[source].config->is_required;
}

/* Of the optional sources that are not chosen yet the one that matters least, as a bit; of equals
 * the last. 0: there is none. */
static uint64_t least(const struct plan *plan, uint64_t chosen)
{
    uint64_t found = 0;
    int lowest = 0;
    for (unsigned i = 0; i < plan->n_sources; i++) {
        int priority = plan->sources[i].config->priority;
        uint64_t bit = UINT64_C(1) << i;
        if (!is_optional(plan, i) || (chosen & bit) || (found && priority > lowest))
            continue;
        found = bit;
        lowest = priority;
    }
    return found;
}

static unsigned count_optional(const struct plan *plan)
{
    unsigned n = 0;
    for (unsigned i = 0; i < plan->n_sources; i++)
        n += is_optional(plan, i);
    return n;
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

enum shedding_verdict shedding_judge(struct gateway *g, const struct plan *plan, uint64_t *sources)
{
    struct pressure p = judge(g);
    *sources = 0;
    if (p.reason == PRESSURE_NONE)
        return SHEDDING_NOTHING;
    if (p.refuses) {
        counters_add(g->context.counters, COUNT_SHED_REQUESTS, 1);
        return SHEDDING_REQUEST;
    }
    unsigned n = (count_optional(plan) * p.optional_permille + WHOLE - 1) / WHOLE;
    for (unsigned i = 0; i < n; i++)
        *sources |= least(plan, *sources);
    counters_add(g->context.counters, counter_of(p.reason), n);
    return n ? SHEDDING_SOURCES : SHEDDING_NOTHING;
}
