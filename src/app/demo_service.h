/* demo_service.h - eight services of a shop, for people who try Sheaf
 *
 * Each listens on a port of its own and can be curled. It answers one path with a small JSON
 * document after a believable time, which Server-Timing tells. `?break=NAME` makes the service of
 * that name answer 503, `?slow=NAME` makes it late by two seconds; both may be repeated.
 * `?max_age=N` makes answers that may be used again for N seconds; without it none may. Pages of
 * any origin may read them.
 */
#pragma once

#include "base/random.h"
#include "http/server.h"
#include "net/listener.h"
#include "net/loop.h"
#include "observe/counters.h"

enum {
    DEMO_N_SERVICES = 8,
    DEMO_FIRST_PORT = 9001
};

struct demo_services {
    struct loop *loop;
    struct random random;
    struct counters counters;
    atomic_uint n_connections;
    struct server *servers[DEMO_N_SERVICES];
    struct listener listeners[DEMO_N_SERVICES];
    int fds[DEMO_N_SERVICES];
};

const char *demo_service_name(unsigned service);
/* false: a port is in use; told on stderr. */
bool demo_service_open(struct demo_services *d, struct loop *loop);
