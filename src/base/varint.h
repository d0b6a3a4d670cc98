/* varint.h - whole numbers in as few bytes as they need (LEB128)
 *
 * Seven bits a byte, the low ones first; the highest bit of a byte says that more follow.
 */
#pragma once

#include <stdint.h>

#include "base/slice.h"

enum {
    VARINT_MAX = 10 /* bytes of the largest */
};

static inline size_t varint_size(uint64_t number)
{
    size_t n = 1;
    for (; number > 0x7f; number >>= 7)
        n++;
    return n;
}

/* Behind what was written. */
static inline char *varint_put(char *at, uint64_t number)
{
    for (; number > 0x7f; number >>= 7)
        *at++ = (char)(0x80 | (number & 0x7f));
    *at++ = (char)number;
    return at;
}

/* Takes one off *rest; false: it is not whole, or larger than 64 bits. */
static inline bool varint_take(struct slice *rest, uint64_t *number)
{
    if (rest->n && (signed char)rest->at[0] >= 0) { /* as nearly all are */
        *number = (unsigned char)rest->at[0];
        *rest = slice_after(*rest, 1);
        return true;
    }
    *number = 0;
    for (unsigned i = 0; i < rest->n && i < VARINT_MAX; i++) {
        uint64_t byte = (unsigned char)rest->at[i];
        if (i == VARINT_MAX - 1 && byte > 1)
            return false;
        *number |= (byte & 0x7f) << (7 * i);
        if (byte > 0x7f)
            continue;
        *rest = slice_after(*rest, i + 1);
        return true;
    }
    return false;
}
