/* scenario_limit.c - a service that gets half as much again as it can do, for half a minute
 *
 * It has so many threads, and what is beyond them waits inside of it. A call that finds no place
 * is refused at once: the queue in front of a limit is no part of this.
 */
#include <math.h>

#include "agenda.h"
#include "policy/limit.h"
#include "report.h"
#include "samples.h"
#include "scenario.h"
#include "server.h"

enum {
    THREADS = 40,
    SECONDS = 80,
    STEP_FROM = 20,
    STEP_TO = 50,
    SETTLED_AFTER = 5,  /* seconds in the step */
    A_SECOND = 1000000, /* us */
    LOOK_US = 100000,   /* between two looks at the limit */
};

static const double rate_per_second = 1000, step_rate_per_second = 3000;
static const double median_ms = 20, sigma = 0.3;
static const struct limit_settings adaptive = {
    .is_on = true, .initial = 20, .least = 1, .most = 1000};
static const struct limit_settings off = {.is_on = true, .max = 1000000};

enum event_kind {
    COMES,
    ENDS,
    LOOK
};

struct run {
    const struct limit_settings *settings;
    struct random random;
    struct agenda agenda;
    struct server server;
    struct limit limit;
    uint64_t now_us;
};

struct totals {
    struct samples by_second_ms[SECONDS]; /* in which the call came */
    double n_calls[SECONDS], n_refused[SECONDS], n_ended[SECONDS];
    struct samples before_ms, step_ms, after_ms;
    struct samples looks;   /* at the limit, once it has settled in the step */
    double limits[SECONDS]; /* at the beginning of each second, added up over the runs */
};

static uint64_t now_ms(const struct run *r)
{
    return SCENARIO_START_MS + r->now_us / 1000;
}

static unsigned second_of(uint64_t us)
{
    return (unsigned)(us / A_SECOND);
}

static bool is_step(uint64_t at_us)
{
    return second_of(at_us) >= STEP_FROM && second_of(at_us) < STEP_TO;
}

static void on_comes(struct run *r, struct totals *t)
{
    unsigned second = second_of(r->now_us);
    t->n_calls[second]++;
    if (limit_take(&r->limit, r->settings)) {
        uint64_t needs_us = server_draw_time_us(&r->random, median_ms, sigma);
        agenda_add(&r->agenda, server_serve(&r->server, r->now_us, needs_us), ENDS,
                   (size_t)r->now_us);
    } else {
        t->n_refused[second]++;
    }
    double rate = is_step(r->now_us) ? step_rate_per_second : rate_per_second;
    uint64_t next_us = r->now_us + server_draw_gap_us(&r->random, rate);
    if (next_us < (uint64_t)SECONDS * A_SECOND)
        agenda_add(&r->agenda, next_us, COMES, 0);
}

static struct samples *part_of(struct totals *t, uint64_t began_us)
{
    if (is_step(began_us))
        return &t->step_ms;
    return second_of(began_us) < STEP_FROM ? &t->before_ms : &t->after_ms;
}

static void on_ends(struct run *r, struct totals *t, uint64_t began_us)
{
    uint64_t took_us = r->now_us - began_us;
    limit_give(&r->limit, r->settings, LIMIT_DONE, took_us, now_ms(r));
    samples_add(&t->by_second_ms[second_of(began_us)], (double)took_us / 1000);
    samples_add(part_of(t, began_us), (double)took_us / 1000);
    if (second_of(r->now_us) < SECONDS)
        t->n_ended[second_of(r->now_us)]++;
}

static void on_look(struct run *r, struct totals *t)
{
    unsigned second = second_of(r->now_us);
    unsigned limit = limit_now(&r->limit, r->settings);
    if (r->now_us % A_SECOND == 0)
        t->limits[second] += limit;
    if (second >= STEP_FROM + SETTLED_AFTER && second < STEP_TO)
        samples_add(&t->looks, limit);
    if (second_of(r->now_us + LOOK_US) < SECONDS)
        agenda_add(&r->agenda, r->now_us + LOOK_US, LOOK, 0);
}

