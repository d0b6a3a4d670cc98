/* config_view.c - named selections for kinds of clients, and the parameter that selects
 *
 * Views of the top hold for every endpoint that lets clients select. An endpoint's own ones stand
 * in for what these say, member by member, and may add others. Any of them may name what the
 * endpoint lacks.
 */
#include "config/config_internal.h"

enum {
    VIEWS_MAX = 64,
    VIEW_HEADERS_MAX = 16
};

static void read_pattern(struct reading *r, const struct node *value,
                         struct config_view_header *out)
{
    char message[256] = "";
    size_t offset = 0;
    if (!option_scalar(r, value, "a pattern"))
        return;
    out->pattern = pattern_new(value->text, false, &offset, message, sizeof message);
    if (out->pattern)
        config_keep_pattern(r, out->pattern);
    else
        reading_complain(r, RULE_PATTERN, node_place_in(r, value, offset),
                         "this is not a pattern: %s; write a PCRE2 expression to search for",
                         message);
}

static void read_view_headers(struct reading *r, const struct option *row, struct node *value,
                              void *object)
{
    struct config_view *v = object;
    (void)row;
    if (!option_map(r, value, "headers are a map, as user-agent: mobile"))
        return;
    if (value->n > VIEW_HEADERS_MAX) {
        reading_complain(r, RULE_MANY, value->place, "these are %zu headers; match at most %d",
                         value->n, VIEW_HEADERS_MAX);
        return;
    }
    v->headers = reading_keep(r, value->n, sizeof *v->headers);
    for (v->n_headers = 0; v->n_headers < value->n; v->n_headers++) {
        struct config_view_header *header = &v->headers[v->n_headers];
        const struct node_pair *pair = &value->pairs[v->n_headers];
        if (!config_read_header_name(r, pair->key, CONFIG_HEADER_READ, &header->name))
            continue;
        read_pattern(r, pair->value, header);
        for (unsigned k = 0; k < v->n_headers; k++)
            if (slice_equal(v->headers[k].name, header->name))
                reading_complain(r, RULE_HEADER_TWICE, pair->key->place,
                                 "'%s' is given twice; headers' names are the same in either case",
                                 reading_show(r, header->name));
    }
}

static void read_view_fields(struct reading *r, const struct option *row, struct node *value,
                             void *object)
{
    (void)row;
    ((struct config_view *)object)->fields = config_read_fields(r, value);
}

/* Just the fields, or a map of them and of what the view is chosen by. */
static void read_view(struct reading *r, const struct option *row, const struct node_pair *pair,
                      struct config_view *v)
{
    struct node *value = pair->value;
    v->position = document_position(pair->key->place);
    unsigned told_before = r->diagnostics.n;
    if (value->kind == NODE_MAP)
        option_read_section(r, row->section, value, v);
    else
        v->fields = config_read_fields(r, value);
    if (!v->fields && r->diagnostics.n == told_before)
        reading_complain(r, RULE_LACKING, value->place,
                         "a view lacks 'fields'; write fields: product(id,name),pricing");
}

struct view_list {
    struct config_view *views;
    unsigned n;
};

static struct config_view *find_view(const struct view_list *all, struct slice name)
{
    for (unsigned i = 0; i < all->n; i++)
        if (slice_equal(all->views[i].name, name))
            return &all->views[i];
    return NULL;
}

/* Those of `above`, of which some change, and new ones. */
static struct view_list read_list(struct reading *r, const struct option *row, struct node *map,
                                  struct view_list above)
{
    struct view_list all = {.n = above.n};
    all.views = reading_keep(r, above.n + map->n, sizeof *all.views);
    if (above.n)
        memcpy(all.views, above.views, above.n * sizeof *all.views);
    for (size_t i = 0; i < map->n && !r->is_over; i++) {
        const struct node_pair *pair = &map->pairs[i];
        if (!config_check_name(r, pair->key, "a view", true))
            continue;
        struct config_view *v = find_view(&all, pair->key->text);
        if (!v) {
            v = &all.views[all.n++];
            v->name = reading_copy(r, pair->key->text);
        }
        read_view(r, row, pair, v);
    }
    return all;
}

static bool is_map_of_views(struct reading *r, const struct node *value)
{
    if (!option_map(r, value, "views are a map, as mobile: product(id,name)") ||
        value->kind != NODE_MAP)
        return false;
    if (value->n > VIEWS_MAX)
        reading_complain(r, RULE_MANY, value->place, "these are %zu views; give at most %d",
                         value->n, VIEWS_MAX);
    return value->n <= VIEWS_MAX;
}

static void read_views(struct reading *r, const struct option *row, struct node *value,
                       void *object)
{
    struct config *c = object;
    if (!is_map_of_views(r, value))
        return;
    struct view_list all = read_list(r, row, value, (struct view_list){NULL, 0});
    c->views = all.views;
    c->n_views = all.n;
}

static void read_endpoint_views(struct reading *r, const struct option *row, struct node *value,
                                void *object)
{
    struct config_endpoint *e = object;
    const struct config *c = r->config;
    if (!is_map_of_views(r, value) || e->select.n == 0)
        return;
    struct view_list all = read_list(r, row, value, (struct view_list){c->views, c->n_views});
    e->views = all.views;
    e->n_views = all.n;
}

/* "off" is a boolean here, whatever YAML says. */
static void read_select(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    struct config_endpoint *e = object;
    bool is_on = true;
    (void)row;
    if (option_is_boolean(value, &is_on)) {
        e->select = is_on ? SLICE("fields") : SLICE_NONE;
        return;
    }
    e->select = SLICE_NONE; /* so that its own name is not reserved yet */
    if (!option_line(r, value, "the name of a parameter, or off") ||
        !config_check_name(r, value, "the parameter that selects", false))
        return;
    if (node_is(value, "view"))
        reading_complain(r, RULE_RESERVED, value->place,
                         "'view' chooses a view by its name; choose another name for the "
                         "parameter that selects");
    e->select = reading_copy(r, value->text);
}

void config_check_views(struct reading *r, struct config_endpoint *e, const struct node *own)
{
    const struct node *map = node_find(own, SLICE("views"));
    if (e->select.n && !e->views) {
        e->views = r->config->views;
        e->n_views = r->config->n_views;
    }
    if (e->select.n == 0 && map && map->kind == NODE_MAP)
        reading_complain(r, RULE_VIEW, map->place,
                         "`select: off` turns views off too; leave one of them out");
}

#define MAP_OF_VIEWS                                                                               \
    "{\"type\":[\"object\",\"null\"],\"additionalProperties\":{\"anyOf\":[{\"type\":\"string\"},@" \
    "]}}"

const struct option_kind config_kind_views = {"map of names and fields", MAP_OF_VIEWS, read_views};
const struct option_kind config_kind_endpoint_views = {"map of names and fields", MAP_OF_VIEWS,
                                                       read_endpoint_views};
const struct option_kind config_kind_view_headers = {
    "map of header names and patterns",
    "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\",\"format\":\"regex\"}}",
    read_view_headers};
const struct option_kind config_kind_view_fields = {"fields", "{\"type\":\"string\"}",
                                                    read_view_fields};
const struct option_kind config_kind_select = {
    "name of a query parameter, or `off`", "{\"anyOf\":[{\"type\":\"string\"},{\"const\":false}]}",
    read_select};
