/* config_parameter.c - reads parameters and holds their defaults against what they allow
 *
 * A default or an allowed value that a client could not send would be a trap: it is judged here as
 * a request's value is judged later. Rows are read in the order of the table, so type, pattern,
 * range and enum are known before the default.
 */
#include "config/config_parameter.h"

#include "config/parameter.h"
#include "json/compare.h"

static const char *wrong_type(enum config_type type)
{
    static const char *const texts[] = {
        [CONFIG_STRING] = NULL,
        [CONFIG_INTEGER] = "is not an integer",
        [CONFIG_NUMBER] = "is not a number",
        [CONFIG_BOOLEAN] = "is neither true nor false",
    };
    return texts[type];
}

/* Why the parameter does not take this value; NULL where it does. */
static const char *refusal(const struct config_parameter *p, struct slice text)
{
    struct pattern_scratch *scratch = p->pattern ? pattern_scratch_new() : NULL;
    unsigned faults = parameter_judge(p, text, scratch);
    pattern_scratch_free(scratch);
    if (faults & PARAMETER_TYPE)
        return wrong_type(p->type);
    if (faults & (PARAMETER_PATTERN | PARAMETER_COSTLY))
        return "does not match the pattern";
    if (faults & PARAMETER_ENUM)
        return "is not in the enum";
    if (faults & PARAMETER_MIN)
        return "is below min";
    return faults ? "is above max" : NULL;
}

struct config_parameter *config_add_parameter(struct reading *r, struct config_endpoint *e,
                                              const struct node *key, enum config_place place)
{
    if (e->n_parameters == CONFIG_MAX_PARAMETERS) {
        reading_complain(r, RULE_MANY, key->place,
                         "an endpoint has at most %d parameters; leave some out",
                         CONFIG_MAX_PARAMETERS);
        return NULL;
    }
    unsigned n = e->n_parameters;
    if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) {
        struct config_parameter *grown = reading_keep(r, n ? n * 2 : 4, sizeof *grown);
        if (n)
            memcpy(grown, e->parameters, n * sizeof *grown);
        e->parameters = grown;
    }
    struct config_parameter *p = &e->parameters[e->n_parameters++];
    *p = (struct config_parameter){
        .name = reading_copy(r, key->text),
        .place = place,
        .position = document_position(key->place),
    };
    return p;
}

/* A scalar as a request would carry it: booleans of YAML become true and false. */
static struct slice value_text(struct reading *r, const struct config_parameter *p,
                               const struct node *value)
{
    bool is_true = false;
    if (p->type == CONFIG_BOOLEAN && option_is_boolean(value, &is_true))
        return is_true ? SLICE("true") : SLICE("false");
    return reading_copy(r, value->text);
}

static bool read_value(struct reading *r, const struct config_parameter *p,
                       const struct node *value, const char *what, struct slice *out)
{
    if (!option_scalar(r, value, "a value"))
        return false;
    *out = value_text(r, p, value);
    const char *why = refusal(p, *out);
    if (why)
        reading_complain(r, RULE_PARAMETER_VALUE, value->place,
                         "the %s '%s' %s; give one that a client could send", what,
                         reading_show(r, value->text), why);
    return !why;
}

static void read_values(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    struct config_parameter *p = object;
    (void)row;
    if (!option_list(r, value, "the values are a list, as [red, green]"))
        return;
    if (value->n == 0 || value->n > CONFIG_MAX_ITEMS) {
        reading_complain(r, RULE_MANY, value->place, "these are %zu values; give between 1 and %d",
                         value->n, CONFIG_MAX_ITEMS);
        return;
    }
    struct slice *allowed = reading_keep(r, value->n, sizeof *allowed);
    unsigned n = 0;
    for (size_t i = 0; i < value->n; i++)
        n += read_value(r, p, value->items[i], "value", &allowed[n]);
    p->allowed = allowed;
    p->n_allowed = n == value->n ? n : 0; /* nothing is judged by some of them */
}

