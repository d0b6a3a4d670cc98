/* load_test.c - good configurations become what the program needs */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"
#include "config/config_internal.h"
#include "slices.h"
#include "written.h"

#define SERVICES "services: {alpha: http://a:1}\n"
#define ALPHA "sources: {one: {get: \"alpha:/\"}}"

static const char product_page[] =
    "listen: 127.0.0.1:8080              # or a list\n"
    "admin: 127.0.0.1:9090               # off unless given\n"
    "workers: auto                       # one thread a core\n"
    "\n"
    "services:\n"
    "  catalog: http://127.0.0.1:9001    # short form\n"
    "  stock: http://127.0.0.1:9002\n"
    "  prices: http://127.0.0.1:9003\n"
    "  reviews:\n"
    "    targets: [http://127.0.0.1:9004, http://127.0.0.1:9014]\n"
    "    timeout: 500ms                  # one call; default 1s\n"
    "    connect_timeout: 100ms          # default 250ms\n"
    "    host: reviews.internal          # Host sent; default the target's\n"
    "\n"
    "endpoints:\n"
    "  - path: /api/aggregated/product\n"
    "    query:\n"
    "      id:\n"
    "        required: true\n"
    "        pattern: \"[A-Za-z0-9_-]{1,64}\"   # the whole value must match\n"
    "      currency:\n"
    "        default: EUR\n"
    "    timeout: 800ms                  # the whole answer; default 2s\n"
    "    sources:\n"
    "      product:\n"
    "        get: catalog:/products/{id}\n"
    "        required: true\n"
    "      inventory:\n"
    "        get: stock:/inventory/{id}\n"
    "      pricing:\n"
    "        get: prices:/prices/{id}{?currency}\n"
    "      reviews:\n"
    "        get: reviews:/reviews/{id}\n"
    "        timeout: 300ms\n"
    "        fallback: {items: []}\n";

static void check_page_services(const struct config *c)
{
    assert_int_equal(c->n_services, 4);
    const struct config_service *catalog = &c->services[0];
    ASSERT_SLICE(catalog->name, "catalog");
    assert_int_equal(catalog->n_targets, 1);
    assert_string_equal(catalog->targets[0].host, "127.0.0.1");
    assert_int_equal(catalog->targets[0].port, 9001);
    assert_false(catalog->targets[0].is_tls);
    ASSERT_SLICE(catalog->targets[0].authority, "127.0.0.1:9001");
    assert_int_equal(catalog->timeout_ms, 1000);
    assert_int_equal(catalog->connect_timeout_ms, 250);
    assert_int_equal(catalog->host.n, 0);
    const struct config_service *reviews = &c->services[3];
    assert_int_equal(reviews->index, 3);
    assert_int_equal(reviews->n_targets, 2);
    assert_int_equal(reviews->targets[1].port, 9014);
    assert_int_equal(reviews->timeout_ms, 500);
    assert_int_equal(reviews->connect_timeout_ms, 100);
    ASSERT_SLICE(reviews->host, "reviews.internal");
    assert_int_equal(reviews->position.line, 9);
    assert_int_equal(reviews->position.column, 3);
}

static void check_page_sources(const struct config *c, const struct config_endpoint *e)
{
    static const char *const names[] = {"product", "inventory", "pricing", "reviews"};
    assert_int_equal(e->n_sources, 4);
    for (unsigned i = 0; i < 4; i++) {
        ASSERT_SLICE(e->sources[i].name, names[i]);
        ASSERT_SLICE(e->sources[i].method, "GET");
        assert_true(e->sources[i].is_safe);
        assert_ptr_equal(e->sources[i].service, &c->services[i]);
        assert_int_equal(e->sources[i].needs, 0);
        assert_int_equal(e->sources[i].is_required, i == 0);
        assert_int_equal(e->sources[i].timeout_ms, i == 3 ? 300 : 1000);
    }
    const struct config_template *path = &e->sources[2].path;
    assert_int_equal(template_n_variables(path->compiled), 2);
    assert_int_equal(path->variables[0].origin, CONFIG_FROM_PARAMETER);
    assert_int_equal(path->variables[0].index, 0);
    assert_int_equal(path->variables[1].index, 1);
    ASSERT_SLICE(e->sources[2].path_text, "prices:/prices/{id}{?currency}");
    assert_true(e->sources[3].has_fallback);
    ASSERT_SLICE(e->sources[3].fallback, "{\"items\":[]}");
    assert_false(e->sources[0].has_fallback);
}

