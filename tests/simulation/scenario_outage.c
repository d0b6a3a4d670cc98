/* scenario_outage.c - a service that answers 503 to everything for a minute
 *
 * Each call may be made three times in all. The breaker, which would soon let none through, is
 * off: what is seen is the budget alone.
 */
#include "agenda.h"
#include "policy/backoff.h"
#include "policy/budget.h"
#include "report.h"
#include "scenario.h"
#include "server.h"

enum {
    ATTEMPTS = 3, /* of a call */
    SECONDS = 120,
    OUT_FROM = 30,
    OUT_TO = 90,
    SPAN = 10, /* seconds for which a budget remembers */
    GOOD_US = 10000,
    FAILED_US = 5000,
    A_SECOND = 1000000, /* us */
};

static const double rate_per_second = 500, rare_rate_per_second = 0.2;
static const struct budget_settings share = {.permille = 200, .reserve_per_second = 1};
static const struct budget_settings all = {.permille = 1000 * ATTEMPTS, .reserve_per_second = 1};
static const struct backoff_settings backoff = {.base_ms = 5,
                                                .cap_ms = 1000}; /* service_call.c's */

enum event_kind {
    COMES, /* a call */
    ENDS,  /* an attempt; index: how many there were */
    AGAIN, /* the next one is due; index: how many there were */
};

struct run {
    const struct budget_settings *settings;
    double rate;
    struct random random;
    struct agenda agenda;
    struct budget budget;
    uint64_t now_us;
};

struct totals {
    double n_calls[SECONDS], n_attempts[SECONDS]; /* by the second in which they began */
    double n_failed, n_refused;                   /* calls that could be made again, and were not */
};

static uint64_t now_ms(const struct run *r)
{
    return SCENARIO_START_MS + r->now_us / 1000;
}

static bool is_out(uint64_t at_us)
{
    return at_us >= (uint64_t)OUT_FROM * A_SECOND && at_us < (uint64_t)OUT_TO * A_SECOND;
}

static void begin_attempt(struct run *r, struct totals *t, size_t nth)
{
    if (r->now_us < (uint64_t)SECONDS * A_SECOND)
        t->n_attempts[r->now_us / A_SECOND]++;
    agenda_add(&r->agenda, r->now_us + (is_out(r->now_us) ? FAILED_US : GOOD_US), ENDS, nth);
}

static void on_comes(struct run *r, struct totals *t)
{
    t->n_calls[r->now_us / A_SECOND]++;
    budget_deposit(&r->budget, now_ms(r));
    begin_attempt(r, t, 1);
    uint64_t next_us = r->now_us + server_draw_gap_us(&r->random, r->rate);
    if (next_us < (uint64_t)SECONDS * A_SECOND)
        agenda_add(&r->agenda, next_us, COMES, 0);
}

/* Charged when it begins to wait. */
static void on_ends(struct run *r, struct totals *t, size_t n_attempts)
{
    if (!is_out(r->now_us - FAILED_US) || n_attempts == ATTEMPTS)
        return;
    t->n_failed++;
    if (!budget_withdraw(&r->budget, r->settings, now_ms(r))) {
        t->n_refused++;
        return;
    }
    uint64_t wait_ms = backoff_ms(&backoff, (unsigned)n_attempts, 0, random_next(&r->random));
    agenda_add(&r->agenda, r->now_us + wait_ms * 1000, AGAIN, n_attempts);
}

static void play_run(struct run *r, uint64_t seed, struct totals *t)
{
    random_init_seeded(&r->random, seed);
    struct event e;
    agenda_add(&r->agenda, server_draw_gap_us(&r->random, r->rate), COMES, 0);
    while (agenda_next(&r->agenda, &e)) {
        r->now_us = e.at_us;
        switch ((enum event_kind)e.kind) {
        case COMES:
            on_comes(r, t);
            break;
        case ENDS:
            on_ends(r, t, e.index);
            break;
        case AGAIN:
            begin_attempt(r, t, e.index + 1);
            break;
        }
    }
    agenda_done(&r->agenda);
}

static double sum(const double *values, unsigned from, unsigned to)
{
    double total = 0;
    for (unsigned i = from; i < to; i++)
        total += values[i];
    return total;
}

/* Attempts a call. */
static double ratio(const struct totals *t, unsigned from, unsigned to)
{
    double n = sum(t->n_calls, from, to);
    return n > 0 ? sum(t->n_attempts, from, to) / n : 0;
}

/* Of any seconds that a budget remembers, in the outage. */
static double greatest_ratio(const struct totals *t)
{
    double greatest = 0;
    for (unsigned i = OUT_FROM; i + SPAN <= OUT_TO; i++)
        if (ratio(t, i, i + SPAN) > greatest)
            greatest = ratio(t, i, i + SPAN);
    return greatest;
}

static void play_variant(const struct scenario *s, const char *name, double rate,
                         const struct budget_settings *settings)
{
    struct totals t = {0};
    double ratios[SECONDS];
    for (unsigned i = 0; i < s->runs; i++) {
        struct run r = {.settings = settings, .rate = rate};
        play_run(&r, s->seed + i, &t);
    }
    for (unsigned i = 0; i < SECONDS; i++)
        ratios[i] = ratio(&t, i, i + 1);
    report_begin(name);
    report_number("calls", sum(t.n_calls, OUT_FROM, OUT_TO));
    report_number("attempts", sum(t.n_attempts, OUT_FROM, OUT_TO));
    report_number("attempts_per_call", ratio(&t, OUT_FROM, OUT_TO));
    report_number("greatest_attempts_per_call", greatest_ratio(&t));
    report_number("refused_percent", t.n_failed > 0 ? 100 * t.n_refused / t.n_failed : 0);
    report_series("attempts_per_call_by_second", ratios, SECONDS);
    report_end();
}

static void report_parameters(void)
{
    report_begin("parameters");
    report_number("attempts", ATTEMPTS);
    report_number("seconds", SECONDS);
    report_number("out_from", OUT_FROM);
    report_number("out_to", OUT_TO);
    report_number("good_us", GOOD_US);
    report_number("failed_us", FAILED_US);
    report_number("rate_per_second", rate_per_second);
    report_number("rare_rate_per_second", rare_rate_per_second);
    report_number("budget", share.permille / 1000.0);
    report_number("reserve_per_second", share.reserve_per_second);
    report_end();
}

void scenario_outage(const struct scenario *s)
{
    report_parameters();
    play_variant(s, "unbounded", rate_per_second, &all);
    play_variant(s, "budget", rate_per_second, &share);
    play_variant(s, "rare", rare_rate_per_second, &share);
}
