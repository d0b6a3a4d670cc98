/* items_list.c - a list becomes elements, and equal ones become one
 *
 * The list is walked twice: to count, so that one that is too long costs nothing else, and to take.
 * The table that finds equal elements later finds whose a part of a batch's answer is.
 */
#include "base/check.h"
#include "base/map.h"
#include "gateway/gateway_internal.h"
#include "gateway/items_internal.h"
#include "json/walk.h"

/* The limit of an exchange's arena is made for some lists of a usual length; what is longer brings
 * room of its own. */
enum {
    USUAL = 64,              /* elements */
    ELEMENT_ROOM = 2 * 1024, /* bytes: an element, its pieces, its place in the answer */
    ANSWER_ROOM = 6 * 1024   /* a small answer of a call of its own, and what goes with it */
};

static struct arena *arena_of(const struct run *r)
{
    return &r->visit->exchange->arena;
}

static bool fail(struct run_source *s, enum outcome_kind kind, struct slice detail)
{
    s->outcome.kind = kind;
    s->outcome.detail = detail;
    return false;
}

static bool fail_for_room(struct run_source *s)
{
    return fail(s, OUTCOME_OVERLOADED, SLICE("no memory is left for the list"));
}

static bool fail_for_list(struct run_source *s, const char *why)
{
    const struct config_variable *from = &s->plan->config->each.list;
    if (from->origin == CONFIG_FROM_SOURCE && !run_has_value(s->run, from->index))
        s->cause = (int)from->index;
    struct slice detail =
        arena_print(arena_of(s->run), "%.*s is %s", SLICE_ARG(s->plan->list_name), why);
    return detail.at ? fail(s, OUTCOME_DEPENDENCY, detail) : fail_for_room(s);
}

/* The array's text. A list parameter that the request lacks is an empty one. */
static bool find_list(struct run_source *s, struct slice *list)
{
    const struct config_variable *from = &s->plan->config->each.list;
    if (!values_json(s->run, NULL, from, list))
        return fail_for_room(s);
    bool is_null = list->n && slice_equal(*list, SLICE("null"));
    if (from->origin == CONFIG_FROM_PARAMETER && (!list->n || is_null))
        *list = SLICE("[]");
    else if (!list->n)
        return fail_for_list(s, "missing");
    else if (is_null)
        return fail_for_list(s, "null");
    else if (list->at[0] != '[')
        return fail_for_list(s, "no array");
    return true;
}

/* Elements being counted, or taken. */
struct gathering {
    const struct config_each *each;
    struct run_item *at; /* NULL: they are counted */
    unsigned n;
};

/* SLICE_NONE: it is missing on the way. */
static void add(struct gathering *g, struct slice element)
{
    if (g->at)
        g->at[g->n].element = element;
    g->n++;
}

static void gather(struct gathering *g, struct slice array, unsigned level);

/* An array on the way gives its elements, anything else is one itself. The empty path, of brackets
 * at the end, says that the elements are taken as they are. */
static void go_through(struct gathering *g, struct json_value from, unsigned level)
{
    if (level == g->each->n_through) {
        add(g, from.text);
        return;
    }
    struct json_path path = g->each->through[level];
    struct json_value found;
    if (!find_path(from.text, path, &found))
        add(g, SLICE_NONE);
    else if (found.kind == JSON_ARRAY && (path.n_steps || level + 1 < g->each->n_through))
        gather(g, found.text, level + 1);
    else
        go_through(g, found, level + 1);
}

/* Ends soon where there are too many. It is as deep as the configuration's path has "[]". */
static void gather(struct gathering *g, struct slice array, unsigned level)
{
    struct walk w = walk_begin(array);
    struct json_value element;
    while (g->n <= g->each->max && walk_element(&w, &element))
        go_through(g, element, level);
}

/* The place of this text in the table, or the free one where it belongs. */
static unsigned *look_up(const struct run_items *items, struct slice text)
{
    unsigned at = (unsigned)map_hash(text) & items->table_mask;
    while (items->table[at] && !slice_equal(items->at[items->table[at] - 1].text, text))
        at = (at + 1) & items->table_mask;
    return &items->table[at];
}

struct run_item *items_find(const struct run_items *items, struct slice text)
{
    unsigned found = *look_up(items, text);
    return found ? &items->at[found - 1] : NULL;
}

/* Why there can be no call for the element; NULL: there can. In a batch it is a text, or nothing of
 * the answer is ever found to be for it. */