static void the_product_page_is_understood(void **state)
{
    const struct config *c = written_load(*state, product_page);
    assert_int_equal(c->n_listens, 1);
    ASSERT_SLICE(c->listens[0].address, "127.0.0.1:8080");
    assert_true(c->has_admin);
    ASSERT_SLICE(c->admin.address, "127.0.0.1:9090");
    assert_int_equal(c->workers, 0);
    check_page_services(c);
    assert_int_equal(c->n_endpoints, 1);
    const struct config_endpoint *e = &c->endpoints[0];
    ASSERT_SLICE(e->method, "GET");
    ASSERT_SLICE(e->path, "/api/aggregated/product");
    assert_int_equal(e->n_segments, 3);
    assert_int_equal(e->timeout_ms, 800);
    assert_int_equal(e->n_parameters, 2);
    assert_true(e->parameters[0].is_required);
    assert_non_null(e->parameters[0].pattern);
    assert_true(e->parameters[1].has_default);
    ASSERT_SLICE(e->parameters[1].default_text, "EUR");
    check_page_sources(c, e);
}

static void what_is_absent_has_its_default(void **state)
{
    const struct config *c = written_load(*state, SERVICES "endpoints: [{path: /a, " ALPHA "}]\n");
    assert_int_equal(c->n_listens, 1);
    ASSERT_SLICE(c->listens[0].address, "127.0.0.1:8080");
    assert_false(c->has_admin);
    assert_int_equal(c->bounds.request_header, 16 * 1024);
    assert_int_equal(c->bounds.request_body, 1024 * 1024);
    assert_int_equal(c->bounds.response_body, 8 * 1024 * 1024);
    assert_int_equal(c->bounds.memory, 512 * 1024 * 1024);
    assert_int_equal(c->bounds.json_depth, 64);
    assert_int_equal(c->bounds.connections, 10000);
    assert_int_equal(c->bounds.calls, 256);
    assert_int_equal(c->bounds.header_timeout_ms, 10000);
    assert_int_equal(c->bounds.send_timeout_ms, 30000);
    assert_int_equal(c->bounds.idle_timeout_ms, 60000);
    assert_int_equal(c->drain_delay_ms, 0);
    assert_int_equal(c->drain_grace_ms, 30000);
    assert_true(c->log.access);
    assert_null(c->log.file);
    assert_int_equal(c->log.level, CONFIG_LEVEL_INFO);
    assert_int_equal(c->n_trusted_proxies, 0);
    const struct config_endpoint *e = &c->endpoints[0];
    assert_int_equal(e->timeout_ms, 2000);
    assert_false(e->errors_as_text);
    assert_int_equal(e->sources[0].timeout_ms, 1000);
    assert_int_equal(c->services[0].warm, 0);
}

