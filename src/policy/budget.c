/* budget.c - deposits of the last seconds, less what was withdrawn */
#include "policy/budget.h"

enum {
    TURN_MS = 1000
};

void budget_deposit(struct budget *b, uint64_t now_ms)
{
    window_add(&b->window, now_ms / TURN_MS, 1, 0);
}

uint64_t budget_left(const struct budget *b, const struct budget_settings *s, uint64_t now_ms)
{
    struct window_sums sums = window_sum(&b->window, now_ms / TURN_MS);
    uint64_t allowed =
        sums.first * s->permille / 1000 + (uint64_t)s->reserve_per_second * WINDOW_BUCKETS;
    return allowed > sums.second ? allowed - sums.second : 0;
}

bool budget_withdraw(struct budget *b, const struct budget_settings *s, uint64_t now_ms)
{
    if (budget_left(b, s, now_ms) == 0)
        return false;
    window_add(&b->window, now_ms / TURN_MS, 0, 1);
    return true;
}
