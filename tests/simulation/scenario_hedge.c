/* scenario_hedge.c - answers of ten calls each, of which one in a thousand stalls for seconds
 *
 * The service has targets enough, and each attempt draws its own time (Dean and Barroso, The Tail
 * at Scale, 2013). An answer is there with the last of its calls.
 */
#include <math.h>
#include <stdlib.h>

#include "agenda.h"
#include "base/check.h"
#include "policy/budget.h"
#include "policy/quantile.h"
#include "report.h"
#include "samples.h"
#include "scenario.h"
#include "server.h"

enum {
    ANSWERS = 20000, /* a run */
    FAN_OUT = 10,
    SAMPLES_LEAST = 20, /* as service_call_attempt.c has it */
    WINDOW_MS = 30000,  /* as service.c has it */
    STALL_LEAST_MS = 1000,
    STALL_MOST_MS = 3000,
    AFTER_PERMILLE = 950,
    TRIES = 2, /* a call's attempts: the first, its hedge */
};

static const double answers_per_second = 100;
static const double median_ms = 10, sigma = 0.8;
static const double stalls = 0.001; /* share of the attempts */
static const struct budget_settings budget_settings = {.permille = 50, .reserve_per_second = 1};
static const double quantiles[] = {0.5, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999};

enum {
    N_QUANTILES = sizeof quantiles / sizeof quantiles[0]
};

enum event_kind {
    COMES, /* an answer is asked for */
    ENDS,  /* an attempt */
    LATE,  /* a call */
};

struct call {
    size_t answer;
    uint64_t began_us[TRIES]; /* 0: that attempt was not made */
    bool is_done;
};

struct answer {
    uint64_t began_us;
    unsigned n_left; /* calls */
};

struct run {
    bool is_hedged;
    struct random random;
    struct agenda agenda;
    struct budget budget;
    struct quantile latency;
    struct answer *answers;
    struct call *calls;
    uint64_t now_us;
};

struct totals {
    struct samples answers_ms;
    double n_calls, n_late, n_hedges;
};

static uint64_t now_ms(const struct run *r)
{
    return SCENARIO_START_MS + r->now_us / 1000;
}

static void begin_attempt(struct run *r, size_t call, unsigned nth)
{
    uint64_t takes_us = server_draw_time_us(&r->random, median_ms, sigma);
    if (server_draw(&r->random) < stalls)
        takes_us +=
            (STALL_LEAST_MS + random_below(&r->random, STALL_MOST_MS - STALL_LEAST_MS)) * 1000;
    r->calls[call].began_us[nth] = r->now_us;
    agenda_add(&r->agenda, r->now_us + takes_us, ENDS, call * TRIES + nth);
}

static void begin_call(struct run *r, size_t call)
{
    budget_deposit(&r->budget, now_ms(r));
    begin_attempt(r, call, 0);
    uint64_t after_us =
        r->is_hedged ? quantile_us(&r->latency, AFTER_PERMILLE, SAMPLES_LEAST, now_ms(r)) : 0;
    if (after_us)
        agenda_add(&r->agenda, r->now_us + (after_us + 999) / 1000 * 1000, LATE, call);
}

static void on_comes(struct run *r, size_t answer)
{
    r->answers[answer] = (struct answer){r->now_us, FAN_OUT};
    for (size_t call = answer * FAN_OUT; call < (answer + 1) * FAN_OUT; call++) {
        r->calls[call].answer = answer;
        begin_call(r, call);
    }
    if (answer + 1 < ANSWERS)
        agenda_add(&r->agenda, r->now_us + server_draw_gap_us(&r->random, answers_per_second),
                   COMES, answer + 1);
}

static void on_late(struct run *r, struct totals *t, size_t call)
{
    if (r->calls[call].is_done)
        return;
    t->n_late++;
    if (!budget_withdraw(&r->budget, &budget_settings, now_ms(r)))
        return;
    t->n_hedges++;
    begin_attempt(r, call, 1);
}

