/* late.c - a call without a request */
#include "gateway/late.h"

#include <stdlib.h>

#include "base/check.h"
#include "gateway/access_log.h"
#include "gateway/answer_cache.h"
#include "gateway/gateway_internal.h"
#include "service/service_call.h"
#include "wire/status.h"

struct late {
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

static void on_ended(void *owner, const struct outcome *outcome)
{
    struct late *l = owner;
    struct gateway *g = l->gateway;
    const struct access_source source = access_log_source(l->source, outcome);
    const struct access_entry entry = {
        .wall_us = g->loop->wall_us,
        .client = {l->text, l->n_client},
        .method = l->source->config->method,
        .path = l->plan->config->path,
        .request_id = {l->text + l->n_client, l->n_request_id},
        .trace_id = {l->trace_id, sizeof l->trace_id},
        .status = outcome->status,
        .us = source.us,
        .sources = &source,
        .n_sources = 1,
    };
    access_log_write(g, &entry);
    forget_changed(l, outcome);
    free(l);
    gateway_release(g);
}

void late_begin(struct run *r, unsigned source, struct service_call *call)
{
    struct visit *v = r->visit;
    const struct slice url = r->plan->is_safe ? SLICE_NONE : answer_cache_path(v, false);
    struct late *l = malloc(sizeof *l + v->client.n + v->request_id.n + url.n);
    CHECK(l);
    *l = (struct late){
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
    gateway_hold(r->gateway);
    service_call_detach(call, on_ended, l);
}
