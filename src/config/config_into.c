/* config_into.c - where the values of sources stand in the answer (CONTRACT 3.3)
 *
 * A place is a path of names from the top. One whose path begins with the place of another source
 * lies in the value of that source; any other is a member of its own. Whoever names a source that
 * does not stand under its name has forgotten what he said of it.
 */
#include "config/config_internal.h"

enum {
    PLACE_NAMES_MAX = 16
};

static bool split(struct reading *r, const struct node *value, struct config_into *into)
{
    struct slice text = reading_copy(r, value->text);
    size_t n_names = 1;
    for (size_t i = 0; i < text.n; i++)
        n_names += text.at[i] == '.';
    into->names = reading_keep(r, n_names, sizeof *into->names);
    size_t begin = 0;
    for (size_t i = 0; i <= text.n; i++) {
        if (i < text.n && text.at[i] != '.')
            continue;
        if (i == begin)
            return false;
        into->names[into->n_names++] = (struct slice){text.at + begin, i - begin};
        begin = i + 1;
    }
    return n_names <= PLACE_NAMES_MAX;
}

static void read_into(struct reading *r, const struct option *row, struct node *value, void *object)
{
    struct config_source *s = object;
    (void)row;
    r->placed_at[s - r->endpoint->sources] = value->place;
    if (!option_line(r, value, "a place"))
        return;
    if (node_is(value, ".")) {
        s->into.is_joined = true;
        return;
    }
    bool is_place = split(r, value, &s->into);
    bool is_ours = is_place && slice_equal(s->into.names[0], SLICE("errors"));
    if (!is_place)
        reading_complain(r, RULE_INTO, value->place,
                         "'%s' is no place; write names with dots between them, as "
                         "product.reviews, or '.' for the top level",
                         reading_show(r, value->text));
    if (is_ours)
        reading_complain(r, RULE_INTO, value->place,
                         "'errors' at the top level is the gateway's; choose another name");
    if (!is_place || is_ours)
        s->into.n_names = 0;
}

/* Does a stand at b's place or inside it? */
static bool lies_in(const struct config_into *a, const struct config_into *b)
{
    if (b->n_names == 0 || a->n_names < b->n_names)
        return false;
    for (unsigned i = 0; i < b->n_names; i++)
        if (!slice_equal(a->names[i], b->names[i]))
            return false;
    return true;
}

static bool stands(const struct config_source *s)
{
    return !s->is_hidden && !s->into.is_joined;
}

/* The source whose value it lies in, the innermost one; NULL: it is a member of its own. */
static const struct config_source *find_around(const struct config_endpoint *e,
                                               const struct config_source *s)
{
    const struct config_source *around = NULL;
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *other = &e->sources[i];
        if (other == s || !stands(other) || other->into.n_names >= s->into.n_names ||
            !lies_in(&s->into, &other->into))
            continue;
        if (!around || around->into.n_names < other->into.n_names)
            around = other;
    }
    return around;
}

/* Is its value an array or a string, whatever comes? */
static const char *has_no_members(const struct config_source *s)
{
    if (s->each.is_given)
        return "an array";
    bool is_text = s->format == CONFIG_FORMAT_TEXT || s->format == CONFIG_FORMAT_BASE64;
    return is_text && !s->jq.n ? "a string" : NULL;
}

/* Does the shape say that the value has a member of this name? */
static bool is_given(const struct config_source *s, struct slice name)
{
    const struct fields *pick = s->jq.n ? NULL : s->shape.pick;
    if (!pick)
        return false;
    const struct fields named = {.members = pick->members, .n_members = pick->n_members};
    struct shape sure = s->shape;
    sure.pick = &named;
    return shape_may_give(&sure, name);
}

static const char *place_of(struct reading *r, const struct config_into *into)
{
    const char *text = "";
    for (unsigned i = 0; i < into->n_names; i++)
        text = reading_print(r, "%s%s%s", text, i ? "." : "", reading_show(r, into->names[i]));
    return reading_show(r, slice_of(text));
}

