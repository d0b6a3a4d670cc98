/* access_log.c - what is known of a request becomes a line */
#include "gateway/access_log.h"

#include "gateway/gateway_internal.h"

enum {
    NS_A_US = 1000
};

struct access_source access_log_source(const struct plan_source *s, const struct outcome *o)
{
    return (struct access_source){
        .name = s->config->name,
        .kind = o->kind == OUTCOME_OK ? NULL : outcome_kind_name(o->kind),
        .status = o->status,
        .us = o->started_ns ? (o->ended_ns - o->started_ns) / NS_A_US : 0,
        .attempts = o->n_attempts,
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

/* Sources that were given up have no outcome; those that were never called are left out. */
static unsigned list_sources(const struct run *r, struct access_source *list)
{
    unsigned n = 0;
    for (unsigned i = 0; i < r->plan->n_sources; i++) {
        const struct run_source *s = &r->sources[i];
        bool has_settled = r->settled >> i & 1;
        if (!has_settled && !(r->started >> i & 1))
            continue;
        list[n] = access_log_source(s->plan, &s->outcome);
        if (!has_settled) {
            list[n].kind = "cancelled";
            list[n].us = (r->over_ns - s->outcome.started_ns) / NS_A_US;
        }
        n++;
    }
    return n;
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
        .status = e->status,
        .bytes = e->bytes_sent,
        .us = (l->now_ns - e->started_ns) / NS_A_US,
        .sources = sources,
        .n_sources = v->run ? list_sources(v->run, sources) : 0,
    };
    access_log_write(v->gateway, &entry);
}
