/* config_value_schema.c - `schema` of a source: what its service answers (JSON Schema 2020-12)
 *
 * Only descriptions are made of it (app/description.h); no value is held to it. So it is checked
 * to be one that every reader of such a description understands and gets through: keywords have
 * values of their kind, references stay inside and lead somewhere, nothing consists of itself, and
 * there is a bound to it all. Unknown keywords are let be, as the standard wants.
 */
#include <ctype.h>

#include "config/config_internal.h"

enum {
    SCHEMA_DEPTH_MAX = 32,
    SCHEMA_COUNT_MAX = 2000,      /* schemas of one source */
    SCHEMA_TEXT_MAX = 256 * 1024, /* bytes as JSON */
};

/* One source's. */
struct checking {
    struct reading *r;
    const struct node *names; /* its `$defs`; NULL: none */
    unsigned n;               /* schemas so far */
    unsigned depth;
    bool is_over; /* told to be too much */
};

enum keyword_kind {
    KEYWORD_TEXT,
    KEYWORD_TEXTS, /* a list */
    KEYWORD_NUMBER,
    KEYWORD_COUNT,
    KEYWORD_BOOLEAN,
    KEYWORD_LIST, /* of any values */
    KEYWORD_TYPE,
    KEYWORD_REFERENCE,
    KEYWORD_ROOT,    /* a text that belongs at the top */
    KEYWORD_SCHEMA,  /* of a part of the value */
    KEYWORD_NAMED,   /* a map of such */
    KEYWORD_ITEMS,   /* a list of such */
    KEYWORD_WHOLE,   /* of the value itself */
    KEYWORD_WHOLES,  /* a list of such */
    KEYWORD_REFUSED, /* with what to write in its place */
};

static const struct keyword {
    const char *name;
    enum keyword_kind kind;
    const char *instead;
} keywords[] = {
    {"type", KEYWORD_TYPE, NULL},
    {"properties", KEYWORD_NAMED, NULL},
    {"required", KEYWORD_TEXTS, NULL},
    {"items", KEYWORD_SCHEMA, "list those of single places under prefixItems"},
    {"$ref", KEYWORD_REFERENCE, NULL},
    {"$defs", KEYWORD_NAMED, NULL},
    {"enum", KEYWORD_LIST, NULL},
    {"anyOf", KEYWORD_WHOLES, NULL},
    {"oneOf", KEYWORD_WHOLES, NULL},
    {"allOf", KEYWORD_WHOLES, NULL},
    {"not", KEYWORD_WHOLE, NULL},
    {"if", KEYWORD_WHOLE, NULL},
    {"then", KEYWORD_WHOLE, NULL},
    {"else", KEYWORD_WHOLE, NULL},
    {"dependentSchemas", KEYWORD_NAMED, NULL},
    {"additionalProperties", KEYWORD_SCHEMA, NULL},
    {"patternProperties", KEYWORD_NAMED, NULL},
    {"propertyNames", KEYWORD_SCHEMA, NULL},
    {"unevaluatedProperties", KEYWORD_SCHEMA, NULL},
    {"unevaluatedItems", KEYWORD_SCHEMA, NULL},
    {"prefixItems", KEYWORD_ITEMS, NULL},
    {"contains", KEYWORD_SCHEMA, NULL},
    {"title", KEYWORD_TEXT, NULL},
    {"description", KEYWORD_TEXT, NULL},
    {"format", KEYWORD_TEXT, NULL},
    {"pattern", KEYWORD_TEXT, NULL},
    {"$comment", KEYWORD_TEXT, NULL},
    {"contentEncoding", KEYWORD_TEXT, NULL},
    {"contentMediaType", KEYWORD_TEXT, NULL},
    {"contentSchema", KEYWORD_SCHEMA, NULL},
    {"minimum", KEYWORD_NUMBER, NULL},
    {"maximum", KEYWORD_NUMBER, NULL},
    {"exclusiveMinimum", KEYWORD_NUMBER, NULL},
    {"exclusiveMaximum", KEYWORD_NUMBER, NULL},
    {"multipleOf", KEYWORD_NUMBER, NULL},
    {"minLength", KEYWORD_COUNT, NULL},
    {"maxLength", KEYWORD_COUNT, NULL},
    {"minItems", KEYWORD_COUNT, NULL},
    {"maxItems", KEYWORD_COUNT, NULL},
    {"minContains", KEYWORD_COUNT, NULL},
    {"maxContains", KEYWORD_COUNT, NULL},
    {"minProperties", KEYWORD_COUNT, NULL},
    {"maxProperties", KEYWORD_COUNT, NULL},
    {"uniqueItems", KEYWORD_BOOLEAN, NULL},
    {"deprecated", KEYWORD_BOOLEAN, NULL},
    {"readOnly", KEYWORD_BOOLEAN, NULL},
    {"writeOnly", KEYWORD_BOOLEAN, NULL},
    {"examples", KEYWORD_LIST, NULL},
    {"$schema", KEYWORD_ROOT, NULL},
    {"$id", KEYWORD_ROOT, NULL},
    {"$anchor", KEYWORD_REFUSED, "refer to #/$defs/NAME"},
    {"$dynamicAnchor", KEYWORD_REFUSED, "refer to #/$defs/NAME"},
    {"$dynamicRef", KEYWORD_REFUSED, "write $ref"},
    {"$vocabulary", KEYWORD_REFUSED, "leave it out"},
    {"definitions", KEYWORD_REFUSED, "write $defs"},
    {"nullable", KEYWORD_REFUSED, "write type: [string, \"null\"]"},
};

