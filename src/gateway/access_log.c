/* access_log.c - what is known of a request becomes a line */
#include "gateway/access_log.h"

#include "base/units.h"
#include "gateway/gateway_internal.h"
#include "gateway/items.h"
#include "gateway/telling.h"

struct access_source access_log_source(const struct plan_source *s, const struct outcome *o)
{
    return (struct access_source){
        .name = s->config->name,
        .kind = o->kind == OUTCOME_OK ? NULL : outcome_kind_name(o->kind),
        .status = o->status,
        .us = o->started_ns ? (o->ended_ns - o->started_ns) / NS_A_US : 0,
        .attempts = o->n_attempts,
        .cache = telling_word(outcome_cache_told(o)),
    };
}

void access_log_write(struct gateway *g, const struct access_entry *entry)
{
    if (!g->context.journal)
        return;
    size_t n = access_format(g->line, sizeof g->line, entry);
    if (!journal_add(g->context.journal, (struct slice){g->line, n}))
        counters_add(g->context.counters, COUNT_LOG_LINES_LOST, 1);
}

struct access_source access_log_describe(const struct run *r, unsigned source)
{
    const struct run_source *s = &r->sources[source];
    struct access_source a = access_log_source(s->plan, &s->outcome);
    a.has_calls = s->items;
    a.calls = s->items ? s->items->n_calls : 0;
    if (!(r->settled >> source & 1)) {
        a.kind = "cancelled";
        a.us = s->outcome.started_ns ? (r->over_ns - s->outcome.started_ns) / NS_A_US : 0;
    } else if (!a.kind && s->items && s->items->has_failed) {
        a.kind = outcome_kind_name(items_kind(s->items));
    }
    return a;
}

unsigned access_log_list(const struct run *r, struct access_source *list)
{
    uint64_t told = ((r->settled & run_called(r)) | r->started) & ~r->skipped;
    unsigned n = 0;
    for (unsigned i = 0; i < r->plan->n_sources; i++)
        if (told >> i & 1)
            list[n++] = access_log_describe(r, i);
    return n;
}

void access_log_keep(struct visit *v, const struct run *r)
{
    struct access_source *sources =
        arena_take(&v->exchange->arena, r->plan->n_sources * sizeof *sources);
    if (!sources)
        return;
    v->n_told = access_log_list(r, sources);
    v->told = sources;
}

void access_log_visit(struct visit *v)
{
    const struct exchange *e = v->exchange;
    const struct loop *l = v->gateway->loop;
    struct access_source sources[CONFIG_MAX_SOURCES];
    if (!v->gateway->context.journal)
        return;
    const struct access_entry entry = {
        .wall_us = l->wall_us,
        .client = v->client,
        .method = e->request.method,
        .path = e->request.target,
        .request_id = v->request_id,
        .trace_id = {v->trace.id, sizeof v->trace.id},
        .policy = v->identity.policy,
        .identity = v->identity.name,
        .status = e->status,
        .bytes = e->bytes_sent,
        .us = (l->now_ns - e->started_ns) / NS_A_US,
        .cache = telling_word(v->cached),
        .sources = v->run ? sources : v->told,
        .n_sources = v->run ? access_log_list(v->run, sources) : v->n_told,
    };
    access_log_write(v->gateway, &entry);
}
