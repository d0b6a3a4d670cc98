/* run.c - which source is next, and when is it over? */
#include "gateway/run.h"

#include "base/check.h"
#include "base/units.h"
#include "gateway/gateway_internal.h"
#include "gateway/gateway_stats.h"
#include "gateway/items.h"
#include "gateway/run_internal.h"

static bool is_required(const struct run *r, unsigned source)
{
    const struct config_source *s = r->plan->sources[source].config;
    return s->is_required && !s->has_fallback;
}

static void count(const struct run *r, unsigned source)
{
    const struct run_source *s = &r->sources[source];
    const struct outcome *o = &s->outcome;
    struct gateway_source_stats *stats =
        &r->gateway->context.stats->endpoints[r->plan->index].sources[source];
    bool is_list = s->items && o->kind == OUTCOME_OK;
    gateway_stats_count(stats, is_list ? items_kind(s->items) : o->kind);
    if (o->started_ns)
        histogram_add(&stats->latency, (o->ended_ns - o->started_ns) / NS_A_US);
}

struct shaping run_shaping(struct run_source *s)
{
    return (struct shaping){
        .run = s->run,
        .source = (unsigned)(s - s->run->sources),
        .outcome = &s->outcome,
        .value = &s->value,
        .shown = &s->shown,
        .read = &s->read,
    };
}

static void stand_in(struct run_source *s)
{
    const struct shaping shaping = run_shaping(s);
    const struct config_source *config = s->plan->config;
    shaping_stand_in(&shaping, config->has_fallback ? config->fallback : SLICE("null"));
}

void run_settle(struct run *r, unsigned source)
{
    bool has_value = run_has_value(r, source);
    if (!has_value)
        stand_in(&r->sources[source]);
    r->settled |= run_bit(source);
    count(r, source);
    if (!has_value && is_required(r, source) && r->failed < 0)
        r->failed = (int)source;
    r->delivery->settled(r, source);
}

void run_skip(struct run *r, unsigned source)
{
    r->sources[source].value = SLICE("null");
    r->skipped |= run_bit(source);
    r->settled |= run_bit(source);
    r->delivery->settled(r, source);
}

void run_grow(struct run *r, unsigned source)
{
    if ((r->plan->streamed >> source & 1) && r->delivery->grown)
        r->delivery->grown(r, source);
}

/* One way for gating, the deadline and a client that left. */
static void give_up(struct run *r, unsigned source)
{
    struct run_source *s = &r->sources[source];
    run_give_up_call(r, source, &s->call, &s->outcome);
    if (s->job)
        jq_cancel(s->job);
    s->job = NULL;
    if (s->items)
        items_give_up(s->items);
}

/* Of the calls that it was charged for, and not the handshake before it. */
static unsigned count_made(const struct run *r)
{
    unsigned n = 0;
    uint64_t charged = r->started & ~(r->visit->is_paid ? r->plan->certain : 0);
    for (uint64_t left = charged; left; left = run_rest(left)) {
        const struct run_source *s = &r->sources[run_first(left)];
        bool is_list = s->items && !s->plan->config->each.batch.n;
        n += is_list ? items_n_made(s->items) : s->outcome.n_attempts > 0;
    }
    return n;
}

