/* assemble_places.c - values that lie in each other, and values whose members join the top level
 *
 * A source's value that others are placed in (a host) is cut where a member is replaced or goes on,
 * and what is placed in it comes before its last brace. The recursion is as deep as `into` is.
 */
#include "gateway/assemble_internal.h"
#include "gateway/gateway_internal.h"
#include "json/text.h"
#include "json/walk.h"

enum {
    USUAL = 64 * 1024,                             /* bytes for names, in any exchange's arena */
    PARTS_ROOM = 4 * sizeof(struct assemble_part), /* where members are taken by turns, and the list
                                                       of parts has grown by doubling */
    AROUND = 64                                    /* a block of an arena, beside its bytes */
};

struct placing {
    struct assembly *a;
    uint64_t shown;        /* what still stands in the answer */
    uint64_t joined;       /* of these, what is at `into: .` */
    struct names names;    /* that joined sources have brought, where there are several */
    struct outcome *owner; /* of the object that is cut */
};

static bool is_shown(const struct placing *p, const struct place *place)
{
    return place->source >= 0 && (p->shown >> place->source & 1);
}

static bool add(struct placing *p, struct slice bytes)
{
    return assemble_add(p->a, bytes, NULL);
}

/* The name of a member, a comma before it if need be. */
static bool add_name(struct placing *p, const struct place *place, bool *has_members)
{
    bool is_first = !*has_members;
    *has_members = true;
    return add(p, slice_after(place->member, is_first));
}

/* The text of a source's value; empty where it is an array of elements. at NULL: no room. */
static struct slice text_of(struct placing *p, unsigned source)
{
    struct run_source *s = &p->a->run->sources[source];
    if (s->items && run_has_value(p->a->run, source))
        return SLICE("");
    return pieces_join(&s->shown);
}

static bool is_object(struct slice text)
{
    return text.n && text.at[0] == '{';
}

/* A required source that nothing stands in for ends the answer. */
static bool is_lethal(const struct config_source *s)
{
    return s->is_required && !s->has_fallback;
}

/* What lies in this place cannot: there is no object. What had failed before keeps its reason. */
static bool drop_inside(struct placing *p, const struct place *place)
{
    struct run *r = p->a->run;
    uint64_t dropped = place->inside & p->shown;
    struct slice detail =
        arena_print(&r->visit->exchange->arena, "%.*s is no object", SLICE_ARG(place->dotted));
    p->shown &= ~dropped;
    for (uint64_t left = dropped; left && detail.at; left &= left - 1) {
        unsigned source = (unsigned)__builtin_ctzll(left);
        struct run_source *s = &r->sources[source];
        if (!run_has_failed(r, source)) {
            s->outcome.kind = OUTCOME_MISSING;
            s->outcome.detail = detail;
        }
        if (is_lethal(s->plan->config) && r->failed < 0)
            r->failed = (int)source;
    }
    return detail.at;
}

/* Members in a row that stay as they are. */
struct stretch {
    const char *from, *to; /* from NULL: none */
};

static bool end_stretch(struct assembly *a, struct outcome *owner, struct stretch *s,
                        bool *has_members)
{
    if (!s->from)
        return true;
    struct slice bytes = {s->from, (size_t)(s->to - s->from)};
    s->from = NULL;
    if (*has_members && !assemble_add(a, SLICE(","), NULL))
        return false;
    *has_members = true;
    return assemble_add(a, bytes, owner);
}

static void extend_stretch(struct stretch *s, struct slice name, const struct json_value *value)
{
    if (!s->from)
        s->from = name.at;
    s->to = value->text.at + value->text.n;
}

static bool add_content(struct placing *p, const struct place *place);
static bool add_host(struct placing *p, const struct place *place, struct slice object);

/* The places in this one that are not there yet: all, or those that a host has no member for. */
static bool add_children(struct placing *p, const struct place *place,
                         const struct slice *continued, bool *has_members)
{
    unsigned i = 0;
    for (const struct place *c = place->first; c; c = c->next, i++) {
        if (!(c->covered & p->shown) || (continued && continued[i].n))
            continue;
        if (!add_name(p, c, has_members) || !add_content(p, c))
            return false;
    }
    return true;
}

