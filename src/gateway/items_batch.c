/* items_batch.c - one call for all elements, and which part of its answer is whose
 *
 * A part is a slice of the answer, whose blob every element that has one holds a share of. From
 * there on it is shaped as an answer of its own would be.
 */
#include "gateway/gateway_internal.h"
#include "gateway/items_internal.h"
#include "json/text.h"
#include "json/walk.h"

static struct arena *arena_of(const struct run_items *items)
{
    return &items->run->visit->exchange->arena;
}

/* The distinct elements; those that are missing are none. false: the arena is full. */
static bool list_elements(const struct run_items *items, struct values_item *value)
{
    struct slice *texts = arena_take(arena_of(items), items->n_distinct * sizeof *texts);
    struct slice *jsons = arena_take(arena_of(items), items->n_distinct * sizeof *jsons);
    if (!texts || !jsons)
        return false;
    unsigned n = 0;
    for (unsigned i = 0; i < items->n; i++) {
        const struct run_item *item = &items->at[i];
        if (item->same_as != i || item->outcome.kind != OUTCOME_OK)
            continue;
        texts[n] = item->text;
        jsons[n++] = item->element;
    }
    *value = (struct values_item){.texts = texts, .jsons = jsons, .n = n};
    return true;
}

/* What had failed stays what it was, without what stood in for it. */
static bool fail(struct run_items *items, enum outcome_kind kind, struct slice detail)
{
    struct outcome *o = &items_source(items)->outcome;
    if (!o->has_stale) {
        o->kind = kind;
        o->detail = detail;
    }
    o->has_stale = false;
    return false;
}

/* Room for keys with escapes, used again for each. */
struct matching {
    struct run_items *items;
    char *room;
    size_t n_room;
};

/* What equals an element's text. SLICE_NONE: it can equal none, or the arena is full. */
static struct slice find_key(struct matching *m, struct slice part)
{
    struct json_value key;
    if (!find_path(part, items_each(m->items)->by, &key) || key.kind == JSON_NULL)
        return SLICE_NONE;
    if (key.kind != JSON_STRING)
        return key.text;
    if (m->n_room < key.text.n) {
        m->n_room = 2 * key.text.n;
        m->room = arena_take(arena_of(m->items), m->n_room);
    }
    if (!m->room)
        return SLICE_NONE;
    return (struct slice){m->room, text_unquote(m->room, key.text)};
}

/* Of several parts for one element the first is taken. */
static void hand_out(struct run_items *items, struct slice array)
{
    const struct outcome *whole = &items_source(items)->outcome;
    struct matching m = {.items = items};
    struct walk w = walk_begin(array);
    struct json_value part;
    while (walk_element(&w, &part)) {
        struct slice key = find_key(&m, part.text);
        struct run_item *item = key.at ? items_find(items, key) : NULL;
        if (!item || item->value.at)
            continue;
        item->value = part.text;
        item->outcome.caching.how = whole->caching.how;
        item->outcome.blob = whole->blob ? blob_share(whole->blob) : NULL;
    }
    for (unsigned i = 0; i < items->n; i++) {
        struct run_item *item = &items->at[i];
        if (item->same_as != i || item->value.at || item->outcome.kind != OUTCOME_OK)
            continue;
        item->outcome.kind = OUTCOME_MISSING;
        item->outcome.detail = SLICE("the answer has nothing for this element");
    }
}

/* false: the source has failed. */
static bool take_answer(struct run_items *items)
{
    struct run_source *s = items_source(items);
    const struct shaping whole = run_shaping(s);
    if (!outcome_has_value(&s->outcome) || !shaping_unwrap(&whole))
        return false;
    if (s->value.at[0] != '[')
        return fail(items, OUTCOME_INVALID, SLICE("the answer is no array"));
    hand_out(items, s->value);
    return true;
}

static void on_ended(void *owner, const struct outcome *outcome)
{
    struct run_items *items = owner;
    struct run_source *s = items_source(items);
    s->call = NULL;
    s->outcome = *outcome;
    if (!take_answer(items) || items_shape_parts(items))
        run_go_on(items->run, items->source); /* may free the items */
    else
        run_grow(items->run, items->source);
}

/* Where there is no room for it now, its call fails over that. */
bool items_check_batch(const struct run_items *items)
{
    struct values_item value;
    if (!items->n_distinct || !list_elements(items, &value))
        return true;
    return !items_is_refused(items, &value);
}

bool items_start_batch(struct run_items *items)
{
    struct run *r = items->run;
    struct run_source *s = items_source(items);
    struct values_item value;
    struct composed composed;
    if (!list_elements(items, &value))
        return !fail(items, OUTCOME_OVERLOADED, SLICE("no memory is left for the list"));
    r->gateway->requests.n = 0;
    if (compose_request(r, items->source, &value, &composed, &s->outcome) != COMPOSE_GOOD)
        return true;
    s->outcome.started_ns = r->gateway->loop->now_ns;
    items->n_calls = 1;
    s->call = run_call(r, items->source, &composed, on_ended, items);
    return false;
}
