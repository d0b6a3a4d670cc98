/* selection_choose.c - names of places become sources to call, and parts of them to show */
#include "gateway/selection.h"

static uint64_t bit(unsigned source)
{
    return UINT64_C(1) << source;
}

bool selection_view_applies(const struct config_endpoint *e, const struct config_view *view)
{
    const struct fields *f = view->fields;
    if (f->is_all || f->any)
        return true;
    for (unsigned i = 0; i < f->n_members; i++)
        if (config_has_place(e, f->members[i].name))
            return true;
    return false;
}

struct choosing {
    struct selection *out;
    const struct config_endpoint *endpoint;
    struct arena *arena;
    bool is_full;
};

static void show(struct choosing *c, unsigned source, const struct fields *f)
{
    c->out->shown |= bit(source);
    c->out->of[source] = f->is_all ? NULL : f;
}

static void show_all(struct choosing *c, uint64_t sources)
{
    for (uint64_t left = sources; left; left &= left - 1)
        show(c, (unsigned)__builtin_ctzll(left), &fields_all);
}

static const struct fields *choose_inside(struct choosing *c, const struct place *p,
                                          const struct fields *f);

/* What is left for the value that this place lies in: of an object of ours what is not placed in
 * it; of a source's place nothing, as the source takes it. NULL: nothing. */
static const struct fields *choose_place(struct choosing *c, const struct place *p,
                                         const struct fields *f)
{
    const struct fields *rest = choose_inside(c, p, f);
    if (p->source < 0)
        return p->is_hosted ? rest : NULL;
    if (rest)
        show(c, (unsigned)p->source, rest);
    return NULL;
}

/* Places that are asked for by "*" alone. */
static void choose_unnamed(struct choosing *c, const struct place *parent, const struct fields *f)
{
    for (const struct place *p = parent->first; p; p = p->next)
        if (!p->is_joined && fields_below(f, p->name) == f->any)
            choose_place(c, p, f->any);
}

/* The places in this one are chosen; what is left for its own value is the names that are none, and
 * what is left below those that are. The recursion is as deep as `into` is. */
static const struct fields *choose_inside(struct choosing *c, const struct place *parent,
                                          const struct fields *f)
{
    if (!parent->first)
        return f;
    if (f->is_all) {
        show_all(c, parent->inside);
        return f;
    }
    struct fields rest = {.any = f->any};
    struct fields_member *members = arena_take(c->arena, (f->n_members + 1) * sizeof *members);
    struct fields *left = arena_take(c->arena, sizeof *left);
    c->is_full |= !members || !left;
    if (c->is_full)
        return NULL;
    if (f->any)
        choose_unnamed(c, parent, f);
    for (unsigned i = 0; i < f->n_members; i++) {
        struct fields_member m = f->members[i];
        const struct place *p = place_find(parent, m.name);
        if (p)
            m.below = choose_place(c, p, m.below);
        if (m.below)
            members[rest.n_members++] = m;
    }
    rest.members = members;
    *left = rest;
    return rest.n_members || rest.any ? left : NULL;
}

/* May a member of the name come from this source, where all are called? A place that is declared
 * before it takes the name, unless it is skipped. */
static bool may_come(const struct choosing *c, const struct place_tree *t, unsigned source,
                     struct slice name)
{
    const struct place *p = place_find(&t->root, name);
    bool is_taken = p && p->order < source && (p->covered & ~t->conditional);
    return !is_taken && config_may_join(&c->endpoint->sources[source], name);
}

/* A source that joins is asked for by any name that may be its own, be it a place's, too. */
static void choose_joined(struct choosing *c, const struct place_tree *t, const struct fields *f,
                          unsigned source)
{
    struct fields_member *members = arena_take(c->arena, (f->n_members + 1) * sizeof *members);
    struct fields *chosen = arena_take_zero(c->arena, 1, sizeof *chosen);
    c->is_full |= !members || !chosen;
    if (c->is_full)
        return;
    chosen->any = f->any;
    chosen->members = members;
    for (unsigned i = 0; i < f->n_members; i++) /* "*" must not take what stands beside it */
        if (f->any || may_come(c, t, source, f->members[i].name))
            members[chosen->n_members++] = f->members[i];
    if (chosen->any || chosen->n_members)
        show(c, source, chosen);
}

bool selection_choose(struct selection *s, const struct config_endpoint *e,
                      const struct place_tree *t, const struct fields *fields, struct arena *arena)
{
    *s = (struct selection){.called = t->all, .shown = t->shown};
    if (!fields || fields->is_all)
        return true;
    struct choosing c = {.out = s, .endpoint = e, .arena = arena};
    s->shown = 0;
    s->fields = fields;
    s->of = arena_take_zero(arena, e->n_sources ? e->n_sources : 1, sizeof *s->of);
    if (!s->of)
        return false;
    (void)choose_inside(&c, &t->root, fields);
    for (uint64_t left = t->joined; left; left &= left - 1)
        choose_joined(&c, t, fields, (unsigned)__builtin_ctzll(left));
    s->called = t->kept;
    for (uint64_t left = s->shown; left; left &= left - 1)
        s->called |= t->called[__builtin_ctzll(left)];
    return !c.is_full;
}
