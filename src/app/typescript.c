/* typescript.c - types of schemas
 *
 * A type says what a schema says of kinds, members and elements. What TypeScript has no word for
 * (patterns, bounds, `not`, `if`) is left out; what is not known is `unknown`.
 */
#include "app/typescript.h"

#include <ctype.h>
#include <stdlib.h>

#include "app/schema.h"
#include "base/check.h"

static const struct slice unknown = SLICE_INIT("unknown");

static struct slice print(struct arena *arena, struct slice before, const char *between,
                          struct slice behind)
{
    struct slice all =
        arena_print(arena, "%.*s%s%.*s", SLICE_ARG(before), between, SLICE_ARG(behind));
    CHECK(all.at);
    return all;
}

static struct typescript plain(const char *text)
{
    return (struct typescript){slice_of(text), false};
}

static struct slice in_parentheses(struct typescript t, struct arena *arena)
{
    return t.is_compound ? print(arena, SLICE("("), "", print(arena, t.text, "", SLICE(")")))
                         : t.text;
}

struct slice typescript_member(struct slice name, struct arena *arena)
{
    bool is_plain = name.n && !isdigit((unsigned char)name.at[0]);
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.at[i];
        is_plain = is_plain && c < 0x80 && (isalnum(c) || c == '_' || c == '$');
    }
    return is_plain ? name : draft_text(arena, name)->text;
}

static struct slice indentation(unsigned depth, struct arena *arena)
{
    struct slice spaces = arena_print(arena, "%*s", (int)depth * 2, "");
    CHECK(spaces.at);
    return spaces;
}

/* White space becomes single spaces, and nothing ends the comment early. */
struct slice typescript_comment(struct slice text, unsigned depth, struct arena *arena)
{
    struct slice before = indentation(depth, arena);
    char *out = arena_take(arena, before.n + text.n * 2 + sizeof "/**  */\n");
    CHECK(out);
    memcpy(out, before.at, before.n);
    memcpy(out + before.n, "/** ", 4);
    const size_t begin = before.n + 4;
    size_t n = begin;
    bool is_space = true;
    for (size_t i = 0; i < text.n; i++) {
        bool is_white = isspace((unsigned char)text.at[i]);
        if (is_white && is_space)
            continue;
        if (text.at[i] == '/' && n > begin && out[n - 1] == '*')
            out[n++] = ' ';
        out[n++] = is_white ? ' ' : text.at[i];
        is_space = is_white;
    }
    if (n == begin)
        return SLICE("");
    n -= is_space;
    memcpy(out + n, " */\n", 4);
    return (struct slice){out, n + 4};
}

enum {
    COMPARED_MAX = 64 /* alternatives that are looked through for one that is there already */
};

struct part {
    struct slice text;
    struct part *next;
};

/* Types of which a value has one, or all. */
struct joining {
    struct arena *arena;
    const char *between; /* " | " or " & " */
    struct part *first, *last;
    unsigned n;
    bool has_unknown; /* it says nothing among others, or makes nothing of them */
};

static void add(struct joining *j, struct typescript t)
{
    struct slice text = *j->between && j->between[1] == '&' ? in_parentheses(t, j->arena) : t.text;
    struct part *part = j->first;
    j->has_unknown |= slice_equal(text, unknown);
    if (slice_equal(text, unknown))
        return;
    for (unsigned i = 0; part && i < COMPARED_MAX; i++, part = part->next)
        if (slice_equal(part->text, text))
            return;
    part = arena_take_zero(j->arena, 1, sizeof *part);
    CHECK(part);
    part->text = text;
    if (j->last)
        j->last->next = part;
    else
        j->first = part;
    j->last = part;
    j->n++;
}

static struct typescript joined(const struct joining *j, struct typescript otherwise)
{
    size_t n = 0, n_between = strlen(j->between);
    for (const struct part *p = j->first; p; p = p->next)
        n += p->text.n + n_between;
    char *text = arena_take(j->arena, n + 1);
    char *at = text;
    CHECK(text);
    for (const struct part *p = j->first; p; p = p->next) {
        at = p == j->first ? at : mempcpy(at, j->between, n_between);
        at = mempcpy(at, p->text.at, p->text.n);
    }
    return j->n ? (struct typescript){{text, (size_t)(at - text)}, j->n > 1} : otherwise;
}

static struct joining one_of(struct arena *arena)
{
    return (struct joining){.arena = arena, .between = " | "};
}