static const char *unfit(const struct run_items *items, struct slice element)
{
    if (!element.at)
        return "item is missing";
    if (element.at[0] == 'n')
        return "item is null";
    if (!items_each(items)->batch.n || (element.at[0] != '{' && element.at[0] != '['))
        return NULL;
    return element.at[0] == '{' ? "item is an object" : "item is an array";
}

/* false: the arena is full. */
static bool compare(struct run_items *items, unsigned i)
{
    struct run_item *item = &items->at[i];
    item->items = items;
    item->same_as = i;
    const char *why = unfit(items, item->element);
    if (why) {
        item->outcome.kind = OUTCOME_DEPENDENCY;
        item->outcome.detail = slice_of(why);
        return true;
    }
    if (!values_text(arena_of(items->run), item->element, &item->text))
        return false;
    unsigned *place = look_up(items, item->text);
    if (*place) {
        struct run_item *first = &items->at[*place - 1];
        item->same_as = *place - 1;
        item->next_same = first->next_same;
        first->next_same = i;
        return true;
    }
    *place = i + 1;
    items->n_distinct++;
    return true;
}

/* Half of the table stays free. */
static bool open_table(struct run_items *items)
{
    unsigned size = 1;
    while (size < 2 * items->n + 1)
        size *= 2;
    items->table = arena_take_zero(arena_of(items->run), size, sizeof *items->table);
    items->table_mask = size - 1;
    return items->table;
}

static bool open_known(struct run_items *items)
{
    bool is_streamed = items->run->plan->streamed >> items->source & 1;
    if (is_streamed)
        items->known = arena_take(arena_of(items->run), (items->n + 1) * sizeof *items->known);
    return items->known || !is_streamed;
}

static bool make_room(struct run *r, unsigned source, unsigned n)
{
    bool is_batch = r->plan->sources[source].config->each.batch.n;
    size_t room = (size_t)n * (is_batch ? ELEMENT_ROOM : ELEMENT_ROOM + ANSWER_ROOM);
    if (n <= USUAL)
        return true;
    if (room > service_memory_left(&r->gateway->calls))
        return false;
    arena_of(r)->limit += room;
    return true;
}

static struct run_items *take(struct run *r, unsigned source, unsigned n)
{
    if (!make_room(r, source, n))
        return NULL;
    struct run_items *items = arena_take_zero(arena_of(r), 1, sizeof *items);
    if (!items)
        return NULL;
    *items = (struct run_items){.run = r, .source = source, .n = n};
    items->at = arena_take_zero(arena_of(r), n + 1, sizeof *items->at);
    return items->at && open_table(items) && open_known(items) ? items : NULL;
}

static bool fill(struct run_items *items, struct slice list)
{
    struct gathering g = {.each = items_each(items), .at = items->at};
    gather(&g, list, 0);
    CHECK(g.n == items->n);
    for (unsigned i = 0; i < items->n; i++)
        if (!compare(items, i))
            return false;
    return true;
}

unsigned items_n_calls(const struct run_items *items)
{
    bool is_one = items_each(items)->batch.n && items->n_distinct;
    return is_one ? 1 : items->n_distinct;
}

unsigned items_n_made(const struct run_items *items)
{
    unsigned n = 0;
    for (unsigned i = 0; i < items->n; i++)
        n += items->at[i].same_as == i && items->at[i].outcome.n_attempts > 0;
    return n;
}

/* Every call of a request counts (bounds.calls); a batch's has been set aside. */
static bool set_calls_aside(struct run_source *s, const struct run_items *items)
{
    unsigned bound = s->run->gateway->config->bounds.calls;
    unsigned n = s->plan->config->each.batch.n ? 0 : items_n_calls(items);
    if (n > bound - s->run->n_calls)
        return false;
    s->run->n_calls += n;
    return true;
}

bool items_open(struct run *r, unsigned source)
{
    struct run_source *s = &r->sources[source];
    struct gathering counted = {.each = &s->plan->config->each};
    struct slice list;
    if (!find_list(s, &list))
        return false;
    gather(&counted, list, 0);
    if (counted.n > counted.each->max)
        return fail(
            s, OUTCOME_TOO_LARGE,
            arena_print(arena_of(r), "the list has more than %u elements", counted.each->max));
    struct run_items *items = take(r, source, counted.n);
    if (!items || !fill(items, list))
        return fail_for_room(s);
    if (!set_calls_aside(s, items))
        return fail(s, OUTCOME_TOO_LARGE,
                    SLICE("the list needs more calls than a request may make"));
    s->items = items;
    return true;
}
