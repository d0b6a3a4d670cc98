/* gcra.c - a time that permits move on */
#include "policy/gcra.h"

struct gcra_verdict gcra_judge(const struct gcra_settings *s, bool passes, uint64_t n,
                               uint64_t ahead_ns)
{
    uint64_t most = s->burst * s->interval_ns;
    uint64_t wanted = n < s->burst ? n * s->interval_ns : most;
    return (struct gcra_verdict){
        .passes = passes,
        .left = ahead_ns < most ? (most - ahead_ns) / s->interval_ns : 0,
        .retry_ns = !passes && ahead_ns + wanted > most ? ahead_ns + wanted - most : 0,
        .full_ns = ahead_ns,
    };
}

struct gcra_verdict gcra_take(gcra_word *word, const struct gcra_settings *s, uint64_t n,
                              uint64_t now_ns)
{
    uint_fast64_t before = atomic_load_explicit(word, memory_order_relaxed);
    for (;;) {
        uint64_t ahead = before > now_ns ? before - now_ns : 0;
        uint64_t after = ahead + n * s->interval_ns;
        if (n > s->burst || after > s->burst * s->interval_ns)
            return gcra_judge(s, false, n, ahead);
        if (n == 0 ||
            atomic_compare_exchange_weak_explicit(word, &before, now_ns + after,
                                                  memory_order_relaxed, memory_order_relaxed))
            return gcra_judge(s, true, n, after);
    }
}

void gcra_owe(gcra_word *word, const struct gcra_settings *s, uint64_t n, uint64_t now_ns)
{
    uint64_t most = 2 * s->burst * s->interval_ns;
    uint_fast64_t before = atomic_load_explicit(word, memory_order_relaxed), after;
    do {
        uint64_t ahead = before > now_ns ? before - now_ns : 0;
        uint64_t wanted = ahead + n * s->interval_ns;
        after = now_ns + (wanted < most ? wanted : ahead < most ? most : ahead);
    } while (!atomic_compare_exchange_weak_explicit(word, &before, after, memory_order_relaxed,
                                                    memory_order_relaxed));
}

void gcra_give_back(gcra_word *word, const struct gcra_settings *s, uint64_t n, uint64_t full_at_ns,
                    uint64_t now_ns)
{
    uint64_t most = full_at_ns > now_ns ? full_at_ns - now_ns : 0;
    uint64_t freed = n * s->interval_ns < most ? n * s->interval_ns : most;
    uint_fast64_t before = atomic_load_explicit(word, memory_order_relaxed), after;
    do {
        after = before > freed ? before - freed : 0;
    } while (!atomic_compare_exchange_weak_explicit(word, &before, after, memory_order_relaxed,
                                                    memory_order_relaxed));
}
