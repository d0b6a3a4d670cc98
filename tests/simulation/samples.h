/* samples.h - latencies that are all kept, and their exact quantiles */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct samples { /* all zero: none */
    double *values;
    size_t n, capacity;
    bool is_sorted;
};

void samples_add(struct samples *s, double value);
/* quantile is 0 to 1; 0 where there are no samples. */
double samples_quantile(struct samples *s, double quantile);
void samples_done(struct samples *s);
