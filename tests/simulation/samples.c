/* samples.c - an array that grows, sorted when it is asked */
#include "samples.h"

#include <math.h>
#include <stdlib.h>

#include "base/check.h"

void samples_add(struct samples *s, double value)
{
    if (s->n == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : 64;
        s->values = realloc(s->values, s->capacity * sizeof *s->values);
        CHECK(s->values);
    }
    s->values[s->n++] = value;
    s->is_sorted = false;
}

static int by_value(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* The nearest rank. */
double samples_quantile(struct samples *s, double quantile)
{
    if (s->n == 0)
        return 0;
    if (!s->is_sorted)
        qsort(s->values, s->n, sizeof *s->values, by_value);
    s->is_sorted = true;
    size_t rank = (size_t)ceil(quantile * (double)s->n);
    return s->values[rank > 0 ? rank - 1 : 0];
}

void samples_done(struct samples *s)
{
    free(s->values);
    *s = (struct samples){0};
}
