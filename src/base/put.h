/* put.h - bytes written one behind the other, where their writer has measured the room
 *
 * Each gives the place behind what it wrote. Nobody looks for an end: whoever cannot count what it
 * writes beforehand takes a buffer.
 */
#pragma once

#include <stdint.h>

#include "base/slice.h"

enum {
    PUT_NUMBER_MAX = 20 /* digits */
};

static inline char *put(char *at, struct slice bytes)
{
    return bytes.n ? (char *)mempcpy(at, bytes.at, bytes.n) : at;
}

static inline char *put_number(char *at, uint64_t n)
{
    char digits[PUT_NUMBER_MAX];
    unsigned first = sizeof digits;
    do {
        digits[--first] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    return put(at, (struct slice){digits + first, sizeof digits - first});
}
