/* demo_pass.h - what the demo's page asks goes on to the gateway and the services from here
 *
 * /api/... goes to the gateway as it is, /svc/NAME/... to the service of that name as /..., both
 * with their query. So all that the page asks is of one origin, and a client's network can be
 * played: `round_trip=N` in the query holds the request back by N milliseconds, at most
 * DEMO_PASS_MAX_MS. To the client a request that waits for the whole round trip looks like one that
 * waits for half of it and an answer that waits for the rest; the answer's bytes pass as they come,
 * and where it breaks off, the page's breaks off.
 */
#pragma once

#include "app/demo_service.h"
#include "http/pool.h"
#include "http/server.h"
#include "wire/target.h"

enum {
    DEMO_PASS_MAX_MS = 300
};

struct demo_pass {
    struct pool *gateway;
    struct pool *services[DEMO_N_SERVICES];
};

void demo_pass_open(struct demo_pass *p, struct loop *loop, struct counters *counters);
/* Takes the exchange and answers it in time; false: the path leads nowhere. From then on its
 * on_gone and on_room are for the functions below, which do nothing for an exchange of others. */
bool demo_pass_begin(struct demo_pass *p, struct exchange *e, const struct target *t);
void demo_pass_on_gone(struct exchange *e);
void demo_pass_on_room(struct exchange *e);
