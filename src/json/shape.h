/* shape.h - what is kept of a document, and under which names (CONTRACT 3.3, 3.4)
 *
 * In this order: unwrap, pick, omit, rename, and then what the client selects (by the names after
 * renaming; all other paths go by the names that the document has). Paths go through arrays, and
 * through arrays in them. What is kept passes through as it came: digits, escapes, member order and
 * repeated names. The result is slices of the document.
 *
 * Where a pick or a selection asks for something below a value that is no object or array (null is
 * none), the value is left out, be it a member or an element; an omit or a rename lets it be. The
 * document's root is kept whatever it is, and so is an object or array that nothing is left of: as
 * {} or [].
 *
 * Works on text that scan_json() has accepted. Pure.
 */
#pragma once

#include "json/fields.h"
#include "json/find.h"
#include "json/pieces.h"

enum {
    SHAPE_RENAMES_MAX = 64,
};

/* A rename: at the place `path`, whose last step is the name that changes. All steps are names. */
struct shape_rename {
    struct json_path path;
    struct slice quoted; /* the new name as a JSON string, with its quotes */
    struct slice name;   /* and without */
};

struct shape {
    const struct fields *pick; /* NULL: everything */
    const struct fields *omit; /* NULL: nothing; a leaf takes the member away */
    const struct shape_rename *renames;
    unsigned n_renames; /* at most SHAPE_RENAMES_MAX; of two for one place the later holds */
    bool keeps_names;   /* a selection lets members of the root be that are no object or array: for
                           who must know that they are there, and leaves them out then */
};

enum shape_verdict {
    SHAPE_GOOD,
    SHAPE_ABSENT,  /* unwrap: the path leads nowhere */
    SHAPE_NO_ROOM, /* the arena is full */
};

/* May what is left of an object have a member of this name? Without a pick, most may. */
bool shape_may_give(const struct shape *shape, struct slice name);

/* The member at a path of names. Through an array it is the array of the elements' members, in
 * the arena; an element without it is SHAPE_ABSENT. */
enum shape_verdict shape_unwrap(struct slice json, struct json_path path, struct arena *arena,
                                struct slice *out) MUST_USE;
/* shape or selected may be NULL: everything. Appends to out, in whose arena the list grows. */
enum shape_verdict shape_apply(const struct shape *shape, const struct fields *selected,
                               struct slice json, struct pieces *out) MUST_USE;
