/* limit.h - how many calls of a service may be under way at once
 *
 * A fixed number, or one that adapts by Gradient2 (Netflix, concurrency-limits): the limit follows
 * the ratio of a long-term to the present latency, with room for the square root of the limit, and
 * never dips to probe. Where calls are dropped it falls by their share, or grows less.
 *
 * One a service and process: lock-free, any thread. Pure: time is an argument.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct limit_settings {
    bool is_on;
    unsigned max;                  /* fixed; 0: adaptive */
    unsigned initial, least, most; /* of an adaptive one; at most a million */
};

struct limit {
    atomic_uint in_flight;
    atomic_uint now; /* the adaptive limit, in limit.c's unit */
    /* limit.c's: the window being gathered, and the averages. */
    atomic_uint_fast64_t window;       /* its beginning in ms */
    atomic_uint_fast64_t n, n_dropped; /* of the window: calls, and those dropped among them */
    atomic_uint_fast64_t sum_us, peak; /* of the window: the others' time, most in flight */
    atomic_uint_fast64_t long_us;      /* long-term latency, in the same unit; 0: not known */
    atomic_uint n_averaged;            /* windows in it, as far as they count alike */
};

void limit_init(struct limit *l, const struct limit_settings *s);
/* false: no place is free. */
bool limit_take(struct limit *l, const struct limit_settings *s);
enum limit_end {
    LIMIT_DONE,
    LIMIT_DROPPED,   /* it was late, or the service said that it has too much to do; its time says
                        nothing, as with: */
    LIMIT_CANCELLED, /* it says nothing at all */
};
/* The place back. */
void limit_give(struct limit *l, const struct limit_settings *s, enum limit_end how,
                uint64_t took_us, uint64_t now_ms);
unsigned limit_now(const struct limit *l, const struct limit_settings *s);
