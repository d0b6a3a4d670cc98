/* items_internal.h - what the files of `each` know of each other's work */
#pragma once

#include "gateway/items.h"
#include "gateway/run_internal.h"
#include "gateway/shaping.h"

static inline struct run_source *items_source(const struct run_items *items)
{
    return &items->run->sources[items->source];
}

static inline const struct config_each *items_each(const struct run_items *items)
{
    return &items_source(items)->plan->config->each;
}

/* The first element with this text; NULL: there is none. */
struct run_item *items_find(const struct run_items *items, struct slice text);

/* Would a value of the client's spoil the request for this? Then it is told as a violation. */
bool items_is_refused(const struct run_items *items, const struct values_item *value) MUST_USE;
/* items_check() of a batch. */
bool items_check_batch(const struct run_items *items) MUST_USE;
/* The one call of a batch. true: what came of the source is known. */
bool items_start_batch(struct run_items *items) MUST_USE;
/* Elements have their part of the batch's answer: it is shaped. true: all is known. */
bool items_shape_parts(struct run_items *items) MUST_USE;

/* All elements are known: the outcome of the source follows. */
void items_complete(struct run_items *items);
