/* service_tags.h - the tags of an answer: of who asked, and of its origin (`origin_tags: true`)
 *
 * Cache-Groups is a list of strings (RFC 9875, in the grammar of RFC 9651); Surrogate-Key has names
 * with spaces between them, Cache-Tag with commas. Pure.
 */
#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "cache/record.h"

enum {
    SERVICE_TAGS_MAX = 64, /* of an answer, those of the configuration included */
    SERVICE_TAG_MAX = 256  /* bytes; longer ones are passed over */
};

struct service_tags {
    struct slice at[SERVICE_TAGS_MAX];
    unsigned n;
};

/* false: there is no room for it, or it is there already, or it is empty or too long. */
bool service_tags_add(struct service_tags *t, struct slice tag);
/* All of those that a record has, which was read. */
void service_tags_add_record(struct service_tags *t, const struct record *r);
/* Has the record all of these that are tags? */
bool service_tags_are_of(const struct record *r, const struct slice *tags, unsigned n);
/* Takes the tags of a field of the answer, if it is one that has some. What is no list of strings
 * gives none. The arena is for tags with escapes. */
void service_tags_read(struct service_tags *t, struct slice name, struct slice value,
                       struct arena *arena);
