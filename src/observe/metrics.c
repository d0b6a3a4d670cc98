/* metrics.c - the Prometheus text format */
#include "observe/metrics.h"

#include <inttypes.h>
#include <string.h>

enum {
    COUNTER,
    GAUGE
};

static const struct {
    const char *name;
    const char *labels; /* ready-made; empty where there are none */
    int kind;
    const char *sentence;
} rows[N_COUNTERS] = {
#define X(id, name, labels, kind, sentence) {name, labels, kind, sentence},
    COUNTERS(X)
#undef X
};

static void put(struct metrics *m, struct slice text)
{
    m->is_whole = m->is_whole && buffer_append(m->out, text);
}

static void put_text(struct metrics *m, const char *text)
{
    put(m, slice_of(text));
}

static void put_number(struct metrics *m, int64_t value)
{
    m->is_whole = m->is_whole && buffer_print(m->out, " %" PRId64 "\n", value);
}

static void put_seconds(struct metrics *m, uint64_t us)
{
    m->is_whole =
        m->is_whole && buffer_print(m->out, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
}

static void put_escaped(struct metrics *m, struct slice value)
{
    for (size_t i = 0; i < value.n; i++) {
        char c = value.at[i];
        if (c == '\n')
            put(m, SLICE("\\n"));
        else if (c == '"' || c == '\\')
            put(m, (struct slice){(const char[]){'\\', c}, 2});
        else
            put(m, (struct slice){&c, 1});
    }
}

static void put_labels(struct metrics *m, const struct metrics_label *labels, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        put_text(m, i ? "," : "");
        put_text(m, labels[i].name);
        put(m, SLICE("=\""));
        put_escaped(m, labels[i].value);
        put(m, SLICE("\""));
    }
}

void metrics_init(struct metrics *m, struct buffer *out)
{
    *m = (struct metrics){.out = out, .is_whole = true};
}

void metrics_family(struct metrics *m, const char *name, const char *type, const char *help)
{
    const char *const parts[] = {"# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n"};
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
        put_text(m, parts[i]);
}

void metrics_sample(struct metrics *m, const char *name, const struct metrics_label *labels,
                    unsigned n_labels, int64_t value)
{
    put_text(m, name);
    if (n_labels) {
        put(m, SLICE("{"));
        put_labels(m, labels, n_labels);
        put(m, SLICE("}"));
    }
    put_number(m, value);
}

/* One bucket: the labels, then le. */
static void put_bucket(struct metrics *m, const char *name, const struct metrics_label *labels,
                       unsigned n_labels, unsigned bucket)
{
    put_text(m, name);
    put(m, SLICE("_bucket{"));
    put_labels(m, labels, n_labels);
    put_text(m, n_labels ? ",le=\"" : "le=\"");
    if (bucket < HISTOGRAM_N_BOUNDS)
        put_seconds(m, histogram_bound_us(bucket));
    else
        put(m, SLICE("+Inf"));
    put(m, SLICE("\"}"));
}

void metrics_histogram(struct metrics *m, const char *name, const struct metrics_label *labels,
                       unsigned n_labels, const struct histogram_sum *sum)
{
    uint64_t n = 0;
    for (unsigned i = 0; i <= HISTOGRAM_N_BOUNDS; i++) {
        n += sum->buckets[i];
        put_bucket(m, name, labels, n_labels, i);
        put_number(m, (int64_t)n);
    }
    put_text(m, name);
    put(m, SLICE("_sum{"));
    put_labels(m, labels, n_labels);
    put(m, SLICE("} "));
    put_seconds(m, sum->sum_us);
    put(m, SLICE("\n"));
    put_text(m, name);
    put(m, SLICE("_count{"));
    put_labels(m, labels, n_labels);
    put(m, SLICE("}"));
    put_number(m, (int64_t)n);
}

void metrics_counters(struct metrics *m, const struct counters *const *sets, unsigned n)
{
    for (unsigned id = 0; id < N_COUNTERS; id++) {
        int64_t sum = 0;
        for (unsigned i = 0; i < n; i++)
            sum += atomic_load_explicit(&sets[i]->values[id], memory_order_relaxed);
        if (id == 0 || strcmp(rows[id].name, rows[id - 1].name) != 0)
            metrics_family(m, rows[id].name, rows[id].kind == GAUGE ? "gauge" : "counter",
                           rows[id].sentence);
        put_text(m, rows[id].name);
        if (*rows[id].labels) {
            put(m, SLICE("{"));
            put_text(m, rows[id].labels);
            put(m, SLICE("}"));
        }
        put_number(m, sum);
    }
}
