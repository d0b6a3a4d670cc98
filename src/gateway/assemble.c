/* assemble.c - braces, names and commas around what came back */
#include "base/check.h"
#include "gateway/assemble_internal.h"
#include "gateway/items.h"

/* A document of n plain sources has 2n + 4 parts. */
enum {
    SPARE_PARTS = 4
};

static bool grow(struct assembly *a)
{
    unsigned capacity = 2 * a->capacity;
    struct assemble_part *parts =
        arena_take(&a->run->visit->exchange->arena, capacity * sizeof *parts);
    if (!parts)
        return false;
    memcpy(parts, a->parts, a->n * sizeof *parts);
    a->parts = parts;
    a->capacity = capacity;
    return true;
}

bool assemble_add(struct assembly *a, struct slice bytes, struct outcome *owner)
{
    if (a->n == a->capacity && !grow(a))
        return false;
    a->parts[a->n++] = (struct assemble_part){.bytes = bytes, .owner = owner};
    a->n_bytes += bytes.n;
    return true;
}

static bool add_pieces(struct assembly *a, const struct pieces *p, struct outcome *owner)
{
    for (unsigned i = 0; i < p->n; i++)
        if (!assemble_add(a, p->at[i], owner))
            return false;
    return true;
}

/* Equal elements share one item, and its blob. */
bool assemble_add_element(struct assembly *a, unsigned source, unsigned element)
{
    const struct run_items *items = a->run->sources[source].items;
    struct run_item *item = &items->at[items->at[element].same_as];
    return add_pieces(a, &item->shown, &item->outcome);
}

static bool add_elements(struct assembly *a, unsigned source)
{
    const struct run_items *items = a->run->sources[source].items;
    bool is_good = assemble_add(a, SLICE("["), NULL);
    for (unsigned i = 0; i < items->n && is_good; i++)
        is_good =
            (i == 0 || assemble_add(a, SLICE(","), NULL)) && assemble_add_element(a, source, i);
    return is_good && assemble_add(a, SLICE("]"), NULL);
}

bool assemble_add_source(struct assembly *a, unsigned source)
{
    struct run_source *s = &a->run->sources[source];
    if (s->items && run_has_value(a->run, source))
        return add_elements(a, source);
    return add_pieces(a, &s->shown, &s->outcome);
}

/* The same where a source stands in one place alone, as it mostly does. */
static bool add_member(struct assembly *a, unsigned source, bool has_members)
{
    struct run_source *s = &a->run->sources[source];
    struct slice member = slice_after(s->plan->member, !has_members);
    if (!assemble_add(a, member, NULL) || !assemble_add_source(a, source))
        return false;
    if (!s->items)
        a->parts[a->n - 1].is_last = true;
    return true;
}

static bool add_flat(struct assembly *a, uint64_t shown, bool *has_members)
{
    if (!assemble_add(a, SLICE("{"), NULL))
        return false;
    *has_members = false;
    for (uint64_t left = shown; left; left &= left - 1) {
        if (!add_member(a, (unsigned)__builtin_ctzll(left), *has_members))
            return false;
        *has_members = true;
    }
    return true;
}

static bool add_members(struct assembly *a, uint64_t sources, bool *has_members)
{
    struct run *r = a->run;
    uint64_t shown = r->visit->selection.shown & ~r->skipped & sources;
    if (r->plan->places.is_flat)
        return add_flat(a, shown, has_members);
    return assemble_add_places(a, shown, has_members);
}

static bool add_errors(struct assembly *a, uint64_t sources, bool has_members)
{
    struct slice errors = assemble_errors_of(a->run, sources);
    a->is_complete = errors.n == 0;
    if (!errors.at || a->is_complete)
        return errors.at;
    struct slice member = slice_after(SLICE(",\"errors\":"), !has_members);
    return assemble_add(a, member, NULL) && assemble_add(a, errors, NULL);
}

enum assemble_verdict assemble_some(struct assembly *a, uint64_t sources, bool has_errors)
{
    bool has_members;
    if (!add_members(a, sources, &has_members))
        return ASSEMBLE_NO_ROOM;
    if ((has_errors && !add_errors(a, sources, has_members)) || !assemble_add(a, SLICE("}"), NULL))
        return ASSEMBLE_NO_ROOM;
    return a->run->failed >= 0 ? ASSEMBLE_FAILED : ASSEMBLE_GOOD;
}

bool assemble_init(struct assembly *a, struct run *r)
{
    *a = (struct assembly){.run = r, .capacity = 2 * r->plan->n_sources + SPARE_PARTS};
    a->parts = arena_take(&r->visit->exchange->arena, a->capacity * sizeof *a->parts);
    return a->parts;
}

enum assemble_verdict assemble_document(struct run *r, struct assembly *a)
{
    CHECK(r->settled == r->plan->all);
    return assemble_init(a, r) ? assemble_some(a, r->plan->all, true) : ASSEMBLE_NO_ROOM;
}