void run_stop(struct run *r)
{
    if (r->is_over)
        return;
    r->is_over = true;
    r->over_ns = r->gateway->loop->now_ns;
    loop_disarm(r->gateway->loop, &r->deadline);
    for (uint64_t left = r->started & ~r->settled; left; left = run_rest(left))
        give_up(r, run_first(left));
    if (r->visit->limit.n_paid)
        rate_limit_settle(r->visit, count_made(r));
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

static uint64_t find_ready(const struct run *r)
{
    uint64_t ready = 0;
    uint64_t waiting = r->plan->all & ~(r->started | r->settled);
    for (uint64_t left = waiting; left; left = run_rest(left))
        if ((r->plan->sources[run_first(left)].config->needs & ~r->settled) == 0)
            ready |= run_bit(run_first(left));
    return ready;
}

/* What settles at once may make others ready. */
static void start_ready(struct run *r)
{
    struct run_turn t;
    for (uint64_t ready = find_ready(r); ready && r->failed < 0; ready = find_ready(r)) {
        run_prepare(r, &t, ready);
        run_charge(r, &t);
        run_begin(r, &t);
    }
}

void run_go_on(struct run *r, unsigned source)
{
    run_settle(r, source);
    if (!is_to_finish(r) && r->plan->sources[source].is_read)
        start_ready(r);
    if (is_to_finish(r))
        finish(r);
}

/* Sources that are skipped, or may be once others have answered. */
static uint64_t find_doubtful(const struct run *r, uint64_t skipped)
{
    uint64_t found = skipped;
    for (uint64_t left = r->plan->conditional & ~r->plan->root; left; left = run_rest(left))
        if (r->plan->sources[run_first(left)].config->when)
            found |= run_bit(run_first(left));
    for (uint64_t before = 0; before != found;) {
        before = found;
        for (uint64_t left = r->plan->conditional & ~found; left; left = run_rest(left))
            if (r->plan->sources[run_first(left)].config->needs & found)
                found |= run_bit(run_first(left));
    }
    return found;
}

static bool check_later_one(struct run *r, unsigned source)
{
    const struct config_source *s = r->plan->sources[source].config;
    if (s->needs && s->each.is_given && values_are_of_request(&s->each.list))
        return items_check_early(r, source);
    return compose_check(r, source, NULL) != COMPOSE_REFUSED;
}

/* What waits for others, or for a list, is looked at before anything is sent, where it is certain
 * to be. */
static bool check_later_ones(struct run *r, uint64_t skipped)
{
    bool is_good = true;
    uint64_t doubtful = find_doubtful(r, skipped);
    for (uint64_t left = run_called(r) & ~doubtful; left; left = run_rest(left))
        if (r->plan->sources[run_first(left)].needs_check)
            is_good &= check_later_one(r, run_first(left));
    return is_good;
}

bool run_check(struct run *r)
{
    struct run_turn t;
    bool is_good = run_prepare(r, &t, r->plan->root & run_called(r));
    return check_later_ones(r, t.skipped) && is_good;
}

/* Of the certain calls, with what waits for others; those that have failed already are none. */
static unsigned count_rest(struct run *r, const struct run_turn *t)
{
    uint64_t due = r->plan->certain & run_called(r) & ~t->bad;
    for (uint64_t left = due & t->good; left; left = run_rest(left))
        if (run_is_remembered(r, run_first(left), &t->composed[run_first(left)]))
            due &= ~run_bit(run_first(left));
    return (unsigned)__builtin_popcountll(due);
}

bool run_start(struct run *r)
{
    struct loop *l = r->gateway->loop;
    struct run_turn t;
    bool is_good = run_prepare(r, &t, r->plan->root & run_called(r));
    if (!check_later_ones(r, t.skipped) || !is_good)
        return false;
    if (r->visit->limit.is_short && !rate_limit_charge_rest(r->visit, count_rest(r, &t)))
        return false;
    run_charge(r, &t);
    r->due_ms = service_due_ms(l, r->timeout_ms);
    loop_arm(l, &r->deadline, r->due_ms);
    if (r->delivery->started)
        r->delivery->started(r);
    run_begin(r, &t);
    if (!is_to_finish(r))
        start_ready(r);
    if (is_to_finish(r))
        finish(r);
    return true;
}

static struct slice too_late(struct run *r, uint64_t given_ms)
{
    return arena_print(&r->visit->exchange->arena, "no answer within %llu ms",
                       (unsigned long long)given_ms);
}

/* There is no time for a program of jq: a source that has one has nothing to show. */
static void show_stale(struct run_source *s)
{
    const struct shaping shaping = run_shaping(s);
    s->outcome.has_stale &= !s->plan->config->jq.n;
    if (s->outcome.has_stale && shaping_unwrap(&shaping))
        CHECK(!shaping_begin(&shaping, NULL, NULL));
}

/* Called or not. Of a list those elements stay that are there. */
static void end_late(struct run *r, unsigned source)
{
    struct run_source *s = &r->sources[source];
    bool is_called = s->call;
    give_up(r, source);
    if (s->items && !is_called) {
        items_end_late(s->items, too_late(r, r->timeout_ms));
    } else {
        s->outcome.kind = OUTCOME_TIMEOUT;
        s->outcome.detail = too_late(r, is_called ? s->given_ms : r->timeout_ms);
        s->outcome.ended_ns = r->gateway->loop->now_ns;
        show_stale(s);
    }
    run_settle(r, source);
}

static void on_deadline(struct wheel_entry *e)
{
    struct run *r = LIST_OWNER(e, struct run, deadline);
    r->is_late = true;
    for (uint64_t left = r->plan->all & ~r->settled; left; left = run_rest(left))
        end_late(r, run_first(left));
    finish(r);
}

struct run *run_new(struct visit *v, const struct delivery *delivery)
{
    const struct plan *plan = v->plan;
    struct run *r = arena_take_zero(&v->exchange->arena, 1,
                                    sizeof *r + plan->n_sources * sizeof(struct run_source));
    if (!r || !visit_write_lines(v))
        return NULL;
    r->gateway = v->gateway;
    r->visit = v;
    r->plan = plan;
    r->delivery = delivery;
    r->timeout_ms = visit_given_ms(v);
    r->settled = plan->all & ~run_called(r);
    r->n_calls = (unsigned)__builtin_popcountll(run_called(r) & plan->once);
    r->failed = -1;
    if (v->is_recorded)
        r->spans = arena_take_zero(&v->exchange->arena, plan->n_sources, sizeof *r->spans);
    wheel_entry_init(&r->deadline, on_deadline);
    for (unsigned i = 0; i < plan->n_sources; i++)
        r->sources[i] = (struct run_source){.run = r, .plan = &plan->sources[i], .cause = -1};
    v->run = r;
    return r;
}

static void release(struct run *r, struct blob **blob)
{
    if (*blob)
        blob_release(&r->gateway->loop->blobs, *blob);
    *blob = NULL;
}

void run_done(struct run *r)
{
    if (r->delivery->done)
        r->delivery->done(r);
    for (uint64_t left = r->started; left; left = run_rest(left)) {
        struct run_source *s = &r->sources[run_first(left)];
        release(r, &s->outcome.blob);
        release(r, &s->read);
        if (s->items)
            items_done(s->items);
    }
}
