/* quantile.c - eight buckets an octave, from a microsecond to hours */
#include "policy/quantile.h"

#include <string.h>

enum {
    STEP_BITS = 3,
    STEPS = 1 << STEP_BITS
};

/* The octave is the place of the highest bit, the step what the three below it say. */
static unsigned bucket_of(uint64_t us)
{
    if (us < STEPS)
        return (unsigned)us;
    unsigned high = 63U - (unsigned)__builtin_clzll(us);
    unsigned step = (unsigned)(us >> (high - STEP_BITS)) & (STEPS - 1);
    unsigned bucket = (high - STEP_BITS + 1) * STEPS + step;
    return bucket < QUANTILE_BUCKETS ? bucket : QUANTILE_BUCKETS - 1;
}

/* The greatest time that falls into it. */
static uint64_t top_of(unsigned bucket)
{
    if (bucket < STEPS)
        return bucket;
    unsigned shift = bucket / STEPS - 1;
    return ((uint64_t)(STEPS + bucket % STEPS + 1) << shift) - 1;
}

void quantile_init(struct quantile *q, uint64_t window_ms)
{
    memset(q, 0, sizeof *q);
    q->window_ms = window_ms;
}

static void clear(struct quantile *q, unsigned half)
{
    memset(q->counts[half], 0, sizeof q->counts[half]);
    q->n[half] = 0;
}

/* Windows that are over are forgotten, all but the last. */
static void turn_to(struct quantile *q, uint64_t now_ms)
{
    uint64_t turn = now_ms / q->window_ms;
    if (turn == q->turn)
        return;
    if (turn != q->turn + 1)
        clear(q, (turn & 1) ^ 1);
    clear(q, turn & 1);
    q->turn = turn;
}

void quantile_add(struct quantile *q, uint64_t took_us, uint64_t now_ms)
{
    turn_to(q, now_ms);
    q->counts[q->turn & 1][bucket_of(took_us)]++;
    q->n[q->turn & 1]++;
}

uint64_t quantile_us(struct quantile *q, unsigned permille, unsigned least, uint64_t now_ms)
{
    turn_to(q, now_ms);
    uint64_t n = (uint64_t)q->n[0] + q->n[1];
    if (n == 0 || n < least)
        return 0;
    uint64_t rank = (n * permille + 999) / 1000;
    uint64_t seen = 0;
    unsigned bucket = 0;
    for (; bucket < QUANTILE_BUCKETS - 1; bucket++) {
        seen += q->counts[0][bucket] + q->counts[1][bucket];
        if (seen >= rank && seen > 0)
            break;
    }
    return top_of(bucket);
}
