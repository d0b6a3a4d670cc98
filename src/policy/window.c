/* window.c - words of a turn and two counts, changed by compare and exchange */
#include "policy/window.h"

#include <stdbool.h>

enum {
    COUNT_BITS = 20,
    TURN_BITS = 24,
    AHEAD_MOST = 100 * WINDOW_BUCKETS, /* turns that threads' clocks may be apart */
};

static uint64_t turn_of(uint64_t word)
{
    return word >> 2 * COUNT_BITS;
}

static uint64_t cut(uint64_t turn)
{
    return turn & ((UINT64_C(1) << TURN_BITS) - 1);
}

static uint64_t first_of(uint64_t word)
{
    return word >> COUNT_BITS & WINDOW_COUNT_MAX;
}

static uint64_t second_of(uint64_t word)
{
    return word & WINDOW_COUNT_MAX;
}

static uint64_t word_of(uint64_t turn, uint64_t first, uint64_t second)
{
    for (; first > WINDOW_COUNT_MAX || second > WINDOW_COUNT_MAX; first /= 2)
        second /= 2; /* their ratio stays */
    return cut(turn) << 2 * COUNT_BITS | first << COUNT_BITS | second;
}

/* The bucket's turn, or a later one that another thread has begun in it. */
static bool is_current(uint64_t word, uint64_t turn)
{
    uint64_t ahead = cut(turn_of(word) - turn);
    return ahead == 0 || (ahead <= AHEAD_MOST && (first_of(word) || second_of(word)));
}

void window_add(struct window *w, uint64_t turn, unsigned first, unsigned second)
{
    atomic_uint_fast64_t *bucket = &w->buckets[turn % WINDOW_BUCKETS];
    uint64_t old = atomic_load_explicit(bucket, memory_order_relaxed);
    uint64_t new;
    do {
        new = is_current(old, turn)
                  ? word_of(turn_of(old), first + first_of(old), second + second_of(old))
                  : word_of(turn, first, second);
    } while (!atomic_compare_exchange_weak_explicit(bucket, &old, new, memory_order_relaxed,
                                                    memory_order_relaxed));
}

struct window_sums window_sum(const struct window *w, uint64_t turn)
{
    struct window_sums sums = {0};
    for (unsigned i = 0; i < WINDOW_BUCKETS; i++) {
        uint64_t word = atomic_load_explicit(&w->buckets[i], memory_order_relaxed);
        if (cut(turn - turn_of(word)) >= WINDOW_BUCKETS)
            continue;
        sums.first += first_of(word);
        sums.second += second_of(word);
    }
    return sums;
}

void window_clear(struct window *w)
{
    for (unsigned i = 0; i < WINDOW_BUCKETS; i++)
        atomic_store_explicit(&w->buckets[i], 0, memory_order_relaxed);
}
