/* openapi.c - the document: what it is of, where it is served, its paths, what they refer to */
#include "app/openapi.h"

#include <ctype.h>

#include "app/openapi_internal.h"
#include "app/schema.h"
#include "base/check.h"

static struct draft *new_info(struct openapi *o)
{
    struct draft *info = draft_object(&o->d->arena);
    const char *file = o->d->config->file;
    const char *slash = strrchr(file, '/');
    struct slice name = slice_of(slash ? slash + 1 : file);
    const char *dot = memrchr(name.at, '.', name.n);
    if (dot && dot > name.at)
        name.n = (size_t)(dot - name.at);
    draft_set_text(info, "title", name);
    draft_set_text(info, "version", SLICE("1.0.0"));
    return info;
}

/* An address that a client could use: with a host of its own, and a port. */
static bool is_address(struct slice address)
{
    return !slice_starts(address, SLICE("unix:")) && !slice_starts(address, SLICE(":")) &&
           !slice_starts(address, SLICE("0.0.0.0:")) && !slice_starts(address, SLICE("[::]:"));
}

static struct draft *new_servers(struct openapi *o)
{
    struct arena *arena = &o->d->arena;
    struct draft *servers = draft_list(arena);
    for (unsigned i = 0; i < o->d->config->n_listens; i++) {
        const struct config_listen *l = &o->d->config->listens[i];
        struct draft *server = draft_object(arena);
        struct slice url =
            arena_print(arena, "%s://%.*s", l->has_tls ? "https" : "http", SLICE_ARG(l->address));
        CHECK(url.at);
        draft_set_text(server, "url", url);
        if (is_address(l->address))
            draft_add(servers, server);
    }
    return servers;
}

/* The path with other texts in place of its parameters. NULL: none, as the shape has. */
static struct slice write_path(const struct config_endpoint *e, const struct config_endpoint *first,
                               struct arena *arena)
{
    struct slice text = SLICE("");
    struct slice left = e->path;
    for (unsigned i = 0; i < e->n_segments && left.n; i++) {
        left = slice_after(left, 1);
        const char *slash = memchr(left.at, '/', left.n);
        struct slice part = {left.at, slash ? (size_t)(slash - left.at) : left.n};
        struct slice name = SLICE("");
        left = slice_after(left, part.n);
        if (first && e->segments[i].kind == CONFIG_PARAMETER)
            name = first->parameters[first->segments[i].parameter].name;
        else if (first && e->segments[i].kind == CONFIG_TAIL)
            name = openapi_tail_name(first, arena);
        text = e->segments[i].kind == CONFIG_LITERAL
                   ? arena_print(arena, "%.*s/%.*s", SLICE_ARG(text), SLICE_ARG(part))
                   : arena_print(arena, "%.*s/{%.*s}", SLICE_ARG(text), SLICE_ARG(name));
        CHECK(text.at);
    }
    return text.n ? text : SLICE("/");
}

/* Paths that differ in the names of parameters alone are one. */
static struct openapi_path *path_of(struct openapi *o, const struct config_endpoint *e)
{
    struct arena *arena = &o->d->arena;
    struct slice shape = write_path(e, NULL, arena);
    struct openapi_path *path = map_get(&o->by_shape, shape);
    if (path)
        return path;
    path = arena_take_zero(arena, 1, sizeof *path);
    CHECK(path);
    *path = (struct openapi_path){write_path(e, e, arena), e, draft_object(arena)};
    CHECK(map_add(&o->by_shape, shape, path) == MAP_ADDED);
    draft_append(o->paths, path->template, path->item);
    return path;
}

/* getProductsById */
static struct slice operation_id(const struct description_endpoint *e, struct arena *arena)
{
    struct slice id = arena_print(arena, "%c%.*s", tolower((unsigned char)e->name.at[0]),
                                  (int)e->name.n - 1, e->name.at + 1);
    CHECK(id.at);
    return id;
}

/* It is JSON, and nothing else is known of it. */
static struct draft *new_body(struct arena *arena)
{
    struct draft *body = draft_object(arena);
    struct draft *content = draft_object(arena);
    struct draft *media = draft_object(arena);
    draft_set(media, "schema", schema_any(arena));
    draft_set(content, "application/json", media);
    draft_set(body, "content", content);
    return body;
}

static void put_operation(struct openapi *o, const struct description_endpoint *e)
{
    struct arena *arena = &o->d->arena;
    struct openapi_path *path = path_of(o, e->config);
    struct draft *operation = draft_object(arena);
    struct draft *parameters = openapi_parameters(o, e, path);
    struct draft *security = openapi_security(o, e->config);
    draft_set_text(operation, "operationId", operation_id(e, arena));
    if (parameters->n)
        draft_set(operation, "parameters", parameters);
    if (e->config->reads_body)
        draft_set(operation, "requestBody", new_body(arena));
    draft_set(operation, "responses", openapi_responses(o, e));
    if (security)
        draft_set(operation, "security", security);
    draft_append(path->item, description_method(o->d, e->config), operation);
}

static struct draft *new_components(struct openapi *o)
{
    struct draft *components = draft_object(&o->d->arena);
    struct draft *schemas = draft_copy(o->d->schemas);
    const struct draft *failures = description_failures(&o->d->arena);
    for (const struct draft_part *p = failures->first; p; p = p->next)
        draft_append(schemas, p->name, p->value);
    draft_set(components, "schemas", schemas);
    draft_set(components, "responses", openapi_problems(o));
    draft_set(components, "securitySchemes", openapi_schemes(o));
    draft_drop_empty(components, "securitySchemes");
    return components;
}

bool openapi_write(struct description *d, struct buffer *out)
{
    struct draft *document = draft_object(&d->arena);
    struct openapi o = {.d = d, .paths = draft_object(&d->arena)};
    o.has_policy = arena_take_zero(&d->arena, d->config->n_auth + 1, sizeof *o.has_policy);
    CHECK(o.has_policy);
    map_init(&o.by_shape, d->n_endpoints + 1);
    for (unsigned i = 0; i < d->n_endpoints; i++)
        put_operation(&o, &d->endpoints[i]);
    map_done(&o.by_shape);
    draft_set_text(document, "openapi", SLICE("3.1.0"));
    draft_set(document, "info", new_info(&o));
    draft_set(document, "servers", new_servers(&o));
    draft_drop_empty(document, "servers");
    draft_set(document, "paths", o.paths);
    draft_set(document, "components", new_components(&o));
    return draft_write(document, out);
}