static void read_default(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    struct config_parameter *p = object;
    (void)row;
    p->has_default = true;
    if (!p->is_list && r->unread & READING_LISTS)
        return;
    if (!p->is_list && value->kind == NODE_LIST)
        reading_complain(r, RULE_PARAMETER_DEFAULT, value->place,
                         "a list is the default of a parameter that is one; add `list: true`, or "
                         "give a single value");
    else if (!p->is_list)
        read_value(r, p, value, "default", &p->default_text);
    if (!p->is_list)
        return;
    size_t n = value->kind == NODE_LIST ? value->n : 1;
    struct node **items = value->kind == NODE_LIST ? value->items : &value;
    p->default_items = reading_keep(r, n, sizeof *p->default_items);
    for (size_t i = 0; i < n; i++)
        p->n_default_items +=
            read_value(r, p, items[i], "default", &p->default_items[p->n_default_items]);
}

static void read_pattern(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    struct config_parameter *p = object;
    char message[256] = "";
    size_t offset = 0;
    (void)row;
    if (!option_scalar(r, value, "a pattern"))
        return;
    p->pattern_text = reading_copy(r, value->text);
    p->pattern = pattern_new(p->pattern_text, true, &offset, message, sizeof message);
    if (p->pattern)
        config_keep_pattern(r, p->pattern);
    else
        reading_complain(r, RULE_PATTERN, node_place_in(r, value, offset),
                         "this is not a pattern: %s; write a PCRE2 expression for the whole value",
                         message);
}

/* Of an option in the map, or of the map. */
static struct place place_of(const struct node *map, const char *key)
{
    const struct node *value = node_find(map, slice_of(key));
    return value ? value->place : map->place;
}

/* What no option alone can tell: options that contradict each other. */
static void check_whole(struct reading *r, const struct config_parameter *p, const struct node *map)
{
    if (p->has_default && p->is_required && p->place != CONFIG_IN_PATH)
        reading_complain(r, RULE_PARAMETER_DEFAULT, place_of(map, "default"),
                         "a required parameter is never absent, so its default is never used; "
                         "leave one of them out");
    bool has_type = !(r->unread & READING_TYPE);
    if (has_type && (p->min.n || p->max.n) && !parameter_is_numeric(p))
        reading_complain(r, RULE_PARAMETER_RANGE, place_of(map, p->min.n ? "min" : "max"),
                         "min and max compare numbers; add `type: integer` or `type: number`");
    if (p->min.n && p->max.n && compare_json(p->min, p->max) == COMPARE_GREATER)
        reading_complain(r, RULE_PARAMETER_RANGE, place_of(map, "max"),
                         "max is below min, so no value will do; swap them");
}

static void read_one(struct reading *r, const struct option *row, struct node *value,
                     struct config_parameter *p)
{
    r->unread &= ~(unsigned)READING_TYPE;
    option_read_section(r, row->section, value, p);
    if (value->kind == NODE_MAP)
        check_whole(r, p, value);
}

/* Headers are named headers.x in templates and take no name from the others. */
static bool is_taken(const struct config_endpoint *e, struct slice name)
{
    for (unsigned i = 0; i < e->n_parameters; i++)
        if (e->parameters[i].place != CONFIG_IN_HEADER && slice_equal(e->parameters[i].name, name))
            return true;
    return false;
}

static void read_query(struct reading *r, const struct option *row, struct node *value,
                       void *object)
{
    struct config_endpoint *e = object;
    if (!option_map(r, value, "parameters are a map, as id: {required: true}")) {
        r->unread |= READING_NAMES;
        return;
    }
    for (size_t i = 0; i < value->n && !r->is_over; i++) {
        const struct node *key = value->pairs[i].key;
        if (is_taken(e, key->text)) {
            reading_complain(r, RULE_NAME_TAKEN, key->place,
                             "'%s' stands in the path already; choose another name",
                             reading_show(r, key->text));
            continue;
        }
        config_check_name(r, key, "a parameter", false);
        struct config_parameter *p = config_add_parameter(r, e, key, CONFIG_IN_QUERY);
        if (!p)
            return;
        read_one(r, row, value->pairs[i].value, p);
    }
}

