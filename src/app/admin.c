/* admin.c - small answers for those who look after the gateway */
#include "app/admin.h"

#include "app/admin_breaker.h"
#include "app/admin_purge.h"
#include "app/control.h"
#include "base/check.h"
#include "cache/cache.h"
#include "gateway/problem.h"
#include "observe/metrics.h"
#include "wire/target.h"

enum {
    METRICS_LIMIT = 16 * 1024 * 1024
};

static void answer(struct exchange *e, unsigned status, struct slice type, struct slice body)
{
    const struct field fields[] = {{SLICE("Content-Type"), type},
                                   {SLICE("Cache-Control"), SLICE("no-store")}};
    exchange_begin(e, status, fields, 2, (int64_t)body.n);
    CHECK(exchange_put(e, body, NULL));
    exchange_end(e);
}

static void answer_word(struct exchange *e, unsigned status, struct slice word)
{
    answer(e, status, SLICE("text/plain; charset=utf-8"), word);
}

/* The process lives: this answer is the proof. */
static void answer_health(struct exchange *e)
{
    answer_word(e, 200, SLICE("ok\n"));
}

static void answer_ready(struct exchange *e)
{
    const struct control *c = e->context;
    if (atomic_load(&c->is_ready))
        answer_word(e, 200, SLICE("ready\n"));
    else
        answer_word(e, 503, SLICE("not ready\n"));
}

/* Visits each source of each endpoint with its labels. */
struct source_visit {
    struct metrics *m;
    const struct control *control;
    unsigned endpoint, source;
    struct metrics_label labels[4]; /* endpoint, method, source, and one of the visitor's */
};

static void each_source(struct metrics *m, const struct control *c,
                        void (*visit)(struct source_visit *v))
{
    const struct config *config = c->snapshot->config;
    for (unsigned e = 0; e < config->n_endpoints; e++) {
        const struct config_endpoint *endpoint = &config->endpoints[e];
        for (unsigned s = 0; s < endpoint->n_sources; s++) {
            struct source_visit v = {m,
                                     c,
                                     e,
                                     s,
                                     {{"endpoint", endpoint->path},
                                      {"method", endpoint->method},
                                      {"source", endpoint->sources[s].name}}};
            visit(&v);
        }
    }
}

static const struct gateway_source_stats *stats_of(const struct source_visit *v, unsigned worker)
{
    return &v->control->snapshot->stats[worker]->endpoints[v->endpoint].sources[v->source];
}

static void write_outcomes(struct source_visit *v)
{
    for (unsigned kind = 0; kind < OUTCOME_N_KINDS; kind++) {
        uint64_t n = 0;
        for (unsigned w = 0; w < v->control->snapshot->n_workers; w++)
            n += atomic_load_explicit(&stats_of(v, w)->outcomes[kind], memory_order_relaxed);
        v->labels[3] = (struct metrics_label){
            "outcome", slice_of(kind == OUTCOME_OK ? "ok" : outcome_kind_name(kind))};
        metrics_sample(v->m, "sheaf_source_outcomes_total", v->labels, 4, (int64_t)n);
    }
}

static void write_latency(struct source_visit *v)
{
    struct histogram_sum sum = {0};
    for (unsigned w = 0; w < v->control->snapshot->n_workers; w++)
        histogram_collect(&stats_of(v, w)->latency, &sum);
    metrics_histogram(v->m, "sheaf_source_seconds", v->labels, 3, &sum);
}

static void write_answers(struct metrics *m, const struct control *c)
{
    const struct config *config = c->snapshot->config;
    for (unsigned e = 0; e < config->n_endpoints; e++) {
        struct histogram_sum sum = {0};
        for (unsigned w = 0; w < c->snapshot->n_workers; w++)
            histogram_collect(&c->snapshot->stats[w]->endpoints[e].latency, &sum);
        const struct metrics_label labels[] = {{"endpoint", config->endpoints[e].path},
                                               {"method", config->endpoints[e].method}};
        metrics_histogram(m, "sheaf_answer_seconds", labels, 2, &sum);
    }
}

static void write_workers(struct metrics *m, const struct control *c)
{
    unsigned n = c->shared->n_workers;
    const struct counters **sets = calloc(n + 1, sizeof *sets);
    CHECK(sets);
    for (unsigned i = 0; i < n; i++)
        sets[i] = &c->shared->workers[i].counters;
    sets[n] = &c->store.counters;
    metrics_counters(m, sets, n + 1);
    free(sets);
    metrics_family(m, "sheaf_body_bytes_held", "gauge", "Bytes of bodies and output held now.");
    metrics_sample(m, "sheaf_body_bytes_held", NULL, 0, (int64_t)atomic_load(&c->shared->n_held));
}

