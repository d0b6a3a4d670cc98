/* cache_test.c - what is said of caching becomes settings: of sources, endpoints, stores */
#include <stdlib.h>

#include "slices.h"
#include "written.h"

#define SERVICES "services:\n  alpha: http://127.0.0.1:9001\n"
#define ENDPOINTS "endpoints:\n- path: /{id}\n  sources:\n    one: {get: \"alpha:/{id}\"}\n"
#define HOUR_MS 3600000u

/* Loads one source with these lines in it, indented already. */
static const struct config_cache *load_source(struct written *w, const char *before,
                                              const char *lines)
{
    char text[4096];
    snprintf(text, sizeof text,
             "%s" SERVICES "endpoints:\n- path: /{id}\n  query: {currency: {}}\n  sources:\n"
             "   list: {get: \"alpha:/list\"}\n   one:\n    get: alpha:/{id}\n"
             "    set_headers: {x-list: \"{list.id}\"}\n%s",
             before, lines);
    return &written_load(w, text)->endpoints[0].sources[1].cache;
}

static void nothing_is_cached_unless_it_is_said(void **state)
{
    assert_false(load_source(*state, "", "")->is_on);
    assert_false(load_source(*state, "", "    cache: off\n")->is_on);
    assert_false(load_source(*state, "", "    cache: no\n")->is_on);
    struct written *w = *state;
    assert_false(w->config->endpoints[0].cache.is_on);
}

static void a_duration_alone_is_the_ttl(void **state)
{
    const struct config_cache *c = load_source(*state, "", "    cache: 60s\n");
    assert_true(c->is_on);
    assert_int_equal(c->ttl_ms, 60000);
    assert_int_equal(c->stale_while_revalidate_ms, UINT64_MAX);
    assert_int_equal(c->stale_if_error_ms, UINT64_MAX);
    assert_int_equal(c->negative_ms, 0);
    assert_int_equal(c->key_text.n, 0);
    assert_null(c->key.compiled);
    assert_int_equal(c->n_vary, 0);
    assert_int_equal(c->n_tags, 0);
    assert_true(c->respects_origin);
    assert_false(c->respects_client);
    assert_false(c->takes_tags);
    assert_int_equal(c->position.line, 11);
}

static void a_map_says_all_that_can_be_said(void **state)
{
    const struct config_cache *c =
        load_source(*state, "",
                    "    cache:\n     ttl: 60s\n     stale_while_revalidate: 5m\n"
                    "     stale_if_error: 1h\n     negative: 5s\n     key: one:{id}:{currency}\n"
                    "     vary: [Accept-Language, x-tenant]\n"
                    "     tags: [\"one:{id}\", all, \"list:{list.id}\"]\n     respect_origin: off\n"
                    "     respect_client: on\n     origin_tags: true\n");
    assert_int_equal(c->ttl_ms, 60000);
    assert_int_equal(c->stale_while_revalidate_ms, 300000);
    assert_int_equal(c->stale_if_error_ms, HOUR_MS);
    assert_int_equal(c->negative_ms, 5000);
    ASSERT_SLICE(c->key_text, "one:{id}:{currency}");
    assert_int_equal(template_n_variables(c->key.compiled), 2);
    assert_int_equal(c->key.variables[0].origin, CONFIG_FROM_PARAMETER);
    assert_int_equal(c->n_vary, 2);
    ASSERT_SLICE(c->vary[0], "accept-language");
    assert_int_equal(c->n_tags, 3);
    assert_int_equal(template_n_variables(c->tags[1].compiled), 0);
    assert_int_equal(c->tags[2].variables[0].origin, CONFIG_FROM_SOURCE);
    assert_false(c->respects_origin);
    assert_true(c->respects_client);
    assert_true(c->takes_tags);
}

static void stale_times_need_no_ttl(void **state)
{
    const struct config_cache *c =
        load_source(*state, "", "    cache: {stale_if_error: 1h, stale_while_revalidate: 0s}\n");
    assert_true(c->is_on);
    assert_int_equal(c->ttl_ms, 0);
    assert_int_equal(c->stale_if_error_ms, HOUR_MS);
    assert_int_equal(c->stale_while_revalidate_ms, 0);
    assert_true(load_source(*state, "", "    cache: on\n")->is_on);
}

static void what_is_said_merges_with_the_defaults_by_key(void **state)
{
    static const char defaults[] =
        "defaults:\n  source:\n    cache: {ttl: 10s, stale_if_error: 1h, tags: [a, b]}\n";
    const struct config_cache *c = load_source(*state, defaults, "");
    assert_true(c->is_on);
    assert_int_equal(c->ttl_ms, 10000);
    c = load_source(*state, defaults, "    cache: {ttl: 2s, tags: [\"one:{id}\"]}\n");
    assert_int_equal(c->ttl_ms, 2000);
    assert_int_equal(c->stale_if_error_ms, HOUR_MS);
    assert_int_equal(c->n_tags, 1);
    c = load_source(*state, defaults, "    cache: 3s\n");
    assert_int_equal(c->ttl_ms, 3000);
    assert_int_equal(c->stale_if_error_ms, UINT64_MAX);
    assert_false(load_source(*state, defaults, "    cache: off\n")->is_on);
}

