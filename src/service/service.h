/* service.h - a service on one worker: its targets, their pools, and which of them is called
 *
 * A target without an address (its name is not resolved yet) is passed over. One that fails its
 * health checks or was ejected is used only where no other is left, or next to none: then all are.
 * One worker's; what all workers know of the service together is service_shared.h.
 */
#pragma once

#include <stdatomic.h>

#include "base/blob.h"
#include "base/random.h"
#include "config/config.h"
#include "http/pool.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "net/srv.h"
#include "net/tls.h"
#include "observe/counters.h"
#include "policy/balance.h"
#include "policy/quantile.h"
#include "service/service_decoder.h"
#include "service/service_shared.h"

struct journal_ring;
struct service_attempt;
struct service_cache;
struct service_call;

/* What the services of one configuration have in common on a worker; outlives them. */
struct service_context {
    struct loop *loop;
    struct counters *counters;
    struct random *random;
    const struct config_bounds *bounds;
    const struct config_fault *faults; /* of a rehearsal */
    unsigned n_faults;
    atomic_size_t *n_held; /* bytes of bodies held, of the process */
    /* A service refused a token of that generation; once a token. May be NULL. */
    void (*on_refused)(void *owner, uint64_t generation);
    void *refused_owner;
    struct service_cache *cache; /* NULL: nothing is remembered */
    struct service_decoding decoding;
    struct journal_ring *spans; /* NULL: no trace is recorded */
    /* What is called in the background needs all of this; may be NULL. */
    void (*hold)(void *holder);
    void (*release)(void *holder);
    void *holder;
    struct service_call *free_calls;       /* to be used again */
    struct service_attempt *free_attempts; /* likewise */
};

/* What bounds.memory leaves. */
static inline size_t service_memory_left(const struct service_context *c)
{
    return blob_bytes_left(c->n_held, c->bounds->memory);
}

struct service_target {
    struct pool *pool; /* NULL: an empty slot, or the name of SRV records */
    struct slice host; /* the rest of a request line, and the Host field */
    bool has_address;
    bool is_unhealthy; /* its checks fail */
    bool is_gone;      /* it was of SRV records that no longer name it */
    unsigned era;      /* of who has the slot: what began in another is not told of this one */
};

/* What is known of a target by now. Targets of SRV records are slots behind the configured ones. */
struct service_known {
    unsigned target; /* below service_n_slots() */
    unsigned from;   /* the configured target: itself, or the name of its records */
    unsigned weight; /* of a slot, as are: */
    unsigned era;    /* who has it, by policy/ejection.h; what is configured has 0 */
    uint16_t port;
    char host[SRV_HOST_SIZE];
    bool is_gone;
    bool is_unhealthy;
    struct addresses addresses; /* n is 0 where they are not known yet */
};

struct service {
    struct service_context *context;
    const struct config_service *config;
    struct service_shared *shared;
    struct ejection_target *ejections; /* shared as well */
    SSL_CTX *tls;                      /* the snapshot's */
    struct service_target *targets;    /* service_n_slots() of them, as of loads */
    unsigned n_targets;                /* that were ever used */
    struct balance balance;
    struct balance_target *loads; /* by index of the target */
    struct balance_set ejected;   /* when a target was chosen last */
    struct quantile *latency;   /* of good calls, in microseconds; NULL where nobody asks for it */
    struct slice authorization; /* a header line, with its CRLF; empty: none */
    bool lacks_credentials;     /* it should have one, and there is none now */
    uint64_t token;             /* the generation of what the line has; 0: not to be told of */
    uint64_t token_since_ns;
    struct list waiting;     /* calls that wait for a place: those that matter most first */
    unsigned n_waiting;      /* of them, */
    unsigned n_required;     /* and of required sources among them */
    unsigned n_placed;       /* attempts of this worker's that have a place */
    unsigned n_kept;         /* places taken since one was left to other workers' calls */
    uint64_t left_since_ms;  /* one is; 0: none */
    struct wheel_entry look; /* while some wait: other workers give places back, too */
    struct ready serve;      /* a place may be free */
};

/* Targets that a service may come to have. */
unsigned service_n_slots(const struct config_service *c);
/* tls may be NULL where no target speaks TLS; it outlives the service. */
struct service *service_new(struct service_context *context, const struct config_service *config,
                            const struct service_sharing *sharing, SSL_CTX *tls);
void service_set_addresses(struct service *s, unsigned target, const struct addresses *a);
void service_set_health(struct service *s, unsigned target, bool is_healthy);
/* All of it at once; a target may come, or go: calls that are under way with it are not touched. */
void service_set_known(struct service *s, const struct service_known *k);
/* The line is copied; empty: there are no credentials to be had. generation: which token it has;
 * 0: one whose refusal nobody needs to hear of. */
void service_set_credentials(struct service *s, struct slice line, uint64_t generation);
/* An attempt that began then was answered 401. */
void service_note_refusal(struct service *s, uint64_t started_ns);
/* Does it pass its checks, and is it not ejected? */
bool service_is_well(const struct service *s, unsigned target);
/* Is there one that is well and was not tried? */
bool service_has_other(struct service *s, const struct balance_set *tried);
/* BALANCE_NONE where no target has an address. Those tried before are avoided where others are
 * left that are well. */
int service_choose(struct service *s, const struct balance_set *tried, uint64_t hash);
/* The time on the loop's clock that is this long from now, never earlier. */
uint64_t service_due_ms(const struct loop *l, uint64_t ms);
/* No call is under way. */
void service_free(struct service *s);
