/* utf8.h - is this a well-formed UTF-8 sequence? (Unicode chapter 3, table 3-7; RFC 3629) */
#pragma once

#include <stddef.h>

#include "base/slice.h"

struct utf8_step {
    unsigned n;         /* bytes to go on by, at least 1 */
    bool is_wellformed; /* otherwise they are the longest beginning of a sequence, or one byte */
};

/* What stands at the beginning of the bytes; there is at least one. An ill-formed beginning is as
 * long as Unicode says that one U+FFFD should replace ("maximal subpart"). */
struct utf8_step utf8_step(struct slice bytes);
/* Writes the code point, at most U+10FFFF, and gives its number of bytes. */
size_t utf8_put(char *out, unsigned code_point);
