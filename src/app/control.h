/* control.h - the thread beside the workers: names, health, credentials, stores, the admin listener
 *
 * It has a loop of its own, resolves the services' names, checks their targets, hands what changes
 * to the workers by message, and answers on the admin address. It reads the workers' counters,
 * nothing else of theirs.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "app/control_credentials.h"
#include "app/control_issuers.h"
#include "app/control_keys.h"
#include "app/control_spans.h"
#include "app/control_store.h"
#include "app/control_targets.h"
#include "app/snapshot.h"
#include "app/worker.h"
#include "http/server.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "observe/counters.h"

enum {
    CONTROL_NAMES_WAIT_MS = 1000, /* for the addresses of a configuration, before it serves */
};

struct control {
    struct worker_shared *shared;
    pthread_t thread;
    struct loop loop;
    struct counters counters; /* of the admin listener; not shown */
    struct snapshot *snapshot;
    struct resolver *resolver;
    struct control_targets targets;
    struct random random;
    struct control_credentials credentials;
    struct control_keys keys;
    struct control_issuers issuers;
    struct control_store store;
    struct control_spans spans;
    bool is_closing;          /* all that had to be sent was */
    atomic_uint n_unresolved; /* names without an address, services without their credentials,
                                 issuers that have not said anything of their keys */
    atomic_bool is_ready;     /* serving, and not draining */
    struct listener listener;
    struct server *admin; /* NULL where there is none */
    atomic_uint n_connections;
    bool listens;
    bool is_waiting; /* the workers have not heard of the snapshot: its names are being asked for */
    struct wheel_entry patience; /* while waiting */
    struct wheel_entry look;     /* while ending: are the admin's connections over? */
};

/* Starts the thread. admin_fd: a listening socket that stays the caller's, or -1. */
void control_start(struct control *c, struct worker_shared *shared, struct snapshot *s,
                   int admin_fd);
/* From any thread: have the workers serve by this snapshot, as soon as its names are known (or a
 * second has gone by), and watch these from now on. */
void control_reload(struct control *c, struct snapshot *s);
/* From any thread: ends the thread; then waits for it and frees what it held. */
void control_join(struct control *c);
