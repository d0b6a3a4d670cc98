/* value_test.c - what values mean: YAML's core schema, the environment, defaults, included files */
#include <stdlib.h>

#include "slices.h"
#include "written.h"

#define FRAME "services: {alpha: http://a:1}\nendpoints:\n- path: /{id}\n  sources:\n    one:\n"

/* Loads one source with these lines in it, indented already. */
static const struct config_source *load_source(struct written *w, const char *lines)
{
    char text[4096];
    snprintf(text, sizeof text, FRAME "      get: alpha:/\n%s", lines);
    return &written_load(w, text)->endpoints[0].sources[0];
}

static void a_fallback_is_json_with_its_own_digits(void **state)
{
    static const char *const cases[][2] = {
        {"null", "null"},
        {"~", "null"},
        {"", "null"},
        {"true", "true"},
        {"FALSE", "false"},
        {"no", "\"no\""},
        {"on", "\"on\""},
        {"text", "\"text\""},
        {"\"1\"", "\"1\""},
        {"'it''s'", "\"it's\""},
        {"0", "0"},
        {"-0", "-0"},
        {"12345678901234567890123", "12345678901234567890123"},
        {"1.50", "1.50"},
        {"1E400", "1E400"},
        {"-1.5e-7", "-1.5e-7"},
        {"+1", "1"},
        {"007", "7"},
        {"-007.50", "-7.50"},
        {".5", "0.5"},
        {"-.5", "-0.5"},
        {"5.", "5"},
        {"5.e3", "5e3"},
        {"0x1F", "31"},
        {"0o17", "15"},
        {"0xFFFFFFFFFFFFFFFFF", "\"0xFFFFFFFFFFFFFFFFF\""},
        {".", "\".\""},
        {"[~]", "[null]"},
        {"1.2.3", "\"1.2.3\""},
        {"1e", "\"1e\""},
        {"+-1", "\"+-1\""},
        {"2026-10-17", "\"2026-10-17\""},
        {"!!str 5", "\"5\""},
        {"[]", "[]"},
        {"{}", "{}"},
        {"[1, [2, {a: b}], ~]", "[1,[2,{\"a\":\"b\"}],null]"},
        {"{1: 2, no: yes, \"a b\": }", "{\"1\":2,\"no\":\"yes\",\"a b\":null}"},
        {"\"\\u00e9\\n\\\"\"", "\"\xc3\xa9\\n\\\"\""},
        {"|\n        two\n        lines", "\"two\\nlines\\n\""},
        {">\n        one\n        line", "\"one line\\n\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[256];
        snprintf(line, sizeof line, "      fallback: %s\n", cases[i][0]);
        const struct config_source *s = load_source(*state, line);
        assert_true(s->has_fallback);
        ASSERT_SLICE(s->fallback, cases[i][1]);
    }
}

static void a_boolean_has_six_words_in_any_case(void **state)
{
    static const char *const words[] = {"off", "no",  "false", "OFF", "No",  "False",
                                        "on",  "yes", "true",  "ON",  "Yes", "TRUE"};
    for (unsigned i = 0; i < 12; i++) {
        char line[64];
        snprintf(line, sizeof line, "      required: %s\n", words[i]);
        assert_int_equal(load_source(*state, line)->is_required, i >= 6);
    }
}

static void an_alias_stands_for_what_it_names(void **state)
{
    const struct config_source *s =
        load_source(*state, "      fallback: {a: &x {deep: [1]}, b: *x, c: *x}\n");
    ASSERT_SLICE(s->fallback, "{\"a\":{\"deep\":[1]},\"b\":{\"deep\":[1]},\"c\":{\"deep\":[1]}}");
}

static void the_environment_is_put_into_values(void **state)
{
    static const char *const cases[][2] = {
        {"${SHEAF_A}", "\"some text\""},
        {"<${SHEAF_A}>", "\"<some text>\""},
        {"${SHEAF_N}", "7"},
        {"\"${SHEAF_N}\"", "\"7\""},
        {"${SHEAF_NONE:-x}", "\"x\""},
        {"${SHEAF_NONE:-}", "null"},
        {"${SHEAF_EMPTY:-y}", "\"y\""},
        {"a${SHEAF_EMPTY}b", "\"ab\""},
        {"${SHEAF_A:-x}${SHEAF_N}", "\"some text7\""},
        {"$${SHEAF_A}", "\"${SHEAF_A}\""},
        {"$SHEAF_A $ $$", "\"$SHEAF_A $ $$\""},
        {"${SHEAF_YAML}", "\"{a: [b]} # c\""},
    };
    setenv("SHEAF_A", "some text", 1);
    setenv("SHEAF_N", "7", 1);
    setenv("SHEAF_EMPTY", "", 1);
    setenv("SHEAF_YAML", "{a: [b]} # c", 1);
    unsetenv("SHEAF_NONE");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[128];
        snprintf(line, sizeof line, "      fallback: %s\n", cases[i][0]);
        ASSERT_SLICE(load_source(*state, line)->fallback, cases[i][1]);
    }
}