static void defaults_are_for_what_can_be_cached(void **state)
{
    const struct config *c = written_load(
        *state,
        "defaults: {source: {cache: 10s}, endpoint: {cache: 20s}}\n" SERVICES
        "endpoints:\n- path: /a\n  method: POST\n  sources:\n    one: {post: \"alpha:/a\"}\n"
        "    two: {get: \"alpha:/b\"}\n- path: /b\n  sources: {one: {get: \"alpha:/a\"}}\n"
        "- path: /c\n  cache: off\n  sources: {one: {get: \"alpha:/a\"}}\n");
    assert_false(c->endpoints[0].cache.is_on);
    assert_false(c->endpoints[0].sources[0].cache.is_on);
    assert_true(c->endpoints[0].sources[1].cache.is_on);
    assert_true(c->endpoints[1].cache.is_on);
    assert_int_equal(c->endpoints[1].cache.ttl_ms, 20000);
    assert_false(c->endpoints[2].cache.is_on);
}

static void an_endpoint_is_known_by_its_parameters(void **state)
{
    const struct config *c = written_load(
        *state, SERVICES
        "endpoints:\n- path: /{id}\n  cache:\n    ttl: 5s\n    key: page:{id}:{headers.x-tenant}\n"
        "    tags: [\"{params.id}\"]\n  sources: {one: {get: \"alpha:/{id}\"}}\n");
    const struct config_cache *cache = &c->endpoints[0].cache;
    assert_int_equal(cache->ttl_ms, 5000);
    assert_int_equal(cache->key.variables[0].origin, CONFIG_FROM_PARAMETER);
    assert_int_equal(cache->key.variables[1].origin, CONFIG_FROM_HEADER);
    assert_int_equal(cache->n_tags, 1);
    assert_int_equal(c->endpoints[0].sources[0].needs, 0);
}

static void a_call_for_an_element_is_known_by_it(void **state)
{
    const struct config *c = written_load(
        *state, SERVICES "endpoints:\n- path: /\n  sources:\n   list: {get: \"alpha:/list\"}\n"
                         "   parts:\n    each: list.ids\n    get: alpha:/{item.id}\n"
                         "    cache: {ttl: 5s, key: \"item:{item.id}\"}\n");
    const struct config_source *s = &c->endpoints[0].sources[1];
    assert_int_equal(s->cache.key.variables[0].origin, CONFIG_FROM_ITEM);
    assert_int_equal(s->needs, 1);
}

/* So that a reload that changes an endpoint does not answer from what was made before it. */
static void an_endpoint_has_another_hash_where_anything_of_it_is_written_otherwise(void **state)
{
    static const char plain[] = SERVICES ENDPOINTS;
    static const char *const others[] = {
        "services:\n  alpha: http://127.0.0.1:9001\n  beta: http://127.0.0.1:9002\n" ENDPOINTS,
        "defaults: {source: {timeout: 1s}}\n" SERVICES ENDPOINTS,
        "defaults: {endpoint: {timeout: 1s}}\n" SERVICES ENDPOINTS,
        SERVICES "endpoints:\n- path: /{id}\n  sources:\n    one: {get: \"alpha:/x/{id}\"}\n",
        SERVICES "endpoints:\n- path: /{id}\n  sources:\n    two: {get: \"alpha:/{id}\"}\n",
        SERVICES "endpoints:\n- path: /{id}\n  sources:\n    one: {get: \"alpha:/{id}\"}\n"
                 "    two: {get: \"alpha:/{id}\"}\n",
    };
    uint64_t hash = written_load(*state, plain)->endpoints[0].hash;
    assert_true(written_load(*state, plain)->endpoints[0].hash == hash);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(written_load(*state, others[i])->endpoints[0].hash == hash, i == 0);
}

static void memory_alone_is_the_default(void **state)
{
    const struct config *c = written_load(*state, SERVICES ENDPOINTS);
    assert_int_equal(c->cache_memory, 256u << 20);
    assert_int_equal(c->n_stores, 0);
    assert_int_equal(c->store_timeout_ms, 20);
    c = written_load(*state, "cache: {memory: 0B}\n" SERVICES ENDPOINTS);
    assert_int_equal(c->cache_memory, 0);
}

static const struct config_store *load_store(struct written *w, const char *store)
{
    char text[4096];
    snprintf(text, sizeof text, "store: %s\n" SERVICES ENDPOINTS, store);
    return written_load(w, text)->stores;
}

