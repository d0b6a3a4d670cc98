/* explain.c - computes the times of a plan, and says what they come to */
#include "app/explain.h"

#include <inttypes.h>

#include "app/explain_internal.h"
#include "base/buffer.h"
#include "config/quantity.h"
#include "service/service_call.h"

static uint64_t bit(unsigned i)
{
    return (uint64_t)1 << i;
}

static uint64_t at_most(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Calls of one source go in rounds of as many as may run at once. */
static uint64_t rounds_of(const struct config_source *s)
{
    const struct config_each *each = &s->each;
    if (!each->is_given || each->batch.n)
        return 1;
    return (each->max + each->parallel - 1) / each->parallel;
}

/* Programs of jq run one after the other (service/jq.h), one for each element of a list. */
static uint64_t longest_ms(const struct config_source *s)
{
    uint64_t n_programs = !s->jq.n ? 0 : s->each.is_given ? s->each.max : 1;
    return rounds_of(s) * service_call_most(s).ms + n_programs * s->jq_time_ms;
}

unsigned explain_most_calls(const struct config_source *s)
{
    return s->each.is_given && !s->each.batch.n ? s->each.max : 1;
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
    t.unbounded_end = begin + longest_ms(s);
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

unsigned explain_depth(unsigned source, const struct explain_times *times)
{
    unsigned depth = 0;
    for (unsigned i = source; times[i].waits_for != i; i = times[i].waits_for)
        depth++;
    return depth;
}

static bool is_called(const struct selection *s, unsigned source)
{
    return s->called >> source & 1;
}

static bool is_first_of_service(const struct config_endpoint *e, const struct selection *s,
                                unsigned source)
{
    for (unsigned i = 0; i < source; i++)
        if (is_called(s, i) && e->sources[i].service == e->sources[source].service)
            return false;
    return true;
}

static void print_services(FILE *to, const struct config_endpoint *e, const struct selection *s)
{
    const char *between = "  services: ";
    for (unsigned i = 0; i < e->n_sources; i++) {
        if (!is_called(s, i) || !is_first_of_service(e, s, i))
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
    for (unsigned back = explain_depth(source, times) + 1; back-- > 0;) {
        unsigned i = source;
        for (unsigned k = 0; k < back; k++)
            i = times[i].waits_for;
        fprintf(to, "%.*s%s", SLICE_ARG(e->sources[i].name), back ? " > " : "");
    }
}

/* A service says when it may be called again, and the deadline alone bounds that. */
static bool obeys(const struct config_endpoint *e, const struct selection *s)
{
    for (unsigned i = 0; i < e->n_sources; i++)
        if (is_called(s, i) && service_call_most(&e->sources[i]).obeys)
            return true;
    return false;
}

static void print_worst(FILE *to, const struct config_endpoint *e, const struct selection *s,
                        const struct explain_times *times)
{
    unsigned last = (unsigned)__builtin_ctzll(s->called);
    for (unsigned i = last + 1; i < e->n_sources; i++)
        if (is_called(s, i) && times[i].unbounded_end > times[last].unbounded_end)
            last = i;
    bool is_cut = times[last].unbounded_end > e->timeout_ms;
    fprintf(to, "  worst case: %" PRIu64 " ms, %s ", times[last].latest_end,
            is_cut ? "where the endpoint's timeout cuts" : "at the end of");
    print_chain(to, e, last, times);
    if (is_cut)
        fprintf(to, " (%" PRIu64 " ms without it)", times[last].unbounded_end);
    else if (obeys(e, s) && times[last].unbounded_end < e->timeout_ms)
        fprintf(to, "; longer where a Retry-After says so, up to %" PRIu64 " ms", e->timeout_ms);
    fprintf(to, "\n");
}

/* CONTRACT 3.5: what ends the answer at once, and what goes on behind it. */
static void print_roles(FILE *to, const struct config_endpoint *e, const struct selection *s)
{
    const char *between = "  no answer without: ";
    for (unsigned i = 0; i < e->n_sources; i++) {
        if (!is_called(s, i) || !e->sources[i].is_required)
            continue;
        fprintf(to, "%s%.*s", between, SLICE_ARG(e->sources[i].name));
        between = ", ";
    }
    if (*between == ',')
        fprintf(to, "\n");
    between = "  once sent, not cancelled by the answer's end: ";
    for (unsigned i = 0; i < e->n_sources; i++) {
        if (!is_called(s, i) || e->sources[i].is_safe)
            continue;
        fprintf(to, "%s%.*s", between, SLICE_ARG(e->sources[i].name));
        between = ", ";
    }
    if (*between == ',')
        fprintf(to, "\n");
}

struct totals {
    unsigned n_calls, n_all; /* at most; of the called sources, and of all */
    unsigned n_steps;
    bool is_fixed; /* neither a list nor a condition decides */
};

static struct totals add_up(const struct config_endpoint *e, const struct selection *s,
                            const struct explain_times *times)
{
    struct totals t = {.is_fixed = true};
    for (unsigned i = 0; i < e->n_sources; i++) {
        unsigned n = explain_most_calls(&e->sources[i]);
        t.n_all += n;
        if (!is_called(s, i))
            continue;
        t.n_calls += n;
        t.is_fixed &= n == 1 && !e->sources[i].when;
        t.n_steps = times[i].step > t.n_steps ? times[i].step : t.n_steps;
    }
    return t;
}

static void print_head(FILE *to, const struct config_endpoint *e, const struct selection *s,
                       const struct totals *t)
{
    fprintf(to, "%.*s %.*s: %s%u ", SLICE_ARG(e->method), SLICE_ARG(e->path),
            t->is_fixed ? "" : "up to ", t->n_calls);
    if (s->fields)
        fprintf(to, "of %u ", t->n_all);
    fprintf(to, "%s in %u %s, answered within %" PRIu64 " ms\n",
            (s->fields ? t->n_all : t->n_calls) == 1 ? "call" : "calls", t->n_steps,
            t->n_steps == 1 ? "step" : "steps", e->timeout_ms);
}

static void print_selection(FILE *to, const struct selection *s)
{
    struct buffer text;
    buffer_init(&text, 64 * FIELDS_TEXT_MAX);
    if (s->view)
        fprintf(to, "  view: %.*s\n", SLICE_ARG(s->view->name));
    if (s->fields && fields_write(s->fields, &text)) {
        struct slice fields = text.n ? buffer_slice(&text) : SLICE("nothing");
        fprintf(to, "  fields: %.*s\n", SLICE_ARG(fields));
    }
    buffer_done(&text);
}

void explain_print_cache(FILE *to, const struct config_cache *c)
{
    char ttl[32];
    quantity_write(ttl, sizeof ttl, QUANTITY_DURATION, c->ttl_ms);
    if (c->ttl_ms)
        fprintf(to, "cached for %s", ttl);
    else
        fprintf(to, "cached as the service says");
}

static void print_cache(FILE *to, const struct config_cache *c)
{
    if (!c->is_on)
        return;
    fprintf(to, "  whole answers: ");
    explain_print_cache(to, c);
    fprintf(to, "\n");
}

void explain_print(FILE *to, const struct config_endpoint *e, const struct selection *s,
                   uint64_t streamed)
{
    struct explain_times times[CONFIG_MAX_SOURCES] = {0};
    explain_compute(e, times);
    const struct totals t = add_up(e, s, times);
    print_head(to, e, s, &t);
    print_selection(to, s);
    explain_print_policies(to, e);
    print_cache(to, &e->cache);
    if (!s->called)
        return;
    explain_print_table(to, e, s, times, streamed & s->shown);
    print_worst(to, e, s, times);
    print_roles(to, e, s);
    print_services(to, e, s);
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

void explain_print_mermaid(FILE *to, const struct config_endpoint *e, unsigned number,
                           const struct selection *chosen)
{
    if (number == 0)
        fprintf(to, "flowchart LR\n");
    fprintf(to, "  subgraph g%u[\" \"]\n    e%u([\"%.*s %.*s<br>within %" PRIu64 " ms\"])\n",
            number, number, SLICE_ARG(e->method), SLICE_ARG(e->path), e->timeout_ms);
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *s = &e->sources[i];
        if (!is_called(chosen, i))
            continue;
        fprintf(to, "    e%us%u[\"%.*s%s<br>%.*s, ", number, i, SLICE_ARG(s->name),
                explain_role(e, chosen, i), SLICE_ARG(s->service->name));
        if (explain_most_calls(s) > 1)
            fprintf(to, "up to %u calls, ", explain_most_calls(s));
        fprintf(to, "%" PRIu64 " ms\"]\n", s->timeout_ms);
        print_arrows(to, e, number, i);
    }
    fprintf(to, "  end\n");
}
