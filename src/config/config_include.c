/* config_include.c - files whose services, views and endpoints join those of the first
 *
 * They are joined as trees, before anything is read: afterwards nobody knows of files but the
 * places in them. Files come in the order of their names within a pattern (glob(7)), a file that
 * two patterns name comes once, and an included file includes no others.
 */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>

#include "base/check.h"
#include "config/config_internal.h"

struct include {
    struct reading *r;
    const struct node *pattern;
    size_t n_folder; /* bytes of the including file's folder, with its slash */
    struct node *services, *views, *endpoints; /* joined so far; NULL where there is none */
};

/* Services or views. What is neither map nor list where it comes first is told when it is read. */
static void join_map(struct include *in, struct node **all, struct node *map)
{
    struct node *before = *all;
    if (!before || before->kind != NODE_MAP) {
        *all = before && !node_is_null(before) ? before : map;
        return;
    }
    struct node *joined = reading_scratch(in->r, 1, sizeof *joined);
    *joined = *before;
    joined->pairs = reading_scratch(in->r, before->n + map->n, sizeof *joined->pairs);
    joined->n = 0;
    for (size_t i = 0; i < before->n; i++)
        joined->pairs[joined->n++] = before->pairs[i];
    for (size_t i = 0; i < map->n; i++)
        joined->pairs[joined->n++] = map->pairs[i];
    node_drop_repeated(in->r, joined);
    *all = joined;
}

static void join_endpoints(struct include *in, struct node *list)
{
    struct node *before = in->endpoints;
    if (!before || before->kind != NODE_LIST) {
        in->endpoints = before && !node_is_null(before) ? before : list;
        return;
    }
    struct node *joined = reading_scratch(in->r, 1, sizeof *joined);
    *joined = *before;
    joined->items = reading_scratch(in->r, before->n + list->n, sizeof(struct node *));
    joined->n = 0;
    for (size_t i = 0; i < before->n; i++)
        joined->items[joined->n++] = before->items[i];
    for (size_t i = 0; i < list->n; i++)
        joined->items[joined->n++] = list->items[i];
    in->endpoints = joined;
}

static void join_row(struct include *in, const struct node *key, struct node *value)
{
    if (node_is(key, "services") && config_is_services(in->r, value))
        join_map(in, &in->services, value);
    else if (node_is(key, "endpoints") && config_is_endpoints(in->r, value))
        join_endpoints(in, value);
    else if (node_is(key, "views") && value->kind == NODE_MAP)
        join_map(in, &in->views, value);
    else if (node_is(key, "views"))
        option_map(in->r, value, "views are a map, as mobile: product(id,name)");
}

static void join_root(struct include *in, struct node *root)
{
    if (!option_map(in->r, root,
                    "an included file is a map with `services`, `views` and `endpoints`") ||
        root->kind != NODE_MAP)
        return;
    option_check_keys(in->r, &config_root, root);
    for (size_t i = 0; i < root->n; i++) {
        const struct node *key = root->pairs[i].key;
        const struct option *row = option_find(&config_root, key->text);
        if (row && !(row->flags & OPTION_JOINS))
            reading_complain(
                in->r, RULE_INCLUDED, key->place,
                "'%s' cannot stand in an included file; move it to the file that includes this one",
                row->name);
        else if (row)
            join_row(in, key, root->pairs[i].value);
    }
}

/* The same file by another name is the same file. */
static bool is_read(const struct reading *r, const struct document *d)
{
    for (unsigned i = 0; i < r->n_documents; i++)
        if (r->documents[i] != d && r->documents[i]->device == d->device &&
            r->documents[i]->inode == d->inode)
            return true;
    return false;
}

/* false: it could not be read, and nothing more makes sense. */
static bool include_file(struct include *in, const char *path)
{
    bool is_empty = false;
    struct document *d = config_open(in->r, path, path + in->n_folder, in->pattern);
    if (!d)
        return false;
    if (is_read(in->r, d)) {
        if (d->device == in->r->documents[0]->device && d->inode == in->r->documents[0]->inode)
            reading_complain(in->r, RULE_INCLUDE, in->pattern->place,
                             "this includes the file that it stands in; keep the others in a "
                             "folder of their own");
        return true;
    }
    struct node *root = config_parse(in->r, d, &is_empty);
    if (root)
        join_root(in, root);
    return root || is_empty;
}

