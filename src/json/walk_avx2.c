/* walk_avx2.c - a block as two vectors of AVX2 */
#include <immintrin.h>

#include "json/walk_blocks.h"

SCAN_INLINE __m256i equal_half(const char *at, char c)
{
    __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)at);
    return _mm256_cmpeq_epi8(v, _mm256_set1_epi8(c));
}

SCAN_INLINE uint64_t equal(const char *at, char c)
{
    uint64_t low = (uint32_t)_mm256_movemask_epi8(equal_half(at, c));
    uint64_t high = (uint32_t)_mm256_movemask_epi8(equal_half(at + 32, c));
    return low | high << 32;
}

SCAN_INLINE __m256i any_of_half(const char *at, char a, char b, char c)
{
    __m256i any = _mm256_or_si256(equal_half(at, a), equal_half(at, b));
    return _mm256_or_si256(any, equal_half(at, c));
}

SCAN_INLINE bool has_any(const char *at, char a, char b, char c)
{
    __m256i any = _mm256_or_si256(any_of_half(at, a, b, c), any_of_half(at + 32, a, b, c));
    return !_mm256_testz_si256(any, any);
}

SCAN_INLINE uint64_t parity(uint64_t marks)
{
    __m128i product =
        _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)marks), _mm_set1_epi8(-1), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

const char *walk_avx2(const char *at, const char *end)
{
    static const struct walk_reader reader = {equal, has_any, parity};
    return walk_blocks(&reader, at, end);
}
