/* resilience_test.c - what services are protected by, and their credentials, become settings */
#include <stdlib.h>

#include "slices.h"
#include "written.h"

#define ENDPOINTS "endpoints:\n- path: /{id}\n  sources:\n    one: {get: \"alpha:/{id}\"}\n"
#define URL "http://127.0.0.1:9001"

/* Loads one service with these lines in it, indented already. */
static const struct config_service *load_service(struct written *w, const char *lines)
{
    char text[4096];
    snprintf(text, sizeof text, "services:\n  alpha:\n    targets: " URL "\n%s" ENDPOINTS, lines);
    return &written_load(w, text)->services[0];
}

static void a_service_that_says_nothing_has_a_breaker_alone(void **state)
{
    const struct config_service *s = load_service(*state, "");
    assert_true(s->breaker.is_on);
    assert_int_equal(s->breaker.failures_permille, 500);
    assert_int_equal(s->breaker.window_ms, 10000);
    assert_int_equal(s->breaker.min_calls, 20);
    assert_int_equal(s->breaker.open_ms, 5000);
    assert_int_equal(s->breaker.probes, 3);
    assert_int_equal(s->breaker.slow_ms, 0);
    assert_int_equal(s->retry.attempts, 1);
    assert_false(s->hedge.is_on);
    assert_false(s->concurrency.limit.is_on);
    assert_int_equal(s->balance, CONFIG_LEAST_LATENCY);
    assert_false(s->health.is_on);
    assert_int_equal(s->credentials.kind, CONFIG_NO_CREDENTIALS);
    assert_int_equal(s->targets[0].weight, 1);
    assert_false(s->targets[0].is_srv);
}

static void the_short_form_of_a_service_has_the_same(void **state)
{
    const struct config *c = written_load(*state, "services: {alpha: " URL "}\n" ENDPOINTS);
    assert_true(c->services[0].breaker.is_on);
    assert_int_equal(c->services[0].retry.attempts, 1);
    assert_int_equal(c->services[0].targets[0].weight, 1);
}

static void a_breaker_is_set_by_what_it_says(void **state)
{
    const struct config_service *s =
        load_service(*state, "    breaker: {failures: 12.5%, window: 2s, min_calls: 5, open: 500ms,"
                             " probes: 1, slow: 800ms}\n");
    assert_true(s->breaker.is_on);
    assert_int_equal(s->breaker.failures_permille, 125);
    assert_int_equal(s->breaker.window_ms, 2000);
    assert_int_equal(s->breaker.min_calls, 5);
    assert_int_equal(s->breaker.open_ms, 500);
    assert_int_equal(s->breaker.probes, 1);
    assert_int_equal(s->breaker.slow_ms, 800);
    s = load_service(*state, "    breaker: {min_calls: 7, slow: off}\n");
    assert_int_equal(s->breaker.min_calls, 7);
    assert_int_equal(s->breaker.failures_permille, 500);
    assert_int_equal(s->breaker.slow_ms, 0);
}

static void off_switches_each_of_them_off(void **state)
{
    const struct config_service *s = load_service(
        *state,
        "    breaker: off\n    retry: off\n    hedge: no\n    concurrency: off\n    health: false\n"
        "    credentials: off\n");
    assert_false(s->breaker.is_on);
    assert_int_equal(s->retry.attempts, 1);
    assert_false(s->hedge.is_on);
    assert_false(s->concurrency.limit.is_on);
    assert_false(s->health.is_on);
    assert_int_equal(s->credentials.kind, CONFIG_NO_CREDENTIALS);
}

static void on_and_an_empty_map_mean_the_defaults(void **state)
{
    static const char *const forms[] = {"on", "{}", ""};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char lines[256];
        snprintf(lines, sizeof lines,
                 "    breaker: %s\n    retry: %s\n    hedge: %s\n    concurrency: %s\n"
                 "    health: %s\n",
                 forms[i], forms[i], forms[i], forms[i], forms[i]);
        const struct config_service *s = load_service(*state, lines);
        assert_true(s->breaker.is_on);
        assert_int_equal(s->breaker.min_calls, 20);
        assert_int_equal(s->retry.attempts, 2);
        assert_int_equal(s->retry.budget.permille, 200);
        assert_int_equal(s->retry.budget.reserve_per_second, 1);
        assert_true(s->hedge.is_on);
        assert_int_equal(s->hedge.after_ms, 0);
        assert_int_equal(s->hedge.after_permille, 950);
        assert_int_equal(s->hedge.budget.permille, 50);
        assert_int_equal(s->hedge.budget.reserve_per_second, 1);
        assert_true(s->concurrency.limit.is_on);
        assert_int_equal(s->concurrency.queue, 64);
        assert_true(s->health.is_on);
        ASSERT_SLICE(s->health.path, "/health");
        assert_int_equal(s->health.every_ms, 5000);
        assert_int_equal(s->health.timeout_ms, 1000);
        assert_int_equal(s->health.fall, 3);
        assert_int_equal(s->health.rise, 2);
    }
}

