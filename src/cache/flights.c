/* flights.c - shards of short chains, since what is under way at once is bounded */
#include "cache/flights.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"
#include "cache/flights_seats.h"

enum {
    SHARD_BITS = 6,
    N_SHARDS = 1 << SHARD_BITS,
    N_CHAINS = FLIGHTS_MAX / N_SHARDS, /* of a shard: one flight each on average, when it is full */
    LINE = 64
};

struct flight {
    struct flight *next; /* of its chain */
    struct flight_seat lead;
    bool is_background;
    struct flights_seats seats;
    struct cache_key key; /* its text stands behind */
    char text[];
};

struct shard {
    _Alignas(LINE) pthread_mutex_t lock;
    struct flight **chains;
};

struct flights {
    struct shard shards[N_SHARDS];
    atomic_size_t n;
};

struct flights *flights_new(void)
{
    struct flights *f = aligned_alloc(LINE, sizeof *f);
    CHECK(f);
    memset(f, 0, sizeof *f);
    for (unsigned i = 0; i < N_SHARDS; i++) {
        CHECK(pthread_mutex_init(&f->shards[i].lock, NULL) == 0);
        f->shards[i].chains = calloc(N_CHAINS, sizeof *f->shards[i].chains);
        CHECK(f->shards[i].chains);
    }
    return f;
}

static void free_chain(struct flight *flight)
{
    while (flight) {
        struct flight *next = flight->next;
        flights_seats_done(&flight->seats);
        free(flight);
        flight = next;
    }
}

void flights_free(struct flights *f)
{
    for (unsigned i = 0; i < N_SHARDS; i++) {
        for (unsigned k = 0; k < N_CHAINS; k++)
            free_chain(f->shards[i].chains[k]);
        free(f->shards[i].chains);
        pthread_mutex_destroy(&f->shards[i].lock);
    }
    free(f);
}

size_t flights_count(const struct flights *f)
{
    return atomic_load_explicit(&f->n, memory_order_relaxed);
}

static struct shard *lock(struct flights *f, const struct cache_key *k)
{
    struct shard *s = &f->shards[k->hash >> (64 - SHARD_BITS)];
    CHECK(pthread_mutex_lock(&s->lock) == 0);
    return s;
}

static void unlock(struct shard *s)
{
    CHECK(pthread_mutex_unlock(&s->lock) == 0);
}

/* The link to the flight of that key, or the end of its chain. */
static struct flight **look_up(struct shard *s, const struct cache_key *k)
{
    struct flight **at = &s->chains[k->hash % N_CHAINS];
    while (*at && !cache_key_equal(&(*at)->key, k))
        at = &(*at)->next;
    return at;
}

/* NULL: too many are under way. */
static struct flight *begin(struct flights *f, struct flight **at, const struct cache_key *k)
{
    if (atomic_fetch_add_explicit(&f->n, 1, memory_order_relaxed) >= FLIGHTS_MAX) {
        atomic_fetch_sub_explicit(&f->n, 1, memory_order_relaxed);
        return NULL;
    }
    struct flight *new = calloc(1, sizeof *new + k->text.n);
    CHECK(new);
    if (k->text.n)
        memcpy(new->text, k->text.at, k->text.n);
    new->key = (struct cache_key){{new->text, k->text.n}, k->hash};
    *at = new;
    return new;
}

static void take_out(struct flights *f, struct flight **at)
{
    *at = (*at)->next;
    atomic_fetch_sub_explicit(&f->n, 1, memory_order_relaxed);
}

static enum flight_role join(struct flights *f, struct flight **at, const struct cache_key *k,
                             struct flight_seat seat, struct flight_seat lead)
{
    if (*at && (*at)->seats.n >= FLIGHT_SEATS)
        return FLIGHT_FULL;
    bool leads = !*at;
    struct flight *flight = leads ? begin(f, at, k) : *at;
    if (!flight)
        return FLIGHT_FULL;
    if (leads)
        flight->lead = lead;
    flights_seats_add(&flight->seats, seat);
    return leads ? FLIGHT_LEADS : FLIGHT_WAITS;
}

enum flight_role flights_join(struct flights *f, const struct cache_key *k, struct flight_seat seat,
                              struct flight_seat lead)
{
    struct shard *s = lock(f, k);
    enum flight_role role = join(f, look_up(s, k), k, seat, lead);
    unlock(s);
    return role;
}

bool flights_open(struct flights *f, const struct cache_key *k, struct flight_seat lead)
{
    struct shard *s = lock(f, k);
    struct flight **at = look_up(s, k);
    struct flight *new = *at ? NULL : begin(f, at, k);
    if (new) {
        new->lead = lead;
        new->is_background = true;
    }
    unlock(s);
    return new != NULL;
}

bool flights_leave(struct flights *f, const struct cache_key *k, struct flight_seat seat,
                   struct flight_seat *lead)
{
    struct shard *s = lock(f, k);
    struct flight *flight = *look_up(s, k);
    bool is_last = flight && flights_seats_remove(&flight->seats, seat) && flight->seats.n == 0 &&
                   !flight->is_background;
    if (is_last)
        *lead = flight->lead;
    unlock(s);
    return is_last;
}

/* Out of the table, unless it has seats and may not; not freed. */
static struct flight *finish(struct flights *f, const struct cache_key *k, bool may_have_seats)
{
    struct shard *s = lock(f, k);
    struct flight **at = look_up(s, k);
    struct flight *flight = *at;
    CHECK(flight);
    if (may_have_seats || flight->seats.n == 0)
        take_out(f, at);
    else
        flight = NULL;
    unlock(s);
    return flight;
}

bool flights_abandon(struct flights *f, const struct cache_key *k)
{
    struct flight *flight = finish(f, k, false);
    if (!flight)
        return false;
    flights_seats_done(&flight->seats);
    free(flight);
    return true;
}

size_t flights_land(struct flights *f, const struct cache_key *k, struct flight_seat **seats)
{
    struct flight *flight = finish(f, k, true);
    size_t n = flight->seats.n;
    *seats = flights_seats_take(&flight->seats);
    free(flight);
    return n;
}
