/* base64.h - bytes as text: the standard alphabet, padded (RFC 4648 section 4) */
#pragma once

#include "base/slice.h"

/* How many characters n bytes become; n is at most SIZE_MAX / 2. */
static inline size_t base64_size(size_t n)
{
    return (n + 2) / 3 * 4;
}

/* Writes base64_size(bytes.n) characters and gives their number. */
size_t base64_into(char *out, struct slice bytes);
