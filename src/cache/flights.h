/* flights.h - of calls for one key at one time only one is made, in the whole process
 *
 * Who joins first leads: it makes the call. Others take a seat and wait. A seat is a number that
 * its worker understands; a worker that has given it away since sees that by the generation.
 * Sharded, a lock a shard. Any thread; no I/O: posting the news is the caller's business.
 */
#pragma once

#include <stdint.h>

#include "cache/cache_key.h"

struct flights;

struct flight_seat {
    uint32_t worker; /* not UINT32_MAX */
    uint32_t slot, generation;
};

enum flight_role {
    FLIGHT_LEADS, /* the key had no flight: the caller makes the call, and ends the flight */
    FLIGHT_WAITS,
    FLIGHT_FULL, /* FLIGHTS_MAX are under way, or FLIGHT_SEATS wait: make the call alone */
};
enum {
    FLIGHTS_MAX = 65536,
    FLIGHT_SEATS = 65536, /* that wait for one */
};

struct flights *flights_new(void);
/* What is still under way is forgotten. */
void flights_free(struct flights *f);

/* lead: where the call is made if it is made, told to who leaves last. It takes a seat too. */
enum flight_role flights_join(struct flights *f, const struct cache_key *k, struct flight_seat seat,
                              struct flight_seat lead) MUST_USE;
/* A background call: leads only where nobody does, takes no seat, and goes on without any. false:
 * there is one, or FLIGHTS_MAX are under way. */
bool flights_open(struct flights *f, const struct cache_key *k, struct flight_seat lead) MUST_USE;
/* true: nobody waits for it any more; *lead may be told so, and decides by flights_abandon(). A
 * seat that the flight does not have (it has landed; there is another one by now) changes nothing.
 */
bool flights_leave(struct flights *f, const struct cache_key *k, struct flight_seat seat,
                   struct flight_seat *lead) MUST_USE;
/* By the lead: the flight is over, unless somebody has taken a seat meanwhile. true: it is. */
bool flights_abandon(struct flights *f, const struct cache_key *k) MUST_USE;
/* By the lead: the flight is over. *seats: those that waited, sorted by worker and slot, free()d by
 * the caller; NULL where nobody did; their number. */
size_t flights_land(struct flights *f, const struct cache_key *k,
                    struct flight_seat **seats) MUST_USE;
/* Under way now. */
size_t flights_count(const struct flights *f);