/* The folder's name is no pattern. */
static char *make_pattern(struct include *in)
{
    const char *path = in->r->documents[0]->path;
    bool is_absolute = in->pattern->text.at[0] == '/';
    const char *slash = is_absolute ? NULL : strrchr(path, '/');
    in->n_folder = slash ? (size_t)(slash - path) + 1 : 0;
    char *pattern = reading_scratch(in->r, in->n_folder * 2 + in->pattern->text.n + 1, 1);
    size_t n = 0;
    for (size_t i = 0; i < in->n_folder; i++) {
        if (strchr("*?[\\", path[i]))
            pattern[n++] = '\\';
        pattern[n++] = path[i];
    }
    memcpy(pattern + n, in->pattern->text.at, in->pattern->text.n);
    return pattern;
}

static bool include_pattern(struct include *in)
{
    glob_t found = {0};
    if (!option_line(in->r, in->pattern, "the name of a file"))
        return true;
    bool is_good = true;
    int result = glob(make_pattern(in), 0, NULL, &found);
    bool is_one_file = !strpbrk(in->pattern->text.at, "*?[");
    if (result != 0 && (result != GLOB_NOMATCH || is_one_file))
        reading_complain(in->r, RULE_INCLUDE, in->pattern->place,
                         "there is no file '%s'; the name is relative to this file",
                         reading_show(in->r, in->pattern->text));
    for (size_t i = 0; result == 0 && i < found.gl_pathc && is_good && !in->r->is_over; i++)
        is_good = include_file(in, found.gl_pathv[i]);
    globfree(&found);
    return is_good;
}

/* The root with the joined parts in place of its own. */
static struct node *replace(struct reading *r, const struct node *root, const char *name,
                            struct node *value)
{
    struct node *own = node_find(root, slice_of(name));
    struct node *joined = reading_scratch(r, 1, sizeof *joined);
    *joined = *root;
    joined->pairs = reading_scratch(r, root->n + 1, sizeof *joined->pairs);
    memcpy(joined->pairs, root->pairs, root->n * sizeof *joined->pairs);
    for (size_t i = 0; i < root->n; i++)
        if (joined->pairs[i].value == own)
            joined->pairs[i].value = value;
    if (own || !value)
        return joined;
    struct node *key = reading_scratch(r, 1, sizeof *key);
    *key = node_of_text(name);
    key->place = value->place;
    joined->pairs[joined->n++] = (struct node_pair){key, value};
    return joined;
}

struct node *config_join_includes(struct reading *r, struct node *root)
{
    struct node *include = node_find(root, SLICE("include"));
    if (!include || node_is_null(include))
        return root;
    struct include in = {
        .r = r,
        .services = node_find(root, SLICE("services")),
        .views = node_find(root, SLICE("views")),
        .endpoints = node_find(root, SLICE("endpoints")),
    };
    if (in.services)
        config_is_services(r, in.services);
    if (in.endpoints)
        config_is_endpoints(r, in.endpoints);
    size_t n = include->kind == NODE_LIST ? include->n : 1;
    struct node **items = include->kind == NODE_LIST ? include->items : &include;
    for (size_t i = 0; i < n; i++) {
        in.pattern = items[i];
        if (!include_pattern(&in))
            return NULL;
    }
    root = replace(r, root, "services", in.services);
    root = replace(r, root, "views", in.views);
    return replace(r, root, "endpoints", in.endpoints);
}

static void read_include(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    /* config_join_includes() was here before. */
    (void)r, (void)row, (void)value, (void)object;
}

const struct option_kind config_kind_include = {
    "file name or pattern, or a list of them",
    "{\"anyOf\":[{\"type\":[\"string\",\"null\"]},{\"type\":\"array\",\"items\":{\"type\":"
    "\"string\"}}]}",
    read_include};
