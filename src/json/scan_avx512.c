/* scan_avx512.c - a block as one vector of AVX-512 (F, BW, DQ, VL) */
#include <immintrin.h>

#include "json/scan_blocks.h"

SCAN_INLINE __m512i load(const char *at)
{
    return _mm512_loadu_si512((const void *)at);
}

SCAN_INLINE __m512i vector(const unsigned char table[64])
{
    return _mm512_load_si512((const void *)table);
}

SCAN_INLINE uint64_t equal(__m512i v, const unsigned char table[64])
{
    return _mm512_cmpeq_epi8_mask(v, vector(table));
}

SCAN_INLINE uint64_t has_bits(__m512i v, char bits)
{
    return _mm512_test_epi8_mask(v, _mm512_set1_epi8(bits));
}

SCAN_INLINE __m512i high_half(const struct scan_tables *t, __m512i v)
{
    return _mm512_and_si512(_mm512_srli_epi16(v, 4), vector(t->low_half));
}

SCAN_INLINE uint64_t control(const struct scan_tables *t, __m512i v)
{
    return _mm512_cmple_epu8_mask(v, vector(t->last_control));
}

SCAN_INLINE uint64_t quotes(const struct scan_tables *t, const char *at)
{
    return equal(load(at), t->quote);
}

SCAN_INLINE uint64_t parity(uint64_t marks)
{
    __m128i all = _mm_set1_epi8(-1);
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)marks), all, 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

SCAN_INLINE void planes(const struct scan_tables *t, const char *at, uint64_t *to)
{
    __m512i v = load(at);
    for (unsigned i = 0; i < SCAN_PLANES; i++)
        to[i * SCAN_SLOTS] = _mm512_test_epi8_mask(v, vector(t->bits[i]));
}

SCAN_INLINE uint64_t has_rare(const struct scan_tables *t, const char *at)
{
    __m512i v = load(at);
    return equal(v, t->backslash) | _mm512_movepi8_mask(v);
}

SCAN_INLINE uint64_t has_control(const struct scan_tables *t, const char *at)
{
    return control(t, load(at));
}

SCAN_INLINE uint64_t has_special(const struct scan_tables *t, const char *at)
{
    __m512i v = load(at);
    return control(t, v) | equal(v, t->quote) | equal(v, t->backslash);
}

SCAN_INLINE uint64_t wide(const struct scan_tables *t, const char *at)
{
    (void)t;
    return _mm512_movepi8_mask(load(at));
}

SCAN_INLINE struct scan_rare_marks rare_marks(const struct scan_tables *t, const char *at)
{
    __m512i v = load(at);
    return (struct scan_rare_marks){
        .backslash = equal(v, t->backslash),
        .wide = _mm512_movepi8_mask(v),
    };
}

SCAN_INLINE struct scan_escape_marks escapes(const struct scan_tables *t, const char *at)
{
    __m512i v = load(at);
    __m512i class = _mm512_and_si512(_mm512_shuffle_epi8(vector(t->escape_low), v),
                                     _mm512_shuffle_epi8(vector(t->escape_high), high_half(t, v)));
    return (struct scan_escape_marks){
        .letter = has_bits(class, 0x0f),
        .u = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('u')),
        .hex = has_bits(class, 0x30),
    };
}

/* The vector n bytes earlier; `quarters` is the vector 16 bytes earlier. */
#define EARLIER(v, quarters, n) _mm512_alignr_epi8(v, quarters, 16 - (n))

SCAN_INLINE uint64_t utf8_errors(const struct scan_tables *t, const char *at, uint32_t last)
{
    __m512i v = load(at);
    __m512i quarters = _mm512_alignr_epi32(v, _mm512_set1_epi32((int)last), 12);
    __m512i first = EARLIER(v, quarters, 1);
    __m512i first_low = _mm512_and_si512(first, vector(t->low_half));
    __m512i wrong = _mm512_shuffle_epi8(vector(t->utf8_first_low), first_low);
    wrong = _mm512_and_si512(wrong,
                             _mm512_shuffle_epi8(vector(t->utf8_first_high), high_half(t, first)));
    wrong =
        _mm512_and_si512(wrong, _mm512_shuffle_epi8(vector(t->utf8_second_high), high_half(t, v)));
    __m512i third = _mm512_subs_epu8(EARLIER(v, quarters, 2), vector(t->third));
    __m512i fourth = _mm512_subs_epu8(EARLIER(v, quarters, 3), vector(t->fourth));
    __m512i due = _mm512_and_si512(_mm512_or_si512(third, fourth), vector(t->high_bit));
    return _mm512_test_epi8_mask(_mm512_xor_si512(wrong, due), _mm512_set1_epi8(-1));
}

static uint64_t check_rare(struct scan_rare *rare, const char *at, uint64_t quote);
static const char *skip_inside(struct scan_rare *rare, const char *at, const char *end);
static const struct scan_reader reader = SCAN_READER;

static __attribute__((noinline)) uint64_t check_rare(struct scan_rare *rare, const char *at,
                                                     uint64_t quote)
{
    return scan_check_rare(&reader, rare, at, quote);
}

static __attribute__((noinline)) const char *skip_inside(struct scan_rare *rare, const char *at,
                                                         const char *end)
{
    return scan_skip_inside(&reader, rare, at, end);
}

bool scan_avx512(struct slice value, unsigned max_depth)
{
    return scan_blocks(&reader, value, max_depth);
}
