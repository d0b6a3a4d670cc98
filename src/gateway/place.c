/* place.c - names of `into` become a tree */
#include "gateway/place.h"

#include "base/check.h"
#include "base/quote.h"

static uint64_t bit(unsigned source)
{
    return UINT64_C(1) << source;
}

static void *take(struct arena *arena, size_t n, size_t size)
{
    void *at = arena_take_zero(arena, n ? n : 1, size);
    CHECK(at);
    return at;
}

struct place *place_find(const struct place *parent, struct slice name)
{
    for (struct place *p = parent->first; p; p = p->next)
        if (!p->is_joined && slice_equal(p->name, name))
            return p;
    return NULL;
}

static void append(struct place *parent, struct place *p)
{
    p->next = NULL;
    if (parent->last)
        parent->last->next = p;
    else
        parent->first = p;
    parent->last = p;
}

static void take_out(struct place *parent, struct place *p)
{
    struct place *before = NULL;
    for (struct place *at = parent->first; at != p; at = at->next)
        before = at;
    if (before)
        before->next = p->next;
    else
        parent->first = p->next;
    if (parent->last == p)
        parent->last = before;
}

static void write_names(struct place *p, const struct place *parent, struct arena *arena)
{
    char *text = take(arena, quote_json_size(p->name) + 2, 1);
    text[0] = ',';
    size_t n = 1 + quote_json_into(text + 1, p->name);
    text[n++] = ':';
    p->member = (struct slice){text, n};
    p->dotted = parent->dotted.n
                    ? arena_print(arena, "%.*s.%.*s", SLICE_ARG(parent->dotted), SLICE_ARG(p->name))
                    : p->name;
    CHECK(p->dotted.at);
}

static struct place *new_place(struct place *parent, unsigned source, struct arena *arena)
{
    struct place *p = take(arena, 1, sizeof *p);
    p->source = -1;
    p->order = source;
    append(parent, p);
    return p;
}

static struct place *find_or_make(struct place *parent, struct slice name, unsigned source,
                                  struct arena *arena)
{
    struct place *p = place_find(parent, name);
    if (!p) {
        p = new_place(parent, source, arena);
        p->name = name;
        write_names(p, parent, arena);
    }
    return p;
}

/* A place that others were put into before its own source came stands where that is declared. */
static void settle(struct place *parent, struct place *p, unsigned source)
{
    take_out(parent, p);
    append(parent, p);
    p->source = (int)source;
    p->order = source;
}

static struct place *put_named(struct place *root, const struct config_source *s, unsigned source,
                               struct arena *arena)
{
    struct place *parent = root, *p = root;
    for (unsigned i = 0; i < s->into.n_names; i++) {
        parent = p;
        p = find_or_make(parent, s->into.names[i], source, arena);
        parent->inside |= bit(source);
    }
    CHECK(p != root && p->source < 0); /* no two sources have one place */
    settle(parent, p, source);
    return p;
}

static struct place *put_joined(struct place *root, unsigned source, struct arena *arena)
{
    struct place *p = new_place(root, source, arena);
    p->is_joined = true;
    p->source = (int)source;
    root->inside |= bit(source);
    return p;
}

/* What is only known once all places are there. The depth is that of `into`. */
static void finish(struct place *p, bool is_hosted)
{
    p->is_hosted = is_hosted;
    p->covered = p->inside | (p->source >= 0 ? bit((unsigned)p->source) : 0);
    for (struct place *c = p->first; c; c = c->next)
        finish(c, is_hosted || p->source >= 0);
}

static bool is_flat(const struct place *root)
{
    for (const struct place *p = root->first; p; p = p->next)
        if (p->inside || p->is_joined)
            return false;
    return true;
}

/* No cycles: each round knows at least one more. */
static void close_needs(struct place_tree *t, const struct config_endpoint *e)
{
    uint64_t known = 0;
    for (unsigned round = 0; round < e->n_sources; round++)
        for (unsigned i = 0; i < e->n_sources; i++) {
            if ((known & bit(i)) || (e->sources[i].needs & ~known))
                continue;
            t->called[i] = bit(i);
            for (unsigned k = 0; k < e->n_sources; k++)
                if (e->sources[i].needs & bit(k))
                    t->called[i] |= t->called[k];
            known |= bit(i);
        }
}

/* A source that needs a skipped one is skipped too. */
static void find_conditional(struct place_tree *t, const struct config_endpoint *e)
{
    uint64_t when = 0;
    for (unsigned i = 0; i < e->n_sources; i++)
        when |= e->sources[i].when ? bit(i) : 0;
    for (unsigned i = 0; i < e->n_sources; i++)
        t->conditional |= t->called[i] & when ? bit(i) : 0;
}

void place_compile(struct place_tree *t, const struct config_endpoint *e, struct arena *arena)
{
    *t = (struct place_tree){.root = {.source = -1}};
    t->called = take(arena, e->n_sources, sizeof *t->called);
    t->of = take(arena, e->n_sources, sizeof *t->of);
    close_needs(t, e);
    find_conditional(t, e);
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *s = &e->sources[i];
        t->all |= bit(i);
        t->kept |= s->is_kept ? t->called[i] : 0;
        if (s->is_hidden)
            continue;
        t->shown |= bit(i);
        t->joined |= s->into.is_joined ? bit(i) : 0;
        t->of[i] =
            s->into.is_joined ? put_joined(&t->root, i, arena) : put_named(&t->root, s, i, arena);
    }
    finish(&t->root, false);
    t->is_flat = is_flat(&t->root);
}
