/* schema.c - what a schema says, and schemas made of others */
#include "app/schema.h"

#include "base/check.h"

enum {
    LEVELS_MAX = 64,   /* of references and alternatives on the way to an answer */
    STEPS_MAX = 20000, /* looks at schemas, for one answer */
};

#define BIT(kind) (1U << (kind))

enum {
    ALL_KINDS = BIT(JSON_NULL) | BIT(JSON_FALSE) | BIT(JSON_TRUE) | BIT(JSON_NUMBER) |
                BIT(JSON_STRING) | BIT(JSON_ARRAY) | BIT(JSON_OBJECT),
};

struct draft *schema_any(struct arena *arena)
{
    return draft_object(arena);
}

bool schema_is_any(const struct draft *s)
{
    return draft_is_word(s, "true") || (s->kind == DRAFT_OBJECT && s->n == 0);
}

struct draft *schema_of_type(struct arena *arena, const char *type)
{
    struct draft *s = draft_object(arena);
    draft_set_text(s, "type", slice_of(type));
    return s;
}

struct draft *schema_reference(struct arena *arena, struct slice name)
{
    struct draft *s = draft_object(arena);
    struct slice text = arena_print(arena, SCHEMA_NAMES "%.*s", SLICE_ARG(name));
    CHECK(text.at);
    draft_set_text(s, "$ref", text);
    return s;
}

struct slice schema_referred(const struct draft *s)
{
    const struct draft *reference = draft_find(s, "$ref");
    if (!draft_is_string(reference))
        return SLICE_NONE;
    struct slice text = draft_characters(reference);
    return slice_starts(text, SLICE(SCHEMA_NAMES)) ? slice_after(text, sizeof SCHEMA_NAMES - 1)
                                                   : SLICE_NONE;
}

const struct draft *schema_resolve(const struct draft *s, const struct draft *names)
{
    for (unsigned level = 0; level < LEVELS_MAX; level++) {
        struct slice name = schema_referred(s);
        if (!name.at)
            return s;
        const struct draft *next = draft_find_slice(names, name);
        if (!next)
            break;
        s = next;
    }
    return schema_any(s->arena);
}

struct draft *schema_list_of(struct draft *element)
{
    struct draft *s = schema_of_type(element->arena, "array");
    if (!schema_is_any(element))
        draft_set(s, "items", element);
    return s;
}

static bool is_same(const struct draft *a, const struct draft *b)
{
    const struct draft_part *p = a->first, *q = b->first;
    if (a == b)
        return true;
    if (a->kind != b->kind || a->n != b->n || !slice_equal(a->text, b->text))
        return false;
    for (; p; p = p->next, q = q->next)
        if (!slice_equal(p->name, q->name) || !is_same(p->value, q->value))
            return false;
    return true;
}

static void add_alternative(struct draft *list, struct draft *s)
{
    for (const struct draft_part *p = list->first; p; p = p->next)
        if (is_same(p->value, s))
            return;
    draft_add(list, s);
}

/* An alternative that says nothing but alternatives gives them away. */
static void add_alternatives(struct draft *list, struct draft *s)
{
    const struct draft *own = s->n == 1 ? draft_find(s, "anyOf") : NULL;
    if (!own)
        add_alternative(list, s);
    for (const struct draft_part *p = own ? own->first : NULL; p; p = p->next)
        add_alternative(list, p->value);
}

struct draft *schema_either(struct draft *one, struct draft *other)
{
    if (schema_is_any(one) || schema_is_any(other))
        return schema_any(one->arena);
    struct draft *list = draft_list(one->arena);
    add_alternatives(list, one);
    add_alternatives(list, other);
    if (list->n == 1)
        return list->first->value;
    struct draft *s = draft_object(one->arena);
    draft_set(s, "anyOf", list);
    return s;
}

struct draft *schema_or_null(struct draft *s)
{
    const struct draft *type = draft_find(s, "type");
    if (draft_is_text(type, "null") || draft_has_text(type, SLICE("null")))
        return s;
    return schema_either(s, schema_of_type(s->arena, "null"));
}

