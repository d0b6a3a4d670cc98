/* reference_test.c - the committed pages say what the options say, and the options are consistent
 */
#include <stdio.h>
#include <stdlib.h>

#include "config/config_internal.h"
#include "config/config_options.h"
#include "json/scan.h"
#include "written.h"

enum {
    PAGE_MAX = 1024 * 1024
};

static void check_page(const char *name, bool (*write)(struct buffer *out))
{
    char path[512];
    struct buffer page, committed;
    buffer_init(&page, PAGE_MAX);
    buffer_init(&committed, PAGE_MAX);
    assert_true(write(&page));
    snprintf(path, sizeof path, SHEAF_SOURCE_ROOT "/docs/%s", name);
    FILE *file = fopen(path, "rb");
    if (file) {
        committed.n = fread(buffer_reserve(&committed, PAGE_MAX), 1, PAGE_MAX, file);
        fclose(file);
    }
    if (!slice_equal(buffer_slice(&page), buffer_slice(&committed)))
        fail_msg("docs/%s is not what the options say: ninja config-docs", name);
    buffer_done(&page);
    buffer_done(&committed);
}

static void the_reference_page_is_current(void **state)
{
    (void)state;
    check_page("config.md", config_write_reference);
}

static void the_manual_page_is_current(void **state)
{
    (void)state;
    check_page("man/sheaf.yaml.5", config_write_manual);
}

static void the_schema_is_current(void **state)
{
    (void)state;
    check_page("sheaf.schema.json", config_write_schema);
}

static void the_schema_is_json(void **state)
{
    (void)state;
    struct buffer page;
    buffer_init(&page, PAGE_MAX);
    assert_true(config_write_schema(&page));
    assert_int_equal(scan_json(buffer_slice(&page), 64).verdict, SCAN_OK);
    buffer_done(&page);
}

static void a_full_buffer_is_no_page(void **state)
{
    (void)state;
    struct buffer page;
    buffer_init(&page, 1000);
    assert_false(config_write_reference(&page));
    buffer_done(&page);
    assert_false(config_write_manual(&page));
    buffer_done(&page);
    assert_false(config_write_schema(&page));
    buffer_done(&page);
}

/* What stands around the options of a section in a whole configuration, and the options that each
 * of the others needs beside it. */