static const struct keyword *find_keyword(struct slice name)
{
    for (unsigned i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (slice_equal(slice_of(keywords[i].name), name))
            return &keywords[i];
    return NULL;
}

/* What a scalar is, by the first byte of its JSON; 0: told that it is nothing. */
static char first_byte(struct checking *c, struct node *value)
{
    struct slice json = SLICE_NONE;
    return node_json(c->r, value, &json) && json.n ? json.at[0] : '\0';
}

static bool is_whole_number(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!isdigit((unsigned char)text.at[i]))
            return false;
    return text.n > 0;
}

static bool is_scalar_of(struct checking *c, struct node *value, enum keyword_kind kind)
{
    if (value->kind != NODE_SCALAR)
        return false;
    char first = first_byte(c, value);
    switch (kind) {
    case KEYWORD_NUMBER:
        return first == '-' || isdigit((unsigned char)first);
    case KEYWORD_COUNT:
        return isdigit((unsigned char)first) && is_whole_number(value->text);
    case KEYWORD_BOOLEAN:
        return first == 't' || first == 'f';
    default:
        return first == '"';
    }
}

static const char *due_of(enum keyword_kind kind)
{
    switch (kind) {
    case KEYWORD_NUMBER:
        return "a number";
    case KEYWORD_COUNT:
        return "a whole number";
    case KEYWORD_BOOLEAN:
        return "true or false";
    default:
        return "a text";
    }
}

static void check_scalar(struct checking *c, const struct keyword *k, struct node *value)
{
    if (!is_scalar_of(c, value, k->kind))
        reading_complain(c->r, RULE_SCHEMA, value->place, "%s of a schema is %s; write that here",
                         k->name, due_of(k->kind));
}

static bool check_list(struct checking *c, const struct keyword *k, const struct node *value)
{
    if (value->kind == NODE_LIST)
        return true;
    reading_complain(c->r, RULE_SCHEMA, value->place, "%s of a schema is a list; write one here",
                     k->name);
    return false;
}

static void check_texts(struct checking *c, const struct keyword *k, const struct node *value)
{
    if (!check_list(c, k, value))
        return;
    for (size_t i = 0; i < value->n; i++)
        if (!is_scalar_of(c, value->items[i], KEYWORD_TEXT))
            reading_complain(c->r, RULE_SCHEMA, value->items[i]->place,
                             "%s of a schema is a list of texts; quote this one", k->name);
}

/* A null without quotes is the type of that name, and is written as such from then on. */
static void check_one_type(struct checking *c, struct node *value)
{
    static const char *const types[] = {"array",  "boolean", "integer", "null",
                                        "number", "object",  "string"};
    struct suggestion near;
    suggestion_begin(&near, value->text);
    for (unsigned i = 0; i < sizeof types / sizeof *types; i++) {
        if (value->kind == NODE_SCALAR && node_is(value, types[i])) {
            value->is_plain = false;
            return;
        }
        suggestion_offer(&near, slice_of(types[i]));
    }
    reading_complain(
        c->r, RULE_SCHEMA, value->place, "'%s' is no type of a schema; %s",
        reading_show(c->r, value->text),
        reading_hint(c->r, &near,
                     "it is one of array, boolean, integer, null, number, object, string"));
}

static void check_type(struct checking *c, struct node *value)
{
    if (value->kind != NODE_LIST)
        check_one_type(c, value);
    for (size_t i = 0; value->kind == NODE_LIST && i < value->n; i++)
        check_one_type(c, value->items[i]);
}

static const struct slice inside = SLICE_INIT("#/$defs/");

/* What a reference leads to; NULL: nothing. */
static const struct node *find_referred(const struct checking *c, const struct node *value)
{
    bool is_inside = value->kind == NODE_SCALAR && slice_starts(value->text, inside);
    return is_inside && c->names ? node_find(c->names, slice_after(value->text, inside.n)) : NULL;
}

