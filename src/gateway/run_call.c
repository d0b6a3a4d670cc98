/* run_call.c - one call of a source, or of an element of its list */
#include "gateway/gateway_internal.h"
#include "gateway/late.h"
#include "gateway/run_internal.h"

static uint64_t ms_left(const struct run *r)
{
    uint64_t now_ms = r->gateway->loop->now_ms;
    uint64_t left = r->due_ms > now_ms ? r->due_ms - now_ms : 0;
    return left < r->timeout_ms ? left : r->timeout_ms;
}

/* HTTP's idempotent methods, RFC 9110 9.2.2, of those that a source may have. */
static bool is_idempotent(const struct config_source *s)
{
    return s->is_safe || slice_equal(s->method, SLICE("PUT")) ||
           slice_equal(s->method, SLICE("DELETE"));
}

struct service_call *run_call(struct run *r, unsigned source, const struct composed *c,
                              service_ended *on_ended, void *owner)
{
    struct run_source *s = &r->sources[source];
    const struct config_source *config = s->plan->config;
    const char *text = r->gateway->requests.at + c->at;
    const struct service_request request = {
        .line = {text, c->line_n},
        .fields = {text + c->line_n, c->fields_n},
        .body = {text + c->line_n + c->fields_n, c->body_n},
        .has_body = config->body.kind != CONFIG_BODY_NONE,
        .is_head = slice_equal(config->method, SLICE("HEAD")),
        .is_safe = config->is_safe,
        .is_idempotent = is_idempotent(config),
        .is_required = config->is_required,
        .is_hurried = r->timeout_ms < r->plan->config->timeout_ms,
        .hash = c->hash,
        .timeout_ms = config->timeout_ms,
        .left_ms = ms_left(r),
        .arena = &r->visit->exchange->arena,
        .wanted = s->plan->returned,
        .passed = s->plan->passed,
        .format = config->format,
    };
    s->given_ms = request.timeout_ms < request.left_ms ? request.timeout_ms : request.left_ms;
    return service_call_start(s->plan->service, &request, on_ended, owner);
}

void run_give_up_call(struct run *r, unsigned source, struct service_call **call)
{
    if (!*call)
        return;
    if (service_call_must_go_on(*call))
        late_begin(r, source, *call);
    else
        service_call_cancel(*call, r->is_late ? SERVICE_CALL_LATE : SERVICE_CALL_UNWANTED);
    *call = NULL;
}
