/* gateway.c - where requests come in: found, checked, run, logged */
#include "gateway/gateway.h"

#include "base/check.h"
#include "base/units.h"
#include "gateway/access_log.h"
#include "gateway/answer_cache.h"
#include "gateway/authentication.h"
#include "gateway/compressing.h"
#include "gateway/conversation.h"
#include "gateway/cross_origin.h"
#include "gateway/delivery_plain.h"
#include "gateway/delivery_stream.h"
#include "gateway/gateway_internal.h"
#include "gateway/issuers.h"
#include "gateway/negotiation.h"
#include "gateway/problem.h"
#include "gateway/rate_limit.h"
#include "gateway/request_body.h"
#include "gateway/run.h"
#include "gateway/shedding.h"
#include "gateway/spans.h"
#include "service/service_call.h"
#include "wire/target.h"

static struct gateway *gateway_of(const struct exchange *e)
{
    const struct gateway_front *front = e->context;
    CHECK(front->current);
    return front->current;
}

/* NULL: the arena is full, and that is answered. A visit holds its gateway until on_finished(). */
static struct visit *begin(struct exchange *e)
{
    struct gateway *g = gateway_of(e);
    struct visit *v = visit_begin(g, e);
    e->run = v;
    if (!v) {
        answer_give_up(e);
        return NULL;
    }
    counters_add(g->context.counters, COUNT_REQUESTS_IN_FLIGHT, 1);
    atomic_fetch_add_explicit(g->context.n_in_flight, 1, memory_order_relaxed);
    gateway_hold(g);
    return v;
}

static void refuse(struct visit *v, unsigned status, struct slice detail, struct slice allow)
{
    const struct problem p = {
        .status = status,
        .detail = detail,
        .violations = v->parameters.violations,
    };
    struct answer a;
    rate_limit_settle(v, 0); /* nothing was called */
    if (!answer_init(&a, v, 0)) {
        answer_give_up(v->exchange);
        return;
    }
    if (allow.n)
        answer_add(&a, SLICE("Allow"), allow);
    if (v->plan && !answer_add_vary(&a, SLICE("Accept"), &v->exchange->arena)) {
        answer_give_up(v->exchange);
        return;
    }
    problem_send(v, &p, &a);
}

void gateway_refuse_violations(struct visit *v)
{
    refuse(v, 400, SLICE("parameters are missing or wrong"), SLICE_NONE);
}

/* Finds the endpoint; false: there is none, and that is answered. */
static bool route(struct visit *v, struct slice path, struct router_match *match)
{
    const struct request *r = &v->exchange->request;
    switch (router_find(v->gateway->router, r->method, path, &v->exchange->arena, match)) {
    case ROUTER_FOUND:
        v->plan = &v->gateway->plans[match->endpoint - v->gateway->config->endpoints];
        return true;
    case ROUTER_NO_PATH:
        refuse(v, 404, SLICE("there is no such path"), SLICE_NONE);
        break;
    case ROUTER_NO_METHOD:
        cross_origin_look_at(v, path, match->allow);
        refuse(v, 405, SLICE("the path does not take this method"), match->allow);
        break;
    case ROUTER_NO_ROOM:
        answer_give_up(v->exchange);
        break;
    }
    return false;
}

/* A message asks its endpoint, and no other that its parameters would lead to. */
static bool is_astray(const struct visit *v)
{
    return v->ask && !slice_equal(v->ask->path, v->plan->config->path);
}

static bool enters(struct visit *v, bool is_proved)
{
    return v->is_paid || rate_limit_enter(v, is_proved);
}

bool gateway_look_at(struct visit *v)
{
    struct exchange *e = v->exchange;
    struct router_match match;
    struct target target;
    const char *why;
    if (!target_split(e->request.target, &target, &why)) {
        e->must_close |=
            !slice_starts(e->request.target, SLICE("/")); /* behind CONNECT a tunnel is meant */
        refuse(v, 400, slice_of(why), SLICE_NONE);
        return false;
    }
    if (cross_origin_preflight(v, target.path) || !route(v, target.path, &match))
        return false;
    if (is_astray(v)) {
        refuse(v, 404, SLICE("the path is another endpoint's"), SLICE_NONE);
        return false;
    }
    if (!enters(v, false) || !authentication_check(v) || !enters(v, true))
        return false;
    const struct parameters_input in = {
        .segments = match.segments,
        .query = target.query,
        .request = &e->request,
        .scratch = v->gateway->context.scratch,
    };
    if (!parameters_read(&v->parameters, match.endpoint, &in, &e->arena) ||
        !selection_read(v, target.query)) {
        answer_give_up(e);
        return false;
    }
    if (v->parameters.violations) {
        gateway_refuse_violations(v);
        return false;
    }
    return v->is_paid || rate_limit_charge(v);
}

/* For what decides whether it may go on. */
static bool is_waiting(const struct visit *v)
{
    return v->key_wait || rate_limit_is_waiting(v);
}

static enum exchange_interest on_head(struct exchange *e)
{
    struct visit *v = begin(e);
    bool is_wanted = v && (gateway_look_at(v) || is_waiting(v));
    return is_wanted ? EXCHANGE_WANT_BODY : EXCHANGE_REFUSE_BODY;
}

/* Such an answer has no body. */
static void tell_end(struct visit *v)
{
    struct answer a;
    rate_limit_settle(v, 0);
    if (!answer_init(&a, v, 0)) {
        answer_give_up(v->exchange);
        return;
    }
    answer_add_no_store(&a);
    exchange_begin(v->exchange, 204, a.fields, a.n, 0);
    exchange_end(v->exchange);
}

