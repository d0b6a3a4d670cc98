/* late.c - a call without a request */
#include "gateway/late.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/units.h"
#include "gateway/access_log.h"
#include "gateway/answer_cache.h"
#include "gateway/gateway_internal.h"
#include "gateway/run.h"
#include "service/service_call.h"
#include "wire/status.h"

struct late {
    struct list node;
    struct service_call *call;
    uint64_t started_ns;
    struct gateway *gateway;
    const struct plan *plan;
    const struct plan_source *source;
    char trace_id[TRACE_ID_SIZE];
    size_t n_client, n_request_id, n_url;
    char text[]; /* client, request id, the path whose answers it may change */
};

/* It has changed something by now, or will not. */
static void forget_changed(const struct late *l, const struct outcome *o)
{
    const struct slice url = {l->text + l->n_client + l->n_request_id, l->n_url};
    if (status_is_no_error(o->status))
        answer_cache_forget_path(l->gateway, l->plan, url);
}

static void log_end(const struct late *l, const struct access_source *source)
{
    struct gateway *g = l->gateway;
    const struct access_entry entry = {
        .wall_us = g->loop->wall_us,
        .client = {l->text, l->n_client},
        .method = l->source->config->method,
        .path = l->plan->config->path,
        .request_id = {l->text + l->n_client, l->n_request_id},
        .trace_id = {l->trace_id, sizeof l->trace_id},
        .status = source->status,
        .us = source->us,
        .sources = source,
        .n_sources = 1,
    };
    access_log_write(g, &entry);
}

static void end(struct late *l)
{
    struct gateway *g = l->gateway;
    list_remove(&l->node);
    free(l);
    gateway_release(g);
}

static void on_ended(void *owner, const struct outcome *outcome)
{
    struct late *l = owner;
    const struct access_source source = access_log_source(l->source, outcome);
    log_end(l, &source);
    forget_changed(l, outcome);
    end(l);
}

/* Whether it has changed something nobody will hear. */
static void cut(struct late *l)
{
    const struct access_source source = {
        .name = l->source->config->name,
        .kind = "cancelled",
        .us = (l->gateway->loop->now_ns - l->started_ns) / NS_A_US,
        .attempts = service_call_n_attempts(l->call),
    };
    log_end(l, &source);
    service_call_cancel(l->call, SERVICE_CALL_UNWANTED);
    end(l);
}

void late_calls_init(struct late_calls *l)
{
    *l = (struct late_calls){.are_cut = false};
    list_init(&l->list);
}

void late_calls_cut(struct late_calls *l)
{
    struct list *next;
    l->are_cut = true;
    for (struct list *n = l->list.next; n != &l->list; n = next) {
        next = n->next;
        cut(LIST_OWNER(n, struct late, node));
    }
}

void late_begin(struct run *r, unsigned source, struct service_call *call)
{
    struct visit *v = r->visit;
    const struct slice url = r->plan->is_safe ? SLICE_NONE : answer_cache_path(v, false);
    struct late *l = malloc(sizeof *l + v->client.n + v->request_id.n + url.n);
    CHECK(l);
    *l = (struct late){
        .call = call,
        .started_ns = service_call_started_ns(call),
        .gateway = r->gateway,
        .plan = r->plan,
        .source = r->sources[source].plan,
        .n_client = v->client.n,
        .n_request_id = v->request_id.n,
        .n_url = url.n,
    };
    memcpy(l->trace_id, v->trace.id, sizeof l->trace_id);
    memcpy(l->text, v->client.at, v->client.n);
    memcpy(l->text + v->client.n, v->request_id.at, v->request_id.n);
    if (url.n)
        memcpy(l->text + v->client.n + v->request_id.n, url.at, url.n);
    struct late_calls *all = r->gateway->context.late;
    list_push_back(&all->list, &l->node);
    gateway_hold(r->gateway);
    service_call_detach(call, on_ended, l);
    if (all->are_cut)
        cut(l);
}
