/* pool_internal.h - what a pool keeps, for its connections and calls
 *
 * Idle connections stand in the order of their last use, so that the oldest end first and one
 * deadline is enough for all.
 */
#pragma once

#include "http/pool.h"
#include "http/upstream.h"

struct pool {
    struct loop *loop;
    struct pool_settings settings;
    char *server_name;
    struct counters *counters;
    struct addresses addresses;
    unsigned next_address; /* that a new connection tries first */
    struct list idle;      /* the most recently used first */
    unsigned n_idle;
    unsigned n_upstreams;   /* in any state */
    unsigned n_ending;      /* calls without a connection that wait for their turn to end */
    struct upstream *spare; /* memory of closed connections */
    unsigned n_spare;
    struct wheel_entry tend;
    bool is_closed;
    struct h1_head head; /* of the answer that is being looked at */
};

/* A cleared connection that counts as one of the pool's. */
struct upstream *pool_acquire_upstream(struct pool *p);
/* It has closed. The pool goes with the last one after pool_close(). */
void pool_release_upstream(struct pool *p, struct upstream *u);
/* Takes a connection back that is good for another call; closes it where it is not wanted. */
void pool_keep(struct pool *p, struct upstream *u);
/* The most recently used one, NULL where none is idle. */
struct upstream *pool_take_idle(struct pool *p);
/* It left the idle list otherwise. */
void pool_forget_idle(struct pool *p, struct upstream *u);
/* A call that has no connection waits for its end, or has come to it. */
void pool_count_ending(struct pool *p, int n);