static void check_reference(struct checking *c, const struct node *value)
{
    struct suggestion near;
    if (find_referred(c, value))
        return;
    if (value->kind != NODE_SCALAR || !slice_starts(value->text, inside)) {
        reading_complain(c->r, RULE_SCHEMA, value->place,
                         "'%s' leads out of the schema; refer to #/$defs/NAME of its own",
                         reading_show(c->r, value->text));
        return;
    }
    suggestion_begin(&near, slice_after(value->text, inside.n));
    for (size_t i = 0; c->names && i < c->names->n; i++)
        suggestion_offer(&near, c->names->pairs[i].key->text);
    reading_complain(c->r, RULE_SCHEMA, value->place, "the schema has no '%s'; %s",
                     reading_show(c->r, value->text),
                     reading_hint(c->r, &near, "put it under `$defs` at its top"));
}

static void check_schema(struct checking *c, struct node *value);

static void check_named(struct checking *c, const struct keyword *k, const struct node *value)
{
    if (value->kind != NODE_MAP)
        reading_complain(c->r, RULE_SCHEMA, value->place,
                         "%s of a schema is a map of schemas; write name: {type: string}", k->name);
    for (size_t i = 0; value->kind == NODE_MAP && i < value->n; i++)
        check_schema(c, value->pairs[i].value);
}

static void check_several(struct checking *c, const struct keyword *k, const struct node *value)
{
    if (!check_list(c, k, value))
        return;
    if (value->n == 0)
        reading_complain(c->r, RULE_SCHEMA, value->place,
                         "%s has no schema in it; leave it out, or give it one", k->name);
    for (size_t i = 0; i < value->n; i++)
        check_schema(c, value->items[i]);
}

static void check_schema_of(struct checking *c, const struct keyword *k, struct node *value)
{
    if (value->kind == NODE_LIST && k->instead)
        reading_complain(c->r, RULE_SCHEMA, value->place, "%s is one schema for all; %s", k->name,
                         k->instead);
    else
        check_schema(c, value);
}

static void check_keyword(struct checking *c, const struct keyword *k, const struct node_pair *pair)
{
    struct node *value = pair->value;
    switch (k->kind) {
    case KEYWORD_TEXT:
    case KEYWORD_NUMBER:
    case KEYWORD_COUNT:
    case KEYWORD_BOOLEAN:
        check_scalar(c, k, value);
        break;
    case KEYWORD_TEXTS:
        check_texts(c, k, value);
        break;
    case KEYWORD_LIST:
        check_list(c, k, value);
        break;
    case KEYWORD_TYPE:
        check_type(c, value);
        break;
    case KEYWORD_REFERENCE:
        check_reference(c, value);
        break;
    case KEYWORD_ROOT:
        if (c->depth > 1)
            reading_complain(c->r, RULE_SCHEMA, pair->key->place,
                             "'%s' belongs at the top of a schema; leave it out here", k->name);
        break;
    case KEYWORD_SCHEMA:
    case KEYWORD_WHOLE:
        check_schema_of(c, k, value);
        break;
    case KEYWORD_NAMED:
        check_named(c, k, value);
        break;
    case KEYWORD_ITEMS:
    case KEYWORD_WHOLES:
        check_several(c, k, value);
        break;
    case KEYWORD_REFUSED:
        reading_complain(c->r, RULE_SCHEMA, pair->key->place,
                         "'%s' is not understood in a schema; %s", k->name, k->instead);
        break;
    }
}

static void give_up(struct checking *c, struct place place, const char *what, unsigned most)
{
    c->is_over = true;
    reading_complain(c->r, RULE_SCHEMA, place, "the schema %s; at most %u are read", what, most);
}

static void check_schema(struct checking *c, struct node *value)
{
    if (c->is_over || c->r->is_over)
        return;
    if (c->depth == SCHEMA_DEPTH_MAX || ++c->n > SCHEMA_COUNT_MAX) {
        bool is_deep = c->depth == SCHEMA_DEPTH_MAX;
        give_up(c, value->place, is_deep ? "nests too many levels" : "has too many parts",
                is_deep ? SCHEMA_DEPTH_MAX : SCHEMA_COUNT_MAX);
        return;
    }
    if (value->kind != NODE_MAP && !is_scalar_of(c, value, KEYWORD_BOOLEAN)) {
        reading_complain(c->r, RULE_SCHEMA, value->place,
                         "a schema is a map, or true or false; write one as {type: string}");
        return;
    }
    c->depth++;
    for (size_t i = 0; value->kind == NODE_MAP && i < value->n; i++) {
        const struct keyword *k = find_keyword(value->pairs[i].key->text);
        if (k)
            check_keyword(c, k, &value->pairs[i]);
    }
    c->depth--;
}

