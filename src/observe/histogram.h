/* histogram.h - how long things took, in fixed buckets that Prometheus can add up
 *
 * One writer; any thread may read (relaxed atomics: a reader may see the sum before the count).
 * Times are microseconds.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

/* Upper bounds in microseconds, a factor of two and a half, two, two apart; above the last: +Inf.
 */
#define HISTOGRAM_BOUNDS                                                                           \
    {                                                                                              \
        500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000, 2000000,      \
            5000000, 10000000, 30000000                                                            \
    }
enum {
    HISTOGRAM_N_BOUNDS = 15
};

struct histogram {
    atomic_uint_fast64_t buckets[HISTOGRAM_N_BOUNDS + 1]; /* not cumulative */
    atomic_uint_fast64_t sum_us;
};

/* The same, read or added up: plain numbers. */
struct histogram_sum {
    uint64_t buckets[HISTOGRAM_N_BOUNDS + 1];
    uint64_t sum_us;
};

void histogram_add(struct histogram *h, uint64_t us);
/* Adds what h has now to the sum. */
void histogram_collect(const struct histogram *h, struct histogram_sum *sum);
uint64_t histogram_bound_us(unsigned bucket);
