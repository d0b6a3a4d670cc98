/* flights.h - of calls for one key at one time only one is made, in the whole process
 *
 * Who joins first leads: it makes the call. Others take a seat and wait. A seat is a number that
 * its worker understands; a worker that has given it away since sees that by the generation.
 * A flight that began before what it brings was purged is too old for who asks after that: then
 * there are two of one key, told apart by where they are led.
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

/* Of all that wait, or have waited, together: the latest time, and the highest rank. */
struct flight_wants {
    uint64_t until_ms; /* on the clock of the loops */
    int rank;          /* where calls wait for a place the higher goes first */
};

/* Times are those of generations.h. */
struct flight_ask {
    struct flight_seat seat;   /* of who waits */
    struct flight_seat lead;   /* where the call is made if it is made: no other flight's; where it
                                  waits, set to where that is */
    struct flight_wants wants; /* of who asks */
    bool is_raised;            /* set: it waits, and is of higher rank than all before it */
    uint64_t since;            /* a flight that began before is too old */
    uint64_t begun;            /* now; where it waits, set to when its flight began */
    uint64_t now_ms;           /* of a background call: on the clock of flights_rest() */
};

enum flight_role {
    FLIGHT_LEADS, /* the key had no such flight: the caller makes the call, and ends the flight */
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

/* Who leads takes a seat too. Who leaves last is told where that is. */
enum flight_role flights_join(struct flights *f, const struct cache_key *k,
                              struct flight_ask *a) MUST_USE;
/* A background call: leads only where nobody does, takes no seat, and goes on without any. false:
 * there is one, it rests, or FLIGHTS_MAX are under way. */
bool flights_open(struct flights *f, const struct cache_key *k,
                  const struct flight_ask *a) MUST_USE;
/* true: nobody waits for it any more; *lead may be told so, and decides by flights_abandon(). A
 * seat that the flight does not have (it has landed; there is another one by now) changes nothing.
 */
bool flights_leave(struct flights *f, const struct cache_key *k, struct flight_seat seat,
                   struct flight_seat *lead) MUST_USE;
/* By the lead: the flight is over, unless somebody has taken a seat meanwhile: then it is led from
 * `next` on. true: it is over. */
bool flights_abandon(struct flights *f, const struct cache_key *k, struct flight_seat lead,
                     struct flight_seat next) MUST_USE;
/* By the lead of a background call: it is led from `next` on, whether or not anybody waits. */
void flights_move(struct flights *f, const struct cache_key *k, struct flight_seat lead,
                  struct flight_seat next);
/* By the lead. */
struct flight_wants flights_wants(struct flights *f, const struct cache_key *k,
                                  struct flight_seat lead);
/* By the lead: the service has told it to wait for so long, which nobody's patience has in it. */
void flights_postpone(struct flights *f, const struct cache_key *k, struct flight_seat lead,
                      uint64_t ms);
/* All of that, of the flight that has this seat. false: there is none; where one had it, that has
 * landed, and its news is on the way. */
bool flights_is_seated(struct flights *f, const struct cache_key *k, struct flight_seat seat,
                       uint64_t *postponed_ms);
/* By the lead: the flight is over. *seats: those that waited, sorted by worker and slot, free()d by
 * the caller; NULL where nobody did; their number. */
size_t flights_land(struct flights *f, const struct cache_key *k, struct flight_seat lead,
                    struct flight_seat **seats) MUST_USE;
/* Of a background call: it came to nothing, and rests for a while (flights_rests.h); it does not.
 */
void flights_rest(struct flights *f, const struct cache_key *k, uint64_t now_ms);
void flights_rest_not(struct flights *f, const struct cache_key *k);
/* Under way now. */
size_t flights_count(const struct flights *f);
