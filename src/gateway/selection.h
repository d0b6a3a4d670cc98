/* selection.h - which sources a request needs, and what of each is shown (CONTRACT 3.4)
 *
 * From `fields`, or a view, or both. Names select places in the answer, where `into` has put the
 * sources; what is needed is what stands at these places, and what that depends on. A source is
 * not called for what others have placed in it: an object of ours stands for it then. What is shown
 * is what the whole answer has at these places; so a source that joins the top level is called for
 * all names that may be its own, also where a place behind it has that name.
 */
#pragma once

#include "config/config.h"
#include "gateway/place.h"
#include "json/fields.h"

struct visit;

struct selection {
    uint64_t called;                /* bits of sources: shown, kept, or needed by one of them; all
                                       where nothing was selected */
    uint64_t shown;                 /* those that stand in the answer (hidden ones never do) */
    const struct fields **of;       /* by source, what of its value is shown, of one that joins by
                                       names of the whole answer; NULL: all of it. The whole table
                                       is NULL where nothing was selected */
    const struct fields *fields;    /* of the whole answer, canonical; NULL: nothing was selected */
    const struct config_view *view; /* that was chosen; NULL: none */
};

/* Reads it from the request. false: the arena is full. What is wrong with it becomes violations. */
bool selection_read(struct visit *v, struct slice query) MUST_USE;

/* For who has no request. `t` is of the endpoint `e`. */

/* What these fields leave; NULL: everything. false: the arena is full. */
bool selection_choose(struct selection *s, const struct config_endpoint *e,
                      const struct place_tree *t, const struct fields *fields,
                      struct arena *arena) MUST_USE;
/* Does one of the view's names mean something here? Others are ignored. */
bool selection_view_applies(const struct config_endpoint *e, const struct config_view *view);
/* What is wrong with a text that fields_parse() has refused; at is NULL where the arena is full. */
struct slice selection_complaint(const struct fields_result *r, struct arena *arena);
