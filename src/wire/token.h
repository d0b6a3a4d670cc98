/* token.h - the small grammar that all of HTTP's fields share (RFC 9110 5.5 and 5.6)
 *
 * Pure; slices into the caller's memory. Lower-case names are compile-time constants of ours, the
 * text beside them may be in either case.
 */
#pragma once

#include <stdint.h>

#include "base/fault.h"
#include "base/slice.h"
#include "base/word.h"

enum token_class {
    TOKEN_TCHAR = 1,       /* of a token: a method, a field name, a coding */
    TOKEN_VALUE = 2,       /* of a field value: visible, SP, HTAB, 0x80..0xff */
    TOKEN_HOST = 4,        /* of a registered name: unreserved and sub-delims */
    TOKEN_URI = 8,         /* visible ASCII but "#": what may stand in a target */
    TOKEN_UNRESERVED = 16, /* of RFC 3986 2.3 */
    TOKEN_RESERVED = 32,   /* of RFC 3986 2.2 */
};

/* Bits of enum token_class for each byte. */
extern const uint8_t token_classes[256];

static inline bool token_has(unsigned char byte, enum token_class wanted)
{
    return (token_classes[byte] & wanted) != 0;
}

/* At least one byte, all of them tchar. */
bool token_is(struct slice s);
/* May this be a field's value? No CR, LF, NUL nor other control but HTAB; may be empty. */
bool token_is_value(struct slice s);
/* uri-host [ ":" port ] as Host carries it (RFC 9110 7.2), not empty; an IP literal is a real
 * IPv6 address without a zone, a port is at most 65535. */
bool token_is_authority(struct slice s);
/* Where the bytes of the name are letters, those of the text may be capital ones. */
static inline bool token_word_equals(uint64_t text, uint64_t lower)
{
    return ((text ^ lower) & ~(word_lower_letters(lower) >> 2)) == 0;
}

/* Is text, in ASCII lower case, this lower-case name? Inline, as all that is known of a constant
 * name beforehand is most of the work. The last word may overlap the one before it. */
static inline bool token_equals(struct slice text, struct slice lower)
{
    if (text.n != lower.n)
        return false;
    if (lower.n < WORD_SIZE)
        return token_word_equals(word_short(text.at, lower.n), word_short(lower.at, lower.n));
    size_t last = lower.n - WORD_SIZE;
    for (size_t i = 0; i < last; i += WORD_SIZE)
        if (!token_word_equals(word_at(text.at + i), word_at(lower.at + i)))
            return false;
    return token_word_equals(word_at(text.at + last), word_at(lower.at + last));
}
/* Without the spaces and tabs around it. */
struct slice token_trim(struct slice s);
/* Bytes up to the first separator that is in no quoted string (RFC 9110 5.6.4); all without one. */
size_t token_size_until(struct slice s, char separator);
/* Takes the next element of a comma-separated list off *rest, trimmed; empty elements are passed
 * over (RFC 9110 5.6.1). false at the end. Commas inside quoted strings are no separators. */
bool token_next(struct slice *rest, struct slice *element) MUST_USE;
/* Is this one of the elements of a list of tokens, in any case? */
bool token_list_has(struct slice list, struct slice lower);
/* The same of a name that may be in any case itself. */
bool token_list_names(struct slice list, struct slice name);
