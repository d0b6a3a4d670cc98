/* digest.h - a name of 128 bits for some bytes, the same in each process and release
 *
 * XXH3 without a seed: names of entries that instances share, and ETags. Bytes that somebody chose
 * on purpose may have one digest; where that harms, the bytes are compared as well.
 */
#pragma once

#include "base/slice.h"

enum {
    DIGEST_SIZE = 32 /* characters: hexadecimal, lower case, no NUL */
};

/* Of the parts as if they were one text. */
void digest_of(const struct slice *parts, size_t n, char out[DIGEST_SIZE]);
