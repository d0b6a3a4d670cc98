/* asker.h - somebody who asks a service, and a cache that may have what is asked for */
#pragma once

#include "fixture.h"
#include "service/service_flight.h"

enum {
    ASKER_TTL_MS = 60000,
    ASKER_KEPT_MS = 3600000
};

struct asker {
    struct fixture *f;
    struct cache *cache;
    struct service_cache of_worker;
    struct crew crew;
    struct config_cache settings;
    struct service_caching caching; /* of key and name; no credentials, no tags */
    struct service_lookup lookup;
    struct seat seat;
    unsigned n_landed;
    struct service_flight_end end; /* of the last one; its texts are gone */
};

int asker_setup(void **state);
int asker_teardown(void **state);

struct service_question asker_question(const struct asker *a);
/* A seat to wait in, where the one it has is another's. */
void asker_take_seat(struct asker *a);
/* What memory has becomes `lookup`. */
void asker_look(struct asker *a);
/* A record goes to memory: to the asker's base or, where it is public, to everybody's, and behind
 * it what its `vary` names of the request. What answers vary by is noted at the base. */
void asker_keep(struct asker *a, struct record r, uint64_t ago_ms);

/* A small answer, and the origin says nothing of caching. */
extern const struct record asker_record;
