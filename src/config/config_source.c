/* config_source.c - the sources of an endpoint and their calls
 *
 * A call names a service and a template: catalog:/products/{id}. `sources` may be a list, as some
 * tools sort the keys of maps; it is turned into the map that it stands for, and read as one.
 */
#include <ctype.h>

#include "base/check.h"
#include "config/config_internal.h"

/* true: the rest is a path, whatever the service is. */
static bool tell_service(struct reading *r, const struct node *value, struct slice name)
{
    bool is_url = slice_starts(slice_after(value->text, name.n), SLICE("://"));
    if (is_url)
        reading_complain(r, RULE_SERVICE, value->place,
                         "no service is called '%s'; declare the URL under `services` and call it "
                         "by its name",
                         reading_show(r, name));
    else
        config_tell_service(r, value->place, name, "declare it under `services`");
    return !is_url;
}

/* A path begins with a slash, or with an expression that writes one. */
static bool is_path_begin(const struct reading *r, struct slice path)
{
    bool is_expression =
        slice_starts(path, SLICE("{/")) && !reading_is_masked(r, (struct slice){path.at, 1});
    return slice_starts(path, SLICE("/")) || is_expression;
}

static void read_target(struct reading *r, const struct node *value, struct config_source *s)
{
    const char *colon = memchr(value->text.at, ':', value->text.n);
    struct slice name = {value->text.at, colon ? (size_t)(colon - value->text.at) : 0};
    struct slice path = slice_after(value->text, colon ? name.n + 1 : 0);
    if (name.n == 0) {
        reading_complain(
            r, RULE_CALL_FORM, value->place,
            "a call names a service and a path; write SERVICE:/path, as catalog:/products/{id}");
        return;
    }
    s->path_text = reading_copy(r, reading_written(r, value->text));
    s->service = config_find_service(r->config, name);
    if (!s->service && !tell_service(r, value, name))
        return;
    if (!is_path_begin(r, path))
        reading_complain(
            r, RULE_CALL_FORM, node_place_in(r, value, name.n + 1),
            "the path of a call begins with '/', as catalog:/products/{id}; add the slash");
    else
        config_read_template(r, value, name.n + 1, &s->path);
    if (s->service)
        config_read_hash(r, value, s);
}

static void read_call(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_source *s = object;
    char method[8] = "";
    for (size_t i = 0; row->name[i]; i++)
        method[i] = (char)toupper((unsigned char)row->name[i]);
    s->method = reading_copy(r, slice_of(method));
    s->is_safe = slice_equal(s->method, SLICE("GET"));
    if (option_line(r, value, "SERVICE:/path"))
        read_target(r, value, s);
}

/* Statuses of errors, each read as a row of its own bounds. */
static void read_pass(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_source *s = object;
    const struct option status = {.name = row->name, .min = 400, .max = 599};
    if (!option_list(r, value, "statuses are a list, as [409, 422]"))
        return;
    if (value->n > CONFIG_MAX_ITEMS) {
        reading_complain(r, RULE_MANY, value->place, "these are %zu statuses; name at most %d",
                         value->n, CONFIG_MAX_ITEMS);
        return;
    }
    s->pass = reading_keep(r, value->n, sizeof *s->pass);
    for (; s->n_pass < value->n; s->n_pass++)
        option_count.read(r, &status, value->items[s->n_pass], &s->pass[s->n_pass]);
}

static void check_hidden(struct reading *r, const struct config_source *s, const struct node *own)
{
    const struct node *into = node_find(own, SLICE("into"));
    if (s->is_hidden && into)
        reading_complain(r, RULE_HIDDEN, into->place,
                         "a hidden source stands nowhere; leave `into` or `hide` out");
}

/* A key of a source that stands among the names of sources. */
static bool is_outside(const struct option *row, const struct node_pair *pair)
{
    return pair->value->kind != NODE_MAP && option_find(row->section, pair->key->text);
}

/* The service's timeout holds where neither the source nor the defaults give one. */
static void read_source(struct reading *r, const struct option *row, const struct node_pair *pair,
                        struct config_source *s)
{
    if (is_outside(row, pair)) {
        reading_complain(r, RULE_KIND, pair->key->place,
                         "'%s' stands where a source's name is due; indent it below its source",
                         reading_show(r, pair->key->text));
        return;
    }
    struct node *value = option_merge_defaults(r, row->section, r->defaults_source, pair->value);
    unsigned unread_before = r->unread;
    r->source = s;
    option_read_section(r, row->section, value, s);
    if (!s->into.is_joined && !s->into.n_names)
        s->into = (struct config_into){.names = &s->name, .n_names = 1};
    config_check_each(r, s, pair->value);
    config_check_body(r, s, pair->value);
    config_note_words(r, s, value);
    config_check_shape(r, s, value, pair->value);
    check_hidden(r, s, pair->value);
    config_check_source_cache(r, s, pair->value);
    config_check_authorization(r, s, value);
    if (s->timeout_ms == 0 && s->service)
        s->timeout_ms = s->service->timeout_ms;
    r->unread = unread_before;
}

