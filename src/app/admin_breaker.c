/* admin_breaker.c - a word of an operator's is stronger than what calls tell */
#include "app/admin_breaker.h"

#include "gateway/problem.h"
#include "json/find.h"
#include "json/scan.h"
#include "json/text.h"
#include "service/service_shared.h"

enum {
    DEPTH_MAX = 4
};

static const struct {
    struct slice word;
    enum breaker_force force;
} words[] = {
    {SLICE_INIT("open"), BREAKER_FORCED_OPEN},
    {SLICE_INIT("closed"), BREAKER_FORCED_CLOSED},
    {SLICE_INIT("off"), BREAKER_AUTOMATIC},
};

/* The quoted string of a member; empty where there is none. */
static struct slice find_text(struct slice json, struct slice name)
{
    const struct json_step step = {.name = name};
    struct json_value found;
    if (!find_path(json, (struct json_path){1, &step}, &found) || found.kind != JSON_STRING)
        return SLICE_NONE;
    return found.text;
}

static struct breaker *find_breaker(const struct control *c, struct slice quoted)
{
    const struct config *config = c->snapshot->config;
    for (unsigned i = 0; quoted.n && i < config->n_services; i++)
        if (text_is(quoted, config->services[i].name))
            return &c->snapshot->services[i].shared->breaker;
    return NULL;
}

static bool find_force(struct slice quoted, enum breaker_force *force)
{
    for (unsigned i = 0; quoted.n && i < sizeof words / sizeof *words; i++)
        if (text_is(quoted, words[i].word)) {
            *force = words[i].force;
            return true;
        }
    return false;
}

void admin_breaker_answer(struct exchange *e)
{
    const struct control *c = e->context;
    struct scan_result scan = scan_json(e->request.body, DEPTH_MAX);
    enum breaker_force force;
    if (scan.verdict != SCAN_OK || !find_force(find_text(scan.value, SLICE("force")), &force)) {
        problem_answer(e, 400,
                       "send {\"service\": NAME, \"force\": \"open\", \"closed\" or \"off\"}");
        return;
    }
    struct breaker *b = find_breaker(c, find_text(scan.value, SLICE("service")));
    if (!b) {
        problem_answer(e, 404, "no service is called so");
        return;
    }
    breaker_force(b, force);
    exchange_begin(e, 204, NULL, 0, 0);
    exchange_end(e);
}

void admin_breaker_show(const struct control *c, struct metrics *m)
{
    const struct config *config = c->snapshot->config;
    metrics_family(m, "sheaf_breaker_state", "gauge",
                   "What a service's breaker is: 0 closed, 1 open, 2 half open.");
    for (unsigned i = 0; i < config->n_services; i++) {
        const struct metrics_label label = {"service", config->services[i].name};
        metrics_sample(m, "sheaf_breaker_state", &label, 1,
                       breaker_state_of(&c->snapshot->services[i].shared->breaker,
                                        &config->services[i].breaker, c->loop.now_ms));
    }
}
