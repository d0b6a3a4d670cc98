/* parameters_fuzz.c - a target is routed and its parameters are read: what passes fits */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/check.h"
#include "gateway/parameters.h"
#include "gateway/router.h"
#include "wire/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char yaml[] = "listen: 127.0.0.1:8080\n"
                           "services: {one: \"http://127.0.0.1:1\"}\n"
                           "endpoints:\n"
                           "  - path: /p/{id}\n"
                           "    params: {id: {pattern: \"[A-Za-z0-9_-]{1,8}\"}}\n"
                           "    query:\n"
                           "      n: {type: integer, min: -5, max: 64}\n"
                           "      x: {type: number}\n"
                           "      size: {enum: [s, m]}\n"
                           "      tags: {list: true, pattern: \"[^!]+\"}\n"
                           "      ids: {list: true, type: integer}\n"
                           "      currency: {default: EUR}\n"
                           "    headers: {x-a: {required: true}, x-l: {list: true}}\n"
                           "    sources: {a: {get: \"one:/\"}}\n"
                           "  - path: /p/special\n"
                           "    sources: {a: {get: \"one:/\"}}\n"
                           "  - path: /p/{id}/{rest}\n"
                           "    sources: {a: {get: \"one:/\"}}\n";

static struct config *load(void)
{
    char name[] = "/tmp/sheaf-fuzz-XXXXXX";
    struct buffer diagnostics;
    buffer_init(&diagnostics, 1 << 20);
    int fd = mkstemp(name);
    CHECK(fd >= 0 && write(fd, yaml, sizeof yaml - 1) == (ssize_t)sizeof yaml - 1);
    close(fd);
    struct config *c = config_load(name, &diagnostics);
    CHECK(c);
    unlink(name);
    buffer_done(&diagnostics);
    return c;
}

static void check_value(const struct config_parameter *declared, struct slice value)
{
    CHECK(value.n && target_is_utf8(value));
    if (declared->type == CONFIG_INTEGER)
        for (size_t i = 0; i < value.n; i++)
            CHECK((value.at[i] >= '0' && value.at[i] <= '9') || (i == 0 && value.at[0] == '-'));
    if (slice_equal(declared->name, SLICE("size")))
        CHECK(slice_equal(value, SLICE("s")) || slice_equal(value, SLICE("m")));
}

static void check_all(const struct config_endpoint *e, const struct parameters *p)
{
    for (unsigned i = 0; i < e->n_parameters; i++) {
        const struct parameters_value *v = &p->values[i];
        CHECK(v->is_present || !e->parameters[i].is_required);
        for (unsigned k = 0; v->is_present && v->is_list && k < v->n_items; k++)
            check_value(&e->parameters[i], v->items[k]);
        if (v->is_present && !v->is_list)
            check_value(&e->parameters[i], v->text);
    }
}

static void read_parameters(const struct router_match *m, struct slice query, struct slice header,
                            struct arena *arena)
{
    static struct pattern_scratch *scratch;
    struct field fields[] = {{SLICE("X-A"), header}, {SLICE("x-l"), header}};
    const struct request request = {.fields = fields, .n_fields = 2};
    if (!scratch)
        scratch = pattern_scratch_new();
    const struct parameters_input in = {m->segments, query, &request, scratch};
    struct parameters p;
    if (parameters_read(&p, m->endpoint, &in, arena) && !p.violations)
        check_all(m->endpoint, &p);
}

/* The first line is a header's value, the rest a target. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct config *config;
    static struct router *router;
    if (!config) {
        config = load();
        router = router_new(config);
    }
    const char *text = n ? (const char *)data : "";
    const char *end = n ? memchr(text, '\n', n) : NULL;
    struct slice header = {text, end ? (size_t)(end - text) : 0};
    struct slice raw =
        end ? slice_after((struct slice){text, n}, header.n + 1) : (struct slice){text, n};
    struct target target;
    struct router_match match;
    struct arena arena;
    const char *why;
    arena_init(&arena, 1024, 1 << 20);
    if (target_split(raw, &target, &why) &&
        router_find(router, SLICE("GET"), target.path, &arena, &match) == ROUTER_FOUND)
        read_parameters(&match, target.query, header, &arena);
    arena_done(&arena);
    return 0;
}
