/* parts.c - whose turn is it, and what is left of it? */
#include "gateway/parts.h"

#include "gateway/assemble_internal.h"
#include "gateway/gateway_internal.h"
#include "gateway/items.h"
#include "gateway/parts_list.h"
#include "gateway/run_internal.h"
#include "json/text.h"

static const struct place *root_of(const struct parts *p)
{
    return &p->run->plan->places.root;
}

static uint64_t shown(const struct run *r)
{
    return r->visit->selection.shown & ~r->skipped;
}

static uint64_t joined(const struct parts *p)
{
    return p->run->plan->places.joined & p->run->visit->selection.shown;
}

static uint64_t first(const struct parts *p)
{
    return p->run->plan->first & run_called(p->run);
}

void parts_init(struct parts *p, struct run *r)
{
    *p = (struct parts){.run = r};
    names_init(&p->names, &r->visit->exchange->arena);
}

bool parts_is_first_due(const struct parts *p)
{
    return !(first(p) & ~p->run->settled);
}

/* Members that join the top level: taken along unless an earlier declared source's stand there. */
static bool join(void *context, struct slice name, bool *is_taken)
{
    struct parts *p = context;
    unsigned order = p->run->plan->places.of[p->joining]->order, owner = order;
    *is_taken = false;
    if (text_is(name, SLICE("errors")))
        return true;
    for (const struct place *c = root_of(p)->first; c; c = c->next) {
        if (c->is_joined || !text_is(name, c->name))
            continue;
        if (c->order < order && (p->standing & run_bit(c->order)))
            return true;
        if (c->order < order)
            p->occupied |= run_bit(c->order);
        else
            p->lost |= c->covered;
    }
    uint64_t all = joined(p);
    if ((all & (all - 1)) && !names_claim(&p->names, name, &owner))
        return false;
    *is_taken = owner == order;
    return true;
}

/* The place at the top level that the source's lies in; NULL: it joins. */
static const struct place *find_top(const struct parts *p, unsigned source)
{
    const struct config_into *into = &p->run->plan->sources[source].config->into;
    return into->is_joined ? NULL : place_find(root_of(p), into->names[0]);
}

/* Does the selection ask for a part of what is called so, be it of any name? */
static bool asks_below(const struct fields *f, const struct place *top)
{
    const struct fields *below = top ? fields_below(f, top->name) : f->any;
    bool is_part = below && !below->is_all;
    for (unsigned i = 0; !top && i < f->n_members; i++)
        is_part |= !f->members[i].below->is_all;
    return is_part;
}

/* An earlier declared source that joins may have a name here of which nothing is shown. What is
 * told by that name meanwhile could not be taken back: so it waits for the others' names to be
 * known. */
static bool is_unsettled(const struct parts *p, unsigned source, uint64_t known)
{
    const struct fields **of = p->run->visit->selection.of;
    const struct place *top = find_top(p, source);
    uint64_t before = run_bit(top ? top->order : source) - 1;
    uint64_t left = of ? joined(p) & shown(p->run) & before & ~known : 0;
    for (; left; left = run_rest(left))
        if (of[run_first(left)] && asks_below(of[run_first(left)], top))
            return true;
    return false;
}

/* Without those that wait for others than these. */
static uint64_t drop_unsettled(const struct parts *p, uint64_t sources)
{
    for (uint64_t before = 0; before != sources;) {
        before = sources;
        for (uint64_t left = sources & shown(p->run); left; left = run_rest(left))
            if (is_unsettled(p, run_first(left), sources))
                sources &= ~run_bit(run_first(left));
    }
    return sources;
}

static bool to_one_line(struct run *r, unsigned source)
{
    struct run_source *s = &r->sources[source];
    const struct shaping shaping = run_shaping(s);
    if (!s->items || !run_has_value(r, source))
        return shaping_to_one_line(&shaping);
    return items_to_one_line(s->items);
}

static bool reserve_names(struct parts *p, uint64_t sources)
{
    uint64_t all = joined(p);
    bool are_several = all & (all - 1);
    return !are_several || assemble_reserve_names(p->run, all & sources, &p->names);
}

