/* service_flight_internal.h - a flight under way, for the files that carry it through */
#pragma once

#include "service/service_flight.h"
#include "service/service_keep.h"
#include "store/tier.h"

struct service_flight {
    struct service_cache *cache;
    struct service *service;
    struct seat seat; /* of the lead: it hears that everybody left */
    struct flight_seat told;
    struct list node; /* of the worker's flights */
    struct arena arena;
    struct service_request request; /* copies, in the arena, as are: */
    struct service_caching caching;
    struct freshness_wish wish;
    struct cache_key key;
    service_flight_ended *on_ended;
    void *leader;            /* NULL: it has left, or there was none */
    struct blob *base;       /* a record to be validated; NULL: none */
    struct record validated; /* what lies in it */
    struct service_call *call;
    struct tier_ask *ask;
    struct cache_key asked; /* of the tier */
    uint64_t had_ms;        /* when what memory has came; 0: it has nothing */
    unsigned n_asked;
    bool is_conditional; /* the call that is under way */
    bool is_background;
    uint64_t due_ms; /* on the loop's clock; what its service asks it to wait is added */
    uint64_t asked_ms;
    uint64_t begun, purges; /* as in struct service_keeping */
    struct service_flight *next_free;
};

/* The outcome of its call, or what the tier had: it is told, and the flight is gone. */
void service_flight_land(struct service_flight *f, const struct outcome *o);
void service_flight_land_found(struct service_flight *f, struct blob *found,
                               const struct record *r);
/* Out of all that knows of it but the table of flights. */
void service_flight_recycle(struct service_flight *f);