enum end_state {
    END_UNSEEN,
    END_ON_THE_WAY,
    END_GOOD,
};

static void check_end(struct checking *c, const struct node *value, unsigned char *states);

/* On the way to itself it would never end. */
static void check_referred_end(struct checking *c, const struct node *reference,
                               unsigned char *states)
{
    const struct node *referred = find_referred(c, reference);
    size_t i = 0;
    if (!referred)
        return;
    while (c->names->pairs[i].value != referred)
        i++;
    if (states[i] == END_ON_THE_WAY)
        reading_complain(c->r, RULE_SCHEMA, reference->place,
                         "'%s' consists of itself; refer to it from properties or items alone",
                         reading_show(c->r, reference->text));
    if (states[i] != END_UNSEEN)
        return;
    states[i] = END_ON_THE_WAY;
    check_end(c, referred, states);
    states[i] = END_GOOD;
}

/* What speaks of the very value that the whole does must end somewhere. */
static void check_end(struct checking *c, const struct node *value, unsigned char *states)
{
    for (size_t i = 0; value->kind == NODE_MAP && i < value->n; i++) {
        const struct node *below = value->pairs[i].value;
        const struct keyword *k = find_keyword(value->pairs[i].key->text);
        if (!k)
            continue;
        if (k->kind == KEYWORD_REFERENCE)
            check_referred_end(c, below, states);
        else if (k->kind == KEYWORD_WHOLE)
            check_end(c, below, states);
        for (size_t m = 0; k->kind == KEYWORD_WHOLES && m < below->n; m++)
            check_end(c, below->items[m], states);
    }
}

static void check_ends(struct checking *c)
{
    size_t n = c->names ? c->names->n : 0;
    unsigned char *states = reading_scratch(c->r, n + 1, sizeof *states);
    for (size_t i = 0; i < n; i++) {
        if (states[i] != END_UNSEEN)
            continue;
        states[i] = END_ON_THE_WAY;
        check_end(c, c->names->pairs[i].value, states);
        states[i] = END_GOOD;
    }
}

/* The whole of it as JSON; empty where something is wrong with it (told). */
static struct slice read_root(struct reading *r, struct node *root)
{
    struct checking c = {.r = r};
    struct slice json = SLICE_NONE;
    unsigned told_before = r->diagnostics.n;
    if (!option_map(r, root, "a schema is a map, as type: object") || root->kind != NODE_MAP)
        return SLICE_NONE;
    const struct node *names = node_find(root, SLICE("$defs"));
    c.names = names && names->kind == NODE_MAP ? names : NULL;
    check_schema(&c, root);
    if (r->diagnostics.n == told_before)
        check_ends(&c);
    if (r->diagnostics.n != told_before || !node_json(r, root, &json))
        return SLICE_NONE;
    if (json.n > SCHEMA_TEXT_MAX)
        reading_complain(r, RULE_SCHEMA, root->place, "the schema has %zu KiB; at most %d are read",
                         json.n >> 10, SCHEMA_TEXT_MAX >> 10);
    return json;
}

/* A file that several sources name is read once. */
static struct slice read_schema_file(struct reading *r, const struct option *row,
                                     struct node *value)
{
    const struct option name = {.name = row->name};
    const char *path = NULL;
    bool is_empty = false;
    option_file.read(r, &name, value, &path);
    for (struct reading_schema *s = r->schemas; path && s; s = s->next)
        if (strcmp(s->path, path) == 0)
            return s->json;
    struct document *d = path ? config_open(r, path, value->text.at, value) : NULL;
    struct node *root = d ? config_parse(r, d, &is_empty) : NULL;
    if (is_empty)
        reading_complain(r, RULE_SCHEMA, (struct place){d, 0},
                         "the file says nothing; a schema is due, as {\"type\": \"object\"}");
    struct reading_schema *s = reading_scratch(r, 1, sizeof *s);
    *s = (struct reading_schema){.next = r->schemas, .path = path ? path : ""};
    s->json = root ? read_root(r, root) : SLICE_NONE;
    r->schemas = s;
    return s->json;
}

static void read_schema(struct reading *r, const struct option *row, struct node *value,
                        void *object)
{
    struct slice *out = option_at(object, row);
    *out = value->kind == NODE_SCALAR && !node_is_null(value) ? read_schema_file(r, row, value)
                                                              : read_root(r, value);
}

const struct option_kind config_kind_schema = {"JSON Schema, or the name of a file with one",
                                               "{\"type\":[\"object\",\"string\"]}", read_schema};
