/* flights_seats.h - who waits for a flight: a set of seats that is quick to join and to leave
 *
 * Open addressing over worker and slot. Nine thousand may come and leave at once. Nothing is held
 * until the first one comes. One thread at a time.
 */
#pragma once

#include "cache/flights.h"

struct flights_seats {
    struct flight_seat *at;
    uint32_t n, n_slots; /* a power of two, at least twice n */
};

static inline bool flights_seats_are_same(struct flight_seat a, struct flight_seat b)
{
    return a.worker == b.worker && a.slot == b.slot && a.generation == b.generation;
}

/* A seat that is there already is not added again. */
void flights_seats_add(struct flights_seats *s, struct flight_seat seat);
bool flights_seats_has(const struct flights_seats *s, struct flight_seat seat);
/* Was it there? */
bool flights_seats_remove(struct flights_seats *s, struct flight_seat seat);
/* All of them, sorted by worker and slot; NULL where there are none. free()d by the caller; the
 * set is empty again. */
struct flight_seat *flights_seats_take(struct flights_seats *s);
void flights_seats_done(struct flights_seats *s);
