/* pool.h - kept connections of one worker to one target, the most recently used first
 *
 * A pool knows the target's addresses (tried in turn), its TLS context and how long a connect may
 * take. Idle connections are watched: one that the service closes, or that says something unasked,
 * goes away. `warm` connections are opened ahead and kept at that number.
 */
#pragma once

#include <stdint.h>

#include "net/loop.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "observe/counters.h"

struct pool;

struct pool_settings {
    SSL_CTX *tls;            /* NULL: plain; one reference stays the caller's */
    const char *server_name; /* for TLS; copied */
    uint64_t connect_timeout_ms;
    uint64_t idle_timeout_ms; /* an idle connection is closed after it */
    unsigned warm;
    unsigned max_idle;
    size_t head_limit; /* bytes of an answer's head */
};

struct pool *pool_new(struct loop *l, const struct pool_settings *s, struct counters *counters);
/* New addresses: kept connections to addresses that are gone end when they are free. */
void pool_set_addresses(struct pool *p, const struct addresses *a);
/* No connection is kept or opened ahead any more; calls may still be made. */
void pool_retire(struct pool *p);
/* Ends idle connections; the memory goes when the last call has ended. No call starts after it. */
void pool_close(struct pool *p);
