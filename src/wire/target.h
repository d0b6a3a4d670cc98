/* target.h - the target of a request: its path, its query, and what is refused in them
 *
 * Routes are matched on the raw path; a segment is decoded after the match (RFC 3986 2.4). So that
 * no service sees another path than the one that was matched, a path with an empty segment or a
 * dot segment, in any encoding and also with ";..." behind it, is refused.
 *
 * Pure; slices into the caller's memory.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "base/slice.h"

struct target {
    struct slice path;  /* raw, begins with "/" */
    struct slice query; /* raw, without the "?"; at is NULL where there is none */
};

/* Splits an origin-form target, or an absolute-form one (RFC 9112 3.2). false: not such a form, a
 * control byte or a byte above 0x7e, a fragment, bad percent-encoding in the path, "//", or a dot
 * segment as above; *why becomes a sentence for people. */
bool target_split(struct slice raw, struct target *out, const char **why) MUST_USE;

/* Host and maybe port of an absolute-form target, which Host does not overrule (RFC 9112 3.2.2);
 * SLICE_NONE of any other. */
struct slice target_authority(struct slice raw);

/* Percent-decodes into the arena; `form` takes "+" for a space. FAULT_CLIENT: bad
 * percent-encoding or the result is not UTF-8; FAULT_LIMIT: the arena is full. */
enum fault target_decode(struct slice raw, bool form, struct arena *arena,
                         struct slice *out) MUST_USE;

/* Takes the next name=value of a query off *rest, raw. false at the end. Empty pairs are passed
 * over; a name without "=" has an empty value. */
bool target_next_pair(struct slice *rest, struct slice *name, struct slice *value) MUST_USE;

/* Is this UTF-8 (RFC 3629)? */
bool target_is_utf8(struct slice text);

/* Is this raw path segment "." or "..", in any encoding, maybe with ";..." behind it? */
bool target_is_dots(struct slice segment);