/* Of alternatives one that may be anything makes anything of all. */
static struct typescript joined_either(const struct joining *j)
{
    return j->has_unknown ? plain("unknown") : joined(j, plain("never"));
}

/* A value as the type that has no other. */
static struct slice literal(const struct draft *value)
{
    struct arena *arena = value->arena;
    struct slice text = value->kind == DRAFT_LIST ? SLICE("[") : SLICE("{ ");
    if (value->kind == DRAFT_SCALAR)
        return value->text;
    for (const struct draft_part *p = value->first; p; p = p->next) {
        struct slice member = literal(p->value);
        if (value->kind == DRAFT_OBJECT)
            member = print(arena, typescript_member(p->name, arena), ": ", member);
        text = print(arena, text, "", member);
        if (p->next)
            text = print(arena, text, value->kind == DRAFT_LIST ? ", " : "; ", SLICE(""));
    }
    return print(arena, text, value->kind == DRAFT_LIST ? "]" : " }", SLICE(""));
}

static struct typescript either_literal(const struct draft *values)
{
    struct joining j = one_of(values->arena);
    for (const struct draft_part *p = values->first; p; p = p->next)
        add(&j, (struct typescript){literal(p->value), false});
    return joined_either(&j);
}

static struct slice array_of(const struct draft *element, unsigned depth)
{
    struct typescript t = typescript_of_schema(element, depth);
    return print(element->arena, in_parentheses(t, element->arena), "[]", SLICE(""));
}

static bool is_false(const struct draft *s)
{
    return draft_is_word(s, "false");
}

/* Elements behind the least number may be absent; behind those that have places of their own others
 * may follow. */
static struct slice tuple_of(const struct draft *s, unsigned depth)
{
    struct arena *arena = s->arena;
    const struct draft *places = draft_find(s, "prefixItems");
    const struct draft *rest = draft_find(s, "items");
    const struct draft *least = draft_find(s, "minItems");
    unsigned long n_least = least ? strtoul(least->text.at, NULL, 10) : 0;
    struct slice text = SLICE("[");
    unsigned i = 0;
    for (const struct draft_part *p = places->first; p; p = p->next, i++) {
        struct typescript t = typescript_of_schema(p->value, depth);
        struct slice one =
            i < n_least ? t.text : print(arena, in_parentheses(t, arena), "?", SLICE(""));
        text = print(arena, text, i ? ", " : "", one);
    }
    if (!is_false(rest))
        text = print(arena, text, ", ...", rest ? array_of(rest, depth) : SLICE("unknown[]"));
    return print(arena, text, "]", SLICE(""));
}

static struct slice list_of(const struct draft *s, unsigned depth)
{
    const struct draft *items = draft_find(s, "items");
    if (draft_find(s, "prefixItems"))
        return tuple_of(s, depth);
    if (is_false(items) || draft_is_word(draft_find(s, "maxItems"), "0"))
        return SLICE("never[]");
    return items ? array_of(items, depth) : SLICE("unknown[]");
}

static struct slice about(const struct draft *s)
{
    const struct draft *text = draft_find(s, "description");
    text = text ? text : draft_find(s, "title");
    return text ? draft_characters(text) : SLICE("");
}

static struct slice add_member(struct slice before, const struct draft *member, struct slice name,
                               bool is_required, unsigned depth)
{
    struct arena *arena = member->arena;
    struct slice type = typescript_of_schema(member, depth).text;
    struct slice line = print(arena, typescript_comment(about(member), depth, arena), "",
                              indentation(depth, arena));
    line = print(arena, line, "", typescript_member(name, arena));
    line = print(arena, line, is_required ? ": " : "?: ", type);
    return print(arena, before, "", print(arena, line, ";\n", SLICE("")));
}

/* Members that are required and of which nothing more is said. */
static struct slice add_bare_members(struct slice before, const struct draft *s, unsigned depth)
{
    const struct draft *required = draft_find(s, "required");
    const struct draft *properties = draft_find(s, "properties");
    for (const struct draft_part *p = required ? required->first : NULL; p; p = p->next) {
        struct slice name = draft_characters(p->value);
        if (!draft_find_slice(properties, name))
            before = add_member(before, schema_any(s->arena), name, true, depth);
    }
    return before;
}

/* What its other members are; at is NULL where there are none that are known of. */
static struct slice other_members(const struct draft *s, bool is_alone, unsigned depth)
{
    const struct draft *rest = draft_find(s, "additionalProperties");
    const struct draft *by_pattern = draft_find(s, "patternProperties");
    if (is_false(rest) && !by_pattern)
        return SLICE_NONE;
    if (is_alone && rest && rest->kind == DRAFT_OBJECT && !by_pattern)
        return typescript_of_schema(rest, depth).text;
    return is_alone || rest || by_pattern ? unknown : SLICE_NONE;
}