static const struct frame {
    const struct section *section;
    const char *before; /* ends where an option begins */
    const char *after;
    const char *companions; /* "a|b" */
} frames[] = {
#define SERVICES "services: {catalog: http://catalog:9001}\n"
#define ENDPOINTS "endpoints: [{path: \"/x/{id}\", sources: {it: {get: \"catalog:/\"}}}]\n"
#define LISTENER "listen: {address: \"a:1\", tls: {cert: a, key: b}}\n"
#define CATALOG "services:\n catalog:\n  targets: http://catalog:9001\n  "
    {&config_root, "", "", "services|endpoints"},
    {&config_listener, "listen:\n    ", SERVICES ENDPOINTS, "address"},
    {&config_listener_tls, "listen:\n  address: a:1\n  tls:\n    ", SERVICES ENDPOINTS, "cert|key"},
    {&config_defaults, "defaults:\n    ", SERVICES ENDPOINTS, NULL},
    {&config_bounds_of, "bounds:\n    ", SERVICES ENDPOINTS, NULL},
    {&config_drain, "drain:\n    ", SERVICES ENDPOINTS, NULL},
    {&config_log, "log:\n    ", SERVICES ENDPOINTS, NULL},
    {&config_rate_limit_of, "rate_limit:\n    ", SERVICES ENDPOINTS, "rate"},
    {&config_traces_of, "traces:\n    ", SERVICES ENDPOINTS, "otlp"},
    {&config_cache_top, "cache:\n    ", SERVICES ENDPOINTS, NULL},
    {&config_service_of, "services:\n  catalog:\n    ", ENDPOINTS, "targets"},
    {&config_target_of, "services:\n  catalog:\n   targets:\n    ", ENDPOINTS, "url"},
    {&config_breaker_of, CATALOG "breaker:\n    ", ENDPOINTS, NULL},
    {&config_retry_of, CATALOG "retry:\n    ", ENDPOINTS, NULL},
    {&config_hedge_of, CATALOG "hedge:\n    ", ENDPOINTS, NULL},
    {&config_concurrency_of, CATALOG "concurrency:\n    ", ENDPOINTS, NULL},
    {&config_balance_of, CATALOG "balance:\n    ", ENDPOINTS, NULL},
    {&config_health_of, CATALOG "health:\n    ", ENDPOINTS, NULL},
    {&config_credentials_of, CATALOG "credentials:\n    ", ENDPOINTS, NULL},
    {&config_basic_of, CATALOG "credentials:\n   basic:\n    ", ENDPOINTS, "user|password"},
    {&config_oauth2_of, CATALOG "credentials:\n   oauth2:\n    ", ENDPOINTS,
     "token_url|client_id|client_secret"},
    {&config_secret_of, CATALOG "credentials:\n   bearer:\n    ", ENDPOINTS, NULL},
    {&config_fault_of, SERVICES ENDPOINTS "faults:\n  - ", "", "service|fail"},
    {&config_service_tls, "services:\n  catalog:\n   targets: https://catalog:9443\n   tls:\n    ",
     ENDPOINTS, "cert|key"},
    {&config_auth_of, LISTENER SERVICES ENDPOINTS "auth:\n  partner:\n    ", "", NULL},
    {&config_api_keys_of, SERVICES ENDPOINTS "auth:\n  partner:\n   api_keys:\n    ", "", "file"},
    {&config_cert_of, LISTENER SERVICES ENDPOINTS "auth:\n  m:\n   client_cert:\n    ", "", "ca"},
    {&config_jwt_of, SERVICES ENDPOINTS "auth:\n  partner:\n   jwt:\n    ", "", "jwks"},
    {&config_endpoint_of,
     SERVICES "auth:\n  customer: {jwt: {jwks: a}}\n  partner: {api_keys: {file: b}}\n"
              "endpoints:\n  - ",
     "", "path|sources"},
    {&config_parameter_of,
     SERVICES
     "endpoints:\n- path: /x\n  sources: {it: {get: \"catalog:/\"}}\n  query:\n   p:\n    ",
     "", "type"},
    {&config_source_of,
     SERVICES
     "endpoints:\n- path: /x/{id}\n  query: {currency: {}, flag: {}}\n  sources:\n"
     "   list: {get: \"catalog:/list\"}\n   product: {get: \"catalog:/{id}\"}\n   reviews:\n    ",
     "", "get"},
    {&config_view_of, SERVICES ENDPOINTS "views:\n  mobile:\n    ", "", "fields"},
    {&config_cache_of,
     SERVICES "endpoints:\n- path: /x/{id}\n  sources: {it: {get: \"catalog:/\"}}\n  cache:\n    ",
     "", NULL},
    {&config_view_match, SERVICES ENDPOINTS "views:\n  mobile:\n   fields: a\n   match:\n    ", "",
     NULL},
    {&config_compress_of, "compress:\n    ", SERVICES ENDPOINTS, NULL},
    {&config_security_of, "security_headers:\n    ", SERVICES ENDPOINTS, NULL},
    {&config_cors_of, "cors:\n    ", SERVICES ENDPOINTS, "origins"},
};

/* What some options need beside them, in place of the companions. */
static const struct {
    const char *name, *beside;
} needs[] = {
    {"each", "get: catalog:/products/{item}"},
    {"batch", "each: list.ids\n    by: id\n    get: catalog:/products{?ids}"},
    {"by", "each: list.ids\n    batch: ids\n    get: catalog:/products{?ids}"},
    {"parallel", "each: list.ids\n    get: catalog:/products/{item}"},
    {"stream", "each: list.ids\n    get: catalog:/products/{item}"},
    {"max", "each: list.ids\n    get: catalog:/products/{item}"},
    {"body", "post: catalog:/products"},
    {"form", "post: catalog:/products"},
    {"scopes", "auth: customer\n    path: /x\n    sources: {it: {get: \"catalog:/\"}}"},
};