static void play_run(uint64_t seed, const struct limit_settings *settings, struct totals *t)
{
    struct run r = {.settings = settings, .server = {.n_threads = THREADS}};
    random_init_seeded(&r.random, seed);
    limit_init(&r.limit, settings);
    agenda_add(&r.agenda, 0, LOOK, 0);
    agenda_add(&r.agenda, 1, COMES, 0);
    struct event e;
    while (agenda_next(&r.agenda, &e)) {
        r.now_us = e.at_us;
        switch ((enum event_kind)e.kind) {
        case COMES:
            on_comes(&r, t);
            break;
        case ENDS:
            on_ends(&r, t, e.index);
            break;
        case LOOK:
            on_look(&r, t);
            break;
        }
    }
    agenda_done(&r.agenda);
}

static double sum(const double *values, unsigned from, unsigned to)
{
    double total = 0;
    for (unsigned i = from; i < to; i++)
        total += values[i];
    return total;
}

static void report_numbers(struct totals *t, unsigned runs)
{
    const unsigned settled = STEP_FROM + SETTLED_AFTER;
    double ended_per_second =
        sum(t->n_ended, settled, STEP_TO) / (STEP_TO - settled) / (double)runs;
    report_number("before_p99_ms", samples_quantile(&t->before_ms, 0.99));
    report_number("step_p99_ms", samples_quantile(&t->step_ms, 0.99));
    report_number("after_p99_ms", samples_quantile(&t->after_ms, 0.99));
    report_number("ended_per_second", ended_per_second);
    report_number("before_refused_percent", 100 * sum(t->n_refused, SETTLED_AFTER, STEP_FROM) /
                                                sum(t->n_calls, SETTLED_AFTER, STEP_FROM));
    report_number("step_refused_percent", 100 * sum(t->n_refused, STEP_FROM, STEP_TO) /
                                              sum(t->n_calls, STEP_FROM, STEP_TO));
    report_number("limit_least", samples_quantile(&t->looks, 0));
    report_number("limit_median", samples_quantile(&t->looks, 0.5));
    report_number("limit_most", samples_quantile(&t->looks, 1));
}

static void report_variant(const char *name, struct totals *t, unsigned runs)
{
    double p99_ms[SECONDS], refused[SECONDS], limits[SECONDS];
    for (unsigned i = 0; i < SECONDS; i++) {
        p99_ms[i] = samples_quantile(&t->by_second_ms[i], 0.99);
        refused[i] = t->n_calls[i] > 0 ? 100 * t->n_refused[i] / t->n_calls[i] : 0;
        limits[i] = t->limits[i] / runs;
    }
    report_begin(name);
    report_numbers(t, runs);
    report_series("p99_by_second_ms", p99_ms, SECONDS);
    report_series("refused_by_second_percent", refused, SECONDS);
    report_series("limit_by_second", limits, SECONDS);
    report_end();
}

static void play_variant(const struct scenario *s, const char *name,
                         const struct limit_settings *settings)
{
    struct totals t = {0};
    for (unsigned i = 0; i < s->runs; i++)
        play_run(s->seed + i, settings, &t);
    report_variant(name, &t, s->runs);
    for (unsigned i = 0; i < SECONDS; i++)
        samples_done(&t.by_second_ms[i]);
    samples_done(&t.before_ms);
    samples_done(&t.step_ms);
    samples_done(&t.after_ms);
    samples_done(&t.looks);
}

static void report_parameters(void)
{
    report_begin("parameters");
    report_number("threads", THREADS);
    report_number("seconds", SECONDS);
    report_number("step_from", STEP_FROM);
    report_number("step_to", STEP_TO);
    report_number("settled_after", SETTLED_AFTER);
    report_number("rate_per_second", rate_per_second);
    report_number("step_rate_per_second", step_rate_per_second);
    report_number("median_ms", median_ms);
    report_number("sigma", sigma);
    report_number("initial", adaptive.initial);
    report_number("least", adaptive.least);
    report_number("most", adaptive.most);
    report_end();
}

void scenario_limit(const struct scenario *s)
{
    report_parameters();
    play_variant(s, "off", &off);
    play_variant(s, "adaptive", &adaptive);
}