/* A first attempt that lost to its hedge took at least so long; a hedge that lost tells nothing. */
static void note_latency(struct run *r, const struct call *c, unsigned winner)
{
    quantile_add(&r->latency, r->now_us - c->began_us[winner], now_ms(r));
    if (winner > 0)
        quantile_add(&r->latency, r->now_us - c->began_us[0], now_ms(r));
}

static void on_ends(struct run *r, struct totals *t, size_t attempt)
{
    struct call *c = &r->calls[attempt / TRIES];
    struct answer *a = &r->answers[c->answer];
    if (c->is_done)
        return;
    c->is_done = true;
    note_latency(r, c, attempt % TRIES);
    if (--a->n_left == 0)
        samples_add(&t->answers_ms, (double)(r->now_us - a->began_us) / 1000);
}

static void play(struct run *r, struct totals *t)
{
    struct event e;
    agenda_add(&r->agenda, 1, COMES, 0);
    while (agenda_next(&r->agenda, &e)) {
        r->now_us = e.at_us;
        switch ((enum event_kind)e.kind) {
        case COMES:
            on_comes(r, e.index);
            break;
        case ENDS:
            on_ends(r, t, e.index);
            break;
        case LATE:
            on_late(r, t, e.index);
            break;
        }
    }
}

static void play_run(uint64_t seed, bool is_hedged, struct totals *t)
{
    struct run r = {.is_hedged = is_hedged};
    random_init_seeded(&r.random, seed);
    quantile_init(&r.latency, WINDOW_MS);
    r.answers = calloc(ANSWERS, sizeof *r.answers);
    r.calls = calloc((size_t)ANSWERS * FAN_OUT, sizeof *r.calls);
    CHECK(r.answers && r.calls);
    play(&r, t);
    t->n_calls += (double)ANSWERS * FAN_OUT;
    free(r.answers);
    free(r.calls);
    agenda_done(&r.agenda);
}

static void play_variant(const struct scenario *s, const char *name, bool is_hedged)
{
    struct totals t = {0};
    double ms[N_QUANTILES];
    for (unsigned i = 0; i < s->runs; i++)
        play_run(s->seed + i, is_hedged, &t);
    for (unsigned i = 0; i < N_QUANTILES; i++)
        ms[i] = samples_quantile(&t.answers_ms, quantiles[i]);
    report_begin(name);
    report_number("p50_ms", samples_quantile(&t.answers_ms, 0.5));
    report_number("p95_ms", samples_quantile(&t.answers_ms, 0.95));
    report_number("p999_ms", samples_quantile(&t.answers_ms, 0.999));
    report_number("more_calls_percent", 100 * t.n_hedges / t.n_calls);
    report_number("refused_percent", t.n_late > 0 ? 100 * (1 - t.n_hedges / t.n_late) : 0);
    report_series("quantiles_ms", ms, N_QUANTILES);
    report_end();
    samples_done(&t.answers_ms);
}

static void report_parameters(void)
{
    report_begin("parameters");
    report_number("answers", ANSWERS);
    report_number("answers_per_second", answers_per_second);
    report_number("fan_out", FAN_OUT);
    report_number("median_ms", median_ms);
    report_number("sigma", sigma);
    report_number("stalls", stalls);
    report_number("stall_least_ms", STALL_LEAST_MS);
    report_number("stall_most_ms", STALL_MOST_MS);
    report_number("after", AFTER_PERMILLE / 1000.0);
    report_number("budget", budget_settings.permille / 1000.0);
    report_number("reserve_per_second", budget_settings.reserve_per_second);
    report_series("quantiles", quantiles, N_QUANTILES);
    report_end();
}

void scenario_hedge(const struct scenario *s)
{
    report_parameters();
    play_variant(s, "plain", false);
    play_variant(s, "hedged", true);
}
