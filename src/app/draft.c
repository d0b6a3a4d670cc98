/* draft.c - a JSON document in the making */
#include "app/draft.h"

#include "base/check.h"
#include "base/quote.h"
#include "json/text.h"
#include "json/walk.h"

enum {
    DEPTH_MAX = 256,
    LINE_MAX = 80 /* columns that a list of scalars may take on one line */
};

static struct draft *new_draft(struct arena *arena, enum draft_kind kind)
{
    struct draft *d = arena_take_zero(arena, 1, sizeof *d);
    CHECK(d);
    d->kind = kind;
    d->arena = arena;
    return d;
}

struct draft *draft_object(struct arena *arena)
{
    return new_draft(arena, DRAFT_OBJECT);
}

struct draft *draft_list(struct arena *arena)
{
    return new_draft(arena, DRAFT_LIST);
}

static struct draft *new_scalar(struct arena *arena, struct slice json)
{
    struct draft *d = new_draft(arena, DRAFT_SCALAR);
    d->text = arena_copy(arena, json);
    CHECK(d->text.at);
    return d;
}

struct draft *draft_word(struct arena *arena, const char *json)
{
    return new_scalar(arena, slice_of(json));
}

struct draft *draft_text(struct arena *arena, struct slice text)
{
    struct draft *d = new_draft(arena, DRAFT_SCALAR);
    char *quoted = arena_take(arena, quote_json_size(text));
    CHECK(quoted);
    d->text = (struct slice){quoted, quote_json_into(quoted, text)};
    return d;
}

static void add_part(struct draft *d, struct slice name, struct draft *value)
{
    struct draft_part *part = arena_take_zero(d->arena, 1, sizeof *part);
    CHECK(part && value);
    *part = (struct draft_part){.name = name, .value = value};
    if (d->last)
        d->last->next = part;
    else
        d->first = part;
    d->last = part;
    d->n++;
}

void draft_add(struct draft *list, struct draft *element)
{
    CHECK(list->kind == DRAFT_LIST);
    add_part(list, SLICE_NONE, element);
}

void draft_add_text(struct draft *list, struct slice text)
{
    draft_add(list, draft_text(list->arena, text));
}

void draft_append(struct draft *object, struct slice name, struct draft *value)
{
    CHECK(object->kind == DRAFT_OBJECT);
    struct slice copy = arena_copy(object->arena, name);
    CHECK(copy.at);
    add_part(object, copy, value);
}

static struct draft_part *find_part(const struct draft *object, struct slice name)
{
    if (!object || object->kind != DRAFT_OBJECT)
        return NULL;
    for (struct draft_part *p = object->first; p; p = p->next)
        if (slice_equal(p->name, name))
            return p;
    return NULL;
}

struct draft *draft_find_slice(const struct draft *object, struct slice name)
{
    const struct draft_part *part = find_part(object, name);
    return part ? part->value : NULL;
}

struct draft *draft_find(const struct draft *object, const char *name)
{
    return draft_find_slice(object, slice_of(name));
}

void draft_put(struct draft *object, struct slice name, struct draft *value)
{
    struct draft_part *part = find_part(object, name);
    if (part)
        part->value = value;
    else
        draft_append(object, name, value);
}

void draft_set(struct draft *object, const char *name, struct draft *value)
{
    draft_put(object, slice_of(name), value);
}

void draft_set_text(struct draft *object, const char *name, struct slice text)
{
    draft_set(object, name, draft_text(object->arena, text));
}

void draft_set_word(struct draft *object, const char *name, const char *json)
{
    draft_set(object, name, draft_word(object->arena, json));
}

bool draft_is_string(const struct draft *d)
{
    return d && d->kind == DRAFT_SCALAR && d->text.at[0] == '"';
}

struct slice draft_characters(const struct draft *string)
{
    CHECK(draft_is_string(string));
    char *text = arena_take(string->arena, string->text.n);
    CHECK(text);
    return (struct slice){text, text_unquote(text, string->text)};
}