static void a_retry_without_causes_has_the_usual_ones(void **state)
{
    const struct config_service *s = load_service(*state, "    retry: {attempts: 3}\n");
    assert_int_equal(s->retry.attempts, 3);
    assert_true(s->retry.after_unreachable);
    assert_false(s->retry.after_timeout);
    assert_int_equal(s->retry.n_statuses, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(s->retry.statuses[i], 502 + i);
}

static void causes_are_words_and_statuses(void **state)
{
    const struct config_service *s =
        load_service(*state, "    retry: {causes: [timeout, 429, \"500\"], budget: 0%}\n");
    assert_false(s->retry.after_unreachable);
    assert_true(s->retry.after_timeout);
    assert_int_equal(s->retry.n_statuses, 2);
    assert_int_equal(s->retry.statuses[0], 429);
    assert_int_equal(s->retry.statuses[1], 500);
    assert_int_equal(s->retry.budget.permille, 0);
}

static void a_hedge_comes_after_a_quantile_or_a_time(void **state)
{
    static const struct {
        const char *after;
        unsigned permille, ms;
    } cases[] = {{"p50", 500, 0}, {"p95", 950, 0}, {"p99.9", 999, 0}, {"50ms", 0, 50}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char lines[128];
        snprintf(lines, sizeof lines, "    hedge: {after: %s, budget: 0.5%%}\n", cases[i].after);
        const struct config_service *s = load_service(*state, lines);
        assert_true(s->hedge.is_on);
        assert_int_equal(s->hedge.after_permille, cases[i].permille);
        assert_int_equal(s->hedge.after_ms, cases[i].ms);
        assert_int_equal(s->hedge.budget.permille, 5);
    }
}

static void a_limit_is_a_number_or_adapts(void **state)
{
    const struct config_service *s =
        load_service(*state, "    concurrency: {max: auto, queue: 0}\n");
    assert_true(s->concurrency.limit.is_on);
    assert_int_equal(s->concurrency.limit.max, 0);
    assert_int_equal(s->concurrency.limit.initial, 20);
    assert_int_equal(s->concurrency.limit.least, 1);
    assert_int_equal(s->concurrency.limit.most, 1000);
    assert_int_equal(s->concurrency.queue, 0);
    s = load_service(*state, "    concurrency: {max: 7}\n");
    assert_int_equal(s->concurrency.limit.max, 7);
}

static void health_checks_are_set_by_what_they_say(void **state)
{
    const struct config_service *s = load_service(
        *state,
        "    health: {path: \"/up?deep=1\", every: 100ms, timeout: 50ms, fall: 1, rise: 4}\n");
    assert_true(s->health.is_on);
    ASSERT_SLICE(s->health.path, "/up?deep=1");
    assert_int_equal(s->health.every_ms, 100);
    assert_int_equal(s->health.timeout_ms, 50);
    assert_int_equal(s->health.fall, 1);
    assert_int_equal(s->health.rise, 4);
}

static void defaults_reach_into_what_is_not_off(void **state)
{
    const struct config *c =
        written_load(*state, "defaults: {service: {breaker: {min_calls: 5}, retry: {attempts: 4},"
                             " credentials: {bearer: x}}}\n"
                             "services:\n"
                             "  alpha: " URL "\n"
                             "  beta: {targets: " URL ", breaker: {probes: 9}, retry: off}\n"
                             "  gamma: {targets: " URL ", breaker: off, credentials: off}\n"
                             "  delta: {targets: " URL ",\n"
                             "    credentials: {basic: {user: a, password: b}}}\n" ENDPOINTS);
    assert_int_equal(c->services[0].breaker.min_calls, 5);
    assert_int_equal(c->services[0].retry.attempts, 4);
    assert_int_equal(c->services[0].credentials.kind, CONFIG_BEARER);
    assert_int_equal(c->services[1].breaker.min_calls, 5);
    assert_int_equal(c->services[1].breaker.probes, 9);
    assert_int_equal(c->services[1].retry.attempts, 1);
    assert_false(c->services[2].breaker.is_on);
    assert_int_equal(c->services[2].credentials.kind, CONFIG_NO_CREDENTIALS);
    assert_int_equal(c->services[3].credentials.kind, CONFIG_BASIC);
}

static void targets_have_weights_and_may_be_srv_records(void **state)
{
    const struct config *c = written_load(
        *state, "services:\n"
                "  alpha:\n"
                "    targets:\n"
                "    - {url: " URL ", weight: 3}\n"
                "    - http://127.0.0.1:9002/\n"
                "    - dns+srv://_http._tcp.catalog.internal\n"
                "  beta: dns+srv://_https._tcp.reviews\n"
                "  gamma: {targets: {url: \"https://[::1]:8443\", weight: 1000}}\n" ENDPOINTS);
    const struct config_target *t = c->services[0].targets;
    assert_int_equal(c->services[0].n_targets, 3);
    assert_int_equal(t[0].weight, 3);
    assert_int_equal(t[0].port, 9001);
    assert_int_equal(t[0].position.line, 4);
    assert_int_equal(t[1].weight, 1);
    assert_int_equal(t[1].port, 9002);
    assert_false(t[1].is_srv);
    assert_true(t[2].is_srv);
    assert_false(t[2].is_tls);
    assert_string_equal(t[2].host, "_http._tcp.catalog.internal");
    ASSERT_SLICE(t[2].authority, "catalog.internal");
    assert_int_equal(t[2].port, 0);
    assert_int_equal(t[2].weight, 1);
    assert_true(c->services[1].targets[0].is_srv);
    assert_true(c->services[1].targets[0].is_tls);
    assert_string_equal(c->services[2].targets[0].host, "::1");
    assert_int_equal(c->services[2].targets[0].weight, 1000);
}

static void a_hash_is_resolved_for_each_source_that_calls(void **state)
{
    const struct config *c = written_load(
        *state,
        "services:\n"
        "  alpha: {targets: [" URL ", http://b:1], balance: {hash: \"u-{user.id}\"}}\n"
        "  beta: {targets: " URL ", balance: round-robin}\n"
        "endpoints:\n"
        "- path: /a\n"
        "  sources: {user: {get: \"beta:/\"}, cart: {get: \"alpha:/\"}}\n"
        "- path: /b\n"
        "  sources: {one: {get: \"beta:/\"}, user: {get: \"beta:/\"}, cart: {get: \"alpha:/\"}}\n");
    const struct config_source *user = &c->endpoints[0].sources[0];
    const struct config_source *cart = &c->endpoints[0].sources[1];
    assert_int_equal(c->services[0].balance, CONFIG_HASH);
    ASSERT_SLICE(c->services[0].hash_text, "u-{user.id}");
    assert_int_equal(c->services[1].balance, CONFIG_ROUND_ROBIN);
    assert_null(user->hash.compiled);
    assert_non_null(cart->hash.compiled);
    assert_int_equal(template_n_variables(cart->hash.compiled), 1);
    assert_int_equal(cart->hash.variables[0].origin, CONFIG_FROM_SOURCE);
    assert_int_equal(cart->hash.variables[0].index, 0);
    assert_int_equal(cart->needs, 1);
    assert_int_equal(c->endpoints[1].sources[2].hash.variables[0].index, 1);
    assert_int_equal(c->endpoints[1].sources[2].needs, 2);
}

static void a_bearer_is_a_text_or_a_file(void **state)
{
    struct written *w = *state;
    char path[128];
    setenv("SHEAF_TEST_TOKEN", "from the environment", 1);
    const struct config_service *s = load_service(w, "    credentials: {bearer: \"$"
                                                     "{SHEAF_TEST_TOKEN}\"}\n");
    assert_int_equal(s->credentials.kind, CONFIG_BEARER);
    ASSERT_SLICE(s->credentials.bearer.text, "from the environment");
    assert_null(s->credentials.bearer.file);
    s = load_service(w, "    credentials: {bearer: {file: secrets/token}}\n");
    snprintf(path, sizeof path, "%s/secrets/token", w->folder);
    assert_string_equal(s->credentials.bearer.file, path);
    assert_int_equal(s->credentials.bearer.text.n, 0);
    unsetenv("SHEAF_TEST_TOKEN");
}

static void basic_credentials_have_a_user_and_a_password(void **state)
{
    const struct config_service *s =
        load_service(*state, "    credentials: {basic: {user: me, password: \"a:b c\"}}\n");
    assert_int_equal(s->credentials.kind, CONFIG_BASIC);
    ASSERT_SLICE(s->credentials.user, "me");
    ASSERT_SLICE(s->credentials.password.text, "a:b c");
}

static void oauth2_credentials_say_where_and_for_what(void **state)
{
    const struct config_service *s = load_service(
        *state,
        "    credentials:\n"
        "      oauth2: {token_url: \"https://login:8443/oauth/token?tenant=1\",\n"
        "        client_id: me, client_secret: {file: /run/secret}, scopes: [a.read, b]}\n");
    const struct config_credentials *c = &s->credentials;
    assert_int_equal(c->kind, CONFIG_OAUTH2);
    assert_true(c->token_target.is_tls);
    assert_string_equal(c->token_target.host, "login");
    assert_int_equal(c->token_target.port, 8443);
    ASSERT_SLICE(c->token_target.authority, "login:8443");
    assert_int_equal(c->token_target.position.line, 5);
    ASSERT_SLICE(c->token_path, "/oauth/token?tenant=1");
    ASSERT_SLICE(c->client_id, "me");
    assert_string_equal(c->client_secret.file, "/run/secret");
    ASSERT_SLICE(c->scopes, "a.read b");
    s = load_service(*state, "    credentials:\n"
                             "      oauth2: {token_url: \"http://login\", client_id: me,"
                             " client_secret: x}\n");
    ASSERT_SLICE(s->credentials.token_path, "/");
    assert_int_equal(s->credentials.scopes.n, 0);
}

/* Each breaks something beside a secret, on its line. */
static void a_secret_is_never_shown(void **state)
{
    static const char *const lines[] = {
        "    credentials: {bearer: \"hunter2\", beare: hunter2}\n",
        "    credentials: {bearer: hunter2, basic: {user: \"a:b\", password: 'hunter2'}}\n",
        "    credentials: {basic: {password: hunter2, usr: me}}\n",
        "    credentials: {basic: \"me:hunter2\"}\n",
        "    credentials: {bearer: \"${SHEAF_TEST_SECRET}\\n\"}\n",
        "    credentials: {basic: {user: \"${SHEAF_TEST_SECRET}:\", password: \"\"}}\n",
    };
    struct written *w = *state;
    setenv("SHEAF_TEST_SECRET", "hunter2", 1);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char text[1024];
        snprintf(text, sizeof text, "services:\n  alpha:\n    targets: " URL "\n%s" ENDPOINTS,
                 lines[i]);
        assert_null(written_try(w, text));
        if (written_is_told(w, "hunter2"))
            fail_msg("%.*s", SLICE_ARG(buffer_slice(&w->diagnostics)));
    }
    unsetenv("SHEAF_TEST_SECRET");
}

