/* explain_table.c - a plan as a table, whose rows are indented below what they wait for */
#include <inttypes.h>
#include <string.h>

#include "app/explain_internal.h"
#include "config/condition.h"
#include "service/service_call.h"

struct table {
    FILE *to;
    const struct config_endpoint *endpoint;
    const struct selection *chosen;
    const struct explain_times *times;
    uint64_t streamed;
    int n_source, n_starts; /* characters of the columns */
};

const char *explain_role(const struct config_endpoint *e, const struct selection *chosen,
                         unsigned source)
{
    static const char *const roles[3][3] = {
        {"", " (hidden)", " (not shown)"},
        {" (required)", " (required, hidden)", " (required, not shown)"},
        {" (fallback)", " (fallback, hidden)", " (fallback, not shown)"},
    };
    const struct config_source *s = &e->sources[source];
    unsigned role = s->is_required ? 1 : s->has_fallback ? 2 : 0;
    bool is_shown = chosen->shown >> source & 1;
    return roles[role][s->is_hidden ? 1 : is_shown ? 0 : 2];
}

static bool is_called(const struct table *t, unsigned source)
{
    return t->chosen->called >> source & 1;
}

static bool needs(const struct table *t, unsigned source, unsigned other)
{
    return t->endpoint->sources[source].needs >> other & 1;
}

/* "at once", or what it comes after; `to` NULL counts only. The number of characters. */
static int print_start(const struct table *t, FILE *to, unsigned source)
{
    const char *between = "after ";
    int n = 0;
    for (unsigned i = 0; i < t->endpoint->n_sources; i++) {
        struct slice name = t->endpoint->sources[i].name;
        if (!needs(t, source, i))
            continue;
        n += (int)strlen(between) + (int)name.n;
        if (to)
            fprintf(to, "%s%.*s", between, SLICE_ARG(name));
        between = ", ";
    }
    if (n)
        return n;
    if (to)
        fprintf(to, "at once");
    return (int)strlen("at once");
}

static void measure(struct table *t)
{
    t->n_source = (int)strlen("source");
    t->n_starts = (int)strlen("starts");
    for (unsigned i = 0; i < t->endpoint->n_sources; i++) {
        if (!is_called(t, i))
            continue;
        size_t n_role = strlen(explain_role(t->endpoint, t->chosen, i));
        int n = (int)(2 * explain_depth(i, t->times) + t->endpoint->sources[i].name.n + n_role);
        t->n_source = n > t->n_source ? n : t->n_source;
        n = print_start(t, NULL, i);
        t->n_starts = n > t->n_starts ? n : t->n_starts;
    }
}

static void print_place(FILE *to, const struct config_source *s)
{
    bool is_own = s->into.n_names == 1 && slice_equal(s->into.names[0], s->name);
    if (s->is_hidden || is_own)
        return;
    if (s->into.is_joined) {
        fprintf(to, "; joins the top level");
        return;
    }
    fprintf(to, "; stands at ");
    for (unsigned i = 0; i < s->into.n_names; i++)
        fprintf(to, "%s%.*s", i ? "." : "", SLICE_ARG(s->into.names[i]));
}

/* What may make it longer than its timeout. */
static void print_more_time(FILE *to, const struct config_source *s)
{
    const struct service_call_most most = service_call_most(s);
    if (most.n_attempts > 1)
        fprintf(to, "; up to %u attempts", most.n_attempts);
    if (most.is_hedged)
        fprintf(to, "; hedged");
    if (most.may_wait)
        fprintf(to, "; may wait for a place");
    if (s->jq.n)
        fprintf(to, "; jq");
}

/* The call, how often, whether elements leave one by one, whether it is made at all, where its
 * answer goes, and how long it is remembered. */
static void print_call(FILE *to, const struct config_source *s, bool is_streamed)
{
    fprintf(to, "%.*s %.*s", SLICE_ARG(s->method), SLICE_ARG(s->path_text));
    if (s->each.is_given && s->each.batch.n)
        fprintf(to, "; once for up to %u", s->each.max);
    else if (s->each.is_given)
        fprintf(to, "; x%u at most, %u at once", s->each.max, s->each.parallel);
    if (is_streamed)
        fprintf(to, "; streamed");
    print_more_time(to, s);
    if (s->when)
        fprintf(to, "; when %.*s", SLICE_ARG(s->when->text));
    print_place(to, s);
    if (s->cache.is_on) {
        fprintf(to, "; ");
        explain_print_cache(to, &s->cache);
    }
    fprintf(to, "\n");
}

static void print_source(const struct table *t, unsigned source)
{
    const struct config_source *s = &t->endpoint->sources[source];
    const struct explain_times *times = &t->times[source];
    int indent = 2 * (int)explain_depth(source, t->times);
    int rest = t->n_source - indent - (int)s->name.n;
    fprintf(t->to, "  %*s%.*s%-*s  ", indent, "", SLICE_ARG(s->name), rest,
            explain_role(t->endpoint, t->chosen, source));
    int n = print_start(t, t->to, source);
    fprintf(t->to, "%*s", t->n_starts - n, "");
    fprintf(t->to, "  %8" PRIu64 " ms  %8" PRIu64 " ms  %8" PRIu64 " ms  ", times->latest_start,
            s->timeout_ms, times->latest_end);
    print_call(t->to, s, t->streamed >> source & 1);
}

/* A source stands below the need that it waits for longest. */
static bool belongs(const struct table *t, unsigned source, int depth, const unsigned *path)
{
    const struct explain_times *times = &t->times[source];
    if (!is_called(t, source))
        return false;
    if (depth == 0)
        return times->waits_for == source;
    return times->waits_for == path[depth - 1] && times->step > 1;
}

/* Nesting ends with the sources. */
static void print_rows(const struct table *t)
{
    unsigned path[CONFIG_MAX_SOURCES + 1], next[CONFIG_MAX_SOURCES + 1];
    int depth = 0;
    next[0] = 0;
    while (depth >= 0) {
        unsigned i = next[depth]++;
        if (i >= t->endpoint->n_sources) {
            depth--;
        } else if (belongs(t, i, depth, path)) {
            print_source(t, i);
            path[depth++] = i;
            next[depth] = 0;
        }
    }
}

void explain_print_table(FILE *to, const struct config_endpoint *e, const struct selection *chosen,
                         const struct explain_times *times, uint64_t streamed)
{
    struct table t = {
        .to = to, .endpoint = e, .chosen = chosen, .times = times, .streamed = streamed};
    measure(&t);
    fprintf(to, "\n  %-*s  %-*s  %11s  %11s  %11s  call\n", t.n_source, "source", t.n_starts,
            "starts", "starts by", "timeout", "ends by");
    print_rows(&t);
    fprintf(to, "\n");
}
