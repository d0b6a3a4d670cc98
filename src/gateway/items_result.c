/* items_result.c - what came of all elements together */
#include "gateway/gateway_internal.h"
#include "gateway/items_internal.h"
#include "service/service_body.h"

enum outcome_kind items_kind(const struct run_items *items)
{
    for (unsigned i = 0; i < items->n; i++)
        if (items_at(items, i)->outcome.kind != OUTCOME_OK)
            return items_at(items, i)->outcome.kind;
    return OUTCOME_OK;
}

static bool is_new(const struct field *fields, unsigned n, struct slice name)
{
    for (unsigned i = 0; i < n; i++)
        if (slice_equal_nocase(fields[i].name, name))
            return false;
    return true;
}

/* The first element that has a field wins; set-cookie adds up. As many as there is room for. */
static unsigned gather_fields(const struct run_items *items, struct field *fields)
{
    unsigned n = 0;
    for (unsigned i = 0; i < items->n; i++) {
        const struct outcome *o = &items->at[i].outcome;
        unsigned n_before = n;
        for (unsigned k = 0; outcome_has_value(o) && k < o->n_returned; k++) {
            const struct field *f = &o->returned[k];
            if (slice_equal_nocase(f->name, SLICE("set-cookie")) ||
                is_new(fields, n_before, f->name))
                fields[n++] = *f;
        }
    }
    return n;
}

static bool return_fields(const struct run_items *items, struct outcome *whole)
{
    unsigned most = 0;
    for (unsigned i = 0; i < items->n; i++)
        most += items->at[i].outcome.n_returned;
    struct field *fields = arena_take(&items->run->visit->exchange->arena, most * sizeof *fields);
    if (!fields)
        return false;
    whole->n_returned = gather_fields(items, fields);
    whole->returned = fields;
    return true;
}

/* The least of all counts: what is stale is to be known of, then how near the cache was. */
static unsigned rank(enum outcome_cache how)
{
    static const uint8_t of[] = {
        [OUTCOME_STALE] = 0,       [OUTCOME_UNCACHED] = 1, [OUTCOME_MISS] = 2,
        [OUTCOME_REVALIDATED] = 3, [OUTCOME_HIT] = 4,
    };
    return of[how];
}

/* Names that stand there already are put there again, which harms nobody, unless the texts are the
 * same, as they mostly are. */
static void add_vary(struct outcome_caching *sum, struct slice vary, struct arena *arena)
{
    if (!vary.n || slice_equal(sum->vary, vary))
        return;
    if (sum->vary.n)
        vary = arena_print(arena, "%.*s, %.*s", SLICE_ARG(sum->vary), SLICE_ARG(vary));
    sum->vary = vary.at ? vary : sum->vary;
}

/* What holds of all elements; where there is none, nothing can become old. */
static void add_caching(const struct run_items *items, struct outcome_caching *sum)
{
    const struct config_cache *settings = &items_source(items)->plan->config->cache;
    *sum = (struct outcome_caching){0};
    if (!settings->is_on)
        return;
    *sum = (struct outcome_caching){
        .how = OUTCOME_HIT, .is_stored = true, .ttl_ms = (int64_t)settings->ttl_ms};
    bool is_told = false;
    for (unsigned i = 0; i < items->n; i++) {
        const struct outcome_caching *c = &items->at[i].outcome.caching;
        if (items->at[i].same_as != i)
            continue;
        enum outcome_cache how = outcome_cache_told(&items->at[i].outcome);
        sum->how = rank(how) < rank(sum->how) ? how : sum->how;
        sum->has_missed |= how != OUTCOME_HIT && how != OUTCOME_STALE;
        is_told |= how != OUTCOME_UNCACHED;
        sum->is_stored &= c->is_stored;
        sum->is_private |= c->is_private;
        sum->is_by_address |= c->is_by_address;
        sum->ttl_ms = i == 0 || c->ttl_ms < sum->ttl_ms ? c->ttl_ms : sum->ttl_ms;
        add_vary(sum, c->vary, &items->run->visit->exchange->arena);
    }
    if (is_told && sum->how == OUTCOME_UNCACHED) /* the time was over before the turn of some */
        sum->how = OUTCOME_MISS;
}

/* Of calls that were made one by one. */
static bool add_up(const struct run_items *items, struct outcome *whole)
{
    for (unsigned i = 0; i < items->n; i++) {
        const struct outcome *o = &items->at[i].outcome;
        whole->n_attempts += o->n_attempts;
        if (!whole->status)
            whole->status = o->status;
    }
    whole->ended_ns = items->run->gateway->loop->now_ns;
    add_caching(items, &whole->caching);
    return return_fields(items, whole);
}

/* The array as one text, for those that refer to it. */
static bool write_array(const struct run_items *items, struct run_source *s)
{
    struct run *r = items->run;
    struct service_body text;
    size_t n = items->n ? items->n + 1 : 2; /* brackets and commas */
    for (unsigned i = 0; i < items->n; i++)
        n += items_at(items, i)->value.n;
    if (!service_body_make(&text, &r->gateway->calls, &r->visit->exchange->arena, n))
        return false;
    char *at = text.at;
    *at++ = '[';
    for (unsigned i = 0; i < items->n; i++) {
        struct slice value = items_at(items, i)->value;
        if (i)
            *at++ = ',';
        at = mempcpy(at, value.at, value.n);
    }
    *at = ']';
    s->value = (struct slice){text.at, n};
    s->read = text.blob;
    return true;
}

void items_complete(struct run_items *items)
{
    struct run_source *s = items_source(items);
    bool has_room = items_each(items)->batch.n || add_up(items, &s->outcome);
    if (has_room && (!s->plan->is_read || write_array(items, s)))
        return;
    s->outcome.kind = OUTCOME_OVERLOADED;
    s->outcome.detail = SLICE("no memory is left for the answer");
}