static struct slice object_of(const struct draft *s, unsigned depth)
{
    struct arena *arena = s->arena;
    const struct draft *properties = draft_find(s, "properties");
    struct slice text = SLICE("");
    for (const struct draft_part *p = properties ? properties->first : NULL; p; p = p->next)
        text = add_member(text, p->value, p->name, schema_requires(s, p->name), depth + 1);
    text = add_bare_members(text, s, depth + 1);
    struct slice others = other_members(s, !text.n, depth + 1);
    if (!text.n && !others.at)
        return SLICE("Record<string, never>");
    if (others.at) {
        text = print(arena, text, "", indentation(depth + 1, arena));
        text = print(arena, text, "[key: string]: ", others);
        text = print(arena, text, ";\n", SLICE(""));
    }
    text = print(arena, SLICE("{\n"), "", text);
    return print(arena, print(arena, text, "", indentation(depth, arena)), "}", SLICE(""));
}

static struct typescript of_type(const struct draft *s, struct slice type, unsigned depth)
{
    if (slice_equal(type, SLICE("object")))
        return (struct typescript){object_of(s, depth), false};
    if (slice_equal(type, SLICE("array")))
        return (struct typescript){list_of(s, depth), false};
    return slice_equal(type, SLICE("integer")) ? plain("number") : (struct typescript){type, false};
}

/* What the schema says itself. */
static struct typescript of_own(const struct draft *s, unsigned depth)
{
    const struct draft *value = draft_find(s, "const");
    const struct draft *values = draft_find(s, "enum");
    const struct draft *type = draft_find(s, "type");
    struct joining j = one_of(s->arena);
    if (value)
        return (struct typescript){literal(value), false};
    if (values)
        return either_literal(values);
    if (type && type->kind == DRAFT_SCALAR)
        return of_type(s, draft_characters(type), depth);
    if (type) {
        for (const struct draft_part *p = type->first; p; p = p->next)
            add(&j, of_type(s, draft_characters(p->value), depth));
        return joined_either(&j);
    }
    if (draft_find(s, "properties"))
        return (struct typescript){object_of(s, depth), false};
    bool is_array = draft_find(s, "items") || draft_find(s, "prefixItems");
    return is_array ? (struct typescript){list_of(s, depth), false} : plain("unknown");
}

static struct typescript of_alternatives(const struct draft *list, unsigned depth)
{
    struct joining j = one_of(list->arena);
    for (const struct draft_part *p = list->first; p; p = p->next)
        add(&j, typescript_of_schema(p->value, depth));
    return joined_either(&j);
}

struct typescript typescript_of_schema(const struct draft *s, unsigned depth)
{
    struct slice referred = schema_referred(s);
    const struct draft *any = draft_find(s, "anyOf");
    const struct draft *one = draft_find(s, "oneOf");
    const struct draft *all = draft_find(s, "allOf");
    struct joining j = {.arena = s->arena, .between = " & "};
    if (s->kind != DRAFT_OBJECT)
        return plain(is_false(s) ? "never" : "unknown");
    if (referred.at)
        return (struct typescript){referred, false};
    struct typescript own = of_own(s, depth);
    if (!any && !one && !all)
        return own;
    if (slice_equal(own.text, unknown) && !all && !(any && one))
        return of_alternatives(any ? any : one, depth);
    add(&j, own);
    if (any)
        add(&j, of_alternatives(any, depth));
    if (one)
        add(&j, of_alternatives(one, depth));
    for (const struct draft_part *p = all ? all->first : NULL; p; p = p->next)
        add(&j, typescript_of_schema(p->value, depth));
    return joined(&j, plain("unknown"));
}

bool typescript_declare(const struct draft *s, struct slice name, struct buffer *out)
{
    struct typescript t = typescript_of_schema(s, 0);
    struct slice comment = typescript_comment(about(s), 0, s->arena);
    bool is_interface = schema_is_plain_object(s) && t.text.at[0] == '{';
    return buffer_print(out, "\n%.*sexport %s %.*s %s%.*s%s\n", SLICE_ARG(comment),
                        is_interface ? "interface" : "type", SLICE_ARG(name),
                        is_interface ? "" : "= ", SLICE_ARG(t.text), is_interface ? "" : ";");
}
