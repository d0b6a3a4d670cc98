/* base64.h - bytes as text: the standard alphabet, padded, and the one of URLs (RFC 4648) */
#pragma once

#include "base/fault.h"
#include "base/slice.h"

/* How many characters n bytes become; n is at most SIZE_MAX / 2. */
static inline size_t base64_size(size_t n)
{
    return (n + 2) / 3 * 4;
}

/* Writes base64_size(bytes.n) characters and gives their number. */
size_t base64_into(char *out, struct slice bytes);

/* The most bytes that n characters of the alphabet of URLs become. */
static inline size_t base64_url_size(size_t n)
{
    return n / 4 * 3 + n % 4 * 3 / 4;
}

/* The bytes of a text in the alphabet of URLs, without padding (RFC 4648 section 5), into `out`,
 * which has room for base64_url_size(text.n). false: another character, an impossible length, or
 * bits behind the last byte: each value has one text. */
bool base64_url_read(char *out, struct slice text, size_t *n) MUST_USE;