static void the_environment_gives_numbers_and_addresses(void **state)
{
    setenv("SHEAF_PORT", "8081", 1);
    setenv("SHEAF_TIME", "30", 1);
    const struct config *c =
        written_load(*state, "listen: 127.0.0.1:${SHEAF_PORT}\nworkers: ${SHEAF_WORKERS:-2}\n"
                             "drain: {grace: \"${SHEAF_TIME}s\"}\n" FRAME "      get: alpha:/\n");
    ASSERT_SLICE(c->listens[0].address, "127.0.0.1:8081");
    assert_int_equal(c->workers, 2);
    assert_int_equal(c->drain_grace_ms, 30000);
}

static const char with_defaults[] =
    "defaults:\n"
    "  service: {timeout: 700ms, warm: 2, tls: {ca: /ca.pem}}\n"
    "  endpoint:\n"
    "    timeout: 5s\n"
    "    errors: text\n"
    "    response_headers: {x-a: \"1\", x-b: \"2\"}\n"
    "  source: {forward: [x-one], fallback: {a: 1}, set_headers: {x-a: \"1\", x-b: \"2\"}, "
    "required: on}\n"
    "services:\n"
    "  alpha: http://a:1\n"
    "  beta: {targets: http://b:1, timeout: 1s, tls: {server_name: b}}\n"
    "endpoints:\n"
    "- path: /one\n"
    "  sources: {one: {get: \"alpha:/\"}}\n"
    "- path: /two\n"
    "  timeout: 1s\n"
    "  errors: objects\n"
    "  response_headers: {x-b: \"3\"}\n"
    "  sources:\n"
    "    one: {get: \"beta:/\", forward: [], fallback: {b: 2}, required: off, set_headers: {x-b: "
    "\"3\"}}\n";

static void check_without_own(const struct config *c)
{
    const struct config_endpoint *e = &c->endpoints[0];
    assert_int_equal(c->services[0].timeout_ms, 700);
    assert_int_equal(c->services[0].warm, 2);
    assert_string_equal(c->services[0].tls.ca, "/ca.pem");
    assert_int_equal(e->timeout_ms, 5000);
    assert_true(e->errors_as_text);
    assert_int_equal(e->n_response_headers, 2);
    assert_int_equal(e->sources[0].n_forward, 1);
    ASSERT_SLICE(e->sources[0].fallback, "{\"a\":1}");
    assert_true(e->sources[0].is_required);
}

static void maps_merge_and_the_rest_replaces(void **state)
{
    const struct config *c = written_load(*state, with_defaults);
    check_without_own(c);
    const struct config_service *beta = &c->services[1];
    assert_int_equal(beta->timeout_ms, 1000);
    assert_int_equal(beta->warm, 2);
    assert_string_equal(beta->tls.ca, "/ca.pem");
    assert_string_equal(beta->tls.server_name, "b");
    const struct config_endpoint *e = &c->endpoints[1];
    assert_int_equal(e->timeout_ms, 1000);
    assert_false(e->errors_as_text);
    assert_int_equal(e->n_response_headers, 2);
    ASSERT_SLICE(e->response_headers[0].value, "3");
    ASSERT_SLICE(e->response_headers[1].name, "x-a");
    const struct config_source *s = &e->sources[0];
    assert_int_equal(s->n_forward, 0);
    assert_int_equal(s->n_set_headers, 2);
    assert_false(s->is_required);
    ASSERT_SLICE(s->fallback, "{\"b\":2}"); /* a value is no map of options */
}

