/* walk.h - the members of an object, or the elements of an array, one after the other
 *
 * Works on text that scan_json() has accepted; nothing is decoded or copied.
 */
#pragma once

#include "json/find.h"

struct walk {
    const char *at, *end;
    bool has_escapes; /* the last name has: text.h reads them */
};

/* The container's text begins with its bracket and ends with it, or goes on behind it. */
struct walk walk_begin(struct slice container);
/* The next element; false: there is none, and w->at is at the closing bracket. */
bool walk_element(struct walk *w, struct json_value *element) MUST_USE;
/* The next member; name with its quotes. Repeated names come as often as they stand there. */
bool walk_member(struct walk *w, struct slice *name, struct json_value *value) MUST_USE;

/* For those who go into values, and so find their ends: the same, but w->at is left at the value,
 * and the caller moves it behind. */
bool walk_to_element(struct walk *w) MUST_USE;
bool walk_to_member(struct walk *w, struct slice *name) MUST_USE;
/* Behind the value that begins at `at`, at memory speed; no byte from `end` on is read. */
const char *walk_over(const char *at, const char *end);

/* What a whole text consists of, without a look at more than its ends. */
struct json_value walk_root(struct slice json);
