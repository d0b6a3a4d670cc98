/* find.h - one value out of a document, by a path like seller.id or images[0].url
 *
 * Works on text that scan_json() has accepted and gives slices of it; nothing is decoded or
 * copied. Of repeated member names the last holds; names are compared after unescaping.
 */
#pragma once

#include <stdint.h>

#include "base/fault.h"
#include "base/slice.h"

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json_value {
    enum json_kind kind;
    struct slice text; /* as it stands in the document; a string with its quotes */
};

/* One step into a document: a member of an object, or an element of an array. */
struct json_step {
    bool is_index;
    uint32_t index;
    struct slice name; /* unescaped UTF-8 */
};

struct json_path {
    unsigned n_steps;
    const struct json_step *steps;
};

/* The value itself, without white space around it. The text must have passed scan_json(). */
struct json_value find_root(struct slice json);
/* false where the path leads nowhere: an absent member, an index past the end, a step into what
 * is no object or array. */
bool find_path(struct slice json, struct json_path path, struct json_value *found) MUST_USE;