static const char *type_of_scalar(const struct draft *value)
{
    switch (value->text.at[0]) {
    case '"':
        return "string";
    case 'n':
        return "null";
    case 't':
    case 'f':
        return "boolean";
    default:
        return "number";
    }
}

static struct draft *schema_of_list(const struct draft *list)
{
    struct draft *s = schema_of_type(list->arena, "array");
    struct draft *element = NULL;
    for (const struct draft_part *p = list->first; p; p = p->next) {
        struct draft *one = schema_of_value(p->value);
        element = element ? schema_either(element, one) : one;
    }
    if (element)
        draft_set(s, "items", element);
    else
        draft_set_word(s, "maxItems", "0");
    return s;
}

struct draft *schema_of_value(const struct draft *value)
{
    if (value->kind == DRAFT_SCALAR)
        return schema_of_type(value->arena, type_of_scalar(value));
    if (value->kind == DRAFT_LIST)
        return schema_of_list(value);
    struct draft *s = schema_of_type(value->arena, "object");
    struct draft *properties = draft_object(value->arena);
    struct draft *required = draft_list(value->arena);
    for (const struct draft_part *p = value->first; p; p = p->next) {
        draft_append(properties, p->name, schema_of_value(p->value));
        draft_add_text(required, p->name);
    }
    if (value->n) {
        draft_set(s, "properties", properties);
        draft_set(s, "required", required);
    }
    return s;
}

bool schema_is_plain_object(const struct draft *s)
{
    static const char *const others[] = {"anyOf", "oneOf", "allOf", "$ref",
                                         "not",   "if",    "enum",  "const"};
    bool has_type = draft_is_text(draft_find(s, "type"), "object");
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
        if (draft_find(s, others[i]))
            return false;
    return has_type || (!draft_find(s, "type") && draft_find(s, "properties"));
}

bool schema_requires(const struct draft *s, struct slice name)
{
    return draft_has_text(draft_find(s, "required"), name);
}

/* One question about schemas within schemas. */
struct question {
    const struct draft *names;
    unsigned n_steps;
};

static unsigned kinds_of_type(struct slice type)
{
    static const struct {
        const char *name;
        unsigned kinds;
    } types[] = {
        {"null", BIT(JSON_NULL)},     {"boolean", BIT(JSON_TRUE) | BIT(JSON_FALSE)},
        {"number", BIT(JSON_NUMBER)}, {"integer", BIT(JSON_NUMBER)},
        {"string", BIT(JSON_STRING)}, {"array", BIT(JSON_ARRAY)},
        {"object", BIT(JSON_OBJECT)},
    };
    for (unsigned i = 0; i < sizeof types / sizeof *types; i++)
        if (slice_equal(slice_of(types[i].name), type))
            return types[i].kinds;
    return 0;
}

static unsigned kind_of_value(const struct draft *value)
{
    if (value->kind == DRAFT_SCALAR)
        return kinds_of_type(slice_of(type_of_scalar(value)));
    return value->kind == DRAFT_LIST ? BIT(JSON_ARRAY) : BIT(JSON_OBJECT);
}

/* What it says itself. Without a type, who speaks of members means an object. */
static unsigned own_kinds(const struct draft *s)
{
    const struct draft *type = draft_find(s, "type");
    const struct draft *one = draft_find(s, "const");
    const struct draft *several = draft_find(s, "enum");
    unsigned kinds = 0;
    if (type && type->kind == DRAFT_SCALAR)
        return kinds_of_type(draft_characters(type));
    for (const struct draft_part *p = type ? type->first : NULL; p; p = p->next)
        kinds |= kinds_of_type(draft_characters(p->value));
    for (const struct draft_part *p = !type && several ? several->first : NULL; p; p = p->next)
        kinds |= kind_of_value(p->value);
    if (!type && one)
        kinds |= kind_of_value(one);
    if (kinds)
        return kinds;
    if (draft_find(s, "properties"))
        return BIT(JSON_OBJECT);
    return draft_find(s, "items") || draft_find(s, "prefixItems") ? BIT(JSON_ARRAY) : ALL_KINDS;
}

