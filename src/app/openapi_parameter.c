/* openapi_parameter.c - what a client may send: path, query and headers */
#include "app/openapi_internal.h"
#include "app/schema.h"
#include "base/check.h"
#include "config/parameter.h"
#include "json/scan.h"

static const char *const types[] = {
    [CONFIG_STRING] = "string",
    [CONFIG_INTEGER] = "integer",
    [CONFIG_NUMBER] = "number",
    [CONFIG_BOOLEAN] = "boolean",
};

/* A value of the parameter's type; what JSON would write otherwise (007) stays a text. */
static struct draft *value_of(const struct config_parameter *p, struct slice text,
                              struct arena *arena)
{
    bool is_json = text.n && scan_json(text, 1).verdict == SCAN_OK;
    return p->type == CONFIG_STRING || !is_json ? draft_text(arena, text) : draft_read(arena, text);
}

static struct draft *values_of(const struct config_parameter *p, const struct slice *texts,
                               unsigned n, struct arena *arena)
{
    struct draft *list = draft_list(arena);
    for (unsigned i = 0; i < n; i++)
        draft_add(list, value_of(p, texts[i], arena));
    return list;
}

static void put_pattern(struct draft *schema, const struct config_parameter *p)
{
    struct slice pattern = openapi_pattern(p->pattern_text, schema->arena);
    if (pattern.at) {
        draft_set_text(schema, "pattern", pattern);
        return;
    }
    struct slice text = arena_print(schema->arena, "Matches the PCRE2 expression %.*s as a whole.",
                                    SLICE_ARG(p->pattern_text));
    CHECK(text.at);
    draft_set_text(schema, "description", text);
}

/* Of one value; a list is made of such. */
static struct draft *schema_of(const struct config_parameter *p, struct arena *arena)
{
    struct draft *schema = schema_of_type(arena, types[p->type]);
    bool is_numeric = parameter_is_numeric(p);
    if (p->pattern)
        put_pattern(schema, p);
    if (p->n_allowed)
        draft_set(schema, "enum", values_of(p, p->allowed, p->n_allowed, arena));
    if (p->min.n && is_numeric)
        draft_set(schema, "minimum", draft_read(arena, p->min));
    if (p->max.n && is_numeric)
        draft_set(schema, "maximum", draft_read(arena, p->max));
    if (p->is_list) {
        schema = schema_list_of(schema);
        if (p->has_default)
            draft_set(schema, "default", values_of(p, p->default_items, p->n_default_items, arena));
    } else if (p->has_default) {
        draft_set(schema, "default", value_of(p, p->default_text, arena));
    }
    return schema;
}

static struct draft *new_parameter(struct arena *arena, struct slice name, const char *in)
{
    struct draft *parameter = draft_object(arena);
    draft_set_text(parameter, "name", name);
    draft_set_text(parameter, "in", slice_of(in));
    return parameter;
}

static struct draft *parameter_of(const struct config_parameter *p, struct slice name,
                                  struct arena *arena)
{
    static const char *const places[] = {
        [CONFIG_IN_PATH] = "path",
        [CONFIG_IN_QUERY] = "query",
        [CONFIG_IN_HEADER] = "header",
    };
    struct draft *parameter = new_parameter(arena, name, places[p->place]);
    if (description_is_due(p))
        draft_set_word(parameter, "required", "true");
    if (p->is_list) {
        draft_set_text(parameter, "style",
                       p->place == CONFIG_IN_QUERY ? SLICE("form") : SLICE("simple"));
        draft_set_word(parameter, "explode", "false");
    }
    draft_set(parameter, "schema", schema_of(p, arena));
    return parameter;
}

/* Of these OpenAPI wants no parameters. */
static bool is_of_others(const struct config_parameter *p)
{
    static const char *const names[] = {"accept", "content-type", "authorization"};
    for (unsigned i = 0; i < 3; i++)
        if (p->place == CONFIG_IN_HEADER && slice_equal_nocase(slice_of(names[i]), p->name))
            return true;
    return false;
}

/* Where the parameter stands in the path; -1: in none of its segments. */
static int segment_of(const struct config_endpoint *e, unsigned parameter)
{
    for (unsigned i = 0; i < e->n_segments; i++)
        if (e->segments[i].kind == CONFIG_PARAMETER && e->segments[i].parameter == parameter)
            return (int)i;
    return -1;
}

static struct slice name_of(const struct config_endpoint *e, unsigned i,
                            const struct openapi_path *path)
{
    int segment = e->parameters[i].place == CONFIG_IN_PATH ? segment_of(e, i) : -1;
    if (segment < 0)
        return e->parameters[i].name;
    return path->first->parameters[path->first->segments[segment].parameter].name;
}

struct slice openapi_tail_name(const struct config_endpoint *e, struct arena *arena)
{
    struct slice name = SLICE("rest");
    for (unsigned i = 0; i < e->n_parameters; i++)
        if (e->parameters[i].place == CONFIG_IN_PATH && slice_equal(e->parameters[i].name, name)) {
            name = arena_print(arena, "%.*s_", SLICE_ARG(name));
            i = (unsigned)-1;
        }
    return name;
}

static void add_tail(struct draft *list, const struct openapi_path *path)
{
    const struct config_endpoint *e = path->first;
    if (e->n_segments == 0 || e->segments[e->n_segments - 1].kind != CONFIG_TAIL)
        return;
    struct draft *tail = new_parameter(list->arena, openapi_tail_name(e, list->arena), "path");
    draft_set_text(tail, "description", SLICE("All that follows, with its slashes."));
    draft_set_word(tail, "required", "true");
    draft_set(tail, "schema", schema_of_type(list->arena, "string"));
    draft_add(list, tail);
}

static void add_selection(struct draft *list, const struct description_endpoint *e)
{
    struct arena *arena = list->arena;
    struct draft *fields = new_parameter(arena, e->config->select, "query");
    struct draft *text = schema_of_type(arena, "string");
    draft_set_text(fields, "description",
                   SLICE("The parts of the answer that are wanted, as a(b,c),d/e; others are left "
                         "out of it."));
    draft_set_word(text, "maxLength", "2048");
    draft_set(fields, "schema", text);
    draft_add(list, fields);
    if (!e->n_views)
        return;
    struct draft *view = new_parameter(arena, SLICE("view"), "query");
    struct draft *names = draft_list(arena);
    struct draft *name = schema_of_type(arena, "string");
    for (unsigned i = 0; i < e->n_views; i++)
        draft_add_text(names, e->views[i].name);
    draft_set(name, "enum", names);
    draft_set(view, "schema", name);
    draft_add(list, view);
}

struct draft *openapi_parameters(struct openapi *o, const struct description_endpoint *e,
                                 const struct openapi_path *path)
{
    struct arena *arena = &o->d->arena;
    struct draft *list = draft_list(arena);
    for (unsigned i = 0; i < e->config->n_parameters; i++) {
        const struct config_parameter *p = &e->config->parameters[i];
        if (!is_of_others(p))
            draft_add(list, parameter_of(p, name_of(e->config, i, path), arena));
    }
    add_tail(list, path);
    if (e->config->select.n)
        add_selection(list, e);
    return list;
}
