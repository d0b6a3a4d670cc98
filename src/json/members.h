/* members.h - some members of an object, by their names, each at most once
 *
 * For what decides about trust: a member that is there twice means one thing to us and another to
 * somebody else, so it is refused instead of the last one holding.
 * Works on text that scan_json() has accepted.
 */
#pragma once

#include "json/find.h"

struct members_one {
    struct slice name; /* plain; the caller's */
    bool is_there;
    struct json_value value;
};

/* How many there are; 0 where it is no object. */
unsigned members_count(struct slice json);
/* Is a name there twice? names: room for members_count(json) of them. */
bool members_repeat(struct slice json, struct slice *names);
/* Looks for the n named members. false: not an object, or one of them is repeated. */
bool members_read(struct slice json, struct members_one *members, unsigned n) MUST_USE;