static void write_number(struct metrics *m, const char *name, const char *type, const char *help,
                         uint64_t value)
{
    metrics_family(m, name, type, help);
    metrics_sample(m, name, NULL, 0, (int64_t)value);
}

static void write_cache(struct metrics *m, const struct control *c)
{
    struct memory_store_count count;
    memory_store_count(c->shared->cache->memory, &count);
    write_number(m, "sheaf_cache_entries", "gauge", "Answers that are remembered.",
                 count.n_entries);
    write_number(m, "sheaf_cache_bytes", "gauge", "Memory that they take.", count.n_bytes);
    write_number(m, "sheaf_cache_evicted_total", "counter",
                 "Answers that were forgotten for want of room.", count.n_evicted);
}

static void answer_metrics(struct exchange *e)
{
    const struct control *c = e->context;
    struct buffer out;
    struct metrics m;
    buffer_init(&out, METRICS_LIMIT);
    metrics_init(&m, &out);
    write_workers(&m, c);
    metrics_family(&m, "sheaf_source_outcomes_total", "counter", "Calls of sources by outcome.");
    each_source(&m, c, write_outcomes);
    metrics_family(&m, "sheaf_source_seconds", "histogram", "Time of a source's call.");
    each_source(&m, c, write_latency);
    metrics_family(&m, "sheaf_answer_seconds", "histogram", "Time of a whole answer.");
    write_answers(&m, c);
    admin_breaker_show(c, &m);
    control_targets_show(c, &m);
    write_cache(&m, c);
    control_store_show(c, &m);
    control_spans_show(c, &m);
    control_credentials_show(c, &m);
    control_issuers_show(c, &m);
    struct slice text = m.is_whole ? arena_copy(&e->arena, buffer_slice(&out)) : SLICE_NONE;
    buffer_done(&out);
    if (text.at)
        answer(e, 200, SLICE("text/plain; version=0.0.4; charset=utf-8"), text);
    else
        problem_answer(e, 500, "the metrics are too long");
}

static const struct {
    struct slice path;
    bool is_change; /* asked for by POST; the others only look */
    void (*answer)(struct exchange *e);
} pages[] = {
    {SLICE_INIT("/healthz"), false, answer_health},
    {SLICE_INIT("/readyz"), false, answer_ready},
    {SLICE_INIT("/metrics"), false, answer_metrics},
    {SLICE_INIT("/breaker"), true, admin_breaker_answer},
    {SLICE_INIT("/cache/purge"), true, admin_purge_answer},
};

static bool takes(bool is_change, struct slice method)
{
    if (is_change)
        return slice_equal(method, SLICE("POST"));
    return slice_equal(method, SLICE("GET")) || slice_equal(method, SLICE("HEAD"));
}

/* A browser sends Origin with each POST: a page that an operator happens to look at changes
 * nothing. */
static void on_request(struct exchange *e)
{
    struct target t;
    const char *why;
    if (!target_split(e->request.target, &t, &why)) {
        problem_answer(e, 400, why);
        return;
    }
    for (unsigned i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (!slice_equal(t.path, pages[i].path))
            continue;
        if (!takes(pages[i].is_change, e->request.method))
            problem_answer_method(e, pages[i].is_change ? SLICE("POST") : SLICE("GET, HEAD"));
        else if (pages[i].is_change && exchange_field(&e->request, SLICE("origin")))
            problem_answer(e, 403, "not from a web page");
        else
            pages[i].answer(e);
        return;
    }
    problem_answer(e, 404, "there are /healthz, /readyz, /metrics, /breaker and /cache/purge");
}

static enum exchange_interest on_head(struct exchange *e)
{
    (void)e;
    return EXCHANGE_WANT_BODY;
}

/* Most answers are whole in the turn of their request: nothing is to be cancelled or kept. */
static void on_nothing(struct exchange *e)
{
    (void)e;
}

const struct exchange_handlers admin_handlers = {
    .on_head = on_head,
    .on_request = on_request,
    .on_gone = admin_purge_gone,
    .on_finished = on_nothing,
    .on_refused = problem_answer,
};
