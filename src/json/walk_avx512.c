/* walk_avx512.c - a block as one vector of AVX-512 */
#include <immintrin.h>

#include "json/walk_blocks.h"

SCAN_INLINE uint64_t equal(const char *at, char c)
{
    return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(at), _mm512_set1_epi8(c));
}

SCAN_INLINE bool has_any(const char *at, char a, char b, char c)
{
    return equal(at, a) | equal(at, b) | equal(at, c);
}

SCAN_INLINE uint64_t parity(uint64_t marks)
{
    __m128i product =
        _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)marks), _mm_set1_epi8(-1), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

const char *walk_avx512(const char *at, const char *end)
{
    static const struct walk_reader reader = {equal, has_any, parity};
    return walk_blocks(&reader, at, end);
}
