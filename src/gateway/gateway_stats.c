/* gateway_stats.c - as many numbers as the configuration has sources */
#include "gateway/gateway_stats.h"

#include <stdlib.h>

#include "base/check.h"

static void *take(size_t n, size_t size)
{
    void *at = calloc(n ? n : 1, size);
    CHECK(at);
    return at;
}

struct gateway_stats *gateway_stats_new(const struct config *config)
{
    struct gateway_stats *s = take(1, sizeof *s);
    s->config = config;
    s->endpoints = take(config->n_endpoints, sizeof *s->endpoints);
    for (unsigned i = 0; i < config->n_endpoints; i++)
        s->endpoints[i].sources =
            take(config->endpoints[i].n_sources, sizeof *s->endpoints[i].sources);
    return s;
}

void gateway_stats_free(struct gateway_stats *s)
{
    for (unsigned i = 0; i < s->config->n_endpoints; i++)
        free(s->endpoints[i].sources);
    free(s->endpoints);
    free(s);
}
