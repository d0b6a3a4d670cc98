/* quote.h - text as a JSON string (RFC 8259 section 7), for answers and for log lines
 *
 * Pure. What is plain stays as it is; quotes, backslashes and control bytes become escapes, and
 * what is not UTF-8 becomes U+FFFD, one for each maximal subpart as Unicode says.
 */
#pragma once

#include "base/slice.h"

enum {
    QUOTE_GROWTH = 6
}; /* the most bytes that one byte becomes */

/* Writes the text with its quotes into memory with room for QUOTE_GROWTH * text.n + 2 bytes; the
 * number of bytes written. */
size_t quote_json_into(char *out, struct slice text);
/* How many bytes that would write. */
size_t quote_json_size(struct slice text);
