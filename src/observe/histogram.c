/* histogram.c - finds the bucket, adds one */
#include "observe/histogram.h"

static const uint64_t bounds[HISTOGRAM_N_BOUNDS] = HISTOGRAM_BOUNDS;

/* One writer: a load and a store, no locked instruction. */
static void add(atomic_uint_fast64_t *number, uint64_t n)
{
    uint64_t v = atomic_load_explicit(number, memory_order_relaxed);
    atomic_store_explicit(number, v + n, memory_order_relaxed);
}

void histogram_add(struct histogram *h, uint64_t us)
{
    unsigned i = 0;
    while (i < HISTOGRAM_N_BOUNDS && us > bounds[i])
        i++;
    add(&h->buckets[i], 1);
    add(&h->sum_us, us);
}

void histogram_collect(const struct histogram *h, struct histogram_sum *sum)
{
    for (unsigned i = 0; i <= HISTOGRAM_N_BOUNDS; i++)
        sum->buckets[i] += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
    sum->sum_us += atomic_load_explicit(&h->sum_us, memory_order_relaxed);
}

uint64_t histogram_bound_us(unsigned bucket)
{
    return bounds[bucket];
}
