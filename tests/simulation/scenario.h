/* scenario.h - the scenarios, one a function
 *
 * Each makes its calls `runs` times over, each time with a seed that follows from the one given,
 * and reports its parameters, the numbers of each variant, and what a plot is made of. The
 * independent references in reference.py get the same parameters.
 */
#pragma once

#include <stdint.h>

enum {
    SCENARIO_START_MS = 1000000 /* policies take no time of 0 */
};

struct scenario {
    unsigned runs;
    uint64_t seed;
};

void scenario_hedge(const struct scenario *s);
void scenario_balance(const struct scenario *s);
void scenario_limit(const struct scenario *s);
void scenario_outage(const struct scenario *s);
void scenario_breaker(const struct scenario *s);
