/* tier_text.h - what is what in a store: names of keys, labels, what is told of a purge
 *
 * What can be purged has a label: a letter for its kind, a colon, the text. An entry has one for
 * its name, one for its URL and one for each tag. In a store there are
 *
 *   sheaf:r:DIGEST   a record, for as long as it can be of use
 *   sheaf:t:LABEL    the digests of the records that have this label, by the time of their end
 *   sheaf:p:LABEL    when it was purged last, for TIER_TEXT_STAMP_MS
 *   sheaf:l:DIGEST   when all permits of a caller are there again, until then: microseconds
 *   sheaf:purges     when something was purged last: microseconds, never twice the same
 *
 * and the channel sheaf:purge:DATABASE, on which a purge is told as "TIME LABEL". Pure.
 */
#pragma once

#include "base/buffer.h"
#include "cache/cache.h"

#define TIER_TEXT_RECORD "sheaf:r:"
#define TIER_TEXT_LIMIT "sheaf:l:"
#define TIER_TEXT_SET "sheaf:t:"
#define TIER_TEXT_ALL "sheaf:[rt]:*" /* the pattern of both */
#define TIER_TEXT_PURGES "sheaf:purges"
#define TIER_TEXT_CHANNEL "sheaf:purge:"

enum {
    TIER_TEXT_STAMP_MS = 600000, /* longer than a call is under way */
    TIER_TEXT_KIND = 2,          /* characters before a label's text */
};

/* "k:", "t:", "u:", "p:" or "a:". */
struct slice tier_text_kind(enum cache_purge_kind kind);
/* "TIME LABEL" as other instances tell it; false: it is something else. *p points into it. */
bool tier_text_read(struct slice told, struct cache_purge *p, uint64_t *time) MUST_USE;
/* The pattern of the sets of names with this prefix, as SCAN takes it; false: no room. */
bool tier_text_pattern(struct buffer *out, struct slice prefix) MUST_USE;
/* Which of the stores of these names an entry belongs to: the one whose name and the digest make
 * the greatest digest together. The order in which stores are listed does not matter, and one more
 * takes over its share alone. */
unsigned tier_text_choose(const struct slice *names, unsigned n,
                          const char digest[CACHE_KEY_DIGEST]);
