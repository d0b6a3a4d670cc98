/* plan.c - what is the same in each request and each answer is written for good */
#include "gateway/plan.h"

#include "base/check.h"
#include "base/quote.h"
#include "gateway/values.h"

/* What a service is asked for, by what its source takes. */
static const struct slice accept_lines[] = {
    [CONFIG_FORMAT_BY_TYPE] = SLICE_INIT("accept: application/json\r\n"),
    [CONFIG_FORMAT_JSON] = SLICE_INIT("accept: application/json\r\n"),
    [CONFIG_FORMAT_XML] = SLICE_INIT("accept: application/xml\r\n"),
    [CONFIG_FORMAT_TEXT] = SLICE_INIT("accept: text/plain\r\n"),
    [CONFIG_FORMAT_BASE64] = SLICE_INIT("accept: */*\r\n"),
};

static void *take(struct arena *arena, size_t n, size_t size)
{
    void *at = arena_take_zero(arena, n ? n : 1, size);
    CHECK(at); /* the gateway's arena has no limit */
    return at;
}

bool plan_forwards_accept(const struct config_source *s)
{
    for (unsigned i = 0; i < s->n_forward; i++)
        if (slice_equal(s->forward[i], SLICE("accept")))
            return !config_header_is_set(s, s->forward[i]);
    return false;
}

/* What set_headers sets is not forwarded as well, and a body of ours has its own type. */
static void choose_forwarded(struct plan_source *p, struct arena *arena)
{
    const struct config_source *s = p->config;
    struct slice *names = take(arena, s->n_forward, sizeof *names);
    for (unsigned i = 0; i < s->n_forward; i++) {
        if (config_header_is_set(s, s->forward[i]) ||
            (s->body.kind != CONFIG_BODY_NONE && slice_equal(s->forward[i], SLICE("content-type"))))
            continue;
        names[p->n_forward++] = s->forward[i];
    }
    p->forward = names;
    p->accepts_as_client = plan_forwards_accept(s);
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

static void append_content_type(const struct plan_source *p, struct buffer *fields)
{
    if (config_header_is_set(p->config, SLICE("content-type")))
        return;
    append(fields, p->config->body.kind == CONFIG_BODY_FORM
                       ? SLICE("content-type: application/x-www-form-urlencoded\r\n")
                       : SLICE("content-type: application/json\r\n"));
}

static void write_fields(struct plan_source *p, struct arena *arena)
{
    struct buffer fields;
    buffer_init(&fields, SIZE_MAX / 2);
    choose_headers(p, &fields, arena);
    p->accept = accept_lines[p->config->format];
    if (!p->accepts_as_client && !config_header_is_set(p->config, SLICE("accept")))
        append(&fields, p->accept);
    if (p->config->body.kind != CONFIG_BODY_NONE)
        append_content_type(p, &fields);
    else if (announces_content(p->config->method))
        append(&fields, SLICE("content-length: 0\r\n"));
    p->fields = arena_copy(arena, buffer_slice(&fields));
    CHECK(p->fields.at);
    buffer_done(&fields);
}

/* A value of the request, or an element of a list that it has and that waits for others. */
static bool asks_request(const struct config_source *s, const struct config_template *t)
{
    bool has_list = s->needs && s->each.is_given && values_are_of_request(&s->each.list);
    for (size_t i = 0; i < template_n_variables(t->compiled); i++) {
        const struct config_variable *from = &t->variables[i];
        bool is_element = from->origin == CONFIG_FROM_ITEM || from->origin == CONFIG_FROM_ITEMS;
        if (values_are_of_request(from) || (has_list && is_element))
            return true;
    }
    return false;
}

/* Does a value of the request wait for a source, or a list, before it is looked at? */
static bool needs_check(const struct config_source *s)
{
    bool asks = asks_request(s, &s->path);
    for (unsigned i = 0; i < s->n_set_headers; i++)
        asks |= asks_request(s, &s->set_headers[i].value);
    return (s->needs || s->each.is_given) && asks;
}

/* The answer's pieces. Names are [A-Za-z0-9_]: nothing in them is escaped. */
static void write_names(struct plan_source *p, struct arena *arena)
{
    struct slice name = p->config->name;
    p->method = arena_print(arena, "%.*s ", SLICE_ARG(p->config->method));
    p->error_start = arena_print(arena, "{\"source\":\"%.*s\",\"kind\":\"", SLICE_ARG(name));
    p->message = arena_print(arena, "%.*s: ", SLICE_ARG(name));
    p->part_start = arena_print(arena, "\"source\":\"%.*s\",\"path\":", SLICE_ARG(name));
    CHECK(p->method.at && p->error_start.at && p->message.at && p->part_start.at);
}

/* The names of a place as JSON strings, a comma behind each. */
static void write_path(struct buffer *b, const struct config_source *s)
{
    for (unsigned i = 0; i < s->into.n_names; i++) {
        char *at = buffer_reserve(b, quote_json_size(s->into.names[i]) + 1);
        CHECK(at);
        b->n += quote_json_into(at, s->into.names[i]);
        append(b, SLICE(","));
    }
}

/* What the answer says of where a source stands. */
static void write_place(struct plan_source *p, const struct place *place, struct arena *arena)
{
    struct buffer path;
    buffer_init(&path, SIZE_MAX / 2);
    append(&path, SLICE(",\"path\":["));
    write_path(&path, p->config);
    p->error_path = arena_copy(arena, buffer_slice(&path));
    CHECK(p->error_path.at);
    buffer_done(&path);
    p->member = place ? place->member : SLICE_NONE;
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
    place_compile(&p->places, endpoint, arena);
    for (unsigned i = 0; i < p->n_sources; i++) {
        struct plan_source *s = &p->sources[i];
        s->config = &endpoint->sources[i];
        s->service = services[s->config->service->index];
        compile_source(s, arena);
        write_place(s, p->places.of[i], arena);
        p->all |= UINT64_C(1) << i;
        p->forwards_accept |= s->accepts_as_client;
        if (!s->config->needs)
            p->root |= UINT64_C(1) << i;
    }
    compile_fields(p, arena);
    cors_compile(&p->cors, &endpoint->cors, endpoint->method, arena);
    security_compile(&p->security, &endpoint->security, endpoint->response_headers,
                     endpoint->n_response_headers, arena);
    plan_look_at_answers(p, arena);
    plan_look_at_limit(p, arena);
    plan_look_at_headers(p, arena);
}

static size_t larger(size_t a, const struct config_template *t)
{
    size_t b = template_n_variables(t->compiled);
    return a > b ? a : b;
}

static size_t larger_of_cache(size_t n, const struct config_cache *c)
{
    if (c->key.compiled)
        n = larger(n, &c->key);
    for (unsigned i = 0; i < c->n_tags; i++)
        n = larger(n, &c->tags[i]);
    return n;
}

size_t plan_max_variables(const struct plan *p)
{
    size_t n = larger_of_cache(0, &p->config->cache);
    for (unsigned i = 0; i < p->n_sources; i++) {
        const struct config_source *s = p->sources[i].config;
        n = larger(larger_of_cache(n, &s->cache), &s->path);
        if (s->hash.compiled)
            n = larger(n, &s->hash);
        for (unsigned h = 0; h < s->n_set_headers; h++)
            n = larger(n, &s->set_headers[h].value);
        for (unsigned k = 0; k < s->body.n_pieces; k++)
            if (s->body.pieces[k].kind != CONFIG_PIECE_TEXT)
                n = larger(n, &s->body.pieces[k].template);
    }
    return n;
}