/* Who joins in the first part has its names from then on. */
static bool note_first(struct parts *p, uint64_t sources)
{
    struct assembly unused;
    for (const struct place *c = root_of(p)->first; c; c = c->next)
        if (!c->is_joined && (c->covered & sources))
            p->standing |= run_bit(c->order);
    if (!reserve_names(p, sources))
        return false;
    for (uint64_t left = joined(p) & sources; left; left = run_rest(left)) {
        bool has_members = false;
        p->joining = run_first(left);
        if (!assemble_init(&unused, p->run) ||
            !assemble_add_joined(&unused, p->joining, join, p, &has_members))
            return false;
    }
    return true;
}

static uint64_t find_failed(const struct run *r, uint64_t sources)
{
    uint64_t failed = 0;
    for (uint64_t left = sources; left; left = run_rest(left))
        if (run_has_failed(r, run_first(left)))
            failed |= run_bit(run_first(left));
    return failed;
}

enum assemble_verdict parts_add_first(struct parts *p, bool has_errors, struct assembly *a)
{
    struct run *r = p->run;
    uint64_t sources = drop_unsettled(p, first(p) & r->settled);
    for (uint64_t left = sources & shown(r); left; left = run_rest(left))
        if (!to_one_line(r, run_first(left)))
            return ASSEMBLE_NO_ROOM;
    p->sent |= sources;
    p->told |= sources;
    uint64_t failed = find_failed(r, sources);
    enum assemble_verdict verdict = assemble_some(a, sources, has_errors);
    p->dropped = find_failed(r, sources) & ~failed;
    if (verdict == ASSEMBLE_NO_ROOM || r->plan->places.is_flat)
        return verdict;
    return note_first(p, sources & shown(r)) ? verdict : ASSEMBLE_NO_ROOM;
}

enum standing {
    STANDING_GOOD,
    STANDING_WAITS,
    STANDING_DROPPED,
};

static void drop(struct parts *p, unsigned source, const struct place *around)
{
    struct run *r = p->run;
    struct run_source *s = &r->sources[source];
    if (run_has_failed(r, source))
        return;
    p->dropped |= run_bit(source);
    s->outcome.kind = OUTCOME_MISSING;
    s->outcome.detail =
        arena_print(&r->visit->exchange->arena, "%.*s is no object", SLICE_ARG(around->dotted));
    if ((r->plan->required & run_bit(source)) && !s->plan->config->has_fallback && r->failed < 0)
        r->failed = (int)source;
}

/* The host's own object of that name goes on; empty: it has none. */
static struct slice go_into(struct slice object, struct slice name)
{
    struct json_value found;
    const struct json_step step = {.name = name};
    if (!object.n || !find_path(object, (struct json_path){1, &step}, &found))
        return SLICE("");
    return found.text;
}

/* Down the path, through what others have put there. */
static enum standing look_around(struct parts *p, unsigned source)
{
    struct run *r = p->run;
    const struct config_into *into = &r->plan->sources[source].config->into;
    const struct place *place = root_of(p);
    struct slice around = SLICE("");
    for (unsigned i = 0; !into->is_joined && i + 1 < into->n_names; i++) {
        place = place_find(place, into->names[i]);
        int host = place->source;
        bool is_shown = host >= 0 && (shown(r) >> host & 1);
        if (is_shown && !(p->sent >> host & 1))
            return STANDING_WAITS;
        around = is_shown ? pieces_join(&r->sources[host].shown) : go_into(around, into->names[i]);
        if (around.n && around.at[0] != '{') {
            drop(p, source, place);
            return STANDING_DROPPED;
        }
    }
    return STANDING_GOOD;
}

/* A source that is known, or a list that may be begun, and still to be told. */
static uint64_t find_due(const struct parts *p)
{
    const struct run *r = p->run;
    return (r->settled | r->plan->streamed) & run_called(r) & shown(r) & ~p->sent;
}

static enum standing find_standing(struct parts *p, unsigned source)
{
    if (p->lost >> source & 1)
        return STANDING_DROPPED;
    if (is_unsettled(p, source, p->sent))
        return STANDING_WAITS;
    return parts_is_listed(p, source) ? STANDING_GOOD : look_around(p, source);
}