/* Every option, none with its default. */
static const char everything[] =
    "listen:\n"
    "  - 0.0.0.0:8080\n"
    "  - \"[::1]:8080\"\n"
    "  - unix:/run/sheaf.sock\n"
    "  - {address: \"localhost:8443\", tls: {cert: /etc/cert.pem, key: keys/key.pem}}\n"
    "admin: {address: 127.0.0.1:9090, tls: {cert: a.pem, key: b.pem}}\n"
    "workers: 3\n"
    "include: [none*.yaml]\n"
    "defaults:\n"
    "  endpoint: {timeout: 4s}\n"
    "  service: {warm: 1}\n"
    "  source: {timeout: 400ms}\n"
    "errors: text\n"
    "bounds:\n"
    "  request_header: 32KiB\n"
    "  request_body: 2MiB\n"
    "  response_body: 4MiB\n"
    "  json_depth: 32\n"
    "  connections: 100\n"
    "  calls: 64\n"
    "  memory: 1GiB\n"
    "  header_timeout: 1s\n"
    "  send_timeout: 2s\n"
    "  idle_timeout: 3s\n"
    "drain: {delay: 1s, grace: 2m}\n"
    "log: {access: off, file: access.log, level: debug}\n"
    "trusted_proxies: [10.1.2.3/8, \"fd00::1\"]\n"
    "services:\n"
    "  alpha-1:\n"
    "    targets: [\"https://a.internal\", \"https://[::1]:8443/\"]\n"
    "    timeout: 700ms\n"
    "    connect_timeout: 70ms\n"
    "    host: \"shop.example:8443\"\n"
    "    warm: 7\n"
    "    tls: {ca: ca.pem, cert: c.pem, key: k.pem, server_name: shop.example}\n"
    "endpoints:\n"
    "  - path: /shop/{id}/caf%C3%A9/*\n"
    "    method: post\n"
    "    params: {id: {type: integer, min: 1, max: \"9 \"}}\n"
    "    query:\n"
    "      ids: {type: integer, list: true, default: [1, 2]}\n"
    "      color: {enum: [red, no], default: no}\n"
    "      flag: {type: boolean, default: on}\n"
    "    headers:\n"
    "      X-Tenant: {required: true, pattern: \"[a-z]+\"}\n"
    "    timeout: 900ms\n"
    "    errors: objects\n"
    "    response_headers: {X-Frame-Options: \" DENY \"}\n"
    "    sources:\n"
    "      - name: one\n"
    "        post: alpha-1:/one/{id}{?ids*}\n"
    "        required: yes\n"
    "        timeout: 90ms\n"
    "        fallback: 1.50\n"
    "        forward: [Accept-Language, x-request-id]\n"
    "        set_headers: {X-Tenant: \"{headers.x-tenant}\", x-fixed: 7}\n"
    "        return_headers: [Set-Cookie]\n"
    "      - {name: two, put: \"alpha-1:/two/{one.a[2].b}\"}\n"
    "      - {name: three, patch: \"alpha-1:/\", set_headers: {x-a: \"{one}\", x-b: \"{two.x}\"}}\n"
    "      - {name: four, delete: \"alpha-1:/{headers.x-other}\"}\n";

static void check_top(const struct written *w, const struct config *c)
{
    char beside[512];
    assert_int_equal(c->n_listens, 4);
    ASSERT_SLICE(c->listens[2].address, "unix:/run/sheaf.sock");
    assert_true(c->listens[3].has_tls);
    assert_string_equal(c->listens[3].tls.cert, "/etc/cert.pem");
    snprintf(beside, sizeof beside, "%s/keys/key.pem", w->folder);
    assert_string_equal(c->listens[3].tls.key, beside);
    assert_true(c->admin.has_tls);
    assert_int_equal(c->workers, 3);
    assert_int_equal(c->bounds.request_header, 32768);
    assert_int_equal(c->bounds.request_body, 2097152);
    assert_int_equal(c->bounds.response_body, 4194304);
    assert_int_equal(c->bounds.json_depth, 32);
    assert_int_equal(c->bounds.connections, 100);
    assert_int_equal(c->bounds.calls, 64);
    assert_int_equal(c->bounds.memory, 1073741824);
    assert_int_equal(c->bounds.header_timeout_ms, 1000);
    assert_int_equal(c->bounds.send_timeout_ms, 2000);
    assert_int_equal(c->bounds.idle_timeout_ms, 3000);
    assert_int_equal(c->drain_delay_ms, 1000);
    assert_int_equal(c->drain_grace_ms, 120000);
    assert_false(c->log.access);
    snprintf(beside, sizeof beside, "%s/access.log", w->folder);
    assert_string_equal(c->log.file, beside);
    assert_int_equal(c->log.level, CONFIG_LEVEL_DEBUG);
}

static void check_networks(const struct config *c)
{
    static const uint8_t ten[16] = {[10] = 0xff, [11] = 0xff, [12] = 10};
    static const uint8_t unique[16] = {[0] = 0xfd, [15] = 1};
    assert_int_equal(c->n_trusted_proxies, 2);
    assert_memory_equal(c->trusted_proxies[0].bytes, ten, 16);
    assert_int_equal(c->trusted_proxies[0].prefix, 104);
    assert_memory_equal(c->trusted_proxies[1].bytes, unique, 16);
    assert_int_equal(c->trusted_proxies[1].prefix, 128);
}

