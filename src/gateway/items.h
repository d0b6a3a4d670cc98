/* items.h - `each`: a call for each element of a list, or one for all of them (CONTRACT 3.2)
 *
 * The list is taken once its source is ready. Equal elements are called once; results stand in the
 * list's order. An element that fails is null and has an error of its own; the source fails only
 * where its list cannot be had or is too long, or where the one call of a batch fails.
 *
 * Lives in the exchange's arena.
 */
#pragma once

#include "gateway/run.h"

struct jq_job;

struct run_item {
    struct outcome outcome; /* its blob is what the pieces lie in, where they need one: give each
                               place that takes them a share (blob_share()) */
    struct slice value;     /* after `unwrap`; null where it failed */
    struct pieces shown;    /* what stands in the answer for it; null where it failed */
    unsigned same_as;       /* the first element that equals this one; itself, mostly. Of the others
                               nothing else is set: use items_at() */
    bool is_known;          /* its outcome is */

    /* The implementation's own. */
    unsigned next_same; /* the next one that equals this; 0: there is none */
    struct run_items *items;
    struct service_call *call;
    struct jq_job *job;
    struct blob *read;    /* as in struct run_source */
    struct slice element; /* JSON */
    struct slice text;    /* what equal elements have in common */
};

struct run_items {
    struct run *run;
    unsigned source;
    unsigned n;       /* elements */
    bool has_failed;  /* one of those that are known */
    unsigned n_calls; /* that were made */
    struct run_item *at;
    unsigned *known; /* of a list that streams, its elements in the order of becoming known */
    unsigned n_known;
    unsigned n_told; /* the delivery's: those that have their part */

    /* The implementation's own. */
    unsigned next;      /* the first element that was not looked at */
    unsigned n_waiting; /* elements whose call or program is under way */
    unsigned n_distinct;
    unsigned *table; /* elements by text: one more than the index of the first with it; 0: free */
    unsigned table_mask;
};

/* What came of element i, which may be told by an equal one. */
static inline const struct run_item *items_at(const struct run_items *items, unsigned i)
{
    return &items->at[items->at[i].same_as];
}

/* The kind of the first failed element: what the source counts as, and is logged as. */
enum outcome_kind items_kind(const struct run_items *items);

/* Calls that it will make. */
unsigned items_n_calls(const struct run_items *items);
/* Elements of which at least one attempt has been made; not of a batch. */
unsigned items_n_made(const struct run_items *items);

/* Takes the list. false: the source has failed over it; its outcome is set. */
bool items_open(struct run *r, unsigned source) MUST_USE;
/* Of a list that the request has, can each element be called? false: one is refused, and told as a
 * violation; no call was made. */
bool items_check(const struct run_items *items) MUST_USE;
/* The same of a source that waits for others: its list is taken for that alone. */
bool items_check_early(struct run *r, unsigned source) MUST_USE;
/* Calls the first ones. true: what came of the source is known already. Otherwise run_go_on() comes
 * later, never inside. */
bool items_start(struct run_items *items) MUST_USE;
/* Nobody waits any more. Harmless where all is known. */
void items_give_up(struct run_items *items);
/* Time is up: elements that are there stay, the others are too late. */
void items_end_late(struct run_items *items, struct slice detail);
/* As shaping_to_one_line(), of what is shown for each element. */
bool items_to_one_line(struct run_items *items) MUST_USE;
bool items_element_to_one_line(struct run_items *items, unsigned i) MUST_USE;
/* Nobody looks at the element any more, unless it equals another, or others read of it. */
void items_release_element(struct run_items *items, unsigned i);
/* Gives back what the outcomes hold. */
void items_done(struct run_items *items);
