/* flights_seats.c - linear probing; a worker that cannot be marks a free slot */
#include "cache/flights_seats.h"

#include <stdlib.h>

#include "base/check.h"

enum {
    FIRST_SLOTS = 8
};
#define NOBODY UINT32_MAX

static uint32_t home_of(const struct flights_seats *s, struct flight_seat seat)
{
    uint64_t both = (uint64_t)seat.worker << 32 | seat.slot;
    return (uint32_t)(both * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (s->n_slots - 1);
}

static uint32_t next_of(const struct flights_seats *s, uint32_t i)
{
    return (i + 1) & (s->n_slots - 1);
}

/* Where the seat is, or the free slot where it would go. */
static uint32_t find(const struct flights_seats *s, struct flight_seat seat)
{
    uint32_t i = home_of(s, seat);
    while (s->at[i].worker != NOBODY && !flights_seats_are_same(s->at[i], seat))
        i = next_of(s, i);
    return i;
}

static void grow(struct flights_seats *s)
{
    struct flights_seats old = *s;
    s->n_slots = old.n_slots ? 2 * old.n_slots : FIRST_SLOTS;
    s->at = malloc(s->n_slots * sizeof *s->at);
    CHECK(s->at);
    for (uint32_t i = 0; i < s->n_slots; i++)
        s->at[i].worker = NOBODY;
    for (uint32_t i = 0; i < old.n_slots; i++)
        if (old.at[i].worker != NOBODY)
            s->at[find(s, old.at[i])] = old.at[i];
    free(old.at);
}

void flights_seats_add(struct flights_seats *s, struct flight_seat seat)
{
    CHECK(seat.worker != NOBODY);
    if (2 * (s->n + 1) > s->n_slots)
        grow(s);
    uint32_t i = find(s, seat);
    s->n += s->at[i].worker == NOBODY;
    s->at[i] = seat;
}

bool flights_seats_has(const struct flights_seats *s, struct flight_seat seat)
{
    return s->n > 0 && s->at[find(s, seat)].worker != NOBODY;
}

/* What lies behind a gap moves up, unless its home is behind the gap: each stays within reach. */
static void close_gap(struct flights_seats *s, uint32_t gap)
{
    for (uint32_t i = next_of(s, gap); s->at[i].worker != NOBODY; i = next_of(s, i)) {
        uint32_t from_home = (i - home_of(s, s->at[i])) & (s->n_slots - 1);
        uint32_t from_gap = (i - gap) & (s->n_slots - 1);
        if (from_home < from_gap)
            continue;
        s->at[gap] = s->at[i];
        gap = i;
    }
    s->at[gap].worker = NOBODY;
}

bool flights_seats_remove(struct flights_seats *s, struct flight_seat seat)
{
    if (!flights_seats_has(s, seat))
        return false;
    close_gap(s, find(s, seat));
    s->n--;
    return true;
}

static int by_worker(const void *a, const void *b)
{
    const struct flight_seat *x = a;
    const struct flight_seat *y = b;
    if (x->worker != y->worker)
        return x->worker < y->worker ? -1 : 1;
    return (x->slot > y->slot) - (x->slot < y->slot);
}

struct flight_seat *flights_seats_take(struct flights_seats *s)
{
    struct flight_seat *all = s->at;
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_slots; i++)
        if (all[i].worker != NOBODY)
            all[n++] = all[i];
    CHECK(n == s->n);
    if (n == 0) {
        flights_seats_done(s);
        return NULL;
    }
    qsort(all, n, sizeof *all, by_worker);
    *s = (struct flights_seats){0};
    return all;
}

void flights_seats_done(struct flights_seats *s)
{
    free(s->at);
    *s = (struct flights_seats){0};
}
