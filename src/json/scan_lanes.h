/* scan_lanes.h - arithmetic on the marks of several blocks at once
 *
 * The marks of neighbouring blocks are the lanes of a vector. Bit 0 is the first byte, so a shift
 * to the left moves marks to the byte behind; what goes over the end of a lane comes into the
 * next. A carry is the vector of the group before, of which the last lane counts.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "json/scan_marks.h"
#if defined(__SSE4_1__)
#include <immintrin.h>
#endif

enum {
#if defined(__AVX512F__)
    SCAN_LANES = 8
#elif defined(__AVX2__)
    SCAN_LANES = 4
#else
    SCAN_LANES = 2
#endif
};

typedef uint64_t scan_lanes __attribute__((vector_size(8 * SCAN_LANES)));

SCAN_INLINE scan_lanes scan_load(const uint64_t *at)
{
    return *(const scan_lanes *)(const void *)at;
}

/* Anywhere. */
SCAN_INLINE void scan_store(uint64_t *at, scan_lanes lanes)
{
    memcpy(at, &lanes, sizeof(lanes));
}

SCAN_INLINE scan_lanes scan_splat(uint64_t word)
{
    return word - (scan_lanes){0};
}

/* All ones in the first n lanes; n is at least 1. */
SCAN_INLINE scan_lanes scan_first_lanes(size_t n)
{
#if defined(__AVX512F__)
    const scan_lanes numbers = {0, 1, 2, 3, 4, 5, 6, 7};
#elif defined(__AVX2__)
    const scan_lanes numbers = {0, 1, 2, 3};
#else
    const scan_lanes numbers = {0, 1};
#endif
    return (scan_lanes)(numbers < scan_splat(n));
}

/* Each lane has what was in the one before. */
SCAN_INLINE scan_lanes scan_lane_before(scan_lanes lanes, scan_lanes previous)
{
#if defined(__AVX512F__)
    return __builtin_shufflevector(previous, lanes, 7, 8, 9, 10, 11, 12, 13, 14);
#elif defined(__AVX2__)
    return __builtin_shufflevector(previous, lanes, 3, 4, 5, 6);
#else
    return __builtin_shufflevector(previous, lanes, 1, 2);
#endif
}

/* Each mark one byte on. */
SCAN_INLINE scan_lanes scan_behind(scan_lanes marks, scan_lanes *carry)
{
    scan_lanes moved = marks << 1 | scan_lane_before(marks, *carry) >> 63;
    *carry = marks;
    return moved;
}

SCAN_INLINE bool scan_any(scan_lanes lanes)
{
#if defined(__AVX512F__)
    return _mm512_test_epi64_mask((__m512i)lanes, (__m512i)lanes) != 0;
#elif defined(__AVX2__)
    return !_mm256_testz_si256((__m256i)lanes, (__m256i)lanes);
#elif defined(__SSE4_1__)
    return !_mm_testz_si128((__m128i)lanes, (__m128i)lanes);
#else
    return (lanes[0] | lanes[1]) != 0;
#endif
}

/* A lane without a token passes on the borrow that comes in. */
SCAN_INLINE scan_lanes scan_pass_on(scan_lanes borrow, scan_lanes tokens, scan_lanes carry)
{
    uint64_t last = carry[SCAN_LANES - 1];
    for (unsigned i = 0; i < SCAN_LANES; i++) {
        last = tokens[i] ? borrow[i] : last;
        borrow[i] = last;
    }
    return borrow;
}

/* The tokens that come right behind one of `from`; `others` are all other tokens. Most lanes have
 * some.
 *
 * In the difference of the two, bit by bit from the lowest on, one of the others always leaves a
 * borrow to what lies above, and one of `from` never does. So a borrow comes into a token exactly
 * where the token before it was one of the others; its own bit is 0 then, and 1 otherwise. */
SCAN_INLINE scan_lanes scan_next(scan_lanes from, scan_lanes others, bool has_empty_lanes,
                                 scan_lanes *carry)
{
    scan_lanes difference = from - others;
    scan_lanes borrow = others | (difference & ~from); /* its highest bit: out of the lane */
    if (__builtin_expect(has_empty_lanes, 0))
        borrow = scan_pass_on(borrow, from | others, *carry);
    scan_lanes lent = scan_lane_before(borrow, *carry) >> 63;
    *carry = borrow;
    return (difference - lent) & (from | others);
}
