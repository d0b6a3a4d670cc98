/* run_turn.c - the sources that are ready in one turn: skipped, failed, or called
 *
 * What can fail before anything is sent is looked at first: where it ends the run, nothing is sent.
 */
#include "gateway/condition.h"
#include "gateway/gateway_internal.h"
#include "gateway/items.h"
#include "gateway/rate_limit.h"
#include "gateway/run_internal.h"

enum {
    REQUESTS_KEPT = 256 * 1024 /* bytes of the gateway's buffer; huge values are rare */
};

static void on_shaped(void *owner, const struct jq_result *result)
{
    struct run_source *s = owner;
    const struct shaping shaping = run_shaping(s);
    s->job = NULL;
    shaping_end(&shaping, result);
    run_go_on(s->run, shaping.source);
}

static void on_ended(void *owner, const struct outcome *outcome)
{
    struct run_source *s = owner;
    const struct shaping shaping = run_shaping(s);
    s->call = NULL;
    s->outcome = *outcome;
    if (outcome_has_value(outcome) && shaping_unwrap(&shaping))
        s->job = shaping_begin(&shaping, on_shaped, s);
    if (!s->job)
        run_go_on(s->run, shaping.source);
}

static void look_at_condition(struct run *r, struct run_turn *t, unsigned source)
{
    struct run_source *s = &r->sources[source];
    const struct config_source *config = s->plan->config;
    enum condition_verdict verdict = CONDITION_TRUE;
    if (config->needs & r->skipped)
        verdict = CONDITION_FALSE;
    else if (config->when)
        verdict = condition_judge(r, config->when);
    if (verdict == CONDITION_FALSE)
        t->skipped |= run_bit(source);
    if (verdict != CONDITION_NO_ROOM)
        return;
    s->outcome.kind = OUTCOME_OVERLOADED;
    s->outcome.detail = SLICE("no memory is left for its condition");
    t->bad |= run_bit(source);
}

/* They would have been called. */
static void leave_out(struct run *r, struct run_turn *t, uint64_t sources)
{
    t->shed = sources;
    t->bad |= sources;
    for (uint64_t left = sources; left; left = run_rest(left)) {
        struct outcome *o = &r->sources[run_first(left)].outcome;
        o->kind = OUTCOME_OVERLOADED;
        o->detail = SLICE("left out, as the gateway has too much to do");
    }
}

static void prepare_call(struct run *r, struct run_turn *t, unsigned source)
{
    enum compose_verdict verdict =
        compose_request(r, source, NULL, &t->composed[source], &r->sources[source].outcome);
    *(verdict == COMPOSE_GOOD ? &t->good : &t->bad) |= run_bit(source);
    if (verdict == COMPOSE_REFUSED)
        r->refused |= run_bit(source);
}

/* Elements write their requests when their turn comes. */
static void prepare_list(struct run *r, struct run_turn *t, unsigned source)
{
    bool is_open = items_open(r, source);
    *(is_open ? &t->lists : &t->bad) |= run_bit(source);
    if (is_open && !items_check(r->sources[source].items))
        r->refused |= run_bit(source);
}

bool run_prepare(struct run *r, struct run_turn *t, uint64_t ready)
{
    struct buffer *requests = &r->gateway->requests;
    requests->n = 0;
    if (requests->capacity > REQUESTS_KEPT)
        buffer_done(requests);
    t->skipped = t->bad = t->lists = t->good = 0;
    for (uint64_t left = ready & r->plan->conditional; left; left = run_rest(left))
        look_at_condition(r, t, run_first(left));
    ready &= ~(t->skipped | t->bad);
    leave_out(r, t, ready & r->shed);
    ready &= ~r->shed;
    for (uint64_t left = ready & ~r->plan->lists; left; left = run_rest(left))
        prepare_call(r, t, run_first(left));
    for (uint64_t left = ready & r->plan->lists; left; left = run_rest(left))
        prepare_list(r, t, run_first(left));
    return !r->refused;
}

/* The client's permits do not reach as far. */
static void deny(struct run *r, struct run_turn *t, unsigned source)
{
    struct run_source *s = &r->sources[source];
    s->items = NULL;
    s->outcome.kind = OUTCOME_DENIED;
    s->outcome.detail = SLICE("the client has no permit left for it");
    r->limited |= run_bit(source);
    t->good &= ~run_bit(source);
    t->lists &= ~run_bit(source);
    t->bad |= run_bit(source);
}

/* That will be made for it. */
static unsigned count_calls(struct run *r, const struct run_turn *t, unsigned source)
{
    const struct run_items *items = r->sources[source].items;
    if (items)
        return items_n_calls(items);
    return run_is_remembered(r, source, &t->composed[source]) ? 0 : 1;
}

static void charge(struct run *r, struct run_turn *t, unsigned source)
{
    if (rate_limit_counts_calls(r->visit) &&
        !rate_limit_charge_calls(r->visit, count_calls(r, t, source)))
        deny(r, t, source);
}

void run_charge(struct run *r, struct run_turn *t)
{
    if (t->shed)
        counters_add(r->gateway->context.counters, r->shed_as, __builtin_popcountll(t->shed));
    for (uint64_t left = t->good & ~r->plan->certain; left; left = run_rest(left))
        charge(r, t, run_first(left));
    for (uint64_t left = t->lists & ~r->plan->certain; left; left = run_rest(left))
        charge(r, t, run_first(left));
}

static void call(struct run *r, unsigned source, const struct composed *c)
{
    struct run_source *s = &r->sources[source];
    r->started |= run_bit(source);
    s->outcome.started_ns = r->gateway->loop->now_ns;
    s->call = run_call(r, source, c, on_ended, s);
}

/* Behind all that stands in the buffer, as their own requests take its place. */
static void call_lists(struct run *r, uint64_t lists)
{
    for (uint64_t left = lists; left && r->failed < 0; left = run_rest(left)) {
        r->started |= run_bit(run_first(left));
        if (items_start(r->sources[run_first(left)].items))
            run_settle(r, run_first(left));
        else
            run_grow(r, run_first(left));
    }
}

void run_begin(struct run *r, const struct run_turn *t)
{
    r->started |= t->bad;
    for (uint64_t left = t->skipped; left; left = run_rest(left))
        run_skip(r, run_first(left));
    for (uint64_t left = t->bad; left; left = run_rest(left))
        run_settle(r, run_first(left));
    for (uint64_t left = t->good; left && r->failed < 0; left = run_rest(left))
        call(r, run_first(left), &t->composed[run_first(left)]);
    call_lists(r, t->lists);
}
