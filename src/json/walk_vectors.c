/* walk_vectors.c - a block as four vectors that every processor of the kind has */
#include "json/walk_internal.h"

#if defined(__x86_64__)

#include <emmintrin.h>

#include "json/walk_blocks.h"

SCAN_INLINE __m128i equal_quarter(const char *at, char c)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)at);
    return _mm_cmpeq_epi8(v, _mm_set1_epi8(c));
}

SCAN_INLINE uint64_t equal(const char *at, char c)
{
    uint64_t marks = 0;
    for (unsigned i = 0; i < SCAN_BLOCK; i += 16)
        marks |= (uint64_t)(uint32_t)_mm_movemask_epi8(equal_quarter(at + i, c)) << i;
    return marks;
}

SCAN_INLINE bool has_any(const char *at, char a, char b, char c)
{
    __m128i any = _mm_setzero_si128();
    for (unsigned i = 0; i < SCAN_BLOCK; i += 16) {
        __m128i either = _mm_or_si128(equal_quarter(at + i, a), equal_quarter(at + i, b));
        any = _mm_or_si128(any, _mm_or_si128(either, equal_quarter(at + i, c)));
    }
    return _mm_movemask_epi8(any);
}

#elif defined(__aarch64__)

#include <arm_neon.h>

#include "json/walk_blocks.h"

SCAN_INLINE uint8x16_t equal_quarter(const char *at, char c)
{
    return vceqq_u8(vld1q_u8((const uint8_t *)at), vdupq_n_u8((uint8_t)c));
}

/* One bit of each byte, then neighbours added until eight bytes hold all bits in their order. */
SCAN_INLINE uint64_t equal(const char *at, char c)
{
    static const uint8_t bits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t weights = vld1q_u8(bits);
    uint8x16_t low = vpaddq_u8(vandq_u8(equal_quarter(at, c), weights),
                               vandq_u8(equal_quarter(at + 16, c), weights));
    uint8x16_t high = vpaddq_u8(vandq_u8(equal_quarter(at + 32, c), weights),
                                vandq_u8(equal_quarter(at + 48, c), weights));
    uint8x16_t all = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

SCAN_INLINE bool has_any(const char *at, char a, char b, char c)
{
    uint8x16_t any = vdupq_n_u8(0);
    for (unsigned i = 0; i < SCAN_BLOCK; i += 16) {
        uint8x16_t either = vorrq_u8(equal_quarter(at + i, a), equal_quarter(at + i, b));
        any = vorrq_u8(any, vorrq_u8(either, equal_quarter(at + i, c)));
    }
    return vmaxvq_u8(any);
}

#endif

#if defined(__x86_64__) || defined(__aarch64__)
SCAN_INLINE uint64_t parity(uint64_t marks)
{
    for (unsigned by = 1; by < 64; by *= 2)
        marks ^= marks << by;
    return marks;
}

const char *walk_vectors(const char *at, const char *end)
{
    static const struct walk_reader reader = {equal, has_any, parity};
    return walk_blocks(&reader, at, end);
}
#else
const char *walk_vectors(const char *at, const char *end)
{
    return walk_bytes(at, end);
}
#endif
