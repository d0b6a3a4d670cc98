/* demo_service.h - eight services of a shop, for people who try Sheaf
 *
 * Each listens on a port of its own and can be curled. It answers one path with a small JSON
 * document after a believable time. `?break=NAME` makes the service of that name answer 503,
 * `?slow=NAME` makes it late by two seconds; both may be repeated.
 *
 * The services remember the times of their calls by request id, so that the demo's page can draw
 * what really happened.
 */
#pragma once

#include "base/buffer.h"
#include "base/random.h"
#include "http/server.h"
#include "net/listener.h"
#include "net/loop.h"
#include "observe/counters.h"

enum {
    DEMO_N_SERVICES = 8,
    DEMO_FIRST_PORT = 9001,
    DEMO_N_REMEMBERED = 512
};

/* One call as its service saw it. */
struct demo_call {
    char request_id[64];
    unsigned service;
    uint64_t began_ns, ended_ns;
    unsigned status; /* 0: the gateway gave it up */
};

struct demo_services {
    struct loop *loop;
    struct random random;
    struct counters counters;
    atomic_uint n_connections;
    struct server *servers[DEMO_N_SERVICES];
    struct listener listeners[DEMO_N_SERVICES];
    int fds[DEMO_N_SERVICES];
    struct demo_call calls[DEMO_N_REMEMBERED]; /* a ring, the newest overwrites the oldest */
    unsigned n_calls;
};

const char *demo_service_name(unsigned service);
/* false: a port is in use; told on stderr. */
bool demo_service_open(struct demo_services *d, struct loop *loop);
/* Appends the calls with this request id as a JSON array, in the order of their ends:
 * {"service":..,"start_ms":..,"ms":..,"status":..}; start_ms counts from `since_ns`. */
bool demo_service_report(const struct demo_services *d, struct slice request_id, uint64_t since_ns,
                         struct buffer *out) MUST_USE;
