/* landing.h - who waits on a worker for a flight, and the news that reaches them all
 *
 * What waits has a *seat* in its worker's table; the flight (cache/flights.h) knows it by worker,
 * slot and generation. When the flight lands, one message a worker goes to those that have seats
 * there. Whoever has left by then is passed over: its slot's generation is another.
 *
 * A table belongs to one worker, over all reloads; landing_tell() and landing_nudge() may be called
 * by any worker for seats of all. Nobody hears of a landing inside these calls.
 */
#pragma once

#include "base/blob.h"
#include "cache/flights.h"
#include "net/loop.h"

struct seats;

/* What there is to know. The blob lives during the call: share it to keep it. */
struct landing {
    struct blob *news; /* NULL: none */
    uint64_t word;     /* the teller's own */
};

/* A member of what waits. It is left before landed() is called. */
struct seat {
    void (*landed)(struct seat *s, const struct landing *l);
    struct seats *table; /* NULL: not taken */
    uint32_t slot;
};

/* The tables of all workers, by worker. */
struct crew {
    struct seats **seats;
    unsigned n;
};

struct seats *landing_seats_new(struct loop *loop, uint32_t worker);
/* Nobody has a seat any more, and the loop has ended. */
void landing_seats_free(struct seats *t);
void landing_seat_init(struct seat *s, void (*landed)(struct seat *s, const struct landing *l));
/* What the flight is told. The seat is free before. */
struct flight_seat landing_seat_take(struct seats *t, struct seat *s);
/* As it was told. Only of one that is taken. */
struct flight_seat landing_seat_told(const struct seat *s);
/* Harmless where it was not taken. */
void landing_seat_leave(struct seat *s);

/* To all that wait. seats: as flights_land() gives them, free()d; a share of the news is taken
 * over. */
void landing_tell(const struct crew *crew, struct flight_seat *seats, size_t n,
                  const struct landing *l);
/* To one, without news: the lead of a flight, as who waits for it has changed. */
void landing_nudge(const struct crew *crew, struct flight_seat seat, uint64_t word);
