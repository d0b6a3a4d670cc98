/* budget.h - how many calls beyond the plain ones may be made: retries, hedges
 *
 * Finagle's RetryBudget: each plain call deposits, each extra one withdraws; what was deposited
 * counts for ten seconds. permille is the share of extra calls over the plain ones, and a small
 * reserve a second lets rare callers have some at all. In a total outage the calls are thus at most
 * (1 + share) times the plain ones, plus the reserve.
 *
 * One a service and process: lock-free, any thread. Pure: time is an argument, in ms.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy/window.h"

struct budget_settings {
    unsigned permille;           /* extra calls a thousand plain ones */
    unsigned reserve_per_second; /* extra calls whatever happens */
};

struct budget {
    struct window window; /* of seconds: deposits, withdrawals */
};

void budget_deposit(struct budget *b, uint64_t now_ms);
/* false: nothing is left. Threads that withdraw the last one at the same moment may all have it. */
bool budget_withdraw(struct budget *b, const struct budget_settings *s, uint64_t now_ms);
/* How many may be withdrawn now. */
uint64_t budget_left(const struct budget *b, const struct budget_settings *s, uint64_t now_ms);
