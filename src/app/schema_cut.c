/* schema_cut.c - what pick, omit, rename and a selection leave of the values of a schema
 *
 * The same rules as for the values themselves (json/shape.h), in one walk. Keywords that what is
 * left may no longer hold to (enum, minProperties, if, ...) are left out: the result says less.
 */
#include "app/schema.h"
#include "base/check.h"

enum {
    LEVELS_MAX = 32,
    CUTS_MAX = 20000, /* looks at schemas for one value; what is behind them is any value */
};

struct cutting {
    const struct draft *names;
    const struct shape_rename *renames;
    unsigned n_cuts;
};

/* What is to be done to a value. */
struct cut {
    const struct fields *pick, *selected; /* NULL: everything is kept */
    const struct fields *omit;            /* NULL: nothing is left out */
    uint64_t renames;                     /* bits of those whose paths lead here, */
    unsigned n_names;                     /* by so many names */
    unsigned level;                       /* schemas that this one is in */
    bool is_inner; /* a member or an element, which is left out where it cannot have what is asked
                      for below it */
};

static bool asks_for_all(const struct fields *f)
{
    return !f || f->is_all;
}

static bool does_nothing(const struct cut *c)
{
    return asks_for_all(c->pick) && asks_for_all(c->selected) && !c->omit && !c->renames;
}

static bool asks_below(const struct cut *c)
{
    return c->is_inner && !(asks_for_all(c->pick) && asks_for_all(c->selected));
}

/* What its renames make of the name, and which of them go on below it. */
static struct slice rename_member(const struct cutting *x, const struct cut *c, struct slice name,
                                  struct cut *below)
{
    struct slice last = name;
    below->renames = 0;
    for (uint64_t left = c->renames; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);
        const struct shape_rename *r = &x->renames[i];
        if (!slice_equal(r->path.steps[c->n_names].name, name))
            continue;
        if (r->path.n_steps == c->n_names + 1)
            last = r->name;
        else
            below->renames |= UINT64_C(1) << i;
    }
    return last;
}

/* false: nothing is left of the member. */
static bool go_into(const struct cutting *x, const struct cut *c, struct slice name,
                    struct cut *below, struct slice *new_name)
{
    *below = (struct cut){.is_inner = true, .n_names = c->n_names + 1, .level = c->level + 1};
    *new_name = rename_member(x, c, name, below);
    below->pick = c->pick ? fields_below(c->pick, name) : NULL;
    below->omit = c->omit ? fields_below(c->omit, name) : NULL;
    below->selected = c->selected ? fields_below(c->selected, *new_name) : NULL;
    bool is_kept = !c->pick || below->pick;
    bool is_omitted = below->omit && below->omit->is_all;
    return is_kept && !is_omitted && (!c->selected || below->selected);
}

static struct draft *cut(struct cutting *x, struct draft *s, const struct cut *c);

static void cut_member(struct cutting *x, struct draft *out, const struct draft *s,
                       const struct draft_part *member, const struct cut *c)
{
    struct cut below;
    struct slice name;
    bool is_there = go_into(x, c, member->name, &below, &name);
    struct draft *left = is_there ? cut(x, member->value, &below) : NULL;
    if (!left || draft_find_slice(draft_find(out, "properties"), name))
        return;
    draft_append(draft_find(out, "properties"), name, left);
    bool may_go =
        asks_below(&below) && (schema_kinds(member->value, x->names) & ~SCHEMA_CONTAINERS);
    if (schema_requires(s, member->name) && !may_go)
        draft_add_text(draft_find(out, "required"), name);
}

static void cut_members(struct cutting *x, struct draft *out, const struct draft *s,
                        const struct cut *c)
{
    const struct draft *properties = draft_find(s, "properties");
    const struct draft *rest = draft_find(s, "additionalProperties");
    if (properties) {
        draft_set(out, "properties", draft_object(out->arena));
        draft_set(out, "required", draft_list(out->arena));
    }
    for (const struct draft_part *p = properties ? properties->first : NULL; p; p = p->next)
        cut_member(x, out, s, p, c);
    if (draft_is_word(rest, "false") && !draft_find(s, "patternProperties"))
        draft_set_word(out, "additionalProperties", "false");
}

