/* gateway_stats.h - how each source did: outcomes by kind and a histogram of its times
 *
 * One writer, the worker; the admin listener reads from its own thread and adds the workers up.
 * Everything is a relaxed atomic: a reader may see a call in one number and not yet in another.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "config/config.h"
#include "observe/histogram.h"
#include "service/outcome.h"

struct gateway_source_stats {
    atomic_uint_fast64_t outcomes[OUTCOME_N_KINDS]; /* by enum outcome_kind */
    struct histogram latency;                       /* of the calls that ended by themselves */
};

struct gateway_endpoint_stats {
    struct gateway_source_stats *sources; /* by index, as in the configuration */
    struct histogram latency;             /* of whole answers */
};

struct gateway_stats {
    const struct config *config; /* names of what stands here by index */
    struct gateway_endpoint_stats *endpoints;
};

static inline void gateway_stats_count(struct gateway_source_stats *s, enum outcome_kind kind)
{
    /* One writer: a load and a store, no locked instruction. */
    uint64_t n = atomic_load_explicit(&s->outcomes[kind], memory_order_relaxed);
    atomic_store_explicit(&s->outcomes[kind], n + 1, memory_order_relaxed);
}

/* The configuration outlives them. */
struct gateway_stats *gateway_stats_new(const struct config *config);
void gateway_stats_free(struct gateway_stats *s);
