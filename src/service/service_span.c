/* service_span.c - from the end of an attempt to a line for the collector */
#include "service/service_span.h"

#include "base/journal_ring.h"
#include "base/units.h"
#include "service/service.h"

enum {
    STATUS_FAILED = 400
};

uint64_t service_span_wall_ns(const struct service_context *context, uint64_t ns)
{
    const struct loop *l = context->loop;
    return l->wall_us * NS_A_US - (l->now_ns - ns);
}

void service_span_add(struct service_context *context, const struct span *s)
{
    char line[SPAN_LINE_MAX];
    size_t n = span_write(line, s);
    if (!journal_ring_add(context->spans, (struct slice){line, n}))
        counters_add(context->counters, COUNT_SPANS_LOST, 1);
}

static const char *error_of(const struct outcome *o)
{
    if (!o || (o->kind == OUTCOME_OK && o->status < STATUS_FAILED))
        return NULL;
    return outcome_kind_name(o->kind == OUTCOME_OK ? OUTCOME_STATUS : o->kind);
}

void service_span_tell(struct service *s, const struct service_trace *trace,
                       const struct service_span_attempt *attempt)
{
    struct service_context *context = s->context;
    const struct outcome *o = attempt->outcome;
    bool is_configured = attempt->target < s->config->n_targets;
    const struct config_target *t = is_configured ? &s->config->targets[attempt->target] : NULL;
    const struct span span = {
        .trace = trace->id,
        .id = attempt->id,
        .parent = trace->parent,
        .name = trace->method,
        .object = s->config->name,
        .kind = SPAN_CLIENT,
        .start_ns = service_span_wall_ns(context, attempt->started_ns),
        .end_ns = service_span_wall_ns(context, context->loop->now_ns),
        .method = trace->method,
        .service = s->config->name,
        .host = t ? slice_of(t->host) : SLICE_NONE,
        .port = t ? t->port : 0,
        .status = o ? o->status : 0,
        .error = error_of(o),
        .is_cancelled = !o,
    };
    service_span_add(context, &span);
}
