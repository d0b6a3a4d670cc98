/* config_clash.c - what contradicts itself in a source's shape
 *
 * unwrap, pick, omit, rename and jq are applied in this order, whatever they are together: what one
 * of them takes away from the next is no mistake (app/advice_shape.c calls it unwise). Wrong is a
 * rename that gives two members one name or mistakes names from before for those from behind, and
 * what needs members where the format has none.
 */
#include "config/config_internal.h"

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

/* Does a step of the path speak of what an earlier name became? */
static bool goes_through(const struct shape_rename *x, const struct shape_rename *renamed)
{
    unsigned n = renamed->path.n_steps;
    return x->path.n_steps > n && is_same_path(x->path, renamed->path, n - 1) &&
           slice_equal(x->path.steps[n - 1].name, renamed->name);
}

static void check_rename(struct reading *r, const struct shape *shape, unsigned i,
                         const struct node_pair *pairs)
{
    const struct shape_rename *x = &shape->renames[i];
    if (!x->name.n || !x->path.n_steps)
        return;
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
    const struct node *rename = node_find(map, SLICE("rename"));
    for (unsigned i = 0; i < s->shape.n_renames; i++)
        check_rename(r, &s->shape, i, rename->pairs);
    check_format(r, s, own);
}
