/* plan.c - what is the same in each request and each answer is written for good */
#include "gateway/plan.h"

#include "base/check.h"

static const struct slice accept_line = SLICE_INIT("accept: application/json\r\n");

static void *take(struct arena *arena, size_t n, size_t size)
{
    void *at = arena_take_zero(arena, n ? n : 1, size);
    CHECK(at); /* the gateway's arena has no limit */
    return at;
}

static bool sets(const struct config_source *s, struct slice name)
{
    for (unsigned i = 0; i < s->n_set_headers; i++)
        if (slice_equal_nocase(s->set_headers[i].name, name))
            return true;
    return false;
}

/* What set_headers sets is not forwarded as well. */
static void choose_forwarded(struct plan_source *p, struct arena *arena)
{
    const struct config_source *s = p->config;
    struct slice *names = take(arena, s->n_forward, sizeof *names);
    for (unsigned i = 0; i < s->n_forward; i++) {
        if (sets(s, s->forward[i]))
            continue;
        names[p->n_forward++] = s->forward[i];
        p->accepts_as_client |= slice_equal(s->forward[i], SLICE("accept"));
    }
    p->forward = names;
}

static void append(struct buffer *b, struct slice bytes)
{
    CHECK(buffer_append(b, bytes));
}

/* A header whose template has no variable is written for good. */
static void write_constant_header(struct buffer *b, const struct config_set_header *h)
{
    size_t culprit;
    append(b, h->name);
    append(b, SLICE(": "));
    CHECK(template_expand(h->value.compiled, NULL, b, &culprit) == FAULT_NONE);
    append(b, SLICE("\r\n"));
}

static void choose_headers(struct plan_source *p, struct buffer *fields, struct arena *arena)
{
    const struct config_source *s = p->config;
    p->set_headers = take(arena, s->n_set_headers, sizeof *p->set_headers);
    for (unsigned i = 0; i < s->n_set_headers; i++) {
        const struct config_set_header *h = &s->set_headers[i];
        if (template_n_variables(h->value.compiled))
            p->set_headers[p->n_set_headers++] = h;
        else
            write_constant_header(fields, h);
    }
}

/* A method that is meant to carry content says that it has none (RFC 9110 8.6). */
static bool announces_content(struct slice method)
{
    return slice_equal(method, SLICE("POST")) || slice_equal(method, SLICE("PUT")) ||
           slice_equal(method, SLICE("PATCH"));
}

static void write_fields(struct plan_source *p, struct arena *arena)
{
    struct buffer fields;
    buffer_init(&fields, SIZE_MAX / 2);
    choose_headers(p, &fields, arena);
    if (!p->accepts_as_client && !sets(p->config, SLICE("accept")))
        append(&fields, accept_line);
    if (announces_content(p->config->method))
        append(&fields, SLICE("content-length: 0\r\n"));
    p->fields = arena_copy(arena, buffer_slice(&fields));
    CHECK(p->fields.at);
    buffer_done(&fields);
}

static bool asks_request(const struct config_template *t)
{
    for (size_t i = 0; i < template_n_variables(t->compiled); i++)
        if (t->variables[i].origin != CONFIG_FROM_SOURCE)
            return true;
    return false;
}

/* Does a value of the request wait for a source before it is looked at? */
static bool needs_check(const struct config_source *s)
{
    bool asks = asks_request(&s->path);
    for (unsigned i = 0; i < s->n_set_headers; i++)
        asks |= asks_request(&s->set_headers[i].value);
    return s->needs && asks;
}

/* The answer's pieces. Names are [A-Za-z0-9_]: nothing in them is escaped. */
static void write_names(struct plan_source *p, struct arena *arena)
{
    struct slice name = p->config->name;
    p->method = arena_print(arena, "%.*s ", SLICE_ARG(p->config->method));
    p->member = arena_print(arena, ",\"%.*s\":", SLICE_ARG(name));
    p->error_start = arena_print(arena, "{\"source\":\"%.*s\",\"kind\":\"", SLICE_ARG(name));
    p->message = arena_print(arena, "%.*s: ", SLICE_ARG(name));
    CHECK(p->method.at && p->member.at && p->error_start.at && p->message.at);
}

static void compile_fields(struct plan *p, struct arena *arena)
{
    const struct config_endpoint *e = p->config;
    struct field *fields = take(arena, e->n_response_headers, sizeof *fields);
    for (unsigned i = 0; i < e->n_response_headers; i++)
        fields[i] = (struct field){e->response_headers[i].name, e->response_headers[i].value};
    p->fields = fields;
    p->n_fields = e->n_response_headers;
}

static void compile_source(struct plan_source *p, struct arena *arena)
{
    const struct config_source *s = p->config;
    choose_forwarded(p, arena);
    write_fields(p, arena);
    write_names(p, arena);
    p->returned = (struct service_wanted){s->return_headers, s->n_return_headers};
    p->passed = (struct service_passed){s->pass, s->n_pass};
    p->needs_check = needs_check(s);
}

void plan_compile(struct plan *p, const struct config_endpoint *endpoint,
                  struct service *const *services, struct arena *arena)
{
    *p = (struct plan){.config = endpoint, .n_sources = endpoint->n_sources};
    CHECK(p->n_sources <= CONFIG_MAX_SOURCES);
    p->sources = take(arena, p->n_sources, sizeof *p->sources);
    for (unsigned i = 0; i < p->n_sources; i++) {
        struct plan_source *s = &p->sources[i];
        s->config = &endpoint->sources[i];
        s->service = services[s->config->service->index];
        compile_source(s, arena);
        p->all |= UINT64_C(1) << i;
        if (!s->config->needs)
            p->root |= UINT64_C(1) << i;
    }
    compile_fields(p, arena);
}

static size_t larger(size_t a, const struct config_template *t)
{
    size_t b = template_n_variables(t->compiled);
    return a > b ? a : b;
}

size_t plan_max_variables(const struct plan *p)
{
    size_t n = 0;
    for (unsigned i = 0; i < p->n_sources; i++) {
        const struct config_source *s = p->sources[i].config;
        n = larger(n, &s->path);
        for (unsigned h = 0; h < s->n_set_headers; h++)
            n = larger(n, &s->set_headers[h].value);
    }
    return n;
}