static void read_headers(struct reading *r, const struct option *row, struct node *value,
                         void *object)
{
    struct config_endpoint *e = object;
    unsigned first = e->n_parameters;
    if (!option_map(r, value, "parameters are a map, as x-tenant: {required: true}"))
        return;
    for (size_t i = 0; i < value->n && !r->is_over; i++) {
        struct node key = *value->pairs[i].key;
        if (!config_read_header_name(r, &key, CONFIG_HEADER_READ, &key.text))
            continue;
        for (unsigned k = first; k < e->n_parameters; k++)
            if (slice_equal(e->parameters[k].name, key.text))
                reading_complain(r, RULE_HEADER_TWICE, key.place,
                                 "'%s' is given twice; headers' names are the same in either case",
                                 reading_show(r, key.text));
        struct config_parameter *p = config_add_parameter(r, e, &key, CONFIG_IN_HEADER);
        if (!p)
            return;
        read_one(r, row, value->pairs[i].value, p);
    }
}

static void read_path_parameter(struct reading *r, const struct option *row,
                                const struct node_pair *pair, struct config_parameter *p)
{
    read_one(r, row, pair->value, p);
    bool is_optional = !p->is_required;
    p->is_required = true;
    const struct node *required = node_find(pair->value, SLICE("required"));
    if (p->has_default || (is_optional && required))
        reading_complain(r, RULE_PARAMETER_PATH,
                         place_of(pair->value, p->has_default ? "default" : "required"),
                         "a parameter of the path is always there; leave this out");
}

/* `params` adds to what the path has declared. */
static void read_params(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    struct config_endpoint *e = object;
    if (!option_map(r, value, "parameters are a map, as id: {type: integer}"))
        return;
    for (size_t i = 0; i < value->n && !r->is_over; i++) {
        const struct node_pair *pair = &value->pairs[i];
        struct suggestion near;
        struct config_parameter *p = NULL;
        suggestion_begin(&near, pair->key->text);
        for (unsigned k = 0; k < e->n_parameters && !p; k++) {
            suggestion_offer(&near, e->parameters[k].name);
            p = slice_equal(e->parameters[k].name, pair->key->text) ? &e->parameters[k] : NULL;
        }
        if (p)
            read_path_parameter(r, row, pair, p);
        else if (e->n_segments)
            reading_complain(
                r, RULE_PARAMS, pair->key->place, "'%s' is not in the path; %s",
                reading_show(r, pair->key->text),
                reading_hint(
                    r, &near,
                    "params speaks of those of the path alone, see `query` and `headers`"));
    }
}

#define MAP_OF_PARAMETERS                                                                          \
    "{\"type\":[\"object\",\"null\"],\"additionalProperties\":{\"anyOf\":[@,{\"type\":\"null\"}]}" \
    "}"
#define SCALAR "{\"type\":[\"string\",\"number\",\"boolean\"]}"

const struct option_kind config_kind_query = {"map of parameters", MAP_OF_PARAMETERS, read_query};
const struct option_kind config_kind_headers = {"map of parameters", MAP_OF_PARAMETERS,
                                                read_headers};
const struct option_kind config_kind_params = {"map of parameters", MAP_OF_PARAMETERS, read_params};
const struct option_kind config_kind_pattern = {
    "pattern", "{\"type\":\"string\",\"format\":\"regex\"}", read_pattern};
const struct option_kind config_kind_values = {
    "list of values", "{\"type\":\"array\",\"minItems\":1,\"items\":" SCALAR "}", read_values};
const struct option_kind config_kind_default = {
    "value", "{\"type\":[\"string\",\"number\",\"boolean\",\"array\"]}", read_default};
