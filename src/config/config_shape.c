/* config_shape.c - what is kept of a source's answer, and under which names (CONTRACT 3.3)
 *
 * Paths in lists are dotted names, price.amount; a text is in the grammar of `fields`,
 * price/amount.
 */
#include "config/config_internal.h"
#include "json/text.h"

enum {
    NAMES_MAX = 32 /* of one path */
};

/* Up to the first dot or bracket. */
static struct slice first_name(struct slice path)
{
    size_t n = 0;
    while (n < path.n && path.at[n] != '.' && path.at[n] != '[' && path.at[n] != ']')
        n++;
    return (struct slice){path.at, n};
}

/* How many names the path has, each of which becomes a step; 0 where it is none. */
static unsigned split(struct slice path, struct json_step steps[NAMES_MAX])
{
    for (unsigned n = 0; n < NAMES_MAX; n++) {
        struct slice name = first_name(path);
        if (name.n == 0)
            return 0;
        steps[n] = (struct json_step){.name = name};
        if (name.n == path.n)
            return n + 1;
        if (path.at[name.n] != '.')
            return 0;
        path = slice_after(path, name.n + 1);
    }
    return 0;
}

bool config_read_names(struct reading *r, const struct node *value, const char *example,
                       struct json_path *out)
{
    struct json_step steps[NAMES_MAX];
    if (!option_line(r, value, "a path of names"))
        return false;
    unsigned n = split(reading_copy(r, value->text), steps);
    out->n_steps = n;
    out->steps = memcpy(reading_keep(r, n, sizeof *steps), steps, n * sizeof *steps);
    if (n == 0)
        reading_complain(r, RULE_SHAPE_PATH, value->place,
                         "'%s' is no path of names; write names with dots between them, as %s",
                         reading_show(r, value->text), example);
    return n > 0;
}

/* What is wrong, where, and what could have stood there. */
static void tell_fields(struct reading *r, const struct node *value, struct fields_result result)
{
    struct place place = node_place_in(r, value, result.offset);
    switch (result.verdict) {
    case FIELDS_GOOD:
        break;
    case FIELDS_NO_ROOM:
        reading_end(r, value->place);
        break;
    case FIELDS_TOO_LONG:
    case FIELDS_TOO_DEEP:
    case FIELDS_TOO_MANY:
        reading_complain(r, RULE_FIELDS, place, "this is too much for a list of fields; write %s",
                         result.expected);
        break;
    case FIELDS_BAD_TOKEN:
        if (result.token.n)
            reading_complain(r, RULE_FIELDS, place, "'%s' cannot stand here; %s is due",
                             reading_show(r, result.token), result.expected);
        else
            reading_complain(r, RULE_FIELDS, place, "the fields end too early; %s is due",
                             result.expected);
        break;
    }
}

const struct fields *config_read_fields(struct reading *r, const struct node *value)
{
    if (!option_scalar(r, value, "a list of fields"))
        return NULL;
    struct slice text = reading_copy(r, value->text);
    struct fields_result result = fields_parse(text, &r->config->arena);
    tell_fields(r, value, result);
    return result.verdict == FIELDS_GOOD ? result.fields : NULL;
}

static bool is_grammar(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (strchr(",()/*", text.at[i]))
            return true;
    return false;
}

/* One path of a list. */
static const struct fields *read_path(struct reading *r, const struct node *value)
{
    struct json_path names = {0};
    if (!option_line(r, value, "a path of names"))
        return NULL;
    if (is_grammar(value->text))
        return config_read_fields(r, value);
    if (!config_read_names(r, value, "price.amount", &names))
        return NULL;
    const struct fields *f = fields_of_path(reading_copy(r, value->text), &r->config->arena);
    if (!f)
        reading_complain(r, RULE_FIELDS, value->place,
                         "this path is too long; write at most %d names", FIELDS_DEPTH_MAX);
    return f;
}

static const struct fields *read_list(struct reading *r, const struct node *value)
{
    const struct fields *all = NULL;
    if (value->n > CONFIG_MAX_ITEMS) {
        reading_complain(r, RULE_MANY, value->place, "these are %zu paths; name at most %d",
                         value->n, CONFIG_MAX_ITEMS);
        return NULL;
    }
    for (size_t i = 0; i < value->n && !r->is_over; i++) {
        const struct fields *f = read_path(r, value->items[i]);
        const struct fields *merged = f ? fields_merge(all, f, &r->config->arena) : all;
        if (f && !merged) {
            reading_complain(r, RULE_FIELDS, value->items[i]->place,
                             "these are too many fields together; name fewer");
            break;
        }
        all = merged;
    }
    return all;
}

