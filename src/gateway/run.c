/* run.c - which source is next, and when is it over? */
#include "gateway/run.h"

#include "gateway/compose.h"
#include "gateway/gateway_internal.h"
#include "gateway/gateway_stats.h"
#include "gateway/late.h"
#include "service/service_call.h"

enum {
    NS_A_US = 1000,
    REQUESTS_KEPT = 256 * 1024, /* bytes of the gateway's buffer; huge values are rare */
};

static uint64_t bit(unsigned source)
{
    return UINT64_C(1) << source;
}

static bool is_required(const struct run *r, unsigned source)
{
    const struct config_source *s = r->plan->sources[source].config;
    return s->is_required && !s->has_fallback;
}

static struct slice worth(const struct run_source *s)
{
    if (s->outcome.kind == OUTCOME_OK)
        return s->outcome.value;
    return s->plan->config->has_fallback ? s->plan->config->fallback : SLICE("null");
}

static void count(const struct run *r, unsigned source)
{
    const struct outcome *o = &r->sources[source].outcome;
    struct gateway_source_stats *stats =
        &r->gateway->context.stats->endpoints[r->plan->index].sources[source];
    gateway_stats_count(stats, o->kind);
    if (o->started_ns)
        histogram_add(&stats->latency, (o->ended_ns - o->started_ns) / NS_A_US);
}

/* The outcome is set. */
static void settle(struct run *r, unsigned source)
{
    struct run_source *s = &r->sources[source];
    s->call = NULL;
    s->value = worth(s);
    r->settled |= bit(source);
    count(r, source);
    if (run_has_failed(r, source) && is_required(r, source) && r->failed < 0)
        r->failed = (int)source;
    r->delivery->settled(r, source);
}

/* One way for gating, the deadline and a client that left: safe calls are cancelled, unsafe ones
 * that were sent go on alone. */
static void give_up(struct run *r, unsigned source)
{
    struct run_source *s = &r->sources[source];
    if (!s->call)
        return;
    if (service_call_must_go_on(s->call))
        late_begin(r, source);
    else
        service_call_cancel(s->call);
    s->call = NULL;
}

void run_stop(struct run *r)
{
    if (r->is_over)
        return;
    r->is_over = true;
    r->over_ns = r->gateway->loop->now_ns;
    loop_disarm(r->gateway->loop, &r->deadline);
    for (unsigned i = 0; i < r->plan->n_sources; i++)
        give_up(r, i);
}

static void finish(struct run *r)
{
    run_stop(r);
    r->delivery->finished(r);
}

static bool is_to_finish(const struct run *r)
{
    return r->failed >= 0 || r->settled == r->plan->all;
}

static void start_ready(struct run *r);

static void on_ended(void *owner, const struct outcome *outcome)
{
    struct run_source *s = owner;
    struct run *r = s->run;
    s->outcome = *outcome;
    settle(r, (unsigned)(s - r->sources));
    if (!is_to_finish(r))
        start_ready(r);
    if (is_to_finish(r))
        finish(r);
}

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

static void call(struct run *r, unsigned source, const struct composed *c)
{
    struct run_source *s = &r->sources[source];
    const struct config_source *config = s->plan->config;
    const char *text = r->gateway->requests.at + c->at;
    const struct service_request request = {
        .line = {text, c->line_n},
        .fields = {text + c->line_n, c->fields_n},
        .is_head = slice_equal(config->method, SLICE("HEAD")),
        .is_safe = config->is_safe,
        .is_idempotent = is_idempotent(config),
        .timeout_ms = config->timeout_ms,
        .left_ms = ms_left(r),
        .arena = &r->visit->exchange->arena,
        .wanted = s->plan->returned,
        .passed = s->plan->passed,
    };
    r->started |= bit(source);
    s->given_ms = request.timeout_ms < request.left_ms ? request.timeout_ms : request.left_ms;
    s->outcome.started_ns = r->gateway->loop->now_ns;
    s->outcome.n_attempts = 1;
    s->call = service_call_start(s->plan->service, &request, on_ended, s);
}

/* The requests of one turn. */
struct batch {
    uint64_t good; /* bits of the sources whose request stands there */
    uint64_t bad;  /* those that have failed over it */
    struct composed composed[CONFIG_MAX_SOURCES];
};

