/* typescript_endpoint.c - the interfaces of endpoints, and the map of all of them */
#include "app/schema.h"
#include "app/typescript.h"
#include "base/check.h"
#include "json/text.h"

static bool put(struct buffer *out, const char *text)
{
    return buffer_append(out, slice_of(text));
}

/* A list of choices; digits stand as they were written. */
static bool put_choices(struct buffer *out, const struct config_parameter *p)
{
    bool is_good = true;
    for (unsigned i = 0; i < p->n_allowed; i++) {
        const char *between = i ? " | " : "";
        is_good &= p->type == CONFIG_STRING
                       ? put(out, between) && text_quote(out, p->allowed[i])
                       : buffer_print(out, "%s%.*s", between, SLICE_ARG(p->allowed[i]));
    }
    return is_good;
}

static bool put_parameter_type(struct buffer *out, const struct config_parameter *p)
{
    static const char *const types[] = {
        [CONFIG_STRING] = "string",
        [CONFIG_INTEGER] = "number",
        [CONFIG_NUMBER] = "number",
        [CONFIG_BOOLEAN] = "boolean",
    };
    bool is_good = !p->is_list || put(out, p->n_allowed > 1 ? "readonly (" : "readonly ");
    is_good &= p->n_allowed ? put_choices(out, p) : put(out, types[p->type]);
    return is_good && (!p->is_list || put(out, p->n_allowed > 1 ? ")[]" : "[]"));
}

/* Those of one place in the request. */
static bool put_parameters(struct description *d, const struct description_endpoint *e,
                           enum config_place place, struct buffer *out)
{
    static const char *const suffixes[] = {
        [CONFIG_IN_PATH] = "PathParams",
        [CONFIG_IN_QUERY] = "Params",
        [CONFIG_IN_HEADER] = "Headers",
    };
    unsigned n = 0;
    bool is_good =
        buffer_print(out, "\nexport type %.*s%s = ", SLICE_ARG(e->name), suffixes[place]);
    for (unsigned i = 0; i < e->config->n_parameters && is_good; i++) {
        const struct config_parameter *p = &e->config->parameters[i];
        struct slice name = typescript_member(p->name, &d->arena);
        if (p->place != place)
            continue;
        is_good &= put(out, n++ ? "" : "{\n");
        is_good &=
            buffer_print(out, "  %.*s%s: ", SLICE_ARG(name), description_is_due(p) ? "" : "?");
        is_good &= put_parameter_type(out, p) && put(out, ";\n");
    }
    return is_good && put(out, n ? "};\n" : "{};\n");
}

static bool put_sources(const struct description_endpoint *e, struct buffer *out)
{
    bool is_good = buffer_print(out, "\nexport type %.*sSources =", SLICE_ARG(e->name));
    for (unsigned i = 0; i < e->config->n_sources; i++)
        is_good &= put(out, i ? " | " : " ") && text_quote(out, e->config->sources[i].name);
    return is_good && put(out, e->config->n_sources ? ";\n" : " never;\n");
}

static bool put_views(struct description *d, const struct description_endpoint *e,
                      struct buffer *out)
{
    bool is_good = put(out, e->n_views ? "  views: {\n" : "  views: {};\n");
    for (unsigned i = 0; i < e->n_views; i++) {
        struct slice name = typescript_member(e->views[i].name, &d->arena);
        is_good &=
            buffer_print(out, "    %.*s: %.*s;\n", SLICE_ARG(name), SLICE_ARG(e->views[i].schema));
    }
    return is_good && (!e->n_views || put(out, "  };\n"));
}

static bool put_endpoint(struct description *d, const struct description_endpoint *e,
                         struct buffer *out)
{
    const struct config_endpoint *c = e->config;
    struct slice name = e->name;
    struct slice about =
        arena_print(&d->arena, "%.*s %.*s", SLICE_ARG(c->method), SLICE_ARG(c->path));
    CHECK(about.at);
    about = typescript_comment(about, 0, &d->arena);
    bool is_good = put_parameters(d, e, CONFIG_IN_PATH, out) &&
                   put_parameters(d, e, CONFIG_IN_QUERY, out) &&
                   put_parameters(d, e, CONFIG_IN_HEADER, out) && put_sources(e, out);
    is_good &= buffer_print(out, "\n%.*sexport interface %.*s {\n  method: ", SLICE_ARG(about),
                            SLICE_ARG(name));
    is_good &= text_quote(out, c->method) && put(out, ";\n  path: ") && text_quote(out, c->path);
    is_good &= buffer_print(out, ";\n  pathParams: %.*sPathParams;\n", SLICE_ARG(name));
    is_good &= buffer_print(out, "  params: %.*sParams;\n", SLICE_ARG(name));
    is_good &= buffer_print(out, "  headers: %.*sHeaders;\n", SLICE_ARG(name));
    is_good &= put(out, c->reads_body ? "  body: unknown;\n" : "");
    is_good &= buffer_print(out, "  data: %.*s;\n", SLICE_ARG(e->data));
    is_good &= buffer_print(out, "  sources: %.*sSources;\n", SLICE_ARG(name));
    return is_good && put_views(d, e, out) && put(out, "}\n");
}

static bool put_schemas(const struct draft *schemas, struct buffer *out)
{
    bool is_good = true;
    for (const struct draft_part *p = schemas->first; p && is_good; p = p->next)
        is_good = typescript_declare(p->value, p->name, out);
    return is_good;
}

/* GET is what a path alone stands for. */
static bool put_map(struct description *d, struct buffer *out)
{
    bool is_good = put(out, "\nexport interface Endpoints {\n");
    for (unsigned i = 0; i < d->n_endpoints && is_good; i++) {
        const struct description_endpoint *e = &d->endpoints[i];
        struct slice key = e->config->path;
        if (!slice_equal(e->config->method, SLICE("GET")))
            key = arena_print(&d->arena, "%.*s %.*s", SLICE_ARG(e->config->method),
                              SLICE_ARG(e->config->path));
        CHECK(key.at);
        is_good &= put(out, "  ") && text_quote(out, key);
        is_good &= buffer_print(out, ": %.*s;\n", SLICE_ARG(e->name));
    }
    return is_good && put(out, "}\n");
}

bool typescript_write(struct description *d, struct buffer *out)
{
    bool is_good = put(out, "/** Written by `sheaf types`. */\n") &&
                   put_schemas(description_failures(&d->arena), out);
    for (unsigned i = 0; i < d->n_endpoints && is_good; i++)
        is_good = put_endpoint(d, &d->endpoints[i], out);
    return is_good && put_schemas(d->schemas, out) && put_map(d, out);
}
