/* simulate.c - policies at work in virtual time, without sockets
 *
 * usage: simulate SCENARIO RUNS SEED
 *
 * The same arguments give the same numbers. test_simulation.py holds them against the references,
 * tests/simulation/plot makes the plots of docs/resilience.md of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "scenario.h"

enum {
    RUNS_MAX = 1000
};

static const struct {
    const char *name;
    void (*play)(const struct scenario *s);
} scenarios[] = {
    {"hedge", scenario_hedge},   {"balance", scenario_balance}, {"limit", scenario_limit},
    {"outage", scenario_outage}, {"breaker", scenario_breaker},
};

enum {
    N_SCENARIOS = sizeof scenarios / sizeof scenarios[0]
};

int main(int argc, char **argv)
{
    const char *name = argc == 4 ? argv[1] : "";
    unsigned i = 0;
    while (i < N_SCENARIOS && strcmp(scenarios[i].name, name) != 0)
        i++;
    struct scenario s = {0};
    if (i < N_SCENARIOS) {
        s.runs = (unsigned)strtoul(argv[2], NULL, 10);
        s.seed = strtoull(argv[3], NULL, 10);
    }
    if (s.runs == 0 || s.runs > RUNS_MAX) {
        fprintf(stderr, "usage: simulate hedge|balance|limit|outage|breaker RUNS SEED\n");
        return 2;
    }
    report_begin(NULL);
    scenarios[i].play(&s);
    report_end();
    printf("\n");
    return 0;
}
