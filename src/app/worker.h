/* worker.h - a thread that serves: its loop, its share of the listeners, its connections
 *
 * Nothing in here is touched by another thread, but the counters and spans (read by the control
 * thread), `n_open` and `is_done`. Everything else crosses as a message to the loop: the functions
 * below that say so may be called from any thread.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "app/snapshot.h"
#include "base/journal.h"
#include "base/journal_ring.h"
#include "base/random.h"
#include "gateway/gateway.h"
#include "gateway/late.h"
#include "http/server.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "observe/counters.h"
#include "service/service_cache.h"
#include "wire/pattern.h"

struct api_keys;
struct cache;
struct control;
struct jq;
struct tier;
struct worker;

/* What the workers of a process have in common. */
struct worker_shared {
    struct worker *workers;
    unsigned n_workers;
    atomic_uint n_connections;
    atomic_uint n_in_flight; /* requests */
    atomic_size_t n_held;    /* bytes of bodies and output */
    struct control *control; /* hears of refused tokens; there before the workers run */
    struct cache *cache;     /* of the process, over all reloads */
    struct crew crew;        /* the workers' seats */
};

/* Where a target of a snapshot is, and how it is. */
struct worker_target {
    unsigned service;
    struct service_known known;
};

/* How requests to a service of a snapshot say who we are; see service_set_credentials(). */
struct worker_credentials {
    unsigned service;
    uint64_t generation;
    struct slice line;
};

/* Who may ask by which key, by the policy's index; a share of the keys. */
struct worker_keys {
    unsigned policy;
    struct api_keys *keys;
};

/* Where a store of a snapshot is. */
struct worker_store {
    unsigned store;
    struct addresses addresses;
};

/* What else is known of a snapshot's services when it is to be served by. */
struct worker_known {
    const struct worker_target *targets;
    unsigned n_targets;
    const struct worker_credentials *credentials;
    unsigned n_credentials;
    const struct worker_store *stores;
    unsigned n_stores;
};

/* One listening socket of a worker. */
struct worker_listener {
    struct listener listener;
    struct worker *worker;
    unsigned index; /* of the listener in the configuration */
    bool hands_on;  /* a Unix socket: one worker accepts for all, in turn */
};

struct worker {
    unsigned index;
    struct worker_shared *shared;
    pthread_t thread;
    struct loop loop;
    struct counters counters;
    struct journal_ring *journal; /* NULL: no access log */
    struct journal_ring spans;    /* for the control thread to take */
    struct random random;
    struct pattern_scratch *scratch;
    struct jq *jq;     /* the helper; NULL while no configuration has asked for one */
    struct tier *tier; /* NULL: there is no store */
    struct service_cache cache;
    struct late_calls late;
    struct snapshot *snapshot;
    struct gateway_front front;
    struct server *server;
    struct worker_listener *listeners; /* one a listener of the configuration; fd -1: not ours */
    unsigned n_listeners;
    unsigned next_worker; /* that gets the next connection of a Unix socket */
    atomic_uint n_open;   /* listeners that accept or are about to end; others may read it */
    unsigned n_retiring;  /* gateways whose last runs are under way */
    bool is_draining;
    struct wheel_entry look; /* while draining: is everything over? */
    atomic_bool is_done;
};

/* Sets up everything but the thread; messages may be sent from then on. The caller has filled in
 * index, shared and journal. */
void worker_init(struct worker *w, struct snapshot *s);
/* Starts the thread. fds[i]: the listening socket for listener i, or -1; they stay the caller's.
 * hands_on[i]: connections of listener i are shared out over all workers. */
void worker_start(struct worker *w, const int *fds, const bool *hands_on);
/* From any thread: serve new requests by this snapshot, of which that much is known. */
void worker_reload(struct worker *w, struct snapshot *s, const struct worker_known *known);
/* From any thread: what is known of a target of that snapshot; ignored where the snapshot is no
 * longer served. */
void worker_set_target(struct worker *w, struct snapshot *s, const struct worker_target *t);
/* The same for credentials. The line is copied. */
void worker_set_credentials(struct worker *w, struct snapshot *s,
                            const struct worker_credentials *c);
/* The same for the keys of a policy; the share is taken over. */
void worker_set_keys(struct worker *w, struct snapshot *s, struct worker_keys keys);
/* The same for the keys of an issuer; a share is taken. */
void worker_set_issuer(struct worker *w, struct snapshot *s, struct gateway_issuer issuer);
/* The same for the addresses of a store. */
void worker_set_store(struct worker *w, struct snapshot *s, const struct worker_store *store);
/* From any thread: stop accepting, let answers end, then end the thread. */
void worker_drain(struct worker *w);
/* From any thread: cut what is left of a drain. */
void worker_cut(struct worker *w);
/* Waits for the thread and frees what the worker held. Only once is_done. */
void worker_join(struct worker *w);
