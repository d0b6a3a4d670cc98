/* scenario_balance.c - ten targets, of which one is ten times slower for a while
 *
 * Each has threads of its own and calls wait for one. Ejection, which would leave the slow one out
 * altogether, is not part of it: what is seen is the choice alone.
 */
#include <math.h>
#include <string.h>

#include "agenda.h"
#include "policy/balance.h"
#include "report.h"
#include "samples.h"
#include "scenario.h"
#include "server.h"

enum {
    TARGETS = 10,
    THREADS = 16, /* a target */
    SLOW = 0,     /* the target */
    SLOW_TIMES = 10,
    SECONDS = 60,
    SLOW_FROM = 20,
    SLOW_TO = 40,
    A_SECOND = 1000000, /* us */
};

static const double rate_per_second = 1000;
static const double median_ms = 8, sigma = 0.5;

enum event_kind {
    COMES,
    ENDS
};

struct run {
    bool is_least_latency;
    struct random random;
    struct agenda agenda;
    struct server servers[TARGETS];
    struct balance_target targets[TARGETS];
    struct balance balance;
    struct balance_set all;
    uint64_t now_us;
};

struct totals {
    struct samples by_second_ms[SECONDS]; /* in which the call came */
    double n_calls[SECONDS], n_slow[SECONDS];
    struct samples meanwhile_ms; /* while it is slow */
};

/* The time at which a call began and its target, in one word. */
static size_t ticket_of(uint64_t began_us, unsigned target)
{
    return (size_t)(began_us * TARGETS + target);
}

static uint64_t now_ns(const struct run *r)
{
    return (uint64_t)SCENARIO_START_MS * A_SECOND + r->now_us * 1000;
}

static unsigned choose(struct run *r)
{
    if (!r->is_least_latency)
        return (unsigned)balance_round_robin(&r->balance, &r->all, now_ns(r));
    return (unsigned)balance_least_latency(&r->balance, &r->all, random_next(&r->random),
                                           now_ns(r));
}

static bool is_slow(uint64_t at_us)
{
    return at_us >= (uint64_t)SLOW_FROM * A_SECOND && at_us < (uint64_t)SLOW_TO * A_SECOND;
}

static void on_comes(struct run *r, struct totals *t)
{
    unsigned target = choose(r);
    uint64_t needs_us = server_draw_time_us(&r->random, median_ms, sigma);
    if (target == SLOW && is_slow(r->now_us))
        needs_us *= SLOW_TIMES;
    balance_begin(&r->balance, target);
    t->n_calls[r->now_us / A_SECOND]++;
    t->n_slow[r->now_us / A_SECOND] += target == SLOW;
    agenda_add(&r->agenda, server_serve(&r->servers[target], r->now_us, needs_us), ENDS,
               ticket_of(r->now_us, target));
    uint64_t next_us = r->now_us + server_draw_gap_us(&r->random, rate_per_second);
    if (next_us < (uint64_t)SECONDS * A_SECOND)
        agenda_add(&r->agenda, next_us, COMES, 0);
}

static void on_ends(struct run *r, struct totals *t, size_t ticket)
{
    uint64_t began_us = ticket / TARGETS;
    uint64_t took_us = r->now_us - began_us;
    balance_end(&r->balance, (unsigned)(ticket % TARGETS), BALANCE_GOOD, took_us, now_ns(r));
    samples_add(&t->by_second_ms[began_us / A_SECOND], (double)took_us / 1000);
    if (is_slow(began_us))
        samples_add(&t->meanwhile_ms, (double)took_us / 1000);
}

static void play_run(uint64_t seed, bool is_least_latency, struct totals *t)
{
    struct run r = {.is_least_latency = is_least_latency};
    random_init_seeded(&r.random, seed);
    for (unsigned i = 0; i < TARGETS; i++) {
        r.servers[i].n_threads = THREADS;
        r.targets[i] = (struct balance_target){.weight = 1, .id = i};
        balance_add(&r.all, i);
    }
    balance_init(&r.balance, r.targets, TARGETS);
    struct event e;
    agenda_add(&r.agenda, 1, COMES, 0);
    while (agenda_next(&r.agenda, &e)) {
        r.now_us = e.at_us;
        if (e.kind == COMES)
            on_comes(&r, t);
        else
            on_ends(&r, t, e.index);
    }
    balance_done(&r.balance);
    agenda_done(&r.agenda);
}

/* Of the calls that came from second `from` on to second `to`. */
static double slow_percent(const struct totals *t, unsigned from, unsigned to)
{
    double n = 0, n_slow = 0;
    for (unsigned i = from; i < to; i++) {
        n += t->n_calls[i];
        n_slow += t->n_slow[i];
    }
    return n > 0 ? 100 * n_slow / n : 0;
}

static void report_variant(const char *name, struct totals *t)
{
    double p99_ms[SECONDS], percent[SECONDS];
    for (unsigned i = 0; i < SECONDS; i++) {
        p99_ms[i] = samples_quantile(&t->by_second_ms[i], 0.99);
        percent[i] = slow_percent(t, i, i + 1);
    }
    report_begin(name);
    report_number("p50_ms", samples_quantile(&t->meanwhile_ms, 0.5));
    report_number("p99_ms", samples_quantile(&t->meanwhile_ms, 0.99));
    report_number("p999_ms", samples_quantile(&t->meanwhile_ms, 0.999));
    report_number("before_percent", slow_percent(t, SLOW_FROM / 2, SLOW_FROM));
    report_number("slow_percent", slow_percent(t, SLOW_FROM, SLOW_TO));
    report_series("p99_by_second_ms", p99_ms, SECONDS);
    report_series("slow_by_second_percent", percent, SECONDS);
    report_end();
}

static void play_variant(const struct scenario *s, const char *name, bool is_least_latency)
{
    struct totals t = {0};
    for (unsigned i = 0; i < s->runs; i++)
        play_run(s->seed + i, is_least_latency, &t);
    report_variant(name, &t);
    for (unsigned i = 0; i < SECONDS; i++)
        samples_done(&t.by_second_ms[i]);
    samples_done(&t.meanwhile_ms);
}

static void report_parameters(void)
{
    report_begin("parameters");
    report_number("targets", TARGETS);
    report_number("threads", THREADS);
    report_number("slow_times", SLOW_TIMES);
    report_number("seconds", SECONDS);
    report_number("slow_from", SLOW_FROM);
    report_number("slow_to", SLOW_TO);
    report_number("rate_per_second", rate_per_second);
    report_number("median_ms", median_ms);
    report_number("sigma", sigma);
    report_end();
}

void scenario_balance(const struct scenario *s)
{
    report_parameters();
    play_variant(s, "round_robin", false);
    play_variant(s, "least_latency", true);
}
