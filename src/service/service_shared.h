/* service_shared.h - what all workers know of a service together
 *
 * One a service and configuration, made before the workers see it; everything in it is atomic.
 */
#pragma once

#include "config/config.h"
#include "policy/breaker.h"
#include "policy/budget.h"
#include "policy/ejection.h"
#include "policy/limit.h"

struct service_shared {
    struct breaker breaker;
    struct budget retries, hedges;
    struct limit limit;
    atomic_uint n_waiting;             /* calls that wait for a place, of all workers */
    struct ejection_target *ejections; /* by index of the target */
};

/* By index of the service. */
struct service_shared *service_shared_new(const struct config *config);
void service_shared_free(struct service_shared *shared, const struct config *config);
