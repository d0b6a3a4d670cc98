/* config_clash.c - options of a source's shape that contradict each other
 *
 * Two of them may each be right and make no sense together: what one keeps the other takes away, or
 * two members end under one name. What can be known before any answer has come is told here.
 */
#include "config/config_internal.h"

/* The first path that pick names and omit takes away, in dots; an empty slice: there is none. */
static struct slice find_omitted(struct reading *r, const struct fields *pick,
                                 const struct fields *omit, struct slice above)
{
    for (unsigned i = 0; i < pick->n_members; i++) {
        const struct fields_member *m = &pick->members[i];
        const struct fields *below = fields_below(omit, m->name);
        const char *path = reading_print(r, "%.*s%s%.*s", SLICE_ARG(above), above.n ? "." : "",
                                         SLICE_ARG(m->name));
        if (below && below->is_all)
            return slice_of(path);
        struct slice found = below ? find_omitted(r, m->below, below, slice_of(path)) : SLICE_NONE;
        if (found.n)
            return found;
    }
    return SLICE_NONE;
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

static bool is_same_path(struct json_path a, struct json_path b, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (!slice_equal(a.steps[i].name, b.steps[i].name))
            return false;
    return true;
}

/* Do they change names of one level? */
static bool is_same_level(const struct shape_rename *a, const struct shape_rename *b)
{
    return a->path.n_steps == b->path.n_steps &&
           is_same_path(a->path, b->path, a->path.n_steps - 1);
}

static struct slice last_name(const struct shape_rename *x)
{
    return x->path.steps[x->path.n_steps - 1].name;
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

/* Does a step of the path speak of what an earlier name became? */
static bool goes_through(const struct shape_rename *x, const struct shape_rename *renamed)
{
    unsigned n = renamed->path.n_steps;
    return x->path.n_steps > n && is_same_path(x->path, renamed->path, n - 1) &&
           slice_equal(x->path.steps[n - 1].name, renamed->name);
}

static void check_pair(struct reading *r, const struct shape *shape, unsigned i,
                       const struct node_pair *pairs)
{
    const struct shape_rename *x = &shape->renames[i];
    for (unsigned k = 0; k < shape->n_renames; k++) {
        const struct shape_rename *other = &shape->renames[k];
        if (!other->name.n || !other->path.n_steps)
            continue;
        if (k < i && is_same_level(x, other) && slice_equal(x->name, other->name))
            reading_complain(r, RULE_SHAPE_CLASH, pairs[i].value->place,
                             "'%s' is the new name of '%s' too; give each one of its own",
                             reading_show(r, x->name), reading_show(r, pairs[k].key->text));
        if (k != i && goes_through(x, other))
            reading_complain(r, RULE_SHAPE_CLASH, pairs[i].key->place,
                             "paths have the names from before; write '%s' for '%s'",
                             reading_show(r, last_name(other)), reading_show(r, other->name));
    }
}

static void check_rename(struct reading *r, const struct shape *shape, unsigned i,
                         const struct node_pair *pairs)
{
    const struct shape_rename *x = &shape->renames[i];
    if (!x->name.n || !x->path.n_steps)
        return;
    if (slice_equal(x->name, last_name(x)))
        reading_complain(r, RULE_SHAPE_CLASH, pairs[i].value->place,
                         "'%s' has this name already; leave it out",
                         reading_show(r, pairs[i].key->text));
    else if (is_gone(shape, x->path))
        reading_complain(r, RULE_SHAPE_CLASH, pairs[i].key->place,
                         "'%s' is renamed and not kept; pick it, or leave it out here",
                         reading_show(r, pairs[i].key->text));
    else if (is_picked(shape, x))
        reading_complain(r, RULE_SHAPE_CLASH, pairs[i].value->place,
                         "'%s' is picked too, and both would have this name; choose another",
                         reading_show(r, x->name));
    check_pair(r, shape, i, pairs);
}

/* Texts have no members. */
static void check_format(struct reading *r, const struct config_source *s, const struct node *own)
{
    static const char *const keys[] = {"unwrap", "pick", "omit", "rename", "batch"};
    if (s->format != CONFIG_FORMAT_TEXT && s->format != CONFIG_FORMAT_BASE64)
        return;
    for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct node *value = node_find(own, slice_of(keys[i]));
        if (value)
            reading_complain(r, RULE_FORMAT, value->place,
                             "'%s' needs members, and with `format: %s` the answer is one string; "
                             "leave it out",
                             keys[i], s->format == CONFIG_FORMAT_TEXT ? "text" : "base64");
    }
}

void config_check_shape(struct reading *r, const struct config_source *s, const struct node *map,
                        const struct node *own)
{
    const struct shape *shape = &s->shape;
    const struct node *omit = node_find(map, SLICE("omit"));
    const struct node *rename = node_find(map, SLICE("rename"));
    struct slice omitted = shape->pick && shape->omit
                               ? find_omitted(r, shape->pick, shape->omit, SLICE_NONE)
                               : SLICE_NONE;
    if (omitted.n)
        reading_complain(r, RULE_SHAPE_CLASH, omit->place,
                         "'%s' is picked and omitted; leave one of them out",
                         reading_show(r, omitted));
    for (unsigned i = 0; i < shape->n_renames; i++)
        check_rename(r, shape, i, rename->pairs);
    check_format(r, s, own);
}
