/* gateway_stats.c - as many numbers as the configuration has sources */
#include "gateway/gateway_stats.h"

#include <stdlib.h>

#include "base/memory.h"

struct gateway_stats *gateway_stats_new(const struct config *config)
{
    struct gateway_stats *s = memory_take_zero(1, sizeof *s);
    s->config = config;
    s->endpoints = memory_take_zero(config->n_endpoints, sizeof *s->endpoints);
    for (unsigned i = 0; i < config->n_endpoints; i++)
        s->endpoints[i].sources =
            memory_take_zero(config->endpoints[i].n_sources, sizeof *s->endpoints[i].sources);
    return s;
}

void gateway_stats_free(struct gateway_stats *s)
{
    for (unsigned i = 0; i < s->config->n_endpoints; i++)
        free(s->endpoints[i].sources);
    free(s->endpoints);
    free(s);
}
