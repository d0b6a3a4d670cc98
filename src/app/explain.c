/* explain.c - computes the times of a plan and prints them as a tree */
#include "app/explain.h"

#include <inttypes.h>

static uint64_t bit(unsigned i)
{
    return (uint64_t)1 << i;
}

static uint64_t at_most(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* All needs are known; the one whose end comes last decides. */
static struct explain_times time_of(const struct config_endpoint *e, unsigned source,
                                    const struct explain_times *times)
{
    const struct config_source *s = &e->sources[source];
    struct explain_times t = {.step = 1, .waits_for = source};
    uint64_t begin = 0;
    for (unsigned i = 0; i < e->n_sources; i++) {
        if (!(s->needs & bit(i)))
            continue;
        if (times[i].step >= t.step)
            t.step = times[i].step + 1;
        if (t.waits_for == source || times[i].unbounded_end > begin) {
            begin = times[i].unbounded_end;
            t.waits_for = i;
        }
    }
    t.unbounded_end = begin + s->timeout_ms;
    t.latest_start = at_most(begin, e->timeout_ms);
    t.latest_end = at_most(t.unbounded_end, e->timeout_ms);
    return t;
}

void explain_compute(const struct config_endpoint *e, struct explain_times *times)
{
    uint64_t known = 0;
    /* No cycles: each round knows at least one more. */
    for (unsigned round = 0; round < e->n_sources; round++)
        for (unsigned i = 0; i < e->n_sources; i++) {
            if ((known & bit(i)) || (e->sources[i].needs & ~known))
                continue;
            times[i] = time_of(e, i, times);
            known |= bit(i);
        }
}

static void print_start(FILE *to, const struct config_endpoint *e, unsigned source,
                        const struct explain_times *t)
{
    if (t->step == 1) {
        fprintf(to, "starts at once");
        return;
    }
    fprintf(to, "starts after");
    const char *between = " ";
    for (unsigned i = 0; i < e->n_sources; i++) {
        if (!(e->sources[source].needs & bit(i)))
            continue;
        fprintf(to, "%s%.*s", between, SLICE_ARG(e->sources[i].name));
        between = ", ";
    }
    fprintf(to, ", by %" PRIu64 " ms", t->latest_start);
}

static void print_source(FILE *to, const struct config_endpoint *e, unsigned source, int depth,
                         const struct explain_times *times)
{
    const struct config_source *s = &e->sources[source];
    const char *role = s->is_required ? " (required)" : s->has_fallback ? " (has a fallback)" : "";
    fprintf(to, "  %*s%.*s%s: %.*s %.*s\n", depth * 2, "", SLICE_ARG(s->name), role,
            SLICE_ARG(s->method), SLICE_ARG(s->path_text));
    fprintf(to, "  %*s  ", depth * 2, "");
    print_start(to, e, source, &times[source]);
    fprintf(to, ", ends by %" PRIu64 " ms (its timeout is %" PRIu64 " ms)\n",
            times[source].latest_end, s->timeout_ms);
}

/* A source stands below the need that it waits for longest. Nesting ends with the sources. */
static void print_tree(FILE *to, const struct config_endpoint *e, const struct explain_times *times)
{
    unsigned path[CONFIG_MAX_SOURCES + 1], next[CONFIG_MAX_SOURCES + 1];
    int depth = 0;
    next[0] = 0;
    while (depth >= 0) {
        unsigned i = next[depth]++;
        if (i >= e->n_sources) {
            depth--;
            continue;
        }
        bool belongs = depth == 0 ? times[i].waits_for == i
                                  : times[i].waits_for == path[depth - 1] && times[i].step > 1;
        if (!belongs)
            continue;
        print_source(to, e, i, depth, times);
        path[depth++] = i;
        next[depth] = 0;
    }
}

static void print_services(FILE *to, const struct config_endpoint *e)
{
    fprintf(to, "  services:");
    for (unsigned i = 0; i < e->n_sources; i++) {
        bool is_new = true;
        for (unsigned k = 0; k < i; k++)
            is_new = is_new && e->sources[k].service != e->sources[i].service;
        if (is_new)
            fprintf(to, " %.*s", SLICE_ARG(e->sources[i].service->name));
    }
    fprintf(to, "\n");
}

static void print_worst(FILE *to, const struct config_endpoint *e,
                        const struct explain_times *times)
{
    unsigned last = 0;
    for (unsigned i = 1; i < e->n_sources; i++)
        if (times[i].unbounded_end > times[last].unbounded_end)
            last = i;
    fprintf(to, "  worst case: %" PRIu64 " ms", times[last].latest_end);
    if (times[last].unbounded_end > e->timeout_ms)
        fprintf(to,
                ", cut by the endpoint's deadline; without it %" PRIu64
                " ms, up to the end of %.*s",
                times[last].unbounded_end, SLICE_ARG(e->sources[last].name));
    fprintf(to, "\n");
}

void explain_print(FILE *to, const struct config_endpoint *e)
{
    struct explain_times times[CONFIG_MAX_SOURCES] = {0};
    unsigned n_steps = 0;
    explain_compute(e, times);
    for (unsigned i = 0; i < e->n_sources; i++)
        n_steps = times[i].step > n_steps ? times[i].step : n_steps;
    fprintf(to, "%.*s %.*s: %u %s in %u %s, answered within %" PRIu64 " ms\n", SLICE_ARG(e->method),
            SLICE_ARG(e->path), e->n_sources, e->n_sources == 1 ? "call" : "calls", n_steps,
            n_steps == 1 ? "step" : "steps", e->timeout_ms);
    print_tree(to, e, times);
    print_worst(to, e, times);
    print_services(to, e);
}

void explain_print_mermaid(FILE *to, const struct config_endpoint *e)
{
    fprintf(to, "flowchart LR\n  client([\"%.*s %.*s\"])\n", SLICE_ARG(e->method),
            SLICE_ARG(e->path));
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *s = &e->sources[i];
        fprintf(to, "  s%u[\"%.*s<br>%.*s, %" PRIu64 " ms%s\"]\n", i, SLICE_ARG(s->name),
                SLICE_ARG(s->service->name), s->timeout_ms, s->is_required ? ", required" : "");
        if (!s->needs)
            fprintf(to, "  client --> s%u\n", i);
        for (unsigned k = 0; k < e->n_sources; k++)
            if (s->needs & bit(k))
                fprintf(to, "  s%u --> s%u\n", k, i);
    }
}