static void check_service(const struct written *w, const struct config_service *s)
{
    char beside[512];
    assert_string_equal(s->targets[0].host, "a.internal");
    assert_int_equal(s->targets[0].port, 443);
    assert_true(s->targets[0].is_tls);
    ASSERT_SLICE(s->targets[0].authority, "a.internal");
    assert_string_equal(s->targets[1].host, "::1");
    ASSERT_SLICE(s->targets[1].authority, "[::1]:8443");
    assert_int_equal(s->timeout_ms, 700);
    assert_int_equal(s->connect_timeout_ms, 70);
    ASSERT_SLICE(s->host, "shop.example:8443");
    assert_int_equal(s->warm, 7);
    snprintf(beside, sizeof beside, "%s/ca.pem", w->folder);
    assert_string_equal(s->tls.ca, beside);
    assert_non_null(s->tls.cert);
    assert_non_null(s->tls.key);
    assert_string_equal(s->tls.server_name, "shop.example");
}

static void check_segments(const struct config_endpoint *e)
{
    assert_int_equal(e->n_segments, 4);
    assert_int_equal(e->segments[0].kind, CONFIG_LITERAL);
    ASSERT_SLICE(e->segments[0].text, "shop");
    assert_int_equal(e->segments[1].kind, CONFIG_PARAMETER);
    assert_int_equal(e->segments[1].parameter, 0);
    ASSERT_SLICE(e->segments[2].text, "caf\xc3\xa9");
    assert_int_equal(e->segments[3].kind, CONFIG_TAIL);
}

static void check_parameters(const struct config_endpoint *e)
{
    const struct config_parameter *p = e->parameters;
    assert_int_equal(e->n_parameters, 5);
    ASSERT_SLICE(p[0].name, "id");
    assert_int_equal(p[0].place, CONFIG_IN_PATH);
    assert_int_equal(p[0].type, CONFIG_INTEGER);
    assert_true(p[0].is_required);
    ASSERT_SLICE(p[0].min, "1");
    ASSERT_SLICE(p[0].max, "9");
    assert_true(p[1].is_list && p[1].has_default);
    assert_int_equal(p[1].n_default_items, 2);
    ASSERT_SLICE(p[1].default_items[1], "2");
    assert_int_equal(p[2].n_allowed, 2);
    ASSERT_SLICE(p[2].allowed[1], "no");
    ASSERT_SLICE(p[2].default_text, "no");
    ASSERT_SLICE(p[3].default_text, "true");
    assert_int_equal(p[4].place, CONFIG_IN_HEADER);
    ASSERT_SLICE(p[4].name, "x-tenant");
    assert_true(p[4].is_required);
    ASSERT_SLICE(p[4].pattern_text, "[a-z]+");
}

static void check_first_source(const struct config_source *s)
{
    ASSERT_SLICE(s->method, "POST");
    assert_false(s->is_safe);
    assert_true(s->is_required);
    assert_int_equal(s->timeout_ms, 90);
    ASSERT_SLICE(s->fallback, "1.50");
    assert_int_equal(s->n_forward, 1); /* x-request-id goes anyway */
    ASSERT_SLICE(s->forward[0], "accept-language");
    assert_int_equal(s->n_set_headers, 2);
    ASSERT_SLICE(s->set_headers[0].name, "x-tenant");
    assert_int_equal(s->set_headers[0].value.variables[0].origin, CONFIG_FROM_PARAMETER);
    assert_int_equal(s->set_headers[0].value.variables[0].index, 4);
    assert_int_equal(template_n_variables(s->set_headers[1].value.compiled), 0);
    assert_int_equal(s->n_return_headers, 1);
    ASSERT_SLICE(s->return_headers[0], "set-cookie");
}

