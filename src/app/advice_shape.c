/* advice_shape.c - shapes in which one option undoes what another does
 *
 * Each option means something, and they are applied in their order; so this is no error, and yet
 * hardly what somebody wants.
 */
#include "app/advice_internal.h"
#include "json/fields.h"

static struct slice last_name(const struct shape_rename *x)
{
    return x->path.steps[x->path.n_steps - 1].name;
}

/* As it is written: its names lie in one text, with dots between. */
static struct slice path_text(const struct shape_rename *x)
{
    const char *from = x->path.steps[0].name.at;
    struct slice last = last_name(x);
    return (struct slice){from, (size_t)(last.at + last.n - from)};
}

/* The first path that pick names and omit takes away; how many names it has, 0: there is none. */
static unsigned find_omitted(const struct fields *pick, const struct fields *omit, unsigned depth,
                             struct slice path[FIELDS_DEPTH_MAX])
{
    for (unsigned i = 0; i < pick->n_members && depth < FIELDS_DEPTH_MAX; i++) {
        const struct fields_member *m = &pick->members[i];
        const struct fields *below = fields_below(omit, m->name);
        path[depth] = m->name;
        if (below && below->is_all)
            return depth + 1;
        unsigned n = below ? find_omitted(m->below, below, depth + 1, path) : 0;
        if (n)
            return n;
    }
    return 0;
}

static void advise_on_omitted(struct adviser *a, const struct config_source *s)
{
    struct slice path[FIELDS_DEPTH_MAX];
    const struct shape *shape = &s->shape;
    if (!shape->omit)
        return;
    if (shape->omit->is_all) {
        advice_point(a, &s->position);
        fprintf(a->to, "%.*s omits everything; name what is to go, or `hide` the source\n",
                SLICE_ARG(s->name));
        return;
    }
    unsigned n = shape->pick ? find_omitted(shape->pick, shape->omit, 0, path) : 0;
    if (n == 0)
        return;
    advice_point(a, &s->position);
    fprintf(a->to, "%.*s picks '", SLICE_ARG(s->name));
    for (unsigned i = 0; i < n; i++)
        fprintf(a->to, "%s%.*s", i ? "." : "", SLICE_ARG(path[i]));
    fprintf(a->to, "' and omits it; leave one of them out\n");
}

/* Is there nothing left of the path? Of pick, whether it is named at all; of omit, whether it or
 * something that it lies in is. */
static bool is_gone(const struct shape *shape, struct json_path path)
{
    const struct fields *pick = shape->pick;
    const struct fields *omit = shape->omit;
    for (unsigned i = 0; i < path.n_steps; i++) {
        pick = pick ? fields_below(pick, path.steps[i].name) : NULL;
        omit = omit ? fields_below(omit, path.steps[i].name) : NULL;
        if ((shape->pick && !pick) || (omit && omit->is_all))
            return true;
    }
    return false;
}

/* Do they change names of one level? */
static bool is_same_level(const struct shape_rename *x, const struct shape_rename *y)
{
    if (x->path.n_steps != y->path.n_steps)
        return false;
    for (unsigned i = 0; i + 1 < x->path.n_steps; i++)
        if (!slice_equal(x->path.steps[i].name, y->path.steps[i].name))
            return false;
    return true;
}

/* Is another member of the level, which keeps its name, picked under the new name? */
static bool is_picked(const struct shape *shape, const struct shape_rename *x)
{
    const struct fields *level = shape->pick;
    for (unsigned i = 0; level && i + 1 < x->path.n_steps; i++)
        level = fields_below(level, x->path.steps[i].name);
    bool is_named = false;
    for (unsigned i = 0; level && i < level->n_members; i++)
        is_named |= slice_equal(level->members[i].name, x->name);
    for (unsigned i = 0; i < shape->n_renames; i++)
        is_named &= !(is_same_level(&shape->renames[i], x) &&
                      slice_equal(last_name(&shape->renames[i]), x->name));
    return is_named;
}

static void advise_on_rename(struct adviser *a, const struct config_source *s,
                             const struct shape_rename *x)
{
    bool is_same = slice_equal(x->name, last_name(x));
    bool has_gone = is_gone(&s->shape, x->path);
    if (!is_same && !has_gone && !is_picked(&s->shape, x))
        return;
    advice_point(a, &s->position);
    fprintf(a->to, "%.*s renames '%.*s'", SLICE_ARG(s->name), SLICE_ARG(path_text(x)));
    if (is_same)
        fprintf(a->to, " to the name that it has; leave it out\n");
    else if (has_gone)
        fprintf(a->to, ", which is not kept; pick it, or leave it out here\n");
    else
        fprintf(a->to, " to '%.*s', which is picked too, and both may be there; choose another\n",
                SLICE_ARG(x->name));
}

/* Of hidden ones the whole shape is unwise, see advice_on_hidden(). */
void advice_on_shapes(struct adviser *a)
{
    const struct config_endpoint *e = a->endpoint;
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *s = &e->sources[i];
        if (s->is_hidden)
            continue;
        advise_on_omitted(a, s);
        for (unsigned k = 0; k < s->shape.n_renames; k++)
            advise_on_rename(a, s, &s->shape.renames[k]);
    }
}
