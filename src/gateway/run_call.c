/* run_call.c - one call of a source, or of an element of its list */
#include "config/config_method.h"
#include "gateway/answer_labels.h"
#include "gateway/caching.h"
#include "gateway/gateway_internal.h"
#include "gateway/late.h"
#include "gateway/run_internal.h"
#include "service/service_lookup.h"

static uint64_t ms_left(const struct run *r)
{
    uint64_t now_ms = r->gateway->loop->now_ms;
    uint64_t left = r->due_ms > now_ms ? r->due_ms - now_ms : 0;
    return left < r->timeout_ms ? left : r->timeout_ms;
}

/* What an attempt has that begins with the answer; of one that begins later half of that is enough
 * to say that the service is late. Where the client shortens the time, all of it. */
static uint64_t fair_ms(const struct run *r, const struct config_source *s)
{
    uint64_t timeout_ms = r->plan->config->timeout_ms;
    uint64_t whole_ms = s->timeout_ms < timeout_ms ? s->timeout_ms : timeout_ms;
    return r->visit->patience_ms < timeout_ms ? whole_ms : whole_ms / 2;
}

static struct service_trace trace_of(const struct run *r, unsigned source, const struct composed *c)
{
    const struct run_source *s = &r->sources[source];
    struct service_trace t = {.is_recorded = true, .at = c->span_at};
    memcpy(t.id, r->visit->trace.id, sizeof t.id);
    memcpy(t.parent, r->spans[source].id, sizeof t.parent);
    t.method = s->plan->config->method;
    return t;
}

/* A part of an answer that others will have. */
static void note(const struct run *r, const struct service_caching *caching)
{
    const struct record_shown shown = {caching->name, caching->url};
    if (r->visit->labels)
        answer_labels_add_shown(r->visit->labels, &shown, &r->visit->exchange->arena);
}

struct service_call *run_call(struct run *r, unsigned source, const struct composed *c,
                              service_ended *on_ended, void *owner)
{
    struct run_source *s = &r->sources[source];
    const struct config_source *config = s->plan->config;
    const char *text = r->gateway->requests.at + c->at;
    struct caching caching;
    struct service_request request = {
        .line = {text, c->line_n},
        .fields = {text + c->line_n, c->fields_n},
        .body = {text + c->line_n + c->fields_n, c->body_n},
        .has_body = config->body.kind != CONFIG_BODY_NONE,
        .is_head = slice_equal(config->method, SLICE("HEAD")),
        .is_safe = config->is_safe,
        .is_idempotent = config_method_is_idempotent(config),
        .is_required = !(r->plan->optional & run_bit(source)),
        .priority = config->priority,
        .fair_ms = fair_ms(r, config),
        .hash = c->hash,
        .timeout_ms = config->timeout_ms,
        .left_ms = ms_left(r),
        .arena = &r->visit->exchange->arena,
        .wanted = s->plan->returned,
        .passed = s->plan->passed,
        .format = config->format,
        .caching = caching_read(&caching, r, source, c) ? &caching.told : NULL,
    };
    if (request.caching)
        note(r, request.caching);
    if (r->spans)
        request.trace = trace_of(r, source, c);
    s->given_ms = request.left_ms;
    return service_call_start(s->plan->service, &request, on_ended, owner);
}

bool run_is_remembered(struct run *r, unsigned source, const struct composed *c)
{
    struct service_cache *cache = r->gateway->context.cache;
    struct caching caching;
    if (!cache || !caching_read(&caching, r, source, c))
        return false;
    const struct slice fields = {r->gateway->requests.at + c->at + c->line_n, c->fields_n};
    return service_lookup_has(
        cache, &(struct service_question){&caching.told, fields, service_lookup_now_ms(cache)});
}

/* What has no time left for jq, or to be handed out to elements, cannot stand in. */
static bool may_be_stale(const struct run *r, unsigned source)
{
    const struct config_source *s = r->plan->sources[source].config;
    return r->is_late && !s->jq.n && !s->each.batch.n;
}

void run_give_up_call(struct run *r, unsigned source, struct service_call **call,
                      struct outcome *outcome)
{
    if (!*call)
        return;
    outcome->n_attempts = service_call_n_attempts(*call);
    outcome->caching.how = service_call_caching(*call);
    if (service_call_must_go_on(*call)) {
        late_begin(r, source, *call);
    } else {
        if (may_be_stale(r, source))
            service_call_use_stale(*call, outcome);
        service_call_cancel(*call, r->is_late ? SERVICE_CALL_LATE : SERVICE_CALL_UNWANTED);
    }
    *call = NULL;
}
