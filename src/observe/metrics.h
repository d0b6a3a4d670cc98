/* metrics.h - numbers as Prometheus reads them (text format 0.0.4)
 *
 * Families are written whole, one after the other: metrics_family() once, then its samples. Label
 * values are escaped. Everything is appended to a buffer; past its limit nothing more is, and the
 * caller looks at `is_whole` at the end.
 */
#pragma once

#include <stdint.h>

#include "base/buffer.h"
#include "observe/counters.h"
#include "observe/histogram.h"

struct metrics {
    struct buffer *out;
    bool is_whole; /* false: the buffer's limit was reached */
};

struct metrics_label {
    const char *name;
    struct slice value;
};

void metrics_init(struct metrics *m, struct buffer *out);
/* type: "counter", "gauge" or "histogram". */
void metrics_family(struct metrics *m, const char *name, const char *type, const char *help);
void metrics_sample(struct metrics *m, const char *name, const struct metrics_label *labels,
                    unsigned n_labels, int64_t value);
/* Cumulative buckets, sum and count; bounds in seconds. */
void metrics_histogram(struct metrics *m, const char *name, const struct metrics_label *labels,
                       unsigned n_labels, const struct histogram_sum *sum);
/* All rows of the counter table, each added up over n sets. */
void metrics_counters(struct metrics *m, const struct counters *const *sets, unsigned n);
