/* service_shared.h - what all workers know of a service together
 *
 * Made before the workers see it; everything in it is atomic. What the service is as a whole is
 * counted and goes on over a reload, as calls do that began before it: their number is the
 * process's. What is known of its targets belongs to one configuration, whose slots they have.
 */
#pragma once

#include "config/config.h"
#include "policy/breaker.h"
#include "policy/budget.h"
#include "policy/ejection.h"
#include "policy/limit.h"

struct service_shared {
    atomic_uint n_holders; /* configurations */
    struct breaker breaker;
    struct budget retries, hedges;
    struct limit limit;
    atomic_uint n_waiting;  /* calls that wait for a place, of all workers, */
    atomic_uint n_required; /* and of required sources among them */
    /* A source of this configuration, or of one before, remembers what it answers: what an unsafe
     * call changes is to be forgotten. */
    atomic_bool is_remembered;
};

/* A service of one configuration. */
struct service_sharing {
    struct service_shared *shared;
    struct ejection_target *ejections; /* by index of the target */
};

/* By index of the service. */
struct service_sharing *service_shared_new(const struct config *config);
void service_shared_free(struct service_sharing *services, const struct config *config);
/* A service goes on as it is in `old`, where it has that name there, one of its targets, the same
 * window of its breaker, and no other adaptive limit. Only before the workers see it. */
void service_shared_keep(struct service_sharing *services, const struct config *config,
                         const struct service_sharing *old, const struct config *old_config);
/* Where it does not, an operator's word still holds for whoever has that name. */
void service_shared_keep_forces(struct service_sharing *services, const struct config *config,
                                const struct service_sharing *old, const struct config *old_config);
