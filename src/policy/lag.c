/* lag.c - an exponential mean, its weights by the first term alone */
#include "policy/lag.h"

static const double span_ns = 2e9;    /* that the mean looks back */
static const double longest_ns = 1e9; /* a turn counts for no more */
static const double negligible_ns = 1e6;

uint64_t lag_after_turn(uint64_t lag_ns, uint64_t took_ns)
{
    double lag = (double)lag_ns, took = (double)took_ns;
    if (lag < negligible_ns && took < negligible_ns)
        return 0;
    took = took < longest_ns ? took : longest_ns;
    return (uint64_t)(lag + (took - lag) * took / (took + span_ns));
}

uint64_t lag_after_rest(uint64_t lag_ns, uint64_t rest_ns)
{
    double lag = (double)lag_ns;
    return lag_ns ? (uint64_t)(lag * span_ns / ((double)rest_ns + span_ns)) : 0;
}
