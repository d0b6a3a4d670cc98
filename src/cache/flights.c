/* flights.c - shards of short chains, since what is under way at once is bounded */
#include "cache/flights.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"
#include "cache/flights_rests.h"
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
    uint64_t begun;
    struct flight_wants wants;
    uint64_t postponed_ms;
    bool is_background;
    struct flights_seats seats;
    struct cache_key key; /* its text stands behind */
    char text[];
};

struct shard {
    _Alignas(LINE) pthread_mutex_t lock;
    struct flight **chains;
    struct flights_rests rests;
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

static void free_flight(struct flight *flight)
{
    flights_seats_done(&flight->seats);
    free(flight);
}

static void free_chain(struct flight *flight)
{
    while (flight) {
        struct flight *next = flight->next;
        free_flight(flight);
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

/* The link to a flight of that key that is not too old, or the end of its chain. */
static struct flight **look_up(struct shard *s, const struct cache_key *k, uint64_t since)
{
    struct flight **at = &s->chains[k->hash % N_CHAINS];
    while (*at && ((*at)->begun < since || !cache_key_equal(&(*at)->key, k)))
        at = &(*at)->next;
    return at;
}

static struct flight **look_up_led(struct shard *s, const struct cache_key *k,
                                   struct flight_seat lead)
{
    struct flight **at = &s->chains[k->hash % N_CHAINS];
    while (*at && !(flights_seats_are_same((*at)->lead, lead) && cache_key_equal(&(*at)->key, k)))
        at = &(*at)->next;
    return at;
}

/* NULL: too many are under way. */
static struct flight *begin(struct flights *f, struct flight **at, const struct cache_key *k,
                            const struct flight_ask *a)
{
    if (atomic_fetch_add_explicit(&f->n, 1, memory_order_relaxed) >= FLIGHTS_MAX) {
        atomic_fetch_sub_explicit(&f->n, 1, memory_order_relaxed);
        return NULL;
    }
    struct flight *new = memory_take_zero(1, sizeof *new + k->text.n);
    if (k->text.n)
        memcpy(new->text, k->text.at, k->text.n);
    new->key = (struct cache_key){{new->text, k->text.n}, k->hash};
    new->lead = a->lead;
    new->begun = a->begun;
    new->wants = a->wants;
    *at = new;
    return new;
}

static void take_out(struct flights *f, struct flight **at)
{
    *at = (*at)->next;
    atomic_fetch_sub_explicit(&f->n, 1, memory_order_relaxed);
}

/* Somebody else waits for it. */
static void take_wants(struct flight *flight, struct flight_ask *a)
{
    struct flight_wants *w = &flight->wants;
    a->lead = flight->lead;
    a->is_raised = a->wants.rank > w->rank;
    if (a->is_raised)
        w->rank = a->wants.rank;
    if (a->wants.until_ms > w->until_ms)
        w->until_ms = a->wants.until_ms;
}

static enum flight_role join(struct flights *f, struct flight **at, const struct cache_key *k,
                             struct flight_ask *a)
{
    if (*at && (*at)->seats.n >= FLIGHT_SEATS)
        return FLIGHT_FULL;
    bool leads = !*at;
    struct flight *flight = leads ? begin(f, at, k, a) : *at;
    if (!flight)
        return FLIGHT_FULL;
    a->begun = flight->begun;
    if (!leads)
        take_wants(flight, a);
    flights_seats_add(&flight->seats, a->seat);
    return leads ? FLIGHT_LEADS : FLIGHT_WAITS;
}

enum flight_role flights_join(struct flights *f, const struct cache_key *k, struct flight_ask *a)
{
    struct shard *s = lock(f, k);
    enum flight_role role = join(f, look_up(s, k, a->since), k, a);
    unlock(s);
    return role;
}

bool flights_open(struct flights *f, const struct cache_key *k, const struct flight_ask *a)
{
    struct shard *s = lock(f, k);
    struct flight **at = look_up(s, k, a->since);
    bool is_unwanted = *at || flights_rests_has(&s->rests, k->hash, a->now_ms);
    struct flight *new = is_unwanted ? NULL : begin(f, at, k, a);
    if (new)
        new->is_background = true;
    unlock(s);
    return new != NULL;
}

/* The flight of that key whose seat it was, until now; NULL: none. */
static struct flight *remove_seat(struct shard *s, const struct cache_key *k,
                                  struct flight_seat seat)
{
    struct flight *flight = s->chains[k->hash % N_CHAINS];
    while (flight &&
           !(cache_key_equal(&flight->key, k) && flights_seats_remove(&flight->seats, seat)))
        flight = flight->next;
    return flight;
}

bool flights_leave(struct flights *f, const struct cache_key *k, struct flight_seat seat,
                   struct flight_seat *lead)
{
    struct shard *s = lock(f, k);
    const struct flight *flight = remove_seat(s, k, seat);
    bool is_last = flight && flight->seats.n == 0 && !flight->is_background;
    if (is_last)
        *lead = flight->lead;
    unlock(s);
    return is_last;
}

bool flights_abandon(struct flights *f, const struct cache_key *k, struct flight_seat lead,
                     struct flight_seat next)
{
    struct shard *s = lock(f, k);
    struct flight **at = look_up_led(s, k, lead);
    struct flight *flight = *at;
    CHECK(flight);
    bool is_over = flight->seats.n == 0;
    if (is_over)
        take_out(f, at);
    else
        flight->lead = next;
    unlock(s);
    if (is_over)
        free_flight(flight);
    return is_over;
}

void flights_move(struct flights *f, const struct cache_key *k, struct flight_seat lead,
                  struct flight_seat next)
{
    struct shard *s = lock(f, k);
    struct flight *flight = *look_up_led(s, k, lead);
    CHECK(flight && flight->is_background);
    flight->lead = next;
    unlock(s);
}

struct flight_wants flights_wants(struct flights *f, const struct cache_key *k,
                                  struct flight_seat lead)
{
    struct shard *s = lock(f, k);
    const struct flight *flight = *look_up_led(s, k, lead);
    CHECK(flight);
    struct flight_wants w = flight->wants;
    unlock(s);
    return w;
}

void flights_postpone(struct flights *f, const struct cache_key *k, struct flight_seat lead,
                      uint64_t ms)
{
    struct shard *s = lock(f, k);
    struct flight *flight = *look_up_led(s, k, lead);
    CHECK(flight);
    flight->postponed_ms += ms;
    unlock(s);
}

bool flights_is_seated(struct flights *f, const struct cache_key *k, struct flight_seat seat,
                       uint64_t *postponed_ms)
{
    struct shard *s = lock(f, k);
    const struct flight *flight = s->chains[k->hash % N_CHAINS];
    while (flight && !(cache_key_equal(&flight->key, k) && flights_seats_has(&flight->seats, seat)))
        flight = flight->next;
    *postponed_ms = flight ? flight->postponed_ms : 0;
    unlock(s);
    return flight;
}

size_t flights_land(struct flights *f, const struct cache_key *k, struct flight_seat lead,
                    struct flight_seat **seats)
{
    struct shard *s = lock(f, k);
    struct flight **at = look_up_led(s, k, lead);
    struct flight *flight = *at;
    CHECK(flight);
    take_out(f, at);
    unlock(s);
    size_t n = flight->seats.n;
    *seats = flights_seats_take(&flight->seats);
    free_flight(flight);
    return n;
}

void flights_rest(struct flights *f, const struct cache_key *k, uint64_t now_ms)
{
    struct shard *s = lock(f, k);
    flights_rests_add(&s->rests, k->hash, now_ms);
    unlock(s);
}

void flights_rest_not(struct flights *f, const struct cache_key *k)
{
    struct shard *s = lock(f, k);
    flights_rests_remove(&s->rests, k->hash);
    unlock(s);
}
