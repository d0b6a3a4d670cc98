/* balance.c - the load of a target is what a call would wait there */
#include "policy/balance.h"

#include <math.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"

static const double decay_ns = 10e9;      /* after which an old latency weighs 1/e */
static const double forgotten = 0.01;     /* a latency that weighs less is not known any more */
static const double slow_start_ns = 10e9; /* until a target that came has its whole share */
static const double least_share = 0.1;    /* of it at once */
static const double penalty_us = 1e6;     /* what a failure counts as, at least */
static const double load_bound = 1.25;    /* of the average, for hashing */

enum {
    WHOLE_SHARE = 1000, /* of a turn of round robin, for a weight of 1 */
    POINTS_A_WEIGHT = 64,
    POINTS_MAX = 64 * 1024
};

struct balance_point {
    uint64_t hash;
    unsigned target;
};

void balance_init(struct balance *b, struct balance_target *targets, unsigned n)
{
    CHECK(n <= BALANCE_MAX);
    *b = (struct balance){.n = n, .targets = targets};
}

void balance_done(struct balance *b)
{
    free(b->ring);
    b->ring = NULL;
    b->n_points = 0;
}

static double weight_of_old(const struct balance_target *t, uint64_t now_ns)
{
    return exp(-(double)(now_ns - t->told_ns) / decay_ns);
}

/* A target that came lately looks slower than it is, less and less. */
static double share(const struct balance_target *t, uint64_t now_ns)
{
    double age = (double)(now_ns - t->since_ns) / slow_start_ns;
    if (t->since_ns == 0 || age >= 1)
        return 1;
    return age > least_share ? age : least_share;
}

/* With nothing known of it, a target that already has calls is left to them. */
static double load_of(const struct balance_target *t, uint64_t now_ns)
{
    double weight = t->latency_us > 0 ? weight_of_old(t, now_ns) : 0;
    double latency = t->latency_us * weight;
    if (weight < forgotten)
        latency = t->in_flight ? penalty_us : 0;
    return latency * (t->in_flight + 1) / (t->weight * share(t, now_ns));
}

static unsigned count(const struct balance_set *set)
{
    unsigned n = 0;
    for (unsigned i = 0; i < BALANCE_WORDS; i++)
        n += (unsigned)__builtin_popcountll(set->bits[i]);
    return n;
}

/* The nth of a set. */
static int nth(const struct balance *b, const struct balance_set *set, unsigned n)
{
    for (unsigned i = 0; i < b->n; i++)
        if (balance_has(set, i) && n-- == 0)
            return (int)i;
    return BALANCE_NONE;
}

int balance_least_latency(const struct balance *b, const struct balance_set *usable,
                          uint64_t random, uint64_t now_ns)
{
    unsigned n = count(usable);
    if (n < 2)
        return nth(b, usable, 0);
    unsigned first = (unsigned)(random & UINT32_MAX) % n;
    unsigned second = (unsigned)(random >> 32) % (n - 1);
    int one = nth(b, usable, first);
    int other = nth(b, usable, second + (second >= first));
    double load = load_of(&b->targets[one], now_ns);
    return load <= load_of(&b->targets[other], now_ns) ? one : other;
}

/* Smooth weighted round robin, as nginx has it: no target comes twice in a row without need. */
int balance_round_robin(struct balance *b, const struct balance_set *usable, uint64_t now_ns)
{
    int64_t total = 0;
    int best = BALANCE_NONE;
    for (unsigned i = 0; i < b->n; i++) {
        struct balance_target *t = &b->targets[i];
        if (!balance_has(usable, i))
            continue;
        int64_t part = (int64_t)(t->weight * WHOLE_SHARE * share(t, now_ns));
        t->credit += part;
        total += part;
        if (best == BALANCE_NONE || t->credit > b->targets[best].credit)
            best = (int)i;
    }
    if (best != BALANCE_NONE)
        b->targets[best].credit -= total;
    return best;
}

/* The finaliser of SplitMix64 (Steele and others, 2014). */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static int by_hash(const void *left, const void *right)
{
    const struct balance_point *a = left, *b = right;
    return (a->hash > b->hash) - (a->hash < b->hash);
}

static unsigned points_of(const struct balance *b, unsigned target)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < b->n; i++)
        total += b->targets[i].weight;
    uint64_t n = (uint64_t)b->targets[target].weight * POINTS_A_WEIGHT;
    if (total * POINTS_A_WEIGHT > POINTS_MAX)
        n = n * POINTS_MAX / (total * POINTS_A_WEIGHT);
    return n || b->targets[target].weight == 0 ? (unsigned)n : 1;
}

static void make_ring(struct balance *b)
{
    for (unsigned i = 0; i < b->n; i++)
        b->n_points += points_of(b, i);
    b->ring = memory_take_zero(b->n_points, sizeof *b->ring);
    unsigned n = 0;
    for (unsigned i = 0; i < b->n; i++)
        for (unsigned k = points_of(b, i); k > 0; k--)
            b->ring[n++] = (struct balance_point){mix(b->targets[i].id + mix(k)), i};
    qsort(b->ring, n, sizeof *b->ring, by_hash);
}

/* The first point at or behind the hash; the ring closes behind its last. */
static unsigned find_point(const struct balance *b, uint64_t hash)
{
    unsigned low = 0, high = b->n_points;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (b->ring[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low < b->n_points ? low : 0;
}

/* Calls that one target may have at once: its share of all, this one included, and a quarter. */
static double bound_of(const struct balance *b, const struct balance_set *usable)
{
    unsigned in_flight = 1, n = 0;
    for (unsigned i = 0; i < b->n; i++)
        if (balance_has(usable, i)) {
            in_flight += b->targets[i].in_flight;
            n++;
        }
    return n ? ceil(load_bound * in_flight / n) : 0;
}

int balance_hash(struct balance *b, const struct balance_set *usable, uint64_t hash)
{
    double bound = bound_of(b, usable);
    if (!b->ring)
        make_ring(b);
    unsigned first = find_point(b, mix(hash));
    for (unsigned i = 0; i < b->n_points; i++) {
        unsigned target = b->ring[(first + i) % b->n_points].target;
        if (balance_has(usable, target) && b->targets[target].in_flight < bound)
            return (int)target;
    }
    return BALANCE_NONE;
}

void balance_begin(struct balance *b, unsigned target)
{
    b->targets[target].in_flight++;
}

/* A rise counts at once, a fall as the old sample ages. */
static void sample(struct balance_target *t, double us, uint64_t now_ns)
{
    double old = weight_of_old(t, now_ns);
    if (us >= t->latency_us)
        t->latency_us = us;
    else
        t->latency_us = t->latency_us * old + us * (1 - old);
    t->told_ns = now_ns;
}

void balance_end(struct balance *b, unsigned target, enum balance_end how, uint64_t took_us,
                 uint64_t now_ns)
{
    struct balance_target *t = &b->targets[target];
    t->in_flight--;
    if (how == BALANCE_CANCELLED)
        return;
    double us = took_us ? (double)took_us : 1;
    if (how == BALANCE_OUTRUN && us < t->latency_us * weight_of_old(t, now_ns))
        return;
    if (how == BALANCE_FAILED && us < penalty_us)
        us = penalty_us;
    sample(t, us, now_ns);
}
