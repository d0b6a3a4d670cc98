/* parts_list.c - which element is next, and where does it stand? */
#include "gateway/parts_list.h"

#include "gateway/assemble_internal.h"
#include "gateway/items.h"
#include "gateway/run_internal.h"

static bool add(struct assembly *a, struct slice bytes)
{
    return assemble_add(a, bytes, NULL);
}

/* The element whose part is next; n: none is known that may be told. */
static unsigned find_next(const struct parts *p, const struct run_items *items)
{
    if (p->in_order)
        return items->n_told < items->n && items_at(items, items->n_told)->is_known ? items->n_told
                                                                                    : items->n;
    return items->n_told < items->n_known ? items->known[items->n_told] : items->n;
}

/* Are there elements to come? The one call of a batch may fail its source yet. */
static bool has_elements(const struct run *r, unsigned source)
{
    const struct run_source *s = &r->sources[source];
    return (r->started >> source & 1) && s->items && s->items->n && !s->call;
}

enum parts_kind parts_find_kind(const struct parts *p, unsigned source)
{
    const struct run *r = p->run;
    bool has_settled = r->settled >> source & 1;
    bool streams = (r->plan->streamed >> source & 1) && has_elements(r, source);
    if (has_settled && (!streams || !run_has_value(r, source)))
        return PARTS_WHOLE;
    if (!streams)
        return PARTS_NOTHING;
    if (!(p->listed >> source & 1)) /* nor is one told that was given up */
        return has_settled || !r->is_over ? PARTS_LIST : PARTS_NOTHING;
    const struct run_items *items = r->sources[source].items;
    return find_next(p, items) < items->n ? PARTS_ELEMENT : PARTS_NOTHING;
}

bool parts_find_stale(const struct parts *p, unsigned source)
{
    const struct run_source *s = &p->run->sources[source];
    const struct outcome *o = &s->outcome;
    enum parts_kind kind = parts_find_kind(p, source);
    if (kind == PARTS_LIST && !s->plan->config->each.batch.n)
        return false;
    if (kind == PARTS_ELEMENT)
        o = &items_at(s->items, find_next(p, s->items))->outcome;
    return outcome_cache_told(o) == OUTCOME_STALE;
}

static struct slice write_nulls(struct arena *arena, size_t n)
{
    const struct slice null = SLICE("null,");
    char *text = arena_take(arena, n * null.n + 2);
    if (!text)
        return SLICE_NONE;
    char *at = text;
    *at++ = '[';
    for (size_t i = 0; i < n; i++)
        at = mempcpy(at, null.at, null.n);
    at -= n > 0; /* the last one's comma */
    *at++ = ']';
    return (struct slice){text, (size_t)(at - text)};
}

bool parts_add_list(struct parts *p, unsigned source, struct assembly *a)
{
    const struct run_items *items = p->run->sources[source].items;
    struct arena *arena = &p->run->visit->exchange->arena;
    struct slice text = write_nulls(arena, p->in_order ? 0 : items->n);
    p->listed |= run_bit(source);
    p->told |= run_bit(source);
    return text.at && add(a, text);
}

unsigned parts_take_element(struct parts *p, unsigned source)
{
    struct run_items *items = p->run->sources[source].items;
    unsigned element = find_next(p, items);
    if (++items->n_told < items->n)
        return element;
    p->listed &= ~run_bit(source);
    p->sent |= run_bit(source);
    return element;
}

void parts_release_element(const struct parts *p, unsigned source)
{
    struct run_items *items = p->run->sources[source].items;
    unsigned last = items->n_told - 1;
    if (items->n_told)
        items_release_element(items, p->in_order ? last : items->known[last]);
}

bool parts_is_listed(const struct parts *p, unsigned source)
{
    return p->listed >> source & 1;
}

bool parts_add_element_path(struct assembly *a, unsigned source, unsigned element)
{
    const struct config_into *into = &a->run->plan->sources[source].config->into;
    struct slice index = arena_print(&a->run->visit->exchange->arena, ",%u]", element);
    return index.at && add(a, SLICE("[")) && parts_add_names(a, source, into->n_names) &&
           add(a, index);
}

bool parts_add_element(struct assembly *a, unsigned source, unsigned element)
{
    return items_element_to_one_line(a->run->sources[source].items, element) &&
           assemble_add_element(a, source, element);
}

struct slice parts_error_of_element(struct run *r, unsigned source, unsigned element)
{
    return run_has_failed(r, source) ? SLICE("") : assemble_error_of_element(r, source, element);
}

bool parts_add_next_element(struct parts *p, unsigned source, struct assembly *a)
{
    const struct plan_source *s = &p->run->plan->sources[source];
    unsigned element = parts_take_element(p, source);
    struct slice error = parts_error_of_element(p->run, source, element);
    return error.at && add(a, s->part_start) && parts_add_element_path(a, source, element) &&
           add(a, SLICE(",\"value\":")) && parts_add_element(a, source, element) &&
           (!p->is_stale || add(a, SLICE(",\"stale\":true"))) &&
           (!error.n || (add(a, SLICE(",\"error\":")) && add(a, error)));
}
