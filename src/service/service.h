/* service.h - a service on one worker: a pool of connections a target, targets taken in turn
 *
 * A target without an address (its name is not resolved yet) is passed over. One worker's.
 */
#pragma once

#include <stdatomic.h>

#include "config/config.h"
#include "http/pool.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "observe/counters.h"

struct service_call;

/* What the services of one configuration have in common on a worker; outlives them. */
struct service_context {
    struct loop *loop;
    struct counters *counters;
    const struct config_bounds *bounds;
    atomic_size_t *n_held;           /* bytes of bodies held, of the process */
    struct service_call *free_calls; /* to be used again */
};

struct service_target {
    struct pool *pool;
    struct slice host; /* the rest of a request line, and the Host field */
    bool has_address;
};

struct service {
    struct service_context *context;
    const struct config_service *config;
    struct service_target *targets; /* config->n_targets of them */
    unsigned next;                  /* whose turn it is */
};

/* tls may be NULL where no target speaks TLS. */
struct service *service_new(struct service_context *context, const struct config_service *config,
                            SSL_CTX *tls);
void service_set_addresses(struct service *s, unsigned target, const struct addresses *a);
/* NULL where no target has an address. */
struct service_target *service_pick(struct service *s);
/* The time on the loop's clock that is this long from now, never earlier. */
uint64_t service_due_ms(const struct loop *l, uint64_t ms);
/* No call is under way. */
void service_free(struct service *s);
