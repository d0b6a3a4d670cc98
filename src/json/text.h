/* text.h - JSON strings in and out: escaping and unescaping (RFC 8259 section 7)
 *
 * Pure. Output goes to a caller's memory whose size is known before: escaping needs at most six
 * times the input, unescaping at most the input.
 */
#pragma once

#include "base/buffer.h"
#include "base/fault.h"
#include "base/slice.h"

/* Appends the text as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD;
 * control bytes become escapes. false past the buffer's limit: nothing was appended. */
bool text_quote(struct buffer *out, struct slice text) MUST_USE;
/* The bytes of a JSON string (given with its quotes, accepted by scan_json()) into `out`, which
 * has room for quoted.n bytes; the number of bytes written. A lone surrogate becomes U+FFFD. */
size_t text_unquote(char *out, struct slice quoted);
/* In a whole JSON text (accepted by scan_json()) the escape of a lone surrogate becomes \ufffd, in
 * its place, for readers that take none. */
void text_replace_lone_surrogates(char *json, size_t n);
/* How two quoted JSON strings, unescaped, stand to each other by their code points: below, equal to
 * or above 0, as memcmp() tells of their UTF-8. */
int text_order(struct slice a, struct slice b);
/* Does the quoted JSON string, unescaped, equal the plain text? Without memory. */
bool text_is(struct slice quoted, struct slice plain);