/* Objects of ours that the host has as well go on in it; its last member of a name counts. */
static bool find_continued(struct placing *p, const struct place *place, struct slice object,
                           struct slice *continued)
{
    unsigned i = 0;
    for (const struct place *c = place->first; c; c = c->next, i++) {
        struct json_value found;
        const struct json_step step = {.name = c->name};
        continued[i] = SLICE_NONE;
        if (is_shown(p, c) || !(c->inside & p->shown) ||
            !find_path(object, (struct json_path){1, &step}, &found))
            continue;
        continued[i] = found.text;
        if (!is_object(found.text) && !drop_inside(p, c))
            return false;
    }
    return true;
}

/* The place that a member's name means, if anything of ours stands there. */
static const struct place *find_shown(const struct placing *p, const struct place *place,
                                      struct slice name, unsigned *number)
{
    *number = 0;
    for (const struct place *c = place->first; c; c = c->next, ++*number)
        if ((c->covered & p->shown) && text_is(name, c->name))
            return c;
    return NULL;
}

/* `name: value` of the host, whose object goes on. */
static bool add_continued(struct placing *p, const struct place *place, struct slice name,
                          struct slice object, bool *has_members)
{
    struct stretch s = {name.at, object.at};
    return end_stretch(p->a, p->owner, &s, has_members) && add_host(p, place, object);
}

/* What is placed there stands in for members of the host that have the name of a source. */
static bool add_host_members(struct placing *p, const struct place *place, struct slice object,
                             const struct slice *continued, bool *has_members)
{
    struct walk w = walk_begin(object);
    struct stretch s = {0};
    struct slice name;
    struct json_value value;
    while (walk_member(&w, &name, &value)) {
        unsigned i;
        const struct place *c = find_shown(p, place, name, &i);
        if (!c || (continued[i].n && value.text.at != continued[i].at)) {
            extend_stretch(&s, name, &value);
            continue;
        }
        if (!end_stretch(p->a, p->owner, &s, has_members) ||
            (continued[i].n && !add_continued(p, c, name, value.text, has_members)))
            return false;
    }
    return end_stretch(p->a, p->owner, &s, has_members);
}

/* The object with what lies in it. */
static bool add_host(struct placing *p, const struct place *place, struct slice object)
{
    struct slice continued[CONFIG_MAX_SOURCES]; /* by child; none has more children than sources */
    bool has_members = false;
    struct outcome *owner = p->owner;
    if (!find_continued(p, place, object, continued) || !add(p, SLICE("{")) ||
        !add_host_members(p, place, object, continued, &has_members) ||
        !add_children(p, place, continued, &has_members))
        return false;
    p->owner = owner;
    return add(p, SLICE("}"));
}

static bool add_hosting_source(struct placing *p, const struct place *place)
{
    unsigned source = (unsigned)place->source;
    struct slice text = text_of(p, source);
    if (!text.at)
        return false;
    if (!is_object(text))
        return drop_inside(p, place) && assemble_add_source(p->a, source);
    p->owner = &p->a->run->sources[source].outcome;
    return add_host(p, place, text);
}

static bool add_content(struct placing *p, const struct place *place)
{
    bool has_members = false;
    if (!is_shown(p, place))
        return add(p, SLICE("{")) && add_children(p, place, NULL, &has_members) &&
               add(p, SLICE("}"));
    if (place->inside & p->shown)
        return add_hosting_source(p, place);
    return assemble_add_source(p->a, (unsigned)place->source);
}

/* May a member of what is joined here stand in the answer? Of equal names the earlier declared
 * source's counts, so that a later place may lose its own. */
static bool is_free(struct placing *p, const struct place *joined, struct slice name)
{
    const struct place *root = &p->a->run->plan->places.root;
    if (text_is(name, SLICE("errors")))
        return false;
    for (const struct place *c = root->first; c; c = c->next) {
        if (c->is_joined || !(c->covered & p->shown) || !text_is(name, c->name))
            continue;
        if (c->order < joined->order)
            return false;
        p->shown &= ~c->covered;
    }
    return true;
}

/* A source whose members join, and what they join. */
struct joining {
    struct placing *p;
    const struct place *place;
};

