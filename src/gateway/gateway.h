/* gateway.h - one configuration in service on one worker: requests in, answers out
 *
 * A gateway is compiled from a configuration: routes, plans, pools. A reload makes a new one and
 * lets the server's front point at it; the old one retires, ends the runs that it has begun (calls
 * that nobody waits for any more, too) and frees itself.
 *
 * One worker's; the statistics alone may be read by another thread.
 */
#pragma once

#include <stdatomic.h>

#include "base/journal.h"
#include "base/random.h"
#include "config/config.h"
#include "gateway/gateway_stats.h"
#include "http/exchange.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "observe/counters.h"
#include "service/service.h"
#include "wire/pattern.h"

struct api_keys;
struct client_certs;
struct key_set;
struct gateway;
struct rate_table;
struct late_calls;
struct service_cache;
struct service_sharing;

/* What a worker lends its gateways. All of it outlives them. */
struct gateway_context {
    struct counters *counters;
    struct journal_ring *journal; /* NULL: no access log */
    struct journal_ring *spans;   /* of finished work, as lines; NULL: no traces */
    struct random *random;
    struct pattern_scratch *scratch;
    SSL_CTX **client_tls;  /* by index of the service; NULL where no target speaks TLS */
    atomic_size_t *n_held; /* bytes of bodies and output, of the process; held to bounds.memory */
    atomic_uint *n_in_flight;       /* requests of the process that are being answered */
    struct service_sharing *shared; /* by index of the service: what the workers know together */
    struct api_keys **keys;         /* by index of the policy; the gateway takes shares */
    struct client_certs **client_certs; /* by index of the policy; NULL where it asks for none */
    struct gateway_stats *stats; /* made for the same configuration; only this worker writes */
    struct jq *jq;               /* the helper of this worker; NULL: there is none */
    struct service_cache *cache; /* NULL: nothing is remembered */
    struct late_calls *late;     /* those that have outlived their requests (late.h) */
    struct rate_table *rates;    /* of the process; NULL where no endpoint has a limit */
    /* A service refused a token of that generation (service_set_credentials()); may be NULL. */
    void (*on_refused)(void *owner, uint64_t generation);
    /* A token of that policy names a key that is not known; gateway_set_issuer() will follow. */
    void (*on_unknown_key)(void *owner, unsigned policy);
    /* jq made no value of an answer, and said why. Once a program. May be NULL. */
    void (*on_program_failed)(void *owner, const struct config_endpoint *e,
                              const struct config_source *s, struct slice why);
    void *owner; /* of all three */
};

/* The configuration outlives the gateway. No target has an address yet. */
struct gateway *gateway_new(struct loop *loop, const struct config *config,
                            const struct gateway_context *context);
/* Addresses are copied. */
void gateway_set_addresses(struct gateway *g, unsigned service, unsigned target,
                           const struct addresses *a);
/* A header line, with its CRLF; empty: there are none to be had. See service_set_credentials(). */
void gateway_set_credentials(struct gateway *g, unsigned service, struct slice line,
                             uint64_t generation);
/* Who may ask by which key from now on; the gateway takes a share. */
void gateway_set_keys(struct gateway *g, unsigned policy, struct api_keys *keys);
/* What is new of the issuer of a policy's tokens. */
struct gateway_issuer {
    unsigned policy;
    struct key_set *keys; /* NULL: those that were there stay; the gateway takes a share */
    uint64_t quiet_ms;    /* for so long no newer ones will be asked for */
};
void gateway_set_issuer(struct gateway *g, const struct gateway_issuer *news);
/* All that is known of a target of that service by now; copied. */
void gateway_set_known(struct gateway *g, unsigned service, const struct service_known *k);
/* The server's front no longer points at it: no request reaches it from now on. When the last run
 * has ended it frees itself, then tells; never inside this call. */
void gateway_retire(struct gateway *g, void (*on_retired)(void *context), void *context);

/* The context of a server whose handlers these are is a struct gateway_front. */
struct gateway_front {
    struct gateway *current;
};
extern const struct exchange_handlers gateway_handlers;