/* false: there is nothing to be called, and that is answered. What several share is plain, and a
 * client may take what a service may have for it. */
static bool negotiate(struct visit *v, const struct framing **framing)
{
    *framing = NULL;
    if (v->is_shared)
        return true;
    if (v->ask) {
        *framing = &framing_websocket;
        return true;
    }
    switch (negotiation_read(&v->exchange->request, framing)) {
    case NEGOTIATION_PLAIN:
    case NEGOTIATION_PARTS:
        return true;
    case NEGOTIATION_OVER:
        tell_end(v);
        return false;
    case NEGOTIATION_NONE:
        break;
    }
    if (!v->plan->forwards_accept)
        refuse(v, 406,
               SLICE("there is application/json, text/event-stream, application/x-ndjson, "
                     "multipart/mixed"),
               SLICE_NONE);
    return v->plan->forwards_accept;
}

/* NULL: the arena is full. */
static struct run *new_run(struct visit *v, const struct framing *framing)
{
    if (!framing)
        return run_new(v, &delivery_plain);
    struct run *r = run_new(v, &delivery_stream);
    if (r && delivery_stream_init(r, framing))
        return r;
    v->run = NULL;
    return NULL;
}

void gateway_go_on(struct visit *v)
{
    struct exchange *e = v->exchange;
    const struct framing *framing;
    if (!request_body_read(v)) {
        answer_give_up(e);
        return;
    }
    if (v->parameters.violations) {
        gateway_refuse_violations(v);
        return;
    }
    if (conversation_take(v) || !negotiate(v, &framing))
        return;
    if (!framing && answer_cache_ask(v) == ANSWER_CACHE_TAKEN)
        return;
    struct shedding shed = shedding_judge(v);
    if (shed.refuses) {
        refuse(v, 503, SLICE("there is too much to do"), SLICE_NONE);
        return;
    }
    struct run *r = new_run(v, framing);
    if (!r) {
        answer_give_up(e);
        return;
    }
    r->shed = shed.sources;
    r->shed_as = shed.counted_as;
    if (run_start(r))
        return;
    v->run = NULL;
    if (v->parameters.violations)
        gateway_refuse_violations(v);
    else
        rate_limit_refuse(v);
}

/* The request is whole. */
static void go_on(struct visit *v, bool may_go_on)
{
    if (v->key_wait)
        issuers_wait(v);
    else if (rate_limit_is_waiting(v))
        rate_limit_wait(v);
    else if (may_go_on)
        gateway_go_on(v);
}

static void on_request(struct exchange *e)
{
    go_on(e->run, true);
}

/* What is asked for was lent. */
static struct visit *begin_ask(struct exchange *e)
{
    e->request.target = arena_copy(&e->arena, e->request.target);
    if (e->request.target.at)
        return begin(e);
    answer_give_up(e);
    return NULL;
}

void gateway_ask(struct exchange *e, const struct visit_ask *ask, struct rate_limit *paid)
{
    struct visit *v = begin_ask(e);
    if (!v) {
        if (paid)
            rate_limit_release(paid);
        return;
    }
    v->ask = ask;
    v->is_paid = paid;
    if (paid)
        v->limit = *paid;
    if (gateway_look_at(v) || is_waiting(v))
        on_request(e);
}

void gateway_resume(struct visit *v)
{
    bool is_charging = rate_limit_is_waiting(v) && rate_limit_is_calling(v);
    bool may_go_on = is_charging ? rate_limit_charge(v) : gateway_look_at(v);
    go_on(v, may_go_on);
}

/* What it waits for, and what it has under way. Harmless where that has happened. */
static void let_go(struct visit *v)
{
    issuers_leave(v);
    rate_limit_leave(v);
    answer_cache_leave(v);
    compressing_stop(v);
    if (v->run)
        run_stop(v->run);
}

static void on_gone(struct exchange *e)
{
    struct visit *v = e->run;
    if (!v)
        return;
    counters_add(v->gateway->context.counters, COUNT_CLIENTS_GONE, 1);
    let_go(v);
}

static void on_room(struct exchange *e)
{
    struct visit *v = e->run;
    if (v && v->compressing)
        compressing_on_room(v);
    else if (v && v->run)
        v->run->delivery->on_room(v->run);
}

static void count_answer(const struct visit *v)
{
    const struct gateway *g = v->gateway;
    uint64_t us = (g->loop->now_ns - v->exchange->started_ns) / NS_A_US;
    counters_add(g->context.counters, COUNT_REQUESTS, 1);
    if ((v->run || v->cached) && !v->exchange->is_gone)
        histogram_add(&g->context.stats->endpoints[v->plan->index].latency, us);
}

void gateway_end_visit(struct visit *v)
{
    struct gateway *g = v->gateway;
    counters_add(g->context.counters, COUNT_REQUESTS_IN_FLIGHT, -1);
    atomic_fetch_sub_explicit(g->context.n_in_flight, 1, memory_order_relaxed);
    let_go(v);
    count_answer(v);
    access_log_visit(v);
    if (v->is_recorded)
        spans_tell(v);
    if (v->run)
        run_done(v->run);
    gateway_release(g);
}

static void on_finished(struct exchange *e)
{
    if (e->run)
        gateway_end_visit(e->run);
}

static void on_refused(struct exchange *e, unsigned status, const char *detail)
{
    struct visit *v = e->run ? e->run : begin(e);
    if (v)
        refuse(v, status, slice_of(detail), SLICE_NONE);
}

const struct exchange_handlers gateway_handlers = {
    .on_head = on_head,
    .on_request = on_request,
    .on_gone = on_gone,
    .on_room = on_room,
    .on_finished = on_finished,
    .on_refused = on_refused,
};
