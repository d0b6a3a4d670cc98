/* xml_tree.c - elements as their tags come, children linked by name */
#include "wire/xml_tree.h"

enum {
    CHUNK = 16 * 1024,
    NAME_COST = 128 /* bytes that a name takes beside its text: they count as well */
};

void xml_tree_init(struct xml_tree *t, size_t limit)
{
    size_t n_names = limit / NAME_COST;
    *t = (struct xml_tree){0};
    arena_init(&t->arena, CHUNK, limit);
    buffer_init(&t->run, limit);
    map_init(&t->names, n_names < UINT32_MAX / 4 ? (uint32_t)n_names : UINT32_MAX / 4);
}

void xml_tree_done(struct xml_tree *t)
{
    map_done(&t->names);
    buffer_done(&t->run);
    arena_done(&t->arena);
}

static struct xml_name *name_of(struct xml_tree *t, struct slice text)
{
    struct xml_name *name = map_get(&t->names, text);
    if (name)
        return name;
    name = arena_take_zero(&t->arena, 1, sizeof *name);
    if (!name)
        return NULL;
    name->text = arena_copy(&t->arena, text);
    if (!name->text.at || map_add(&t->names, name->text, name) != MAP_ADDED)
        return NULL;
    return name;
}

static bool is_space_alone(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!memchr(" \t\r\n", text.at[i], 4))
            return false;
    return true;
}

/* A tag ends the text that stands before it. */
static bool end_run(struct xml_tree *t)
{
    struct slice text = buffer_slice(&t->run);
    t->run.n = 0;
    if (is_space_alone(text))
        return true;
    struct xml_element *e = t->open;
    struct xml_run *run = arena_take(&t->arena, sizeof *run);
    if (!run)
        return false;
    *run = (struct xml_run){NULL, arena_copy(&t->arena, text)};
    if (e->runs) {
        e->last_run->next = run;
    } else {
        e->runs = run;
        e->before_text = e->last;
    }
    e->last_run = run;
    return run->text.at;
}

static bool copy_attributes(struct xml_tree *t, struct xml_element *e, const char *const *from)
{
    while (from[2 * e->n_attributes])
        e->n_attributes++;
    e->attributes = arena_take(&t->arena, e->n_attributes * sizeof *e->attributes);
    if (!e->attributes)
        return false;
    for (unsigned i = 0; i < e->n_attributes; i++) {
        struct xml_attribute *a = &e->attributes[i];
        a->name = arena_print(&t->arena, "@%s", from[2 * i]);
        a->value = arena_copy(&t->arena, slice_of(from[2 * i + 1]));
        if (!a->name.at || !a->value.at)
            return false;
    }
    return true;
}

static void append(struct xml_element *parent, struct xml_element *child)
{
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
}

bool xml_tree_begin(struct xml_tree *t, const char *name, const char *const *attributes)
{
    if (!end_run(t))
        return false;
    struct xml_element *e = arena_take_zero(&t->arena, 1, sizeof *e);
    if (!e)
        return false;
    e->name = name_of(t, slice_of(name));
    e->parent = t->open;
    if (!e->name || !copy_attributes(t, e, attributes))
        return false;
    if (t->open)
        append(t->open, e);
    else
        t->root = e;
    t->open = e;
    t->depth++;
    return true;
}

bool xml_tree_text(struct xml_tree *t, struct slice text)
{
    return buffer_append(&t->run, text);
}

static void link_children(const struct xml_element *e)
{
    for (struct xml_element *child = e->first; child; child = child->next) {
        struct xml_name *name = child->name;
        child->is_later = name->parent == e;
        if (child->is_later)
            name->last->alike = child;
        name->parent = e;
        name->last = child;
    }
}

static bool join_runs(struct xml_tree *t, struct xml_element *e)
{
    size_t n = 0;
    if (!e->runs || !e->runs->next)
        return true;
    for (const struct xml_run *run = e->runs; run; run = run->next)
        n += run->text.n;
    char *at = arena_take(&t->arena, n);
    if (!at)
        return false;
    char *to = at;
    for (const struct xml_run *run = e->runs; run; run = run->next) {
        memcpy(to, run->text.at, run->text.n);
        to += run->text.n;
    }
    e->runs->text = (struct slice){at, n};
    e->runs->next = NULL;
    return true;
}

bool xml_tree_end(struct xml_tree *t)
{
    struct xml_element *e = t->open;
    if (!end_run(t) || !join_runs(t, e))
        return false;
    link_children(e);
    t->open = e->parent;
    t->depth--;
    return true;
}
