/* advice.c - one row a piece of advice: when it is given, and what it says */
#include "app/advice.h"

#include <inttypes.h>

#include "app/explain.h"

enum {
    DEEP_CHAIN = 3,
    MANY_SOURCES = 12
};

/* Where the advice points. */
struct advice_place {
    FILE *to;
    const struct config_endpoint *endpoint;
    unsigned n_given;
};

static void point(struct advice_place *p, const struct config_position *at)
{
    fprintf(p->to, "%s:%u:%u: advice: ", at->file, at->line, at->column);
    p->n_given++;
}

static void one_source(struct advice_place *p)
{
    if (p->endpoint->n_sources != 1)
        return;
    point(p, &p->endpoint->position);
    fprintf(p->to, "%.*s has one source: nothing is aggregated; the client may as well call %.*s\n",
            SLICE_ARG(p->endpoint->path), SLICE_ARG(p->endpoint->sources[0].service->name));
}

static void many_sources(struct advice_place *p)
{
    if (p->endpoint->n_sources <= MANY_SOURCES)
        return;
    point(p, &p->endpoint->position);
    fprintf(p->to,
            "%.*s has %u sources: the slowest of so many decides more often; split the page or "
            "its services differently\n",
            SLICE_ARG(p->endpoint->path), p->endpoint->n_sources);
}

static void deep_chain(struct advice_place *p)
{
    struct explain_times times[CONFIG_MAX_SOURCES] = {0};
    explain_compute(p->endpoint, times);
    for (unsigned i = 0; i < p->endpoint->n_sources; i++) {
        const struct config_source *s = &p->endpoint->sources[i];
        if (times[i].step <= DEEP_CHAIN)
            continue;
        point(p, &s->position);
        fprintf(p->to,
                "%.*s starts only after %u others, one after the other; their times add up\n",
                SLICE_ARG(s->name), times[i].step - 1);
    }
}

static void none_required(struct advice_place *p)
{
    for (unsigned i = 0; i < p->endpoint->n_sources; i++)
        if (p->endpoint->sources[i].is_required)
            return;
    point(p, &p->endpoint->position);
    fprintf(p->to,
            "%.*s has no required source: where all fail, it still answers 200; say which one "
            "makes the page\n",
            SLICE_ARG(p->endpoint->path));
}

static void long_timeout(struct advice_place *p)
{
    for (unsigned i = 0; i < p->endpoint->n_sources; i++) {
        const struct config_source *s = &p->endpoint->sources[i];
        if (s->timeout_ms <= p->endpoint->timeout_ms)
            continue;
        point(p, &s->position);
        fprintf(p->to,
                "%.*s may take %" PRIu64 " ms and its endpoint %" PRIu64
                " ms: the endpoint's deadline always comes first\n",
                SLICE_ARG(s->name), s->timeout_ms, p->endpoint->timeout_ms);
    }
}

static void unsafe_calls(struct advice_place *p)
{
    unsigned n = 0;
    for (unsigned i = 0; i < p->endpoint->n_sources; i++)
        n += !p->endpoint->sources[i].is_safe;
    if (n < 2)
        return;
    point(p, &p->endpoint->position);
    fprintf(p->to,
            "%.*s makes %u unsafe calls: where one of them fails, nothing undoes the others\n",
            SLICE_ARG(p->endpoint->path), n);
}

static void unbounded_list(struct advice_place *p)
{
    for (unsigned i = 0; i < p->endpoint->n_parameters; i++) {
        const struct config_parameter *q = &p->endpoint->parameters[i];
        if (!q->is_list || q->pattern || q->n_allowed)
            continue;
        point(p, &q->position);
        fprintf(p->to,
                "%.*s takes a list of anything: bound its elements by a pattern or an enum\n",
                SLICE_ARG(q->name));
    }
}

static void (*const pieces[])(struct advice_place *) = {
    one_source, many_sources, deep_chain, none_required, long_timeout, unsafe_calls, unbounded_list,
};

unsigned advice_print(FILE *to, const struct config *c)
{
    struct advice_place p = {.to = to};
    for (unsigned i = 0; i < c->n_endpoints; i++) {
        p.endpoint = &c->endpoints[i];
        for (unsigned k = 0; k < sizeof pieces / sizeof *pieces; k++)
            pieces[k](&p);
    }
    return p.n_given;
}
