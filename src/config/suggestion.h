/* suggestion.h - what somebody may have meant: the nearest of the names that would have been right
 */
#pragma once

#include <stddef.h>

#include "base/slice.h"

struct suggestion {
    struct slice wanted;
    struct slice best; /* at is NULL where nothing is near */
    size_t distance;
};

void suggestion_begin(struct suggestion *s, struct slice wanted);
void suggestion_offer(struct suggestion *s, struct slice name);
/* Near enough to be a slip of the fingers? */
bool suggestion_is_near(const struct suggestion *s);
/* Insertions, deletions, replacements and swaps of neighbours between the two, of bytes
 * that are the same in either case. */
size_t suggestion_distance(struct slice a, struct slice b);