/* A list of {name: ..., ...} as the map that it stands for. */
static struct node *list_to_map(struct reading *r, const struct node *list)
{
    struct node *map = reading_scratch(r, 1, sizeof *map);
    *map = (struct node){.kind = NODE_MAP, .place = list->place};
    map->pairs = reading_scratch(r, list->n, sizeof *map->pairs);
    for (size_t i = 0; i < list->n; i++) {
        struct node *item = list->items[i];
        struct node *name = item->kind == NODE_MAP ? node_find(item, SLICE("name")) : NULL;
        if (item->kind != NODE_MAP)
            option_map(
                r, item,
                "a source in a list is a map, as {name: product, get: \"catalog:/products\"}");
        else if (!name)
            reading_complain(r, RULE_LACKING, item->place,
                             "a source in a list lacks 'name'; write name: product");
        else if (option_line(r, name, "a name"))
            map->pairs[map->n++] = (struct node_pair){name, item};
    }
    if (map->n < list->n)
        r->unread |= READING_NAMES;
    node_drop_repeated(r, map);
    return map;
}

/* Its grammar, and that no parameter has it: templates could not tell them apart. */
static void check_source_name(struct reading *r, const struct config_endpoint *e,
                              const struct node *key)
{
    if (!config_check_name(r, key, "a source", false))
        return;
    for (unsigned i = 0; i < e->n_parameters; i++) {
        const struct config_parameter *p = &e->parameters[i];
        if (p->place == CONFIG_IN_HEADER || !slice_equal(p->name, key->text))
            continue;
        reading_complain(r, RULE_NAME_TAKEN, key->place,
                         "'%s' is a parameter at line %u; parameters and sources share their "
                         "names, choose another",
                         reading_show(r, key->text), p->position.line);
    }
}

/* A source whose own keys stand behind it instead of below it. */
static bool is_left_empty(const struct option *row, const struct node *map, size_t i)
{
    return node_is_null(map->pairs[i].value) && !is_outside(row, &map->pairs[i]) &&
           i + 1 < map->n && is_outside(row, &map->pairs[i + 1]);
}

/* Their names first: a template may speak of a source that is declared later. */
static void read_all(struct reading *r, const struct option *row, struct node *map,
                     struct config_endpoint *e)
{
    e->sources = reading_keep(r, map->n + 1, sizeof *e->sources); /* see config_cache.c */
    for (size_t i = 0; i < map->n; i++) {
        struct config_source *s = &e->sources[e->n_sources++];
        check_source_name(r, e, map->pairs[i].key);
        s->name = reading_copy(r, map->pairs[i].key->text);
        s->position = document_position(map->pairs[i].key->place);
        r->placed_at[i] = map->pairs[i].key->place;
    }
    for (size_t i = 0; i < map->n && !r->is_over; i++)
        if (!is_left_empty(row, map, i))
            read_source(r, row, &map->pairs[i], &e->sources[i]);
    config_check_cycles(r, e);
    config_check_places(r, e);
}

static void read_sources(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    struct config_endpoint *e = object;
    struct node *map = value->kind == NODE_LIST ? list_to_map(r, value) : value;
    if (!option_map(r, map, "sources are a map, as product: {get: \"catalog:/products/{id}\"}")) {
        r->unread |= READING_NAMES;
        return;
    }
    unsigned most = r->config->bounds.calls; /* 0: it could not be read */
    if (value->n == 0)
        reading_complain(r, RULE_SOURCES, value->place,
                         "an endpoint without sources answers nothing; give it at least one");
    else if (map->n > CONFIG_MAX_SOURCES)
        reading_complain(r, RULE_SOURCES, value->place,
                         "these are %zu sources; an endpoint has at most %d", map->n,
                         CONFIG_MAX_SOURCES);
    else if (most && map->n > most)
        reading_complain(
            r, RULE_CALLS, value->place,
            "these are %zu sources, and a request makes at most %u calls; raise bounds.calls",
            map->n, most);
    if (map->kind == NODE_MAP && map->n && map->n <= CONFIG_MAX_SOURCES)
        read_all(r, row, map, e);
    else
        r->unread |= READING_NAMES;
}

#define CALL "{\"type\":\"string\",\"pattern\":\"^[A-Za-z_][A-Za-z0-9_-]*:[/{]|\\\\$\\\\{\"}"
#define NAMED "{\"allOf\":[{\"required\":[\"name\"]},@]}"

const struct option_kind config_kind_pass = {
    "list of statuses",
    "{\"type\":\"array\",\"items\":{\"anyOf\":[{\"type\":\"integer\",\"minimum\":400,"
    "\"maximum\":599}," OPTION_ENVIRONMENT "]}}",
    read_pass,
};
const struct option_kind config_kind_call = {"call", CALL, read_call};
const struct option_kind config_kind_sources = {
    "map of sources, or a list of them with `name`",
    "{\"anyOf\":[{\"type\":\"object\",\"minProperties\":1,\"additionalProperties\":@},"
    "{\"type\":\"array\",\"minItems\":1,\"items\":" NAMED "}]}",
    read_sources};