static void note_stale(struct parts *p, unsigned source)
{
    p->is_stale = parts_find_stale(p, source);
    p->stale |= p->is_stale ? run_bit(source) : 0;
}

int parts_next(struct parts *p)
{
    for (uint64_t left = find_due(p); left; left = run_rest(left)) {
        unsigned source = run_first(left);
        if (parts_find_kind(p, source) == PARTS_NOTHING)
            continue;
        enum standing standing = find_standing(p, source);
        if (standing == STANDING_GOOD) {
            note_stale(p, source);
            return (int)source;
        }
        if (standing == STANDING_DROPPED)
            p->sent |= run_bit(source);
    }
    return -1;
}

static bool add(struct assembly *a, struct slice bytes)
{
    return assemble_add(a, bytes, NULL);
}

bool parts_add_names(struct assembly *a, unsigned source, unsigned n)
{
    const struct config_into *into = &a->run->plan->sources[source].config->into;
    const struct place *place = &a->run->plan->places.root;
    bool is_good = true;
    for (unsigned i = 0; is_good && i < n; i++) {
        place = place_find(place, into->names[i]);
        /* `,"name":` */
        is_good =
            add(a, (struct slice){place->member.at + (i == 0), place->member.n - 1 - (i == 0)});
    }
    return is_good;
}

bool parts_add_path(struct assembly *a, unsigned source, unsigned n)
{
    return add(a, SLICE("[")) && parts_add_names(a, source, n) && add(a, SLICE("]"));
}

static bool add_joining(struct parts *p, unsigned source, struct assembly *a)
{
    bool has_members = false;
    p->joining = source;
    p->sent |= run_bit(source);
    p->told |= run_bit(source);
    return to_one_line(p->run, source) && reserve_names(p, run_bit(source)) && add(a, SLICE("{")) &&
           assemble_add_joined(a, source, join, p, &has_members) && add(a, SLICE("}"));
}

/* All of it, or what its elements will stand in. */
static bool add_value(struct parts *p, unsigned source, struct assembly *a)
{
    if (parts_find_kind(p, source) == PARTS_LIST)
        return parts_add_list(p, source, a);
    p->sent |= run_bit(source);
    p->told |= run_bit(source);
    p->listed &= ~run_bit(source);
    return to_one_line(p->run, source) && assemble_add_source(a, source);
}

/* The value inside of an object for each name from the nth on. */
static bool add_wrapped(struct parts *p, unsigned source, unsigned n, struct assembly *a)
{
    const struct config_into *into = &a->run->plan->sources[source].config->into;
    const struct place *place = &a->run->plan->places.root;
    bool is_good = true;
    for (unsigned i = 0; is_good && i < into->n_names; i++) {
        place = place_find(place, into->names[i]);
        is_good = i < n || (add(a, SLICE("{")) && add(a, slice_after(place->member, 1)));
    }
    is_good = is_good && add_value(p, source, a);
    for (unsigned i = n; is_good && i < into->n_names; i++)
        is_good = add(a, SLICE("}"));
    return is_good;
}

bool parts_add_data(struct parts *p, unsigned source, unsigned n, struct assembly *a)
{
    const struct place *top = find_top(p, source);
    if (!top)
        return add_joining(p, source, a);
    p->standing |= run_bit(top->order);
    return add_wrapped(p, source, n, a);
}

/* Has a joined source put something there that the source's place does not lie in? */
static bool replaces(const struct parts *p, unsigned source)
{
    const struct place *top = find_top(p, source);
    uint64_t bit = top ? run_bit(top->order) : 0;
    return (p->occupied & bit) && !(p->standing & bit) && top->source != (int)source;
}

/* Is there an object at this place? around: what the place's parent has of theirs. */
static bool is_there(const struct parts *p, const struct place *place, struct slice around)
{
    return (place->covered & p->told & shown(p->run) & ~p->lost) || around.n;
}

