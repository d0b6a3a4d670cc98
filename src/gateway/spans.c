/* spans.c - who is the parent of whom, and how each one ended */
#include "gateway/spans.h"

#include "gateway/access_log.h"
#include "gateway/gateway_internal.h"
#include "gateway/telling.h"
#include "service/service_span.h"

enum {
    STATUS_ERROR = 500
};

void spans_begin(struct visit *v)
{
    const struct gateway *g = v->gateway;
    if (!v->has_parent)
        v->trace.is_sampled = trace_is_chosen(&v->trace, g->config->traces.sample_permille);
    v->is_recorded = v->trace.is_sampled;
    if (v->has_parent)
        trace_make_span(v->span, g->context.random);
    else
        memcpy(v->span, v->trace.span, sizeof v->span);
}

void spans_begin_source(struct run *r, unsigned source)
{
    struct run_span *s = &r->spans[source];
    if (s->begun_ns)
        return;
    s->begun_ns = r->gateway->loop->now_ns;
    trace_make_span(s->id, r->gateway->context.random);
}

static void tell_source(const struct run *r, unsigned source, const struct access_source *told)
{
    const struct run_source *s = &r->sources[source];
    const struct run_span *own = &r->spans[source];
    struct gateway *g = r->gateway;
    bool is_settled = r->settled >> source & 1;
    uint64_t end_ns = is_settled && s->outcome.ended_ns ? s->outcome.ended_ns : r->over_ns;
    bool is_list = is_settled && s->items && s->outcome.kind == OUTCOME_OK;
    if (is_list && end_ns < own->begun_ns)
        end_ns = r->over_ns;
    const struct span span = {
        .trace = r->visit->trace.id,
        .id = own->id,
        .parent = r->visit->span,
        .name = s->plan->config->name,
        .kind = SPAN_INTERNAL,
        .start_ns = service_span_wall_ns(&g->calls, own->begun_ns),
        .end_ns = service_span_wall_ns(&g->calls, end_ns),
        .service = s->plan->service->config->name,
        .status = told->status,
        .attempts = told->attempts,
        .cache = told->cache,
        .error = is_settled ? told->kind : NULL,
        .is_cancelled = !is_settled,
    };
    service_span_add(&g->calls, &span);
}

void spans_tell_run(const struct run *r)
{
    if (!r->spans)
        return;
    for (unsigned i = 0; i < r->plan->n_sources; i++) {
        const struct access_source told = access_log_describe(r, i);
        if (r->spans[i].begun_ns)
            tell_source(r, i, &told);
    }
}

void spans_tell(struct visit *v)
{
    struct gateway *g = v->gateway;
    const struct exchange *e = v->exchange;
    struct slice route = v->plan ? v->plan->config->path : SLICE_NONE;
    const struct span span = {
        .trace = v->trace.id,
        .id = v->span,
        .parent = v->has_parent ? v->trace.span : NULL,
        .name = e->request.method,
        .object = route,
        .kind = SPAN_SERVER,
        .start_ns = service_span_wall_ns(&g->calls, e->started_ns),
        .end_ns = service_span_wall_ns(&g->calls, g->loop->now_ns),
        .method = e->request.method,
        .route = route,
        .status = e->status,
        .cache = telling_word(v->cached),
        .error = e->status >= STATUS_ERROR ? "status" : NULL,
    };
    if (v->run)
        spans_tell_run(v->run);
    service_span_add(&g->calls, &span);
}
