/* prober.h - asks a target again and again whether it is well (service/health.h decides)
 *
 * A check is a GET of health.path with the Host that calls have, on a connection of its own; a
 * whole answer of 2xx within the timeout is a good one. There are none while the target has no
 * address. On the control thread's loop, one prober a target.
 */
#pragma once

#include "http/pool.h"
#include "net/loop.h"
#include "service/health.h"

struct prober;

/* What is known of a target by its checks; goes along to the next configuration. */
struct prober_record {
    struct health health;
    uint64_t n_good, n_bad;
};

struct prober_settings {
    const struct config_service *service; /* whose health.is_on; outlives the prober */
    const struct config_target *from;     /* likewise */
    SSL_CTX *tls;                         /* NULL where the target is plain; shared */
    uint64_t random;
    void (*on_change)(void *owner, bool is_healthy); /* never inside prober_new() */
    void *owner;
};

struct prober *prober_new(struct loop *l, const struct prober_settings *s,
                          struct counters *counters);
void prober_set_addresses(struct prober *p, const struct addresses *a);
const struct prober_record *prober_record(const struct prober *p);
/* Goes on from what a prober of the same target knew. */
void prober_take_record(struct prober *p, const struct prober_record *r);
/* No on_change after it. */
void prober_free(struct prober *p);