/* Arrays are transparent; elements of which nothing is left move others to other places. */
static void cut_elements(struct cutting *x, struct draft *out, const struct draft *s,
                         const struct cut *c)
{
    struct draft *items = draft_find(s, "items");
    struct cut inner = *c;
    inner.is_inner = true;
    inner.level++;
    if (!items || draft_find(s, "prefixItems"))
        return;
    struct draft *left = cut(x, items, &inner);
    if (!left)
        draft_set_word(out, "maxItems", "0");
    else if (!schema_is_any(left))
        draft_set(out, "items", left);
}

/* false: none of the alternatives is left, or something of what holds together is not. */
static bool cut_alternatives(struct cutting *x, struct draft *out, const struct draft *s,
                             const struct cut *c)
{
    const struct draft *any = draft_find(s, "anyOf");
    const struct draft *all = draft_find(s, "allOf");
    any = any ? any : draft_find(s, "oneOf");
    struct draft *of_any = draft_list(out->arena);
    struct draft *of_all = draft_list(out->arena);
    struct cut deeper = *c;
    deeper.level++;
    for (const struct draft_part *p = any ? any->first : NULL; p; p = p->next) {
        struct draft *left = cut(x, p->value, &deeper);
        if (left)
            draft_add(of_any, left);
    }
    for (const struct draft_part *p = all ? all->first : NULL; p; p = p->next) {
        struct draft *left = cut(x, p->value, &deeper);
        if (!left)
            return false;
        draft_add(of_all, left);
    }
    if (of_any->n)
        draft_set(out, "anyOf", of_any);
    if (of_all->n)
        draft_set(out, "allOf", of_all);
    return !any || of_any->n;
}

/* Where something is asked for below, only what can have it is left. false: nothing can. */
static bool cut_type(struct draft *out, const struct draft *s, const struct cut *c)
{
    struct draft *type = draft_find(s, "type");
    if (!type)
        return true;
    if (!asks_below(c) || type->kind != DRAFT_LIST) {
        draft_set(out, "type", type);
        return true;
    }
    struct draft *left = draft_list(out->arena);
    for (const struct draft_part *p = type->first; p; p = p->next)
        if (draft_is_text(p->value, "object") || draft_is_text(p->value, "array"))
            draft_add(left, p->value);
    draft_set(out, "type", left->n == 1 ? left->first->value : left);
    return left->n > 0;
}

static void copy_words(struct draft *out, const struct draft *s)
{
    static const char *const words[] = {"title", "description"};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        struct draft *word = draft_find(s, words[i]);
        if (word)
            draft_set(out, words[i], word);
    }
}

/* NULL: such values are left out. */
static struct draft *cut(struct cutting *x, struct draft *s, const struct cut *c)
{
    if (does_nothing(c))
        return s;
    const struct draft *known = schema_resolve(s, x->names);
    if (c->level >= LEVELS_MAX || ++x->n_cuts > CUTS_MAX || schema_is_any(known))
        return schema_any(s->arena);
    unsigned kinds = schema_kinds(known, x->names);
    if (!(kinds & SCHEMA_CONTAINERS))
        return asks_below(c) ? NULL : s;
    struct draft *out = draft_object(s->arena);
    copy_words(out, known);
    if (!cut_type(out, known, c))
        return NULL;
    if (kinds & (1U << JSON_OBJECT))
        cut_members(x, out, known, c);
    if (kinds & (1U << JSON_ARRAY))
        cut_elements(x, out, known, c);
    if (!cut_alternatives(x, out, known, c))
        return NULL;
    draft_drop_empty(out, "required");
    return out;
}

struct draft *schema_cut(struct draft *s, const struct draft *names, const struct shape *shape,
                         const struct fields *selected)
{
    struct cutting x = {.names = names};
    struct cut c = {.selected = selected};
    if (shape) {
        c.pick = shape->pick;
        c.omit = shape->omit;
        x.renames = shape->renames;
        c.renames = shape->n_renames < SHAPE_RENAMES_MAX ? (UINT64_C(1) << shape->n_renames) - 1
                                                         : UINT64_MAX;
    }
    return cut(&x, s, &c);
}