/* false: one was refused. */
static bool compose_batch(struct run *r, struct batch *b, uint64_t sources)
{
    struct buffer *requests = &r->gateway->requests;
    bool is_good = true;
    requests->n = 0;
    if (requests->capacity > REQUESTS_KEPT)
        buffer_done(requests);
    b->good = b->bad = 0;
    for (unsigned i = 0; i < r->plan->n_sources; i++) {
        if (!(sources & bit(i)))
            continue;
        enum compose_verdict verdict = compose_request(r, i, &b->composed[i]);
        *(verdict == COMPOSE_GOOD ? &b->good : &b->bad) |= bit(i);
        is_good &= verdict != COMPOSE_REFUSED;
    }
    return is_good;
}

/* Failures come first: where one of them ends the run, nothing is sent. */
static void start_batch(struct run *r, const struct batch *b)
{
    r->started |= b->bad;
    for (unsigned i = 0; i < r->plan->n_sources; i++)
        if (b->bad & bit(i))
            settle(r, i);
    for (unsigned i = 0; i < r->plan->n_sources && r->failed < 0; i++)
        if (b->good & bit(i))
            call(r, i, &b->composed[i]);
}

static uint64_t find_ready(const struct run *r)
{
    uint64_t ready = 0;
    for (unsigned i = 0; i < r->plan->n_sources; i++)
        if ((r->plan->sources[i].config->needs & ~r->settled) == 0)
            ready |= bit(i);
    return ready & ~r->started;
}

/* A request that cannot be written settles its source, which may make others ready. */
static void start_ready(struct run *r)
{
    struct batch b;
    for (uint64_t ready = find_ready(r); ready && r->failed < 0; ready = find_ready(r)) {
        compose_batch(r, &b, ready);
        start_batch(r, &b);
    }
}

static bool check_later_ones(struct run *r)
{
    bool is_good = true;
    for (unsigned i = 0; i < r->plan->n_sources; i++)
        if (r->plan->sources[i].needs_check)
            is_good &= compose_check(r, i) != COMPOSE_REFUSED;
    return is_good;
}

bool run_start(struct run *r)
{
    struct loop *l = r->gateway->loop;
    struct batch b;
    bool is_good = compose_batch(r, &b, r->plan->root);
    if (!check_later_ones(r) || !is_good)
        return false;
    r->due_ms = service_due_ms(l, r->timeout_ms);
    loop_arm(l, &r->deadline, r->due_ms);
    start_batch(r, &b);
    if (!is_to_finish(r))
        start_ready(r);
    if (is_to_finish(r))
        finish(r);
    return true;
}

/* Every source that is not known by now is too late, called or not. */
static void on_deadline(struct wheel_entry *e)
{
    struct run *r = LIST_OWNER(e, struct run, deadline);
    for (unsigned i = 0; i < r->plan->n_sources; i++) {
        struct run_source *s = &r->sources[i];
        if (r->settled & bit(i))
            continue;
        uint64_t given_ms = s->call ? s->given_ms : r->timeout_ms;
        give_up(r, i);
        s->outcome.kind = OUTCOME_TIMEOUT;
        s->outcome.detail = arena_print(&r->visit->exchange->arena, "no answer within %llu ms",
                                        (unsigned long long)given_ms);
        s->outcome.ended_ns = r->gateway->loop->now_ns;
        settle(r, i);
    }
    finish(r);
}

struct run *run_new(struct visit *v, const struct delivery *delivery)
{
    const struct plan *plan = v->plan;
    uint64_t timeout_ms = plan->config->timeout_ms;
    struct run *r = arena_take_zero(&v->exchange->arena, 1,
                                    sizeof *r + plan->n_sources * sizeof(struct run_source));
    if (!r || !visit_write_lines(v))
        return NULL;
    r->gateway = v->gateway;
    r->visit = v;
    r->plan = plan;
    r->delivery = delivery;
    r->timeout_ms = v->patience_ms < timeout_ms ? v->patience_ms : timeout_ms;
    r->failed = -1;
    wheel_entry_init(&r->deadline, on_deadline);
    for (unsigned i = 0; i < plan->n_sources; i++)
        r->sources[i] = (struct run_source){.run = r, .plan = &plan->sources[i], .cause = -1};
    v->run = r;
    return r;
}

void run_done(struct run *r)
{
    for (unsigned i = 0; i < r->plan->n_sources; i++) {
        struct outcome *o = &r->sources[i].outcome;
        if (o->blob)
            blob_release(&r->gateway->loop->blobs, o->blob);
        o->blob = NULL;
    }
}