/* Of a text, a dot is part of a name; nobody means that. */
static bool has_dots(struct reading *r, const struct node *value)
{
    const char *dot = memchr(value->text.at, '.', value->text.n);
    if (dot)
        reading_complain(
            r, RULE_FIELDS, node_place_in(r, value, (size_t)(dot - value->text.at)),
            "in a text '/' leads into a member, as price/amount; write that, or a list "
            "of paths, [price.amount]");
    return dot;
}

static const struct fields *read_either(struct reading *r, const struct node *value)
{
    if (value->kind == NODE_LIST && value->n == 0)
        reading_complain(r, RULE_EMPTY, value->place,
                         "no field is named here; write at least one, as [id, price.amount]");
    if (value->kind == NODE_LIST)
        return read_list(r, value);
    if (!option_scalar(r, value, "a list of paths") || has_dots(r, value))
        return NULL;
    return config_read_fields(r, value);
}

static void read_pick(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_source *s = object;
    (void)row;
    s->has_shape = true;
    s->shape.pick = read_either(r, value);
}

static void read_omit(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_source *s = object;
    (void)row;
    s->has_shape = true;
    s->shape.omit = read_either(r, value);
}

static void read_rename_pair(struct reading *r, const struct node_pair *pair,
                             struct shape_rename *out)
{
    struct buffer quoted;
    config_read_names(r, pair->key, "price.amount", &out->path);
    if (!option_line(r, pair->value, "the new name"))
        return;
    if (memchr(pair->value->text.at, '.', pair->value->text.n) || !pair->value->text.n) {
        reading_complain(r, RULE_SHAPE_PATH, pair->value->place,
                         "'%s' is no name; the last name of the path changes and the others stay, "
                         "so write that name alone",
                         reading_show(r, pair->value->text));
        return;
    }
    out->name = reading_copy(r, pair->value->text);
    buffer_init(&quoted, READING_BYTES_MAX * 2);
    if (text_quote(&quoted, out->name))
        out->quoted = reading_copy(r, buffer_slice(&quoted));
    buffer_done(&quoted);
}

static void read_rename(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    struct config_source *s = object;
    (void)row;
    if (!option_map(r, value, "names change by a map, as price.amount: price"))
        return;
    if (value->n > SHAPE_RENAMES_MAX) {
        reading_complain(r, RULE_MANY, value->place, "these are %zu names; rename at most %d",
                         value->n, SHAPE_RENAMES_MAX);
        return;
    }
    struct shape_rename *renames = reading_keep(r, value->n, sizeof *renames);
    for (size_t i = 0; i < value->n; i++)
        read_rename_pair(r, &value->pairs[i], &renames[i]);
    s->has_shape = true;
    s->shape.renames = renames;
    s->shape.n_renames = (unsigned)value->n;
}

static void read_unwrap(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    config_read_names(r, value, "data or result.items", option_at(object, row));
}

/* Is the text nothing but ${NAME}? */
static bool is_reference(struct slice written)
{
    const char *end =
        slice_starts(written, SLICE("${")) ? memchr(written.at, '}', written.n) : NULL;
    return end && end + 1 == written.at + written.n;
}

/* A value may stand in a string of the program, and must not end it. A whole program is one. */
static bool check_program(struct reading *r, const struct node *value)
{
    static const struct reading_escape quotes[] = {
        {'"', SLICE_INIT("\\\"")}, {'\\', SLICE_INIT("\\\\")}, {0, {0}}};
    bool is_good = reading_escaped(r, value->text, quotes).n == value->text.n ||
                   is_reference(reading_written(r, value->text));
    if (!is_good)
        reading_complain(r, RULE_JQ, value->place,
                         "a value of the environment in a program has neither quotes nor "
                         "backslashes; set it without, or give the whole program as ${NAME}");
    return is_good;
}

static void read_jq(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_source *s = object;
    (void)row;
    if (!option_scalar(r, value, "a program of jq"))
        return;
    s->jq = reading_copy(r, value->text);
    if (s->jq.n && check_program(r, value))
        config_note_jq(r, value);
    else if (s->jq.n == 0)
        reading_complain(r, RULE_EMPTY, value->place,
                         "nothing is given here; a program of jq is due, as \".items\"");
}

#define PATHS                                                                                      \
    "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{\"type\":\"string\"}}]}"

const struct option_kind config_kind_pick = {"list of paths, or fields", PATHS, read_pick};
const struct option_kind config_kind_omit = {"list of paths, or fields", PATHS, read_omit};
const struct option_kind config_kind_rename = {
    "map of paths and names",
    "{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\",\"number\",\"boolean\"]}}",
    read_rename};
const struct option_kind config_kind_unwrap = {"path of names", "{\"type\":\"string\"}",
                                               read_unwrap};
const struct option_kind config_kind_jq = {"program of jq", "{\"type\":\"string\"}", read_jq};
