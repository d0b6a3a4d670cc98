/* scan_arithmetic.h - sums and shifts that move marks through one block after the other */
#pragma once

#include "json/scan_marks.h"

/* Each mark one byte on. */
SCAN_INLINE uint64_t scan_one_on(uint64_t marks, uint64_t *carry)
{
    uint64_t moved = marks << 1 | *carry;
    *carry = marks >> 63;
    return moved;
}

/* Each mark to the first byte behind it that is not in `run`: added to a run of ones at its
 * beginning, a one comes out at the end. */
SCAN_INLINE uint64_t scan_through(uint64_t marks, uint64_t run, uint64_t *carry)
{
    uint64_t sum;
    bool goes_on = __builtin_add_overflow(marks << 1 | *carry, run, &sum);
    *carry = goes_on | marks >> 63;
    return sum & ~run;
}
