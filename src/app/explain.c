/* explain.c - computes the times of a plan and prints them as a tree */
#include "app/explain.h"

#include <inttypes.h>
#include <string.h>

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

/* Columns of the table, in characters. */
struct widths {
    int source, starts;
};

static const char *role_of(const struct config_source *s)
{
    return s->is_required ? " (required)" : s->has_fallback ? " (fallback)" : "";
}

static unsigned depth_of(unsigned source, const struct explain_times *times)
{
    unsigned depth = 0;
    for (unsigned i = source; times[i].waits_for != i; i = times[i].waits_for)
        depth++;
    return depth;
}

/* "at once", or what it comes after; NULL counts only. The number of characters. */
static int print_start(FILE *to, const struct config_endpoint *e, unsigned source)
{
    const char *between = "after ";
    int n = 0;
    for (unsigned i = 0; i < e->n_sources; i++) {
        if (!(e->sources[source].needs & bit(i)))
            continue;
        n += (int)strlen(between) + (int)e->sources[i].name.n;
        if (to)
            fprintf(to, "%s%.*s", between, SLICE_ARG(e->sources[i].name));
        between = ", ";
    }
    if (n)
        return n;
    if (to)
        fprintf(to, "at once");
    return (int)strlen("at once");
}

static struct widths measure(const struct config_endpoint *e, const struct explain_times *times)
{
    struct widths w = {.source = (int)strlen("source"), .starts = (int)strlen("starts")};
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *s = &e->sources[i];
        int n = (int)(2 * depth_of(i, times) + s->name.n + strlen(role_of(s)));
        w.source = n > w.source ? n : w.source;
        n = print_start(NULL, e, i);
        w.starts = n > w.starts ? n : w.starts;
    }
    return w;
}

static void print_source(FILE *to, const struct config_endpoint *e, unsigned source,
                         const struct explain_times *times, const struct widths *w)
{
    const struct config_source *s = &e->sources[source];
    const struct explain_times *t = &times[source];
    int indent = 2 * (int)depth_of(source, times);
    int rest = w->source - indent - (int)s->name.n;
    fprintf(to, "  %*s%.*s%-*s  ", indent, "", SLICE_ARG(s->name), rest, role_of(s));
    int n = print_start(to, e, source);
    fprintf(to, "%*s", w->starts - n, "");
    fprintf(to, "  %8" PRIu64 " ms  %8" PRIu64 " ms  %8" PRIu64 " ms  %.*s %.*s\n", t->latest_start,
            s->timeout_ms, t->latest_end, SLICE_ARG(s->method), SLICE_ARG(s->path_text));
}

/* A source stands below the need that it waits for longest. Nesting ends with the sources. */
static void print_tree(FILE *to, const struct config_endpoint *e, const struct explain_times *times)
{
    unsigned path[CONFIG_MAX_SOURCES + 1], next[CONFIG_MAX_SOURCES + 1];
    const struct widths w = measure(e, times);
    int depth = 0;
    next[0] = 0;
    fprintf(to, "\n  %-*s  %-*s  %11s  %11s  %11s  call\n", w.source, "source", w.starts, "starts",
            "starts by", "timeout", "ends by");
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
        print_source(to, e, i, times, &w);
        path[depth++] = i;
        next[depth] = 0;
    }
    fprintf(to, "\n");
}

static bool is_first_of_service(const struct config_endpoint *e, unsigned source)
{
    for (unsigned i = 0; i < source; i++)
        if (e->sources[i].service == e->sources[source].service)
            return false;
    return true;
}

static void print_services(FILE *to, const struct config_endpoint *e)
{
    const char *between = "  services: ";
    for (unsigned i = 0; i < e->n_sources; i++) {
        if (!is_first_of_service(e, i))
            continue;
        fprintf(to, "%s%.*s", between, SLICE_ARG(e->sources[i].service->name));
        between = ", ";
    }
    fprintf(to, "\n");
}

/* The source and what it waits for longest, in the order of their starts. */
static void print_chain(FILE *to, const struct config_endpoint *e, unsigned source,
                        const struct explain_times *times)
{
    for (unsigned back = depth_of(source, times) + 1; back-- > 0;) {
        unsigned i = source;
        for (unsigned k = 0; k < back; k++)
            i = times[i].waits_for;
        fprintf(to, "%.*s%s", SLICE_ARG(e->sources[i].name), back ? " > " : "");
    }
}

static void print_worst(FILE *to, const struct config_endpoint *e,
                        const struct explain_times *times)
{
    unsigned last = 0;
    for (unsigned i = 1; i < e->n_sources; i++)
        if (times[i].unbounded_end > times[last].unbounded_end)
            last = i;
    bool is_cut = times[last].unbounded_end > e->timeout_ms;
    fprintf(to, "  worst case: %" PRIu64 " ms, %s ", times[last].latest_end,
            is_cut ? "where the endpoint's timeout cuts" : "at the end of");
    print_chain(to, e, last, times);
    if (is_cut)
        fprintf(to, " (%" PRIu64 " ms without it)", times[last].unbounded_end);
    fprintf(to, "\n");
}

/* CONTRACT 3.5: what ends the answer at once, and what goes on behind it. */
static void print_roles(FILE *to, const struct config_endpoint *e)
{
    const char *between = "  no answer without: ";
    for (unsigned i = 0; i < e->n_sources; i++) {
        if (!e->sources[i].is_required)
            continue;
        fprintf(to, "%s%.*s", between, SLICE_ARG(e->sources[i].name));
        between = ", ";
    }
    if (*between == ',')
        fprintf(to, "\n");
    between = "  once sent, not cancelled by the answer's end: ";
    for (unsigned i = 0; i < e->n_sources; i++) {
        if (e->sources[i].is_safe)
            continue;
        fprintf(to, "%s%.*s", between, SLICE_ARG(e->sources[i].name));
        between = ", ";
    }
    if (*between == ',')
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
    print_roles(to, e);
    print_services(to, e);
}

static void print_arrows(FILE *to, const struct config_endpoint *e, unsigned number,
                         unsigned source)
{
    if (!e->sources[source].needs)
        fprintf(to, "    e%u --> e%us%u\n", number, number, source);
    for (unsigned i = 0; i < e->n_sources; i++)
        if (e->sources[source].needs & bit(i))
            fprintf(to, "    e%us%u --> e%us%u\n", number, i, number, source);
}

void explain_print_mermaid(FILE *to, const struct config_endpoint *e, unsigned number)
{
    if (number == 0)
        fprintf(to, "flowchart LR\n");
    fprintf(to, "  subgraph g%u[\" \"]\n    e%u([\"%.*s %.*s<br>within %" PRIu64 " ms\"])\n",
            number, number, SLICE_ARG(e->method), SLICE_ARG(e->path), e->timeout_ms);
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *s = &e->sources[i];
        fprintf(to, "    e%us%u[\"%.*s%s<br>%.*s, %" PRIu64 " ms\"]\n", number, i,
                SLICE_ARG(s->name), role_of(s), SLICE_ARG(s->service->name), s->timeout_ms);
        print_arrows(to, e, number, i);
    }
    fprintf(to, "  end\n");
}