static void check_other_sources(const struct config_source *s)
{
    ASSERT_SLICE(s[1].method, "PUT");
    assert_int_equal(s[1].needs, 1);
    const struct config_variable *v = &s[1].path.variables[0];
    assert_int_equal(v->origin, CONFIG_FROM_SOURCE);
    assert_int_equal(v->index, 0);
    assert_int_equal(v->path.n_steps, 3);
    ASSERT_SLICE(v->path.steps[0].name, "a");
    assert_true(v->path.steps[1].is_index);
    assert_int_equal(v->path.steps[1].index, 2);
    ASSERT_SLICE(v->path.steps[2].name, "b");
    ASSERT_SLICE(s[2].method, "PATCH");
    assert_int_equal(s[2].needs, 3);
    assert_int_equal(s[2].set_headers[0].value.variables[0].path.n_steps, 0);
    ASSERT_SLICE(s[3].method, "DELETE");
    assert_int_equal(s[3].path.variables[0].origin, CONFIG_FROM_HEADER);
    ASSERT_SLICE(s[3].path.variables[0].header, "x-other");
    assert_int_equal(s[3].timeout_ms, 400);
}

static void every_option_reaches_its_place(void **state)
{
    const struct config *c = written_load(*state, everything);
    check_top(*state, c);
    check_networks(c);
    check_service(*state, &c->services[0]);
    const struct config_endpoint *e = &c->endpoints[0];
    ASSERT_SLICE(e->method, "POST");
    assert_int_equal(e->timeout_ms, 900);
    assert_false(e->errors_as_text);
    assert_int_equal(e->n_response_headers, 1);
    ASSERT_SLICE(e->response_headers[0].name, "x-frame-options");
    ASSERT_SLICE(e->response_headers[0].value, "DENY");
    check_segments(e);
    check_parameters(e);
    check_first_source(&e->sources[0]);
    check_other_sources(e->sources);
}

static void a_trailing_slash_is_an_empty_last_segment(void **state)
{
    const struct config *c = written_load(*state, SERVICES "endpoints: [{path: /a/, " ALPHA
                                                           "}, {path: /, " ALPHA "}]\n");
    assert_int_equal(c->endpoints[0].n_segments, 2);
    assert_int_equal(c->endpoints[0].segments[1].kind, CONFIG_LITERAL);
    assert_int_equal(c->endpoints[0].segments[1].text.n, 0);
    assert_int_equal(c->endpoints[1].n_segments, 1);
}

/* Those that cannot be told apart are in tests/config. */
static void routes_that_can_be_told_apart_are_good(void **state)
{
    static const char *const pairs[][4] = {
        {"/a/{x}", "GET", "/a/b", "GET"},       {"/a/*", "GET", "/a/{x}", "GET"},
        {"/a/*", "GET", "/a/b", "GET"},         {"/a", "GET", "/a", "POST"},
        {"/a", "HEAD", "/a", "POST"},           {"/a", "GET", "/a/", "GET"},
        {"/a/{x}", "GET", "/a/{x}/{y}", "GET"}, {"/a/{x}/c", "GET", "/a/{y}/d", "GET"},
        {"/a/{x}", "GET", "/a/", "GET"},        {"/{x}/*", "GET", "/{y}/b/{z}", "GET"},
        {"/a/{x}/*", "GET", "/a/b/*", "GET"},   {"/a", "GET", "/b", "GET"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 SERVICES "endpoints:\n- {path: \"%s\", method: %s, " ALPHA
                          " }\n- {path: \"%s\", method: %s, " ALPHA " }\n",
                 pairs[i][0], pairs[i][1], pairs[i][2], pairs[i][3]);
        written_load(*state, text);
    }
}

static void a_source_may_speak_of_a_later_one(void **state)
{
    const struct config *c =
        written_load(*state, SERVICES "endpoints:\n- path: /\n  sources:\n"
                                      "    one: {get: \"alpha:/{three.id}/{two.id}\"}\n"
                                      "    two: {get: \"alpha:/{three.id}\"}\n"
                                      "    three: {get: \"alpha:/\"}\n");
    const struct config_source *s = c->endpoints[0].sources;
    assert_int_equal(s[0].needs, 6);
    assert_int_equal(s[1].needs, 4);
    assert_int_equal(s[2].needs, 0);
}

