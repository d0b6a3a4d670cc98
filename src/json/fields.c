/* fields.c - trees of names: looked up, merged, intersected
 *
 * A level is never changed once it is made, so trees share what they have in common.
 */
#include "json/fields.h"

#include "json/fields_internal.h"

enum {
    FEW_NAMES = 4 /* are found sooner by looking at each: most differ in length */
};

const struct fields fields_all = {.is_all = true};

int fields_compare_names(struct slice a, struct slice b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.at, b.at, n) : 0;
    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

/* FEW_NAMES of more members, the name among them if it is one. */
static const struct fields_member *narrow(const struct fields *f, struct slice name)
{
    unsigned from = 0, to = f->n_members;
    while (to - from > FEW_NAMES) {
        unsigned middle = (from + to) / 2;
        bool is_before = fields_compare_names(name, f->members[middle].name) < 0;
        from = is_before ? from : middle;
        to = is_before ? middle : to;
    }
    unsigned last = f->n_members - FEW_NAMES;
    return f->members + (from < last ? from : last);
}

const struct fields *fields_below(const struct fields *f, struct slice name)
{
    if (f->is_all)
        return &fields_all;
    bool has_few = f->n_members <= FEW_NAMES;
    const struct fields_member *m = has_few ? f->members : narrow(f, name);
    const struct fields_member *end = m + (has_few ? f->n_members : FEW_NAMES);
    for (; m < end; m++) {
        bool may_be = m->name.n == name.n && *m->name.at == *name.at;
        if (may_be && memcmp(m->name.at, name.at, name.n) == 0)
            return m->below;
    }
    return f->any;
}

static bool is_equal(const struct fields *x, const struct fields *y)
{
    if (x == y)
        return true;
    if (!x || !y || x->is_all || y->is_all || x->n_names != y->n_names ||
        x->n_members != y->n_members || !is_equal(x->any, y->any))
        return false;
    for (unsigned i = 0; i < x->n_members; i++) {
        if (!slice_equal(x->members[i].name, y->members[i].name) ||
            !is_equal(x->members[i].below, y->members[i].below))
            return false;
    }
    return true;
}

bool fields_level_init(struct fields_builder *b, struct fields_level *level, unsigned n_max,
                       const struct fields *any)
{
    b->n_made += n_max;
    b->is_too_many = b->n_made > FIELDS_MADE_MAX;
    if (b->is_too_many)
        return false;
    level->members = arena_take(b->arena, n_max * sizeof *level->members);
    level->n_members = 0;
    level->n_names = any ? 1 + any->n_names : 0;
    level->any = any;
    return level->members;
}

bool fields_level_add(struct fields_builder *b, struct fields_level *level,
                      struct fields_member member)
{
    if (is_equal(member.below, level->any))
        return true;
    level->n_names += 1 + member.below->n_names;
    b->is_too_many = level->n_names > FIELDS_TREE_MAX;
    if (b->is_too_many)
        return false;
    level->members[level->n_members++] = member;
    return true;
}

const struct fields *fields_level_done(struct fields_builder *b, const struct fields_level *level)
{
    if (level->any && level->any->is_all)
        return &fields_all;
    struct fields *f = arena_take(b->arena, sizeof *f);
    if (f)
        *f = (struct fields){
            .any = level->any,
            .members = level->members,
            .n_members = level->n_members,
            .n_names = level->n_names,
        };
    return f;
}

/* Two levels side by side, a name at a time. */
struct pairs {
    const struct fields *x, *y;
    unsigned i, j;
    struct fields_member member; /* the name, and its first mention */
    const struct fields *below_x, *below_y;
};

static bool next_pair(struct pairs *p)
{
    const struct fields_member *a = p->i < p->x->n_members ? &p->x->members[p->i] : NULL;
    const struct fields_member *b = p->j < p->y->n_members ? &p->y->members[p->j] : NULL;
    if (!a && !b)
        return false;
    int order = !a ? 1 : !b ? -1 : fields_compare_names(a->name, b->name);
    p->member = order <= 0 ? *a : *b;
    if (order == 0 && b->offset < a->offset)
        p->member.offset = b->offset;
    p->below_x = order <= 0 ? a->below : p->x->any;
    p->below_y = order >= 0 ? b->below : p->y->any;
    p->i += order <= 0;
    p->j += order >= 0;
    return true;
}

static bool merge(struct fields_builder *b, const struct fields *x, const struct fields *y,
                  const struct fields **out);

static bool merge_levels(struct fields_builder *b, const struct fields *x, const struct fields *y,
                         const struct fields **out)
{
    struct fields_level level;
    const struct fields *any;
    if (!merge(b, x->any, y->any, &any) ||
        !fields_level_init(b, &level, x->n_members + y->n_members, any))
        return false;
    struct pairs p = {.x = x, .y = y};
    while (next_pair(&p)) {
        if (!merge(b, p.below_x, p.below_y, &p.member.below) ||
            !fields_level_add(b, &level, p.member))
            return false;
    }
    *out = fields_level_done(b, &level);
    return *out;
}

static bool merge(struct fields_builder *b, const struct fields *x, const struct fields *y,
                  const struct fields **out)
{
    bool is_one = !x || !y || x == y || x->is_all || y->is_all;
    if (!is_one)
        return merge_levels(b, x, y, out);
    *out = !x || (y && y->is_all) ? y : x;
    return true;
}

const struct fields *fields_build_merged(struct fields_builder *b, const struct fields *x,
                                         const struct fields *y)
{
    const struct fields *out;
    return merge(b, x, y, &out) ? out : NULL;
}

const struct fields *fields_merge(const struct fields *a, const struct fields *b,
                                  struct arena *arena)
{
    return fields_build_merged(&(struct fields_builder){.arena = arena}, a, b);
}

static bool intersect(struct fields_builder *b, const struct fields *x, const struct fields *y,
                      const struct fields **out);

static bool intersect_levels(struct fields_builder *b, const struct fields *x,
                             const struct fields *y, const struct fields **out)
{
    struct fields_level level;
    const struct fields *any;
    if (!intersect(b, x->any, y->any, &any) ||
        !fields_level_init(b, &level, x->n_members + y->n_members, any))
        return false;
    struct pairs p = {.x = x, .y = y};
    while (next_pair(&p)) {
        if (!intersect(b, p.below_x, p.below_y, &p.member.below))
            return false;
        if (p.member.below && !fields_level_add(b, &level, p.member))
            return false;
    }
    *out = level.n_names ? fields_level_done(b, &level) : NULL;
    return *out || !level.n_names;
}

static bool intersect(struct fields_builder *b, const struct fields *x, const struct fields *y,
                      const struct fields **out)
{
    bool is_one = !x || !y || x == y || x->is_all || y->is_all;
    if (!is_one)
        return intersect_levels(b, x, y, out);
    *out = !x || (y && x->is_all) ? y : x;
    if (!x || !y)
        *out = NULL;
    return true;
}

bool fields_intersect(const struct fields *a, const struct fields *b, struct arena *arena,
                      const struct fields **out)
{
    return intersect(&(struct fields_builder){.arena = arena}, a, b, out);
}