static void a_priority_may_be_below_zero(void **state)
{
    const struct config *c = written_load(*state, "services: {alpha: " URL "}\n"
                                                  "endpoints:\n"
                                                  "- path: /\n"
                                                  "  sources:\n"
                                                  "    a: {get: \"alpha:/\", priority: -1000}\n"
                                                  "    b: {get: \"alpha:/\", priority: 1000}\n"
                                                  "    c: {get: \"alpha:/\"}\n");
    assert_int_equal(c->endpoints[0].sources[0].priority, -1000);
    assert_int_equal(c->endpoints[0].sources[1].priority, 1000);
    assert_int_equal(c->endpoints[0].sources[2].priority, 0);
}

static void faults_name_their_service(void **state)
{
    const struct config *c =
        written_load(*state, "faults:\n"
                             "- {service: beta, delay: 300ms, fail: 503, share: 10%}\n"
                             "- {service: alpha, delay: 1s}\n"
                             "services: {alpha: " URL ", beta: " URL "}\n" ENDPOINTS);
    assert_int_equal(c->n_faults, 2);
    assert_ptr_equal(c->faults[0].service, &c->services[1]);
    assert_int_equal(c->faults[0].delay_ms, 300);
    assert_int_equal(c->faults[0].fail_status, 503);
    assert_int_equal(c->faults[0].share_permille, 100);
    assert_int_equal(c->faults[0].position.line, 2);
    assert_ptr_equal(c->faults[1].service, &c->services[0]);
    assert_int_equal(c->faults[1].fail_status, 0);
    assert_int_equal(c->faults[1].share_permille, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WRITTEN_TEST(a_service_that_says_nothing_has_a_breaker_alone),
        WRITTEN_TEST(the_short_form_of_a_service_has_the_same),
        WRITTEN_TEST(a_breaker_is_set_by_what_it_says),
        WRITTEN_TEST(off_switches_each_of_them_off),
        WRITTEN_TEST(on_and_an_empty_map_mean_the_defaults),
        WRITTEN_TEST(a_retry_without_causes_has_the_usual_ones),
        WRITTEN_TEST(causes_are_words_and_statuses),
        WRITTEN_TEST(a_hedge_comes_after_a_quantile_or_a_time),
        WRITTEN_TEST(a_limit_is_a_number_or_adapts),
        WRITTEN_TEST(health_checks_are_set_by_what_they_say),
        WRITTEN_TEST(defaults_reach_into_what_is_not_off),
        WRITTEN_TEST(targets_have_weights_and_may_be_srv_records),
        WRITTEN_TEST(a_hash_is_resolved_for_each_source_that_calls),
        WRITTEN_TEST(a_bearer_is_a_text_or_a_file),
        WRITTEN_TEST(basic_credentials_have_a_user_and_a_password),
        WRITTEN_TEST(oauth2_credentials_say_where_and_for_what),
        WRITTEN_TEST(a_secret_is_never_shown),
        WRITTEN_TEST(a_priority_may_be_below_zero),
        WRITTEN_TEST(faults_name_their_service),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