static void check_around(struct reading *r, const struct config_source *s,
                         const struct config_source *around, struct place place)
{
    const char *what = has_no_members(around);
    struct slice member = s->into.names[around->into.n_names];
    if (what)
        reading_complain(r, RULE_INTO, place,
                         "the value of '%s' is %s, and nothing can stand in it; choose another "
                         "place",
                         reading_show(r, around->name), what);
    else if (s->into.n_names == around->into.n_names + 1 && is_given(around, member))
        reading_complain(r, RULE_INTO_TAKEN, place,
                         "'%s' has a member '%s' of its own; choose another name, or pick it no "
                         "more",
                         reading_show(r, around->name), reading_show(r, member));
}

/* The first name is a source's, and that source stands elsewhere or nowhere. */
static void check_first_name(struct reading *r, const struct config_source *s,
                             const struct config_source *named, struct place place)
{
    const char *name = reading_show(r, named->name);
    if (named->is_hidden)
        reading_complain(r, RULE_INTO, place,
                         "'%s' is hidden, so nothing can stand in it; choose another place", name);
    else if (named->into.is_joined)
        reading_complain(r, RULE_INTO, place,
                         "the members of '%s' stand at the top level; leave '%s.' out", name, name);
    else if (named->into.n_names)
        reading_complain(r, RULE_INTO, place, "'%s' stands at %s; write %s.%s", name,
                         place_of(r, &named->into), place_of(r, &named->into),
                         place_of(r, &(struct config_into){
                                         .names = s->into.names + 1,
                                         .n_names = s->into.n_names - 1,
                                     }));
}

static void check_place(struct reading *r, const struct config_endpoint *e, unsigned i)
{
    const struct config_source *s = &e->sources[i];
    const struct config_source *around = find_around(e, s);
    struct place place = r->placed_at[i];
    for (unsigned k = 0; k < i; k++) {
        const struct config_source *other = &e->sources[k];
        if (stands(other) && other->into.n_names == s->into.n_names &&
            lies_in(&s->into, &other->into))
            reading_complain(r, RULE_INTO_TAKEN, place,
                             "'%s' stands at %s already; choose another place",
                             reading_show(r, other->name), place_of(r, &s->into));
    }
    if (around)
        check_around(r, s, around, place);
    for (unsigned k = 0; !around && s->into.n_names > 1 && k < e->n_sources; k++)
        if (&e->sources[k] != s && slice_equal(e->sources[k].name, s->into.names[0]))
            check_first_name(r, s, &e->sources[k], place);
}

static void check_joined(struct reading *r, const struct config_source *s, struct place place)
{
    const char *what = has_no_members(s);
    if (what)
        reading_complain(r, RULE_INTO, place,
                         "the value is %s, which has no members to join; give it a place, as "
                         "into: %s",
                         what, reading_show(r, s->name));
}

void config_check_places(struct reading *r, const struct config_endpoint *e)
{
    for (unsigned i = 0; i < e->n_sources && !r->is_over; i++) {
        const struct config_source *s = &e->sources[i];
        if (s->into.is_joined && !s->is_hidden)
            check_joined(r, s, r->placed_at[i]);
        else if (stands(s) && s->into.n_names)
            check_place(r, e, i);
    }
}

/* A fallback is no answer of the service's: nothing is left out of it. */
static bool stands_in(const struct config_source *s, struct slice name)
{
    struct json_value found;
    const struct json_step step = {.name = name};
    return s->has_fallback && find_path(s->fallback, (struct json_path){1, &step}, &found);
}

bool config_may_join(const struct config_source *s, struct slice name)
{
    return s->jq.n || shape_may_give(&s->shape, name) || stands_in(s, name);
}

/* Does no pick tell which members it joins? */
static bool is_open(const struct config_source *s)
{
    const struct fields *pick = s->jq.n ? NULL : s->shape.pick;
    return !pick || pick->any || pick->is_all;
}

bool config_has_place(const struct config_endpoint *e, struct slice name)
{
    for (unsigned i = 0; i < e->n_sources; i++) {
        const struct config_source *s = &e->sources[i];
        bool is_there = stands(s) ? s->into.n_names && slice_equal(s->into.names[0], name)
                                  : !s->is_hidden && (is_open(s) || config_may_join(s, name));
        if (is_there)
            return true;
    }
    return false;
}

const struct option_kind config_kind_into = {"place", "{\"type\":\"string\"}", read_into};
