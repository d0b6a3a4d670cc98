/* scalar.h - where a byte of a scalar's text stands in the file
 *
 * YAML folds lines, takes the indentation of blocks away and knows escapes, so that a text is not
 * what stands in the file. Both are walked side by side. Where they cannot be brought together,
 * as somebody reads YAML otherwise or the file's bytes were hidden, the answer is where the text
 * begins. The walk goes on from where the last one ended: many places in order cost one walk.
 *
 * Pure.
 */
#pragma once

#include "base/slice.h"

enum scalar_style {
    SCALAR_PLAIN,
    SCALAR_SINGLE_QUOTED,
    SCALAR_DOUBLE_QUOTED,
    SCALAR_LITERAL, /* a block behind "|" */
    SCALAR_FOLDED   /* and behind ">" */
};

struct scalar {
    enum scalar_style style;
    struct slice source; /* the file from there on: behind a quote, at the first line of a block */
    struct slice text;   /* what YAML makes of it */
    size_t begin;        /* of what is no white space, in a block's source */
    size_t indent;       /* spaces that a block's lines have and its text lacks */
    size_t source_at, text_at; /* the walk came so far */
};

/* Source and text are borrowed. */
void scalar_init(struct scalar *s, enum scalar_style style, struct slice source, struct slice text);
/* The offset in the source where the byte of the text stands, at the escape that it comes from, or
 * where the line ends that a line break folds. Behind the text it is where the scalar's last line
 * ends, in quotes where they close. */
size_t scalar_find(struct scalar *s, size_t offset);

static inline bool scalar_is_block(enum scalar_style style)
{
    return style == SCALAR_LITERAL || style == SCALAR_FOLDED;
}
