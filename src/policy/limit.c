/* limit.c - places counted by one word, and a limit that is looked at once a window
 *
 * Any thread adds its samples; the one whose call ends a window computes the new limit, alone.
 */
#include "policy/limit.h"

#include <math.h>

enum {
    WINDOW_MS = 100,
    SAMPLES_LEAST = 10,
    LONG_WINDOWS = 600, /* over which the long-term latency is averaged, */
    WARM_UP = 10,       /* after so many that count alike */
    UNIT = 1024,        /* of `now`: a limit that grows by less than one grows all the same */
};

static const double tolerance = 1.5;       /* latency may rise so much before the limit falls */
static const double gradient_least = 0.5;  /* it falls by half at most, */
static const double smoothing = 0.2;       /* a fifth of the way at a time */
static const double drops_bearable = 0.05; /* share from which nothing is added any more */
static const double recovery = 2;          /* where calls became so much faster, */
static const double forgetting = 0.95;     /* the long-term latency follows */

void limit_init(struct limit *l, const struct limit_settings *s)
{
    *l = (struct limit){.now = s->initial * UNIT};
}

unsigned limit_now(const struct limit *l, const struct limit_settings *s)
{
    return s->max ? s->max : atomic_load_explicit(&l->now, memory_order_relaxed) / UNIT;
}

bool limit_take(struct limit *l, const struct limit_settings *s)
{
    unsigned in_flight = atomic_load_explicit(&l->in_flight, memory_order_relaxed);
    do {
        if (in_flight >= limit_now(l, s))
            return false;
    } while (!atomic_compare_exchange_weak(&l->in_flight, &in_flight, in_flight + 1));
    return true;
}

static void note_peak(struct limit *l, uint64_t in_flight)
{
    uint64_t peak = atomic_load_explicit(&l->peak, memory_order_relaxed);
    while (peak < in_flight && !atomic_compare_exchange_weak(&l->peak, &peak, in_flight)) {
    }
}

/* The long-term latency with this window's in it. The very first one knows only the calls that
 * ended first, the quickest. */
static double average(struct limit *l, double short_us)
{
    double long_us = (double)atomic_load(&l->long_us) / (double)UNIT;
    unsigned n = atomic_load(&l->n_averaged) + 1;
    long_us += (short_us - long_us) / (n <= WARM_UP ? n : LONG_WINDOWS);
    if (n <= WARM_UP)
        atomic_store(&l->n_averaged, n);
    if (long_us / short_us > recovery)
        long_us *= forgetting;
    atomic_store(&l->long_us, (uint64_t)(long_us * (double)UNIT) + 1);
    return long_us;
}

/* In units. */
static unsigned clamp(const struct limit_settings *s, double limit)
{
    if (limit < s->least)
        return s->least * UNIT;
    return limit > s->most ? s->most * UNIT : (unsigned)(limit * (double)UNIT);
}

/* What latency says: 1 where it has not risen, or nothing is known of it. */
static double gradient_of(struct limit *l, double n, double sum_us)
{
    if (n < 1 || sum_us < 1)
        return 1;
    double short_us = sum_us / n;
    return fmin(tolerance * average(l, short_us) / short_us, 1);
}

/* Where fewer than half of the places were asked for, latency says nothing about the limit. What is
 * read here may lack a call that another thread is adding, and n may be 0. */
static void adapt(struct limit *l, const struct limit_settings *s)
{
    double n = (double)atomic_exchange(&l->n, 0);
    double n_dropped = (double)atomic_exchange(&l->n_dropped, 0);
    double sum_us = (double)atomic_exchange(&l->sum_us, 0);
    double peak = (double)atomic_exchange(&l->peak, 0);
    double limit = (double)atomic_load(&l->now) / (double)UNIT;
    double room = sqrt(limit);
    double gradient = gradient_of(l, n - n_dropped, sum_us);
    if (n < 1 || (peak * 2 < limit && gradient >= 1 && n_dropped < 1))
        return;
    double dropped = n_dropped / n;
    room *= fmax(0, 1 - dropped / drops_bearable);
    double wanted = limit * fmax(fmin(gradient, 1 - dropped), gradient_least) + room;
    atomic_store(&l->now, clamp(s, limit + (wanted - limit) * smoothing));
}

void limit_give(struct limit *l, const struct limit_settings *s, enum limit_end how,
                uint64_t took_us, uint64_t now_ms)
{
    unsigned in_flight = atomic_fetch_sub(&l->in_flight, 1);
    if (s->max || how == LIMIT_CANCELLED)
        return;
    note_peak(l, in_flight);
    if (how == LIMIT_DROPPED)
        atomic_fetch_add_explicit(&l->n_dropped, 1, memory_order_relaxed);
    else
        atomic_fetch_add_explicit(&l->sum_us, took_us ? took_us : 1, memory_order_relaxed);
    uint64_t n = atomic_fetch_add_explicit(&l->n, 1, memory_order_relaxed) + 1;
    uint64_t began = atomic_load_explicit(&l->window, memory_order_relaxed);
    bool is_over = now_ms >= began + WINDOW_MS && n >= SAMPLES_LEAST;
    if (is_over && atomic_compare_exchange_strong(&l->window, &began, now_ms))
        adapt(l, s);
}