static void included_files_join_in_the_order_of_their_names(void **state)
{
    struct written *w = *state;
    char beside[512];
    written_file(w, "conf.d/b.yaml",
                 SLICE("endpoints: [{path: /b, sources: {x: {get: \"beta:/\"}}}]\n"));
    written_file(w, "conf.d/a.yaml",
                 SLICE("services: {beta: {targets: https://b, tls: {ca: ca.pem}}}\n"
                       "endpoints: [{path: /a, sources: {x: {get: \"alpha:/\"}}}]\n"));
    written_file(w, "conf.d/c.yaml", SLICE("# nothing yet\n"));
    written_file(w, "conf.d/not-me.txt", SLICE("[\n"));
    const struct config *c =
        written_load(w, "include: [conf.d/*.yaml, conf.d/a.yaml]\n" FRAME "      get: beta:/\n");
    assert_int_equal(c->n_services, 2);
    ASSERT_SLICE(c->services[1].name, "beta");
    snprintf(beside, sizeof beside, "%s/conf.d/ca.pem", w->folder);
    assert_string_equal(c->services[1].tls.ca, beside);
    assert_string_equal(c->services[1].position.file, "conf.d/a.yaml");
    assert_int_equal(c->n_endpoints, 3);
    ASSERT_SLICE(c->endpoints[1].path, "/a");
    ASSERT_SLICE(c->endpoints[2].path, "/b");
    assert_string_equal(c->endpoints[2].position.file, "conf.d/b.yaml");
}

static void everything_may_be_in_included_files(void **state)
{
    struct written *w = *state;
    written_file(w, "all.yaml", SLICE(FRAME "      get: alpha:/\n"));
    const struct config *c = written_load(w, "include: all.yaml\n");
    assert_int_equal(c->n_services, 1);
    assert_int_equal(c->n_endpoints, 1);
}

static void a_folder_whose_name_is_a_pattern_is_no_pattern(void **state)
{
    struct written *w = *state;
    char path[512];
    written_file(w, "[a-z]*/sheaf.yaml", SLICE("include: part.yaml\n"));
    written_file(w, "[a-z]*/part.yaml", SLICE(FRAME "      get: alpha:/\n"));
    snprintf(path, sizeof path, "%s/[a-z]*/sheaf.yaml", w->folder);
    w->config = config_load(path, &w->diagnostics);
    assert_non_null(w->config);
}

static void a_pipe_is_not_included(void **state)
{
    struct written *w = *state;
    char path[512];
    snprintf(path, sizeof path, "%s/pipe.yaml", w->folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(written_try(w, "include: pipe.yaml\n" FRAME "      get: alpha:/\n"));
    assert_true(written_is_told(w, "pipe.yaml cannot be read"));
}

static void a_configuration_has_at_most_four_mebibytes(void **state)
{
    struct written *w = *state;
    const size_t most = 4 * 1024 * 1024;
    char *text = malloc(most + 2);
    assert_non_null(text);
    memset(text, '#', most + 1);
    memcpy(text, FRAME "      get: alpha:/\n", sizeof FRAME "      get: alpha:/\n" - 1);
    text[most] = '\0';
    written_load(w, text);
    text[most] = '#';
    text[most + 1] = '\0';
    assert_null(written_try(w, text));
    assert_true(written_is_told(w, "more than 4 MiB"));
    free(text);
}

static void a_thousand_errors_are_enough(void **state)
{
    struct written *w = *state;
    struct buffer text;
    buffer_init(&text, 1024 * 1024);
    for (unsigned i = 0; i < 5000; i++)
        assert_true(buffer_print(&text, "unknown_%u: x\n", i));
    assert_true(buffer_append(&text, (struct slice){"", 1}));
    assert_null(written_try(w, text.at));
    assert_true(written_is_told(w, ":1000:1: error: "));
    assert_false(written_is_told(w, ":1001:1: error: "));
    buffer_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WRITTEN_TEST(a_fallback_is_json_with_its_own_digits),
        WRITTEN_TEST(a_boolean_has_six_words_in_any_case),
        WRITTEN_TEST(an_alias_stands_for_what_it_names),
        WRITTEN_TEST(the_environment_is_put_into_values),
        WRITTEN_TEST(the_environment_gives_numbers_and_addresses),
        WRITTEN_TEST(maps_merge_and_the_rest_replaces),
        WRITTEN_TEST(included_files_join_in_the_order_of_their_names),
        WRITTEN_TEST(everything_may_be_in_included_files),
        WRITTEN_TEST(a_folder_whose_name_is_a_pattern_is_no_pattern),
        WRITTEN_TEST(a_pipe_is_not_included),
        WRITTEN_TEST(a_configuration_has_at_most_four_mebibytes),
        WRITTEN_TEST(a_thousand_errors_are_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
