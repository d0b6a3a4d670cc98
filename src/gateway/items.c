/* items.c - some elements at once, the next when one is known
 *
 * An element is looked at once. It has failed by then (missing in the list, or in the answer to a
 * batch), or it is called, or its part of a batch is shaped; what comes of it later comes to
 * go_on(). `parallel` counts calls and programs of jq alike.
 */
#include "gateway/gateway_internal.h"
#include "gateway/items_internal.h"

static bool is_batch(const struct run_items *items)
{
    return items_each(items)->batch.n;
}

static struct shaping shaping_of(struct run_item *item)
{
    return (struct shaping){
        .run = item->items->run,
        .source = item->items->source,
        .outcome = &item->outcome,
        .value = &item->value,
        .shown = &item->shown,
        .read = &item->read,
    };
}

/* At each of its places in the list. */
static void note(struct run_items *items, unsigned i)
{
    items->has_failed |= items->at[i].outcome.kind != OUTCOME_OK;
    do {
        if (items->known)
            items->known[items->n_known++] = i;
        i = items->at[i].next_same;
    } while (i);
}

/* The outcome is set. */
static void settle(struct run_item *item)
{
    const struct shaping shaping = shaping_of(item);
    item->is_known = true;
    if (!outcome_has_value(&item->outcome))
        shaping_stand_in(&shaping, SLICE("null"));
    note(item->items, item->same_as);
}

static bool is_over(const struct run_items *items)
{
    return items->next == items->n && !items->n_waiting;
}

static void start_some(struct run_items *items);

/* An element that was waited for is known. */
static void go_on(struct run_item *item)
{
    struct run_items *items = item->items;
    settle(item);
    items->n_waiting--;
    start_some(items);
    if (!is_over(items)) {
        run_grow(items->run, items->source);
        return;
    }
    items_complete(items);
    run_go_on(items->run, items->source); /* may free the items */
}

static void on_shaped(void *owner, const struct jq_result *result)
{
    struct run_item *item = owner;
    const struct shaping shaping = shaping_of(item);
    item->job = NULL;
    shaping_end(&shaping, result);
    go_on(item);
}

/* true: it is known. The value of a batch's part was unwrapped with the whole. */
static bool shape(struct run_item *item)
{
    const struct shaping shaping = shaping_of(item);
    if (outcome_has_value(&item->outcome) && (is_batch(item->items) || shaping_unwrap(&shaping)))
        item->job = shaping_begin(&shaping, on_shaped, item);
    return !item->job;
}

static void on_ended(void *owner, const struct outcome *outcome)
{
    struct run_item *item = owner;
    item->call = NULL;
    item->outcome = *outcome;
    if (shape(item))
        go_on(item);
}

static enum compose_verdict compose(const struct run_item *item, struct composed *out,
                                    struct outcome *failure)
{
    const struct values_item value = {.element = item->element};
    return compose_request(item->items->run, item->items->source, &value, out, failure);
}

/* true: it is known, as its request cannot be written. */
static bool call(struct run_item *item)
{
    struct run_items *items = item->items;
    struct run *r = items->run;
    struct composed composed;
    r->gateway->requests.n = 0;
    if (compose(item, &composed, &item->outcome) != COMPOSE_GOOD)
        return true;
    struct outcome *whole = &items_source(items)->outcome;
    if (!whole->started_ns)
        whole->started_ns = r->gateway->loop->now_ns;
    items->n_calls++;
    item->call = run_call(r, items->source, &composed, on_ended, item);
    return false;
}

static void start(struct run_item *item)
{
    bool has_failed = item->outcome.kind != OUTCOME_OK; /* missing in the list, or in the answer */
    if (has_failed || (is_batch(item->items) ? shape(item) : call(item)))
        settle(item);
    else
        item->items->n_waiting++;
}

static void start_some(struct run_items *items)
{
    while (items->next < items->n && items->n_waiting < items_each(items)->parallel) {
        unsigned i = items->next++;
        if (items->at[i].same_as == i)
            start(&items->at[i]);
    }
}

