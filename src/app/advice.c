/* advice.c - one row a piece of advice: when it is given, and what it says
 *
 * As a diagnostic does, each says what is unwise and, behind the semicolon, what would be better.
 */
#include <inttypes.h>
#include <string.h>

#include "app/advice_internal.h"
#include "app/explain.h"

enum {
    DEEP_CHAIN = 3,
    MANY_SOURCES = 12
};

void advice_point(struct adviser *a, const struct config_position *at)
{
    fprintf(a->to, "%s:%u:%u: advice: ", at->file, at->line, at->column);
    a->n_given++;
}

static void one_source(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    if (e->n_sources != 1)
        return;
    advice_point(a, &e->position);
    fprintf(a->to,
            "%.*s has one source, so nothing is aggregated; let clients call %.*s themselves, or "
            "add what they ask for next\n",
            SLICE_ARG(e->path), SLICE_ARG(e->sources[0].service->name));
}

static void many_sources(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    if (e->n_sources <= MANY_SOURCES)
        return;
    advice_point(a, &e->position);
    fprintf(a->to,
            "%.*s has %u sources, and the slowest of so many decides; up to %d is wise: split the "
            "endpoint, or let fewer services know more\n",
            SLICE_ARG(e->path), e->n_sources, MANY_SOURCES);
}

static void deep_chain(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    struct explain_times times[CONFIG_MAX_SOURCES] = {0};
    unsigned deepest = 0;
    explain_compute(e, times);
    for (unsigned i = 0; i < e->n_sources; i++)
        if (times[i].step > times[deepest].step)
            deepest = i;
    if (times[deepest].step <= DEEP_CHAIN)
        return;
    advice_point(a, &e->sources[deepest].position);
    fprintf(a->to,
            "%.*s is call %u of a chain in which each waits for the one before, and their times "
            "add up; up to %d is wise: take what is waited for as a parameter, or ask a service "
            "that knows both\n",
            SLICE_ARG(e->sources[deepest].name), times[deepest].step, DEEP_CHAIN);
}

static void none_required(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    for (unsigned i = 0; i < e->n_sources; i++)
        if (e->sources[i].is_required)
            return;
    advice_point(a, &e->position);
    fprintf(a->to,
            "%.*s has no required source, so where all fail it still answers %u; say "
            "`required: true` for what it makes no sense without\n",
            SLICE_ARG(e->path), e->status);
}

/* Longer than the endpoint's, and by whom? A default that nobody wrote is nobody's mistake. */
static bool is_long(const struct config_endpoint *e, const struct config_source *s, bool is_own)
{
    bool is_given = is_own ? s->has_timeout : !s->has_timeout && s->service->has_timeout;
    return is_given && s->timeout_ms > e->timeout_ms;
}

static void long_timeouts(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *s = &e->sources[i];
        if (!is_long(e, s, true))
            continue;
        advice_point(a, &s->position);
        fprintf(a->to,
                "%.*s may take %" PRIu64 " ms and the whole answer %" PRIu64
                " ms, so its own timeout never comes; shorten it, or lengthen the endpoint's\n",
                SLICE_ARG(s->name), s->timeout_ms, e->timeout_ms);
    }
}

/* Sources with the timeout of their services are told together: one `timeout` mends them all. */
static void long_services(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    const char *between = " ";
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *s = &e->sources[i];
        if (!is_long(e, s, false))
            continue;
        if (between[0] == ' ') {
            advice_point(a, &e->position);
            fprintf(a->to, "the services of");
        }
        fprintf(a->to, "%s%.*s (%" PRIu64 " ms)", between, SLICE_ARG(s->name), s->timeout_ms);
        between = ", ";
    }
    if (between[0] != ' ')
        fprintf(a->to,
                " may take longer than the whole answer, %" PRIu64
                " ms, so one slow service always costs all of it; give the sources a `timeout`\n",
                e->timeout_ms);
}

static void unsafe_calls(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    unsigned n = 0;
    for (unsigned i = 0; i < e->n_sources; i++)
        n += !e->sources[i].is_safe;
    if (n < 2)
        return;
    advice_point(a, &e->position);
    fprintf(a->to,
            "%.*s changes something in %u calls, and where one fails nothing undoes the others; "
            "let one service do both\n",
            SLICE_ARG(e->path), n);
}

