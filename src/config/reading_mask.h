/* reading_mask.h - which bytes of a text are the environment's
 *
 * Such bytes may be a secret: no message tells them, but the reference that was written for them.
 * And they are no structure: where a text is read by a grammar of its own, what they have of its
 * signs is text. A default that stands in for them is the file's own: shown as it was written, too,
 * and else like the text around it. A text is found by its address, as is any part of it; copies
 * made with reading_copy() and reading_note() are known too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

enum {
    READING_MASK_SLOTS = 1024
};

struct reading;
struct reading_masked; /* a text with spans in it */

struct reading_span {
    size_t at, n;         /* bytes of the text */
    struct slice written; /* ${NAME}, in place of them */
    bool is_default;      /* the environment gives nothing, and the reference does */
};

/* The spans are in order, live as long as the reading, and may be none. */
void reading_mask(struct reading *r, struct slice text, const struct reading_span *spans, size_t n);
/* `to` has the bytes of `from`, too, behind its first `at` bytes. */
void reading_mask_copy(struct reading *r, struct slice from, struct slice to, size_t at);
/* Has the environment given any byte of it? */
bool reading_is_masked(const struct reading *r, struct slice text);
/* The text as it was written; itself where nothing of it is masked. Scratch memory. */
struct slice reading_written(struct reading *r, struct slice text);

/* Where a byte of the text stands in `written`, the same text before the environment's came into
 * it: at its reference, or in the reference's default. */
size_t reading_written_offset(const struct reading *r, struct slice text, size_t offset,
                              struct slice written);

/* What a sign of a grammar becomes where the environment gave it. */
struct reading_escape {
    char sign;
    struct slice instead; /* at most 3 bytes */
};

/* The text with each such sign escaped, masked where it was; itself where nothing is. The last
 * escape has no sign. Scratch memory. */
struct slice reading_escaped(struct reading *r, struct slice text,
                             const struct reading_escape *escapes);