bool items_shape_parts(struct run_items *items)
{
    start_some(items);
    if (!is_over(items))
        return false;
    items_complete(items);
    return true;
}

bool items_is_refused(const struct run_items *items, const struct values_item *value)
{
    struct run *r = items->run;
    struct buffer *requests = &r->gateway->requests;
    size_t n_before = requests->n; /* nothing is kept of what is written here */
    bool waits = items_source(items)->plan->config->needs & ~r->settled;
    struct composed composed;
    struct outcome failure;
    enum compose_verdict verdict =
        waits ? compose_check(r, items->source, value)
              : compose_request(r, items->source, value, &composed, &failure);
    requests->n = n_before;
    return verdict == COMPOSE_REFUSED;
}

bool items_check(const struct run_items *items)
{
    bool is_good = true;
    if (!values_are_of_request(&items_each(items)->list))
        return true;
    if (is_batch(items))
        return items_check_batch(items);
    for (unsigned i = 0; i < items->n && is_good; i++) {
        const struct run_item *item = &items->at[i];
        const struct values_item value = {.element = item->element};
        if (item->same_as == i && item->outcome.kind == OUTCOME_OK)
            is_good = !items_is_refused(items, &value);
    }
    return is_good;
}

/* What is wrong with the list itself is told when its turn comes. */
bool items_check_early(struct run *r, unsigned source)
{
    struct run_source *s = &r->sources[source];
    unsigned n_calls = r->n_calls;
    bool is_good = !items_open(r, source) || items_check(s->items);
    s->items = NULL;
    s->outcome = (struct outcome){0};
    r->n_calls = n_calls;
    return is_good;
}

bool items_start(struct run_items *items)
{
    if (is_batch(items) && items->n_distinct)
        return items_start_batch(items);
    return items_shape_parts(items);
}

static void give_up(struct run_item *item)
{
    run_give_up_call(item->items->run, item->items->source, &item->call, &item->outcome);
    if (item->job)
        jq_cancel(item->job);
    item->job = NULL;
}

void items_give_up(struct run_items *items)
{
    for (unsigned i = 0; items->n_waiting && i < items->n; i++)
        give_up(&items->at[i]);
    items->n_waiting = 0;
}

void items_end_late(struct run_items *items, struct slice detail)
{
    items_give_up(items);
    for (unsigned i = 0; i < items->n; i++) {
        struct run_item *item = &items->at[i];
        if (item->same_as != i || item->is_known)
            continue;
        if (item->outcome.kind == OUTCOME_OK) {
            item->outcome.kind = OUTCOME_TIMEOUT;
            item->outcome.detail = detail;
        }
        /* There is no time for a program. */
        item->outcome.has_stale &= !items_source(items)->plan->config->jq.n;
        if (item->outcome.has_stale)
            shape(item);
        settle(item);
    }
    items->next = items->n;
    items_complete(items);
}

bool items_to_one_line(struct run_items *items)
{
    for (unsigned i = 0; i < items->n; i++)
        if (items->at[i].same_as == i && !items_element_to_one_line(items, i))
            return false;
    return true;
}

bool items_element_to_one_line(struct run_items *items, unsigned i)
{
    const struct shaping shaping = shaping_of(&items->at[items->at[i].same_as]);
    return shaping_to_one_line(&shaping);
}

static void release(struct run_item *item)
{
    struct blob_pool *blobs = &item->items->run->gateway->loop->blobs;
    if (item->outcome.blob)
        blob_release(blobs, item->outcome.blob);
    if (item->read)
        blob_release(blobs, item->read);
    item->outcome.blob = item->read = NULL;
}

void items_release_element(struct run_items *items, unsigned i)
{
    struct run_item *item = &items->at[i];
    if (item->same_as == i && !item->next_same && !items_source(items)->plan->is_read)
        release(item);
}

void items_done(struct run_items *items)
{
    for (unsigned i = 0; i < items->n; i++)
        release(&items->at[i]);
}