static void sixty_four_sources_are_not_too_many(void **state)
{
    struct buffer text;
    buffer_init(&text, 16 * 1024);
    assert_true(buffer_print(&text, SERVICES "endpoints:\n- path: /\n  sources:\n"));
    for (unsigned i = 0; i < CONFIG_MAX_SOURCES; i++)
        assert_true(buffer_print(&text, "    s%u: {get: \"alpha:/{s%u}\"}\n", i, i + 1));
    text.n -= strlen("{s64}\"}\n");
    assert_true(buffer_print(&text, "\"}\n%c", 0));
    const struct config *c = written_load(*state, text.at);
    assert_int_equal(c->endpoints[0].n_sources, 64);
    assert_int_equal(c->endpoints[0].sources[62].needs, UINT64_C(1) << 63);
    buffer_done(&text);
}

static void a_file_that_is_no_regular_one_will_do(void **state)
{
    struct written *w = *state;
    char path[64];
    int fd = memfd_create("sheaf.yaml", 0);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, product_page, sizeof product_page - 1), sizeof product_page - 1);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    w->config = config_load(path, &w->diagnostics);
    assert_non_null(w->config);
    close(fd);
}

static void a_file_that_is_not_there_is_told(void **state)
{
    struct written *w = *state;
    assert_null(config_load("no/such/file.yaml", &w->diagnostics));
    assert_true(written_is_told(w, "no/such/file.yaml:1:1: error: "));
    assert_true(written_is_told(w, "No such file"));
}

static void the_benchmark_s_configuration_is_good(void **state)
{
    char text[8192];
    char *rest = NULL;
    bool is_mark = false;
    struct buffer filled;
    FILE *file = fopen(SHEAF_SOURCE_ROOT "/../shared/bench/sheaf.yaml.in", "rb");
    if (!file) {
        print_message("skipped: no ../shared/bench/sheaf.yaml.in\n");
        skip();
    }
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    buffer_init(&filled, sizeof text);
    for (char *at = strtok_r(text, "@", &rest); at;
         at = strtok_r(NULL, "@", &rest), is_mark = !is_mark)
        assert_true(buffer_print(&filled, "%s", is_mark ? "9" : at)); /* @PORT@ becomes 9 */
    const struct config *c = written_load(*state, filled.at);
    buffer_done(&filled);
    assert_int_equal(c->n_services, 4);
    assert_int_equal(c->workers, 1);
    assert_int_equal(c->endpoints[0].n_sources, 4);
}

static void some_endpoints_have_paths_in_common(void **state)
{
    static const struct {
        const char *one, *other;
        bool meet;
    } rows[] = {
        {"/a/{id}", "/a/{name}", true},  {"/a/{id}", "/a/b", true},  {"/a/{id}", "/b/{id}", false},
        {"/a/{id}", "/a/{id}/c", false}, {"/a/b", "/a/b", true},     {"/a/b", "/a/c", false},
        {"/a/*", "/a/b/{id}", true},     {"/{x}/b", "/a/{y}", true}, {"/a/*", "/b/c", false},
        {"/a/{id}", "/a/", false},       {"/a/*", "/a", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "services: {a: \"http://127.0.0.1:1\"}\nendpoints:\n"
                 "- {path: \"%s\", sources: {one: {get: \"a:/\"}}}\n"
                 "- {path: \"%s\", method: POST, sources: {one: {post: \"a:/\"}}}\n",
                 rows[i].one, rows[i].other);
        const struct config_endpoint *e = written_load(*state, text)->endpoints;
        if (config_has_path_of(&e[0], &e[1]) != rows[i].meet ||
            config_has_path_of(&e[1], &e[0]) != rows[i].meet)
            fail_msg("row %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WRITTEN_TEST(the_product_page_is_understood),
        WRITTEN_TEST(what_is_absent_has_its_default),
        WRITTEN_TEST(every_option_reaches_its_place),
        WRITTEN_TEST(a_trailing_slash_is_an_empty_last_segment),
        WRITTEN_TEST(routes_that_can_be_told_apart_are_good),
        WRITTEN_TEST(a_source_may_speak_of_a_later_one),
        WRITTEN_TEST(sixty_four_sources_are_not_too_many),
        WRITTEN_TEST(a_file_that_is_no_regular_one_will_do),
        WRITTEN_TEST(a_file_that_is_not_there_is_told),
        WRITTEN_TEST(the_benchmark_s_configuration_is_good),
        WRITTEN_TEST(some_endpoints_have_paths_in_common),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
