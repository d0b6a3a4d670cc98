/* scenario_breaker.c - services of which a constant share of the calls fails, on both sides of the
 * threshold and right at it
 */
#include "agenda.h"
#include "policy/breaker.h"
#include "report.h"
#include "scenario.h"
#include "server.h"

enum {
    SECONDS = 600,
    TAKES_US = 20000,
    A_SECOND = 1000000, /* us */
    AN_HOUR = 3600,     /* seconds */
};

static const double rate_per_second = 100;
static const struct breaker_settings settings = {
    .is_on = true,
    .failures_permille = 500,
    .window_ms = 10000,
    .min_calls = 20,
    .open_ms = 5000,
    .probes = 3,
};
static const double shares[] = {0.3, 0.35, 0.4, 0.425, 0.45, 0.475, 0.5, 0.525, 0.55, 0.6, 0.7};

enum {
    N_SHARES = sizeof shares / sizeof shares[0]
};

enum event_kind {
    COMES,
    ENDS
};

struct run {
    double share; /* of calls that fail */
    struct random random;
    struct agenda agenda;
    struct breaker breaker;
    enum breaker_state state;
    uint64_t opened_us; /* from closed, lately; 0: never */
    uint64_t now_us;
};

struct totals {
    double n_calls, n_passed, n_opened, n_changes;
    double least_apart_s; /* between two openings of a closed breaker */
};

static uint64_t now_ms(const struct run *r)
{
    return SCENARIO_START_MS + r->now_us / 1000;
}

static size_t pack(struct breaker_ticket ticket)
{
    return (size_t)ticket.generation << 2 | (size_t)ticket.pass;
}

static struct breaker_ticket unpack(size_t packed)
{
    return (struct breaker_ticket){(enum breaker_pass)(packed & 3), (uint32_t)(packed >> 2)};
}

static void note_opened(struct run *r, struct totals *t)
{
    double apart_s = (double)(r->now_us - r->opened_us) / A_SECOND;
    if (r->opened_us && apart_s < t->least_apart_s)
        t->least_apart_s = apart_s;
    r->opened_us = r->now_us;
    t->n_opened++;
}

/* A breaker changes only where it is asked or told. */
static void note_state(struct run *r, struct totals *t)
{
    enum breaker_state state = breaker_state_of(&r->breaker, &settings, now_ms(r));
    if (state == r->state)
        return;
    if (r->state == BREAKER_CLOSED)
        note_opened(r, t);
    r->state = state;
    t->n_changes++;
}

static void on_comes(struct run *r, struct totals *t)
{
    struct breaker_ticket ticket = breaker_ask(&r->breaker, &settings, now_ms(r));
    t->n_calls++;
    if (ticket.pass != BREAKER_REFUSED) {
        t->n_passed++;
        agenda_add(&r->agenda, r->now_us + TAKES_US, ENDS, pack(ticket));
    }
    uint64_t next_us = r->now_us + server_draw_gap_us(&r->random, rate_per_second);
    if (next_us < (uint64_t)SECONDS * A_SECOND)
        agenda_add(&r->agenda, next_us, COMES, 0);
}

static void on_ends(struct run *r, size_t ticket)
{
    bool failed = server_draw(&r->random) < r->share;
    breaker_tell(&r->breaker, &settings, unpack(ticket), failed ? BREAKER_FAILED : BREAKER_GOOD,
                 now_ms(r));
}

static void play_run(uint64_t seed, double share, struct totals *t)
{
    struct run r = {.share = share};
    random_init_seeded(&r.random, seed);
    struct event e;
    agenda_add(&r.agenda, 1, COMES, 0);
    while (agenda_next(&r.agenda, &e)) {
        r.now_us = e.at_us;
        if (e.kind == COMES)
            on_comes(&r, t);
        else
            on_ends(&r, e.index);
        note_state(&r, t);
    }
    agenda_done(&r.agenda);
}

struct result {
    double opened[N_SHARES], changes[N_SHARES], passed[N_SHARES], apart_s[N_SHARES];
};

static void play_share(const struct scenario *s, unsigned nth, struct result *result)
{
    struct totals t = {.least_apart_s = SECONDS};
    for (unsigned i = 0; i < s->runs; i++)
        play_run(s->seed + i, shares[nth], &t);
    double hours = (double)s->runs * SECONDS / AN_HOUR;
    result->opened[nth] = t.n_opened / hours;
    result->changes[nth] = t.n_changes / hours;
    result->passed[nth] = 100 * t.n_passed / t.n_calls;
    result->apart_s[nth] = t.least_apart_s;
}

static void report_parameters(void)
{
    report_begin("parameters");
    report_number("seconds", SECONDS);
    report_number("takes_us", TAKES_US);
    report_number("rate_per_second", rate_per_second);
    report_number("failures", settings.failures_permille / 1000.0);
    report_number("window_ms", (double)settings.window_ms);
    report_number("min_calls", settings.min_calls);
    report_number("open_ms", (double)settings.open_ms);
    report_number("probes", settings.probes);
    report_series("shares", shares, N_SHARES);
    report_end();
}

void scenario_breaker(const struct scenario *s)
{
    struct result result;
    for (unsigned i = 0; i < N_SHARES; i++)
        play_share(s, i, &result);
    report_parameters();
    report_begin("breaker");
    report_series("opened_per_hour", result.opened, N_SHARES);
    report_series("changes_per_hour", result.changes, N_SHARES);
    report_series("passed_percent", result.passed, N_SHARES);
    report_series("least_apart_s", result.apart_s, N_SHARES);
    report_end();
}
