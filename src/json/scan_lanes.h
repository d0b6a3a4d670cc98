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

/* The last byte of all lanes. */
SCAN_INLINE scan_lanes scan_last_byte(void)
{
    scan_lanes end = {0};
    end[SCAN_LANES - 1] = (uint64_t)1 << 63;
    return end;
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

/* Bit i: is lane i not zero? */
SCAN_INLINE uint64_t scan_set_lanes(scan_lanes lanes)
{
#if defined(__AVX512F__)
    return _mm512_test_epi64_mask((__m512i)lanes, (__m512i)lanes);
#elif defined(__AVX2__)
    scan_lanes is_empty = (scan_lanes)(lanes == scan_splat(0));
    return (unsigned)_mm256_movemask_pd((__m256d)is_empty) ^ 0xf;
#elif defined(__SSE4_1__)
    scan_lanes is_empty = (scan_lanes)(lanes == scan_splat(0));
    return (unsigned)_mm_movemask_pd((__m128d)is_empty) ^ 3;
#else
    return (lanes[0] != 0) | (unsigned)(lanes[1] != 0) << 1;
#endif
}

/* Is a lane all ones? */
SCAN_INLINE bool scan_has_full(scan_lanes lanes)
{
    return scan_any((scan_lanes)(lanes == scan_splat(~(uint64_t)0)));
}

/* What scan_through() does, where a lane that is all ones passes on what comes in. */
SCAN_INLINE scan_lanes scan_pass_on(scan_lanes sum, scan_lanes marks, scan_lanes run,
                                    scan_lanes carry)
{
    uint64_t in = carry[SCAN_LANES - 1] >> 63;
    for (unsigned i = 0; i < SCAN_LANES; i++) {
        sum[i] += in;
        in = (marks[i] | (run[i] & ~sum[i])) >> 63;
    }
    return sum;
}

/* Each mark to the first byte behind it that is not in `run`, none of which is marked: added to a
 * run of ones at its beginning, a one comes out behind its end. `is_long`: may a lane be all ones?
 */
SCAN_INLINE scan_lanes scan_through(scan_lanes marks, scan_lanes run, bool is_long,
                                    scan_lanes *carry)
{
    scan_lanes sum = marks + marks + run;
    scan_lanes out = marks | (run & ~sum); /* its highest bit: out of the lane */
    if (__builtin_expect(is_long, 0)) {
        sum = scan_pass_on(sum, marks, run, *carry);
        out = marks | (run & ~sum);
    } else {
        sum += scan_lane_before(out, *carry) >> 63;
    }
    *carry = out;
    return sum & ~run;
}