/* Among several joined ones their members are compared as well. */
static bool claim(void *context, struct slice name, bool *is_ours)
{
    const struct joining *j = context;
    struct placing *p = j->p;
    unsigned owner = j->place->order;
    *is_ours = is_free(p, j->place, name);
    if (!*is_ours || !(p->joined & (p->joined - 1)))
        return true;
    if (!names_claim(&p->names, name, &owner))
        return false;
    *is_ours = owner == j->place->order;
    return true;
}

/* Is it only there to have its name, as something below it is selected and it has nothing there?
 * Shaping has left it (json/shape.h). */
static bool find_shown_member(struct assembly *a, unsigned source, struct slice quoted,
                              struct slice value, bool *is_shown_member)
{
    const struct fields **of = a->run->visit->selection.of;
    struct slice name;
    *is_shown_member = true;
    if (!of || !of[source] || value.at[0] == '{' || value.at[0] == '[')
        return true;
    if (!names_unescape(&a->run->visit->exchange->arena, quoted, &name))
        return false;
    const struct fields *below = fields_below(of[source], name);
    *is_shown_member = below && below->is_all;
    return true;
}

bool assemble_add_joined(struct assembly *a, unsigned source, assemble_filter *filter,
                         void *context, bool *has_members)
{
    struct run_source *of = &a->run->sources[source];
    struct slice text = pieces_join(&of->shown);
    if (!text.at || !is_object(text))
        return text.at;
    struct walk w = walk_begin(text);
    struct stretch s = {0};
    struct slice name;
    struct json_value value;
    while (walk_member(&w, &name, &value)) {
        bool is_ours, is_more;
        if (!filter(context, name, &is_ours) ||
            !find_shown_member(a, source, name, value.text, &is_more))
            return false;
        if (is_ours && is_more)
            extend_stretch(&s, name, &value);
        else if (!end_stretch(a, &of->outcome, &s, has_members))
            return false;
    }
    return end_stretch(a, &of->outcome, &s, has_members);
}

static bool add_joined(struct placing *p, const struct place *joined, bool *has_members)
{
    struct joining j = {p, joined};
    return assemble_add_joined(p->a, (unsigned)joined->source, claim, &j, has_members);
}

/* The members of an object, and the bytes of their names that have to be unescaped. */
static void count_names(struct slice object, size_t *n, size_t *n_escaped)
{
    struct walk w = walk_begin(object);
    struct slice name;
    struct json_value value;
    while (walk_member(&w, &name, &value)) {
        *n += 1;
        if (memchr(name.at, '\\', name.n))
            *n_escaped += name.n + _Alignof(max_align_t);
    }
}

bool assemble_reserve_names(struct run *r, uint64_t joined, struct names *names)
{
    size_t n = 0, n_escaped = 0;
    for (uint64_t left = joined; left; left &= left - 1) {
        struct slice text = pieces_join(&r->sources[__builtin_ctzll(left)].shown);
        if (!text.at)
            return false;
        if (is_object(text))
            count_names(text, &n, &n_escaped);
    }
    size_t room = names_room(names, n) + n_escaped + n * PARTS_ROOM;
    if (room > USUAL && room < service_memory_left(&r->gateway->calls))
        r->visit->exchange->arena.limit += room + AROUND;
    return names_reserve(names, n);
}

bool assemble_add_places(struct assembly *a, uint64_t shown, bool *has_members)
{
    const struct place_tree *places = &a->run->plan->places;
    struct placing p = {.a = a, .shown = shown, .joined = places->joined & shown};
    names_init(&p.names, &a->run->visit->exchange->arena);
    bool are_several = p.joined & (p.joined - 1);
    if (are_several && !assemble_reserve_names(a->run, p.joined, &p.names))
        return false;
    *has_members = false;
    if (!add(&p, SLICE("{")))
        return false;
    for (const struct place *c = places->root.first; c; c = c->next) {
        if (!(c->covered & p.shown))
            continue;
        bool is_good = c->is_joined ? add_joined(&p, c, has_members)
                                    : add_name(&p, c, has_members) && add_content(&p, c);
        if (!is_good)
            return false;
    }
    return true;
}