static void a_store_is_a_url_of_redis(void **state)
{
    static const struct {
        const char *url, *host, *user, *password;
        unsigned port, database;
        bool is_tls;
    } cases[] = {
        {"redis://127.0.0.1", "127.0.0.1", "", "", 6379, 0, false},
        {"redis://cache.internal:7000/3", "cache.internal", "", "", 7000, 3, false},
        {"rediss://cache.internal/15", "cache.internal", "", "", 6379, 15, true},
        {"\"redis://[::1]:7000/\"", "::1", "", "", 7000, 0, false},
        {"redis://:secret@h", "h", "", "secret", 6379, 0, false},
        {"redis://sheaf:a%40b%2fc@h:1/2", "h", "sheaf", "a@b/c", 1, 2, false},
        {"redis://:p@ss@h", "h", "", "p@ss", 6379, 0, false},
        {"redis://:${SHEAF_TEST_PASSWORD}@${SHEAF_TEST_HOST:-h}", "h", "", "hidden", 6379, 0,
         false},
    };
    setenv("SHEAF_TEST_PASSWORD", "hidden", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct config_store *s = load_store(*state, cases[i].url);
        assert_string_equal(s->host, cases[i].host);
        ASSERT_SLICE(s->user, cases[i].user);
        ASSERT_SLICE(s->password, cases[i].password);
        assert_int_equal(s->port, cases[i].port);
        assert_int_equal(s->database, cases[i].database);
        assert_int_equal(s->is_tls, cases[i].is_tls);
    }
}

static void there_may_be_several_stores(void **state)
{
    struct written *w = *state;
    const struct config_store *s = load_store(w, "[redis://a, redis://a/1, rediss://b:7000]");
    assert_int_equal(w->config->n_stores, 3);
    assert_int_equal(s[1].database, 1);
    assert_string_equal(s[2].host, "b");
}

static void a_store_stands_at_the_top_or_under_cache(void **state)
{
    struct written *w = *state;
    written_load(w, "cache:\n  memory: 1GiB\n  store: rediss://a\n  store_timeout: 50ms\n"
                    "  store_tls: {ca: /ca.pem, server_name: store.internal}\n" SERVICES ENDPOINTS);
    assert_int_equal(w->config->n_stores, 1);
    assert_int_equal(w->config->cache_memory, 1u << 30);
    assert_int_equal(w->config->store_timeout_ms, 50);
    assert_string_equal(w->config->store_tls.ca, "/ca.pem");
    assert_string_equal(w->config->store_tls.server_name, "store.internal");
    assert_null(written_try(w, "cache: {store: redis://a}\nstore: redis://a\n" SERVICES ENDPOINTS));
    assert_true(written_is_told(w, "given twice"));
}

/* Whatever is wrong, and wherever on the line. */
static void no_message_shows_a_password(void **state)
{
    static const char *const lines[] = {
        "store: redis://u:Hidden@h/x",
        "store: [redis://h, redis://u:Hidden@h, \"rediss://:Hidden@h:x\"]",
        "store: {redis: redis://u:Hidden@h}",
        "stores: redis://u:Hidden@h",
        "cache: {store: redis://u:Hidden@h, memory: much}",
        "cache: {stoer: redis://u:Hidden@h}",
        "store: redis://u:Hid'den@h/x",
        "store: redis://u:Hidden${SHEAF_TEST_PASSWORD}@h/x",
        "store: redis://u:%zzHidden@h",
    };
    char text[4096];
    struct written *w = *state;
    setenv("SHEAF_TEST_PASSWORD", "Hidden", 1);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        snprintf(text, sizeof text, "%s\n" SERVICES ENDPOINTS, lines[i]);
        assert_null(written_try(w, text));
        assert_true(w->diagnostics.n > 0);
        if (written_is_told(w, "Hid"))
            fail_msg("%.*s", SLICE_ARG(buffer_slice(&w->diagnostics)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WRITTEN_TEST(nothing_is_cached_unless_it_is_said),
        WRITTEN_TEST(a_duration_alone_is_the_ttl),
        WRITTEN_TEST(a_map_says_all_that_can_be_said),
        WRITTEN_TEST(stale_times_need_no_ttl),
        WRITTEN_TEST(what_is_said_merges_with_the_defaults_by_key),
        WRITTEN_TEST(defaults_are_for_what_can_be_cached),
        WRITTEN_TEST(an_endpoint_is_known_by_its_parameters),
        WRITTEN_TEST(a_call_for_an_element_is_known_by_it),
        WRITTEN_TEST(an_endpoint_has_another_hash_where_anything_of_it_is_written_otherwise),
        WRITTEN_TEST(memory_alone_is_the_default),
        WRITTEN_TEST(a_store_is_a_url_of_redis),
        WRITTEN_TEST(there_may_be_several_stores),
        WRITTEN_TEST(a_store_stands_at_the_top_or_under_cache),
        WRITTEN_TEST(no_message_shows_a_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
