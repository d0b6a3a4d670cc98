/* digest.h - a name of 128 bits for some bytes
 *
 * XXH3. Without a seed it is the same in each process and release: names of entries that instances
 * share, and ETags. Bytes that somebody chose on purpose may have one digest; where that harms, the
 * bytes are compared as well, or a seed that nobody knows makes the choice hard.
 */
#pragma once

#include <stdint.h>

#include "base/slice.h"

enum {
    DIGEST_SIZE = 32 /* characters: hexadecimal, lower case, no NUL */
};

struct digest {
    uint64_t low, high;
};

/* Of the parts as if they were one text. */
void digest_of(const struct slice *parts, size_t n, char out[DIGEST_SIZE]);
/* The same with a seed, as numbers. */
struct digest digest_seeded(const struct slice *parts, size_t n, uint64_t seed);
