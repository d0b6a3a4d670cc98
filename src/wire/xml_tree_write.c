/* xml_tree_write.c - one walk over the tree, from the root's member down */
#include "base/quote.h"
#include "wire/xml_tree.h"

struct writing {
    struct buffer *out;
    unsigned depth; /* what is left of it */
    enum xml_written verdict;
};

static void put(struct writing *w, struct slice bytes)
{
    if (!buffer_append(w->out, bytes))
        w->verdict = XML_WRITTEN_TOO_MUCH;
}

static void put_text(struct writing *w, struct slice text)
{
    char *at = buffer_reserve(w->out, quote_json_size(text));
    if (at)
        w->out->n += quote_json_into(at, text);
    else
        w->verdict = XML_WRITTEN_TOO_MUCH;
}

/* Each container is entered and left. */
static void enter(struct writing *w, struct slice bracket)
{
    if (w->depth == 0)
        w->verdict = XML_WRITTEN_TOO_DEEP;
    else
        w->depth--;
    put(w, bracket);
}

static void leave(struct writing *w, struct slice bracket)
{
    w->depth++;
    put(w, bracket);
}

static void put_name(struct writing *w, struct slice name, bool *is_first)
{
    if (!*is_first)
        put(w, SLICE(","));
    *is_first = false;
    put_text(w, name);
    put(w, SLICE(":"));
}

static void write_value(struct writing *w, const struct xml_element *e);

static void write_alike(struct writing *w, const struct xml_element *e)
{
    if (!e->alike) {
        write_value(w, e);
        return;
    }
    enter(w, SLICE("["));
    for (const struct xml_element *one = e; one && w->verdict == XML_WRITTEN; one = one->alike) {
        if (one != e)
            put(w, SLICE(","));
        write_value(w, one);
    }
    leave(w, SLICE("]"));
}

static void write_text(struct writing *w, const struct xml_element *e, bool *is_first)
{
    put_name(w, SLICE("#text"), is_first);
    put_text(w, e->runs->text);
}

static void write_members(struct writing *w, const struct xml_element *e)
{
    bool is_first = true;
    for (unsigned i = 0; i < e->n_attributes; i++) {
        put_name(w, e->attributes[i].name, &is_first);
        put_text(w, e->attributes[i].value);
    }
    if (e->runs && !e->before_text)
        write_text(w, e, &is_first);
    for (const struct xml_element *c = e->first; c && w->verdict == XML_WRITTEN; c = c->next) {
        if (!c->is_later) {
            put_name(w, c->name->text, &is_first);
            write_alike(w, c);
        }
        if (e->runs && e->before_text == c)
            write_text(w, e, &is_first);
    }
}

/* It calls itself for what is inside, no deeper than containers may be nested. */
static void write_value(struct writing *w, const struct xml_element *e)
{
    if (!e->n_attributes && !e->first) {
        put_text(w, e->runs ? e->runs->text : SLICE_NONE);
        return;
    }
    enter(w, SLICE("{"));
    if (w->verdict == XML_WRITTEN)
        write_members(w, e);
    leave(w, SLICE("}"));
}

enum xml_written xml_tree_write(const struct xml_tree *t, unsigned depth, struct buffer *out)
{
    struct writing w = {.out = out, .depth = depth};
    bool is_first = true;
    enter(&w, SLICE("{"));
    put_name(&w, t->root->name->text, &is_first);
    write_value(&w, t->root);
    leave(&w, SLICE("}"));
    return w.verdict;
}
