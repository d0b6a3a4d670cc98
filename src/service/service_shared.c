/* service_shared.c - made for a configuration, and gone with it */
#include "service/service_shared.h"

#include <stdlib.h>

#include "base/check.h"
#include "service/service.h"

/* The name of SRV records is no target itself. */
static struct ejection_target *new_ejections(const struct config_service *c)
{
    struct ejection_target *e = calloc(service_n_slots(c), sizeof *e);
    CHECK(e);
    for (unsigned i = 0; i < c->n_targets; i++)
        if (c->targets[i].is_srv)
            ejection_clear(&e[i], true);
    return e;
}

struct service_shared *service_shared_new(const struct config *config)
{
    struct service_shared *shared = calloc(config->n_services + 1, sizeof *shared);
    CHECK(shared);
    for (unsigned i = 0; i < config->n_services; i++) {
        shared[i].ejections = new_ejections(&config->services[i]);
        limit_init(&shared[i].limit, &config->services[i].concurrency.limit);
    }
    return shared;
}

void service_shared_free(struct service_shared *shared, const struct config *config)
{
    if (!shared)
        return;
    for (unsigned i = 0; i < config->n_services; i++)
        free(shared[i].ejections);
    free(shared);
}
