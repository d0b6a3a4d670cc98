/* answer_labels.h - what a whole answer can be purged by (CONTRACT 3.7)
 *
 * Its own tags, and all that the cached parts which it shows can be purged by: their tags, names
 * and URLs. They are gathered while its run goes on. Where they are more than a record has, every
 * purge ends it.
 */
#pragma once

#include "base/arena.h"
#include "cache/record.h"

struct answer_labels {
    struct slice tags[RECORD_TAGS_MAX];
    struct record_shown shown[RECORD_SHOWN_MAX];
    unsigned n_tags, n_shown;
    size_t n_bytes; /* of what is shown */
    bool are_too_many;
};

/* The tag's text must stay. What is there is not added again; one that is empty, or longer than any
 * is (service_tags.h), is passed over, as it is where the part is kept. */
void answer_labels_add_tag(struct answer_labels *l, struct slice tag);
/* Of a part whose call is about to be made, or answered from the cache; copied. */
void answer_labels_add_shown(struct answer_labels *l, const struct record_shown *shown,
                             struct arena *arena);
/* The record's become these; `purges` as of tier_put(). */
void answer_labels_tell(const struct answer_labels *l, uint64_t purges, struct record *r);
