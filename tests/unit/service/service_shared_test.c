/* service_shared_test.c - what goes on over a reload, and what begins anew */
#include "../unit.h"
#include "service/service_shared.h"

static const struct config_target one = {.host = "one.test", .port = 80, .weight = 1};
static const struct config_target two = {.host = "two.test", .port = 80, .weight = 1};
static const struct config_target elsewhere = {.host = "one.test", .port = 81, .weight = 1};

struct world {
    struct config_target targets[2];
    struct config_service service;
    struct config_source source;
    struct config_endpoint endpoint;
    struct config config;
    struct service_sharing *services;
};

static void make(struct world *w)
{
    w->service = (struct config_service){
        .name = SLICE("catalog"),
        .targets = w->targets,
        .n_targets = 1,
        .breaker = {.is_on = true, .window_ms = 10000},
        .concurrency.limit = {.is_on = true, .max = 2},
    };
    w->targets[0] = one;
    w->targets[1] = two;
    w->source = (struct config_source){.service = &w->service};
    w->endpoint = (struct config_endpoint){.sources = &w->source, .n_sources = 1};
    w->config = (struct config){
        .services = &w->service, .n_services = 1, .endpoints = &w->endpoint, .n_endpoints = 1};
}

static void nothing(struct world *w)
{
    (void)w;
}

static void more_targets(struct world *w)
{
    w->service.n_targets = 2;
}

static void another_weight(struct world *w)
{
    w->targets[0].weight = 9;
}

static void another_number(struct world *w)
{
    w->service.concurrency.limit.max = 1;
}

static void other_budgets(struct world *w)
{
    w->service.retry.budget.permille = 900;
    w->service.hedge.budget.permille = 900;
    w->service.breaker.failures_permille = 900;
}

static void another_host(struct world *w)
{
    w->targets[0] = two;
}

static void another_port(struct world *w)
{
    w->targets[0] = elsewhere;
}

static void another_window(struct world *w)
{
    w->service.breaker.window_ms = 5000;
}

static void an_adaptive_limit(struct world *w)
{
    w->service.concurrency.limit =
        (struct limit_settings){.is_on = true, .initial = 20, .least = 1, .most = 200};
}

static void another_adaptive_limit(struct world *w)
{
    an_adaptive_limit(w);
    w->service.concurrency.limit.most = 30;
}

static void another_name(struct world *w)
{
    w->service.name = SLICE("basket");
}

/* What the second configuration knows, of which the first one is gone. */
static struct service_shared *reload(struct world *w, void (*first)(struct world *),
                                     void (*second)(struct world *))
{
    struct world old;
    make(&old);
    first(&old);
    make(w);
    second(w);
    old.services = service_shared_new(&old.config);
    struct service_shared *before = old.services[0].shared;
    assert_true(limit_take(&before->limit, &old.service.concurrency.limit));
    breaker_force(&before->breaker, BREAKER_FORCED_OPEN);
    w->services = service_shared_new(&w->config);
    service_shared_keep(w->services, &w->config, old.services, &old.config);
    service_shared_keep_forces(w->services, &w->config, old.services, &old.config);
    service_shared_free(old.services, &old.config);
    return w->services[0].shared;
}

static void what_a_service_is_as_a_whole_goes_on(void **state)
{
    (void)state;
    static const struct {
        void (*first)(struct world *), (*second)(struct world *);
        bool goes_on;
    } rows[] = {
        {nothing, nothing, true},
        {nothing, more_targets, true},
        {more_targets, another_host, true}, /* one of the two is left */
        {nothing, another_weight, true},
        {nothing, another_number, true},
        {nothing, other_budgets, true},
        {an_adaptive_limit, an_adaptive_limit, true},
        {nothing, another_host, false},
        {nothing, another_port, false},
        {nothing, another_window, false},
        {nothing, an_adaptive_limit, false},
        {an_adaptive_limit, nothing, false},
        {an_adaptive_limit, another_adaptive_limit, false},
        {nothing, another_name, false},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        struct service_shared *s = reload(&w, rows[i].first, rows[i].second);
        if (s->limit.in_flight != rows[i].goes_on)
            fail_msg("row %u", i);
        service_shared_free(w.services, &w.config);
    }
}

static void cache_answers(struct world *w)
{
    w->source = (struct config_source){.service = &w->service, .cache = {.is_on = true}};
}

/* Where a reload takes the cache away its entries are still there, and where it brings one, calls
 * of the configuration before are under way. */
static void what_is_remembered_is_so_over_a_reload(void **state)
{
    (void)state;
    static const struct {
        void (*first)(struct world *), (*second)(struct world *);
        bool is_remembered;
    } rows[] = {
        {nothing, nothing, false},
        {cache_answers, cache_answers, true},
        {cache_answers, nothing, true},
        {nothing, cache_answers, true},
        {cache_answers, another_window, true},
        {cache_answers, another_name, false},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        struct service_shared *s = reload(&w, rows[i].first, rows[i].second);
        if (s->is_remembered != rows[i].is_remembered)
            fail_msg("row %u", i);
        service_shared_free(w.services, &w.config);
    }
}

static void an_operators_word_holds_for_the_name(void **state)
{
    (void)state;
    static void (*const changes[])(struct world *) = {nothing, another_host, another_window,
                                                      an_adaptive_limit};
    struct world w;
    for (unsigned i = 0; i < sizeof changes / sizeof *changes; i++) {
        assert_int_equal(reload(&w, nothing, changes[i])->breaker.forced, BREAKER_FORCED_OPEN);
        service_shared_free(w.services, &w.config);
    }
    assert_int_equal(reload(&w, nothing, another_name)->breaker.forced, BREAKER_AUTOMATIC);
    service_shared_free(w.services, &w.config);
}

static void a_lower_number_holds_for_calls_that_began_before_it(void **state)
{
    (void)state;
    struct world w;
    struct service_shared *s = reload(&w, nothing, another_number);
    const struct limit_settings *limit = &w.service.concurrency.limit;
    assert_false(limit_take(&s->limit, limit));
    limit_give(&s->limit, limit, LIMIT_DONE, 1000, 1);
    assert_true(limit_take(&s->limit, limit));
    service_shared_free(w.services, &w.config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_service_is_as_a_whole_goes_on),
        cmocka_unit_test(what_is_remembered_is_so_over_a_reload),
        cmocka_unit_test(an_operators_word_holds_for_the_name),
        cmocka_unit_test(a_lower_number_holds_for_calls_that_began_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