/* The recursion is bounded by the depth that scan_json() lets pass. */
static struct draft *read_value(struct arena *arena, struct json_value v)
{
    struct walk w = walk_begin(v.text);
    struct json_value part;
    struct slice quoted;
    struct draft *d;
    switch (v.kind) {
    case JSON_OBJECT:
        d = draft_object(arena);
        while (walk_member(&w, &quoted, &part))
            add_part(d, draft_characters(new_scalar(arena, quoted)), read_value(arena, part));
        return d;
    case JSON_ARRAY:
        d = draft_list(arena);
        while (walk_element(&w, &part))
            draft_add(d, read_value(arena, part));
        return d;
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE:
    case JSON_NUMBER:
    case JSON_STRING:
        break;
    }
    return new_scalar(arena, v.text);
}

struct draft *draft_read(struct arena *arena, struct slice json)
{
    return read_value(arena, find_root(json));
}

struct draft *draft_copy(const struct draft *d)
{
    struct draft *copy = new_draft(d->arena, d->kind);
    copy->text = d->text;
    for (const struct draft_part *p = d->first; p; p = p->next)
        add_part(copy, p->name, p->value);
    return copy;
}

void draft_drop_empty(struct draft *object, const char *name)
{
    struct draft *kept = new_draft(object->arena, object->kind);
    for (const struct draft_part *p = object->first; p; p = p->next)
        if (!slice_equal(p->name, slice_of(name)) || p->value->n || p->value->text.n)
            add_part(kept, p->name, p->value);
    *object = *kept;
}

bool draft_is_text(const struct draft *d, const char *text)
{
    return draft_is_string(d) && text_is(d->text, slice_of(text));
}

bool draft_is_word(const struct draft *d, const char *json)
{
    return d && d->kind == DRAFT_SCALAR && slice_equal(d->text, slice_of(json));
}

bool draft_has_text(const struct draft *list, struct slice text)
{
    for (const struct draft_part *p = list ? list->first : NULL; p; p = p->next)
        if (draft_is_string(p->value) && text_is(p->value->text, text))
            return true;
    return false;
}

static bool put_line(struct buffer *out, unsigned depth)
{
    return buffer_print(out, "\n%*s", (int)depth * 2, "");
}

/* A list that is read best in one line. */
static bool is_short(const struct draft *d)
{
    size_t n = 2;
    for (const struct draft_part *p = d->first; p; p = p->next) {
        if (p->value->kind != DRAFT_SCALAR)
            return false;
        n += p->value->text.n + 2;
    }
    return n <= LINE_MAX;
}

static bool put(const struct draft *d, struct buffer *out, unsigned depth);

/* What stands before a part, and its name where it has one. */
static bool put_before(const struct draft *d, const struct draft_part *p, struct buffer *out,
                       unsigned depth)
{
    bool is_line = d->kind == DRAFT_LIST && is_short(d);
    bool is_good = p == d->first || buffer_append(out, is_line ? SLICE(", ") : SLICE(","));
    is_good = is_good && (is_line || put_line(out, depth));
    if (d->kind == DRAFT_OBJECT)
        is_good = is_good && text_quote(out, p->name) && buffer_append(out, SLICE(": "));
    return is_good;
}

static bool put_parts(const struct draft *d, struct buffer *out, unsigned depth)
{
    bool is_list = d->kind == DRAFT_LIST;
    bool is_line = !d->first || (is_list && is_short(d));
    bool is_good = buffer_append(out, is_list ? SLICE("[") : SLICE("{"));
    for (const struct draft_part *p = d->first; p && is_good; p = p->next)
        is_good = put_before(d, p, out, depth + 1) && put(p->value, out, depth + 1);
    is_good = is_good && (is_line || put_line(out, depth));
    return is_good && buffer_append(out, is_list ? SLICE("]") : SLICE("}"));
}

static bool put(const struct draft *d, struct buffer *out, unsigned depth)
{
    CHECK(depth < DEPTH_MAX);
    return d->kind == DRAFT_SCALAR ? buffer_append(out, d->text) : put_parts(d, out, depth);
}

bool draft_write(const struct draft *d, struct buffer *out)
{
    return put(d, out, 0) && buffer_append(out, SLICE("\n"));
}