static unsigned kinds_of(struct question *q, const struct draft *s, unsigned level)
{
    s = schema_resolve(s, q->names);
    if (draft_is_word(s, "false"))
        return 0;
    if (level == LEVELS_MAX || ++q->n_steps > STEPS_MAX || s->kind != DRAFT_OBJECT)
        return ALL_KINDS;
    unsigned kinds = own_kinds(s);
    for (const struct draft_part *p = s->first; p; p = p->next) {
        bool is_all = slice_equal(p->name, SLICE("allOf"));
        unsigned any = 0;
        if (!is_all && !slice_equal(p->name, SLICE("anyOf")) &&
            !slice_equal(p->name, SLICE("oneOf")))
            continue;
        for (const struct draft_part *each = p->value->first; each; each = each->next) {
            unsigned of_this = kinds_of(q, each->value, level + 1);
            any |= of_this;
            kinds &= is_all ? of_this : ALL_KINDS;
        }
        kinds &= is_all ? ALL_KINDS : any;
    }
    return kinds;
}

unsigned schema_kinds(const struct draft *s, const struct draft *names)
{
    struct question q = {.names = names};
    return kinds_of(&q, s, 0);
}

static struct draft *step(struct question *q, const struct draft *s, struct slice name,
                          unsigned level);

/* Of alternatives those count that can have the member. */
static struct draft *step_either(struct question *q, const struct draft *list, struct slice name,
                                 unsigned level)
{
    struct draft *found = NULL;
    for (const struct draft_part *p = list->first; p; p = p->next) {
        if (!(kinds_of(q, p->value, level) & (BIT(JSON_OBJECT) | BIT(JSON_ARRAY))))
            continue;
        struct draft *one = step(q, p->value, name, level);
        found = found ? schema_either(found, one) : one;
    }
    return found ? found : schema_any(list->arena);
}

/* Of what holds together the first that knows the member will do. */
static struct draft *step_all(struct question *q, const struct draft *list, struct slice name,
                              unsigned level)
{
    for (const struct draft_part *p = list->first; p; p = p->next) {
        struct draft *found = step(q, p->value, name, level);
        if (!schema_is_any(found))
            return found;
    }
    return schema_any(list->arena);
}

static struct draft *step(struct question *q, const struct draft *s, struct slice name,
                          unsigned level)
{
    s = schema_resolve(s, q->names);
    if (level == LEVELS_MAX || ++q->n_steps > STEPS_MAX)
        return schema_any(s->arena);
    struct draft *own = draft_find_slice(draft_find(s, "properties"), name);
    struct draft *items = draft_find(s, "items");
    struct draft *rest = draft_find(s, "additionalProperties");
    const struct draft *any = draft_find(s, "anyOf");
    const struct draft *one = draft_find(s, "oneOf");
    const struct draft *all = draft_find(s, "allOf");
    if (own)
        return own;
    if (rest && rest->kind == DRAFT_OBJECT && !draft_find(s, "patternProperties"))
        return rest;
    if (items && !draft_find(s, "prefixItems"))
        return schema_list_of(step(q, items, name, level + 1));
    if (any || one)
        return step_either(q, any ? any : one, name, level + 1);
    return all ? step_all(q, all, name, level + 1) : schema_any(s->arena);
}

struct draft *schema_unwrap(struct draft *s, const struct draft *names, struct json_path path)
{
    struct question q = {.names = names};
    bool may_be_null = kinds_of(&q, s, 0) & BIT(JSON_NULL);
    for (unsigned i = 0; i < path.n_steps; i++)
        s = step(&q, s, path.steps[i].name, 0);
    return may_be_null && path.n_steps ? schema_or_null(s) : s;
}