unsigned parts_find_container(const struct parts *p, unsigned source)
{
    struct run *r = p->run;
    const struct config_into *into = &r->plan->sources[source].config->into;
    const struct place *place = root_of(p);
    struct slice around = SLICE("");
    if (replaces(p, source))
        return 0;
    for (unsigned i = 0; !into->is_joined && i + 1 < into->n_names; i++) {
        place = place_find(place, into->names[i]);
        bool is_shown = place->source >= 0 && (shown(r) >> place->source & 1);
        around = is_shown ? pieces_join(&r->sources[place->source].shown)
                          : go_into(around, into->names[i]);
        if (!is_there(p, place, around))
            return i;
    }
    return into->is_joined ? 0 : into->n_names - 1;
}

uint64_t parts_find_pending(const struct parts *p)
{
    return run_called(p->run) & shown(p->run) & ~p->sent;
}

/* An error of its own, or an array of its elements'. */
static bool add_errors(struct parts *p, unsigned source, struct assembly *a)
{
    struct slice errors = assemble_errors_of(p->run, run_bit(source));
    bool has_failed = run_has_failed(p->run, source);
    if (!errors.n || (parts_is_listed(p, source) && !has_failed)) /* elements have their own */
        return errors.at;
    if (!has_failed)
        return add(a, SLICE(",\"errors\":")) && add(a, errors);
    return add(a, SLICE(",\"error\":")) && add(a, (struct slice){errors.at + 1, errors.n - 2});
}

/* Where a joined source has put something of the name it is replaced whole. */
bool parts_add(struct parts *p, unsigned source, struct assembly *a)
{
    const struct plan_source *s = &p->run->plan->sources[source];
    unsigned n = s->config->into.is_joined ? 0 : s->config->into.n_names;
    if (parts_find_kind(p, source) == PARTS_ELEMENT)
        return parts_add_next_element(p, source, a);
    if (replaces(p, source))
        n = 1;
    return add(a, s->part_start) && parts_add_path(a, source, n) && add(a, SLICE(",\"value\":")) &&
           parts_add_data(p, source, n, a) && (!p->is_stale || add(a, SLICE(",\"stale\":true"))) &&
           add_errors(p, source, a);
}

struct slice parts_find_errors(struct parts *p)
{
    for (uint64_t left = p->lost & p->dropped; left; left = run_rest(left))
        p->run->sources[run_first(left)].outcome.kind = OUTCOME_OK;
    return assemble_errors(p->run);
}

/* Those too that have no part of their own. A list that was interrupted had stale elements. */
static uint64_t find_stale(const struct parts *p)
{
    const struct run *r = p->run;
    uint64_t stale = p->stale;
    for (uint64_t left = r->settled; left; left = run_rest(left))
        if (outcome_cache_told(&r->sources[run_first(left)].outcome) == OUTCOME_STALE)
            stale |= run_bit(run_first(left));
    return stale;
}

bool parts_add_stale(const struct parts *p, struct assembly *a)
{
    struct slice before = SLICE(",\"stale\":[\"");
    uint64_t stale = find_stale(p);
    for (uint64_t left = stale; left; left = run_rest(left)) {
        if (!add(a, before) || !add(a, p->run->plan->sources[run_first(left)].config->name))
            return false;
        before = SLICE("\",\"");
    }
    return !stale || add(a, SLICE("\"]"));
}

bool parts_add_done(struct parts *p, struct assembly *a)
{
    struct slice errors = parts_find_errors(p);
    a->is_complete = errors.n == 0;
    if (a->is_complete)
        return errors.at && add(a, SLICE("\"complete\":true")) && parts_add_stale(p, a);
    return add(a, SLICE("\"complete\":false,\"errors\":")) && add(a, errors) &&
           parts_add_stale(p, a);
}

/* Where values lie in each other they are still looked at, and what others read is still read. */
void parts_release(struct parts *p, unsigned source)
{
    struct run_source *s = &p->run->sources[source];
    if (s->items && (p->run->plan->streamed & run_bit(source)))
        parts_release_element(p, source);
    if (!s->outcome.blob || !p->run->plan->places.is_flat || s->plan->is_read || s->items)
        return;
    blob_release(&p->run->gateway->loop->blobs, s->outcome.blob);
    s->outcome.blob = NULL;
}