static const char *need_of(const struct frame *f, const struct option *row)
{
    bool has_needs = f->section == &config_source_of || f->section == &config_endpoint_of;
    for (size_t i = 0; has_needs && i < sizeof needs / sizeof *needs; i++)
        if (strcmp(needs[i].name, row->name) == 0)
            return needs[i].beside;
    return NULL;
}

/* The options of a frame are indented by four, but at the top. */
static void put_option(struct buffer *text, const struct frame *f, const struct option *row)
{
    const char *indent = f->before[0] && text->n > strlen(f->before) ? "    " : "";
    assert_true(buffer_print(text, "%s%s: %s\n", indent, row->name, row->example));
}

static void put_companions(struct buffer *text, const struct frame *f, const struct option *row)
{
    for (unsigned i = 0; option_choice(f->companions, i).at; i++) {
        const struct option *beside = option_find(f->section, option_choice(f->companions, i));
        assert_non_null(beside);
        if (beside != row && !(beside->flags & row->flags & OPTION_ONE_OF))
            put_option(text, f, beside);
    }
}

static void check_example(struct written *w, const struct frame *f, const struct option *row)
{
    struct buffer text;
    buffer_init(&text, 4096);
    assert_true(buffer_append(&text, slice_of(f->before)));
    put_option(&text, f, row);
    if (need_of(f, row))
        assert_true(buffer_print(&text, "    %s\n", need_of(f, row)));
    else
        put_companions(&text, f, row);
    assert_true(buffer_print(&text, "%s", f->after));
    text.at[text.n] = '\0'; /* buffer_print() has room for it */
    if (!written_try(w, text.at))
        fail_msg("%s\n%.*s", text.at, SLICE_ARG(buffer_slice(&w->diagnostics)));
    buffer_done(&text);
}

/* Secrets of the examples come from the environment. */
static void each_example_is_good(void **state)
{
    static const char *const secrets[] = {"TOKEN", "PASSWORD", "CLIENT_SECRET"};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        setenv(secrets[i], "x", 1);
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        for (unsigned k = 0; k < frames[i].section->n_rows; k++)
            check_example(*state, &frames[i], &frames[i].section->rows[k]);
}

static void each_section_is_framed(void **state)
{
    (void)state;
    size_t n = 0;
    while (config_sections[n])
        n++;
    assert_int_equal(n, sizeof frames / sizeof *frames);
}

static bool ends_with_stop(const char *sentence)
{
    size_t n = strlen(sentence);
    return n > 0 && sentence[n - 1] == '.';
}

static void check_row(const struct option *row)
{
    assert_non_null(row->name);
    assert_non_null(row->kind);
    bool has_words = row->sentence && row->example;
    bool has_default = row->preset || row->otherwise || row->flags & OPTION_REQUIRED;
    bool is_word = row->kind == &option_choice_of || row->kind == &option_either;
    if (!has_words || !has_default || (is_word && !row->choices) || !ends_with_stop(row->sentence))
        fail_msg("the row of %s lacks something", row->name);
}

static void each_row_is_whole(void **state)
{
    (void)state;
    for (unsigned i = 0; config_sections[i]; i++)
        for (unsigned k = 0; k < config_sections[i]->n_rows; k++)
            check_row(&config_sections[i]->rows[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_page_is_current),
        cmocka_unit_test(the_manual_page_is_current),
        cmocka_unit_test(the_schema_is_current),
        cmocka_unit_test(the_schema_is_json),
        cmocka_unit_test(a_full_buffer_is_no_page),
        cmocka_unit_test(each_row_is_whole),
        cmocka_unit_test(each_section_is_framed),
        WRITTEN_TEST(each_example_is_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