/* Of a request for everything: without conditions, and without lists, which may be empty. */
static unsigned count_certain_calls(const struct config_endpoint *e)
{
    uint64_t doubtful = 0, before;
    unsigned n = 0;
    do {
        before = doubtful;
        for (unsigned i = 0; i < e->n_sources; i++)
            if (e->sources[i].when || (e->sources[i].needs & doubtful))
                doubtful |= UINT64_C(1) << i;
    } while (doubtful != before);
    for (unsigned i = 0; i < e->n_sources; i++)
        n += !(doubtful >> i & 1) && !e->sources[i].each.is_given;
    return n;
}

static void low_burst(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    const struct config_rate_limit *r = &e->rate_limit;
    unsigned n = count_certain_calls(e);
    if (!r->is_on || !r->counts_calls || !r->per_hour || r->gcra.burst >= n)
        return;
    advice_point(a, &r->position);
    fprintf(a->to,
            "a request for all of %.*s makes %u calls, more than a caller ever has permits for, "
            "%" PRIu64 "; let `burst` be at least as many, or count requests: `cost: request`\n",
            SLICE_ARG(e->path), n, (uint64_t)r->gcra.burst);
}

/* What each element may be is bounded, by its own kind or by what the configuration says. */
static bool has_bound(const struct config_parameter *q)
{
    return q->pattern || q->n_allowed || q->type == CONFIG_BOOLEAN || q->max.n;
}

static void unbounded_lists(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    for (unsigned i = 0; i < e->n_parameters; i++) {
        const struct config_parameter *q = &e->parameters[i];
        if (!q->is_list || has_bound(q))
            continue;
        advice_point(a, &q->position);
        fprintf(a->to, "%.*s is a list of anything at all; bound its elements by %s\n",
                SLICE_ARG(q->name),
                q->type == CONFIG_STRING ? "a `pattern` or an `enum`" : "`min` and `max`");
    }
}

/* The first segment that begins with a colon, ":id"; nothing where there is none. */
static struct slice colon_segment(struct slice path)
{
    for (size_t i = 0; i + 2 < path.n; i++) {
        if (path.at[i] != '/' || path.at[i + 1] != ':' || path.at[i + 2] == '/')
            continue;
        size_t n = 1;
        while (i + 1 + n < path.n && !strchr("/?{", path.at[i + 1 + n]))
            n++;
        return (struct slice){path.at + i + 1, n};
    }
    return SLICE_NONE;
}

static void advise_braces(struct adviser *a, const struct config_position *at, struct slice path)
{
    struct slice segment = colon_segment(path);
    if (!segment.n)
        return;
    advice_point(a, at);
    fprintf(a->to, "'%.*s' in %.*s is text and no parameter; write {%.*s} where one is meant\n",
            SLICE_ARG(segment), SLICE_ARG(path), SLICE_ARG(slice_after(segment, 1)));
}

/* What other gateways write as /:id. */
static void colon_parameters(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    advise_braces(a, &e->position, e->path);
    for (unsigned i = 0; i < e->n_sources; i++)
        advise_braces(a, &e->sources[i].position, e->sources[i].path_text);
}

/* An endpoint's own view was written for it; one of the top may well name what others have. */
static bool is_own(const struct adviser *a, const struct config_view *v)
{
    for (unsigned i = 0; i < a->config->n_views; i++)
        if (v->fields == a->config->views[i].fields)
            return false;
    return true;
}

static void unknown_names(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    for (unsigned i = 0; i < e->n_views; i++) {
        const struct config_view *v = &e->views[i];
        for (unsigned k = 0; is_own(a, v) && k < v->fields->n_members; k++) {
            struct slice name = v->fields->members[k].name;
            if (config_has_place(e, name))
                continue;
            advice_point(a, &v->position);
            fprintf(a->to,
                    "nothing in the answer of %.*s is called '%.*s'; name what it shows, or leave "
                    "that out\n",
                    SLICE_ARG(e->path), SLICE_ARG(name));
        }
    }
}

static void (*const pieces[])(struct adviser *) = {
    one_source,        many_sources,     none_required,
    unsafe_calls,      unbounded_lists,  low_burst,
    deep_chain,        long_timeouts,    long_services,
    colon_parameters,  advice_on_items,  advice_on_hidden,
    advice_on_streams, advice_on_shapes, advice_on_caches,
    advice_on_words,   unknown_names,    advice_on_timeouts_tried_again,
};

unsigned advice_print(FILE *to, const struct config *c)
{
    struct adviser a = {.to = to, .config = c};
    advice_on_services(&a);
    for (unsigned i = 0; i < c->n_endpoints; i++) {
        a.endpoint = &c->endpoints[i];
        for (unsigned k = 0; k < sizeof pieces / sizeof *pieces; k++)
            pieces[k](&a);
    }
    return a.n_given;
}
