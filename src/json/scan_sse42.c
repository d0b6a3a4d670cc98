/* scan_sse42.c - a block as four vectors of SSE4.2 */
#include <nmmintrin.h>
#include <wmmintrin.h>

#include "json/scan_blocks.h"

struct block {
    __m128i v[4];
};

SCAN_INLINE struct block load(const char *at)
{
    struct block b;
    for (unsigned i = 0; i < 4; i++)
        b.v[i] = _mm_loadu_si128((const __m128i *)(const void *)(at + 16 * i));
    return b;
}

SCAN_INLINE __m128i vector(const unsigned char table[64])
{
    return _mm_load_si128((const __m128i *)(const void *)table);
}

/* The highest bit of each byte. */
SCAN_INLINE uint64_t high_bits(struct block b)
{
    uint64_t first = (uint32_t)_mm_movemask_epi8(b.v[0]);
    uint64_t second = (uint32_t)_mm_movemask_epi8(b.v[1]);
    uint64_t third = (uint32_t)_mm_movemask_epi8(b.v[2]);
    uint64_t fourth = (uint32_t)_mm_movemask_epi8(b.v[3]);
    return (first | second << 16) | (third | fourth << 16) << 32;
}

SCAN_INLINE uint64_t any_high_bit(struct block b)
{
    __m128i any = _mm_or_si128(_mm_or_si128(b.v[0], b.v[1]), _mm_or_si128(b.v[2], b.v[3]));
    return (uint32_t)_mm_movemask_epi8(any);
}

SCAN_INLINE struct block equal(struct block b, __m128i v)
{
    for (unsigned i = 0; i < 4; i++)
        b.v[i] = _mm_cmpeq_epi8(b.v[i], v);
    return b;
}

SCAN_INLINE __m128i high_half(const struct scan_tables *t, __m128i v)
{
    return _mm_and_si128(_mm_srli_epi16(v, 4), vector(t->low_half));
}

SCAN_INLINE struct block controls(const struct scan_tables *t, struct block b)
{
    for (unsigned i = 0; i < 4; i++)
        b.v[i] = _mm_cmpeq_epi8(_mm_min_epu8(b.v[i], vector(t->last_control)), b.v[i]);
    return b;
}

/* In four parts, which is less work than making one word of them; volatile, or the compiler makes
 * one of them all the same. */
SCAN_INLINE void put(uint64_t *to, struct block b)
{
    volatile uint16_t *parts = (volatile uint16_t *)(void *)to;
    for (unsigned i = 0; i < 4; i++)
        parts[i] = (uint16_t)_mm_movemask_epi8(b.v[i]);
}

SCAN_INLINE uint64_t quotes(const struct scan_tables *t, const char *at)
{
    return high_bits(equal(load(at), vector(t->quote)));
}

SCAN_INLINE uint64_t parity(uint64_t marks)
{
    __m128i all = _mm_set1_epi8(-1);
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)marks), all, 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

SCAN_INLINE void planes(const struct scan_tables *t, const char *at, uint64_t *to)
{
    (void)t;
    struct block b = load(at);
    for (unsigned i = SCAN_PLANES; i-- > 0;) {
        for (unsigned k = 0; k < 4; k++)
            b.v[k] = _mm_add_epi8(b.v[k], b.v[k]);
        put(to + i * SCAN_SLOTS, b);
    }
}

SCAN_INLINE uint64_t has_rare(const struct scan_tables *t, const char *at)
{
    struct block b = load(at);
    for (unsigned i = 0; i < 4; i++)
        b.v[i] = _mm_or_si128(b.v[i], _mm_cmpeq_epi8(b.v[i], vector(t->backslash)));
    return any_high_bit(b);
}

SCAN_INLINE uint64_t has_control(const struct scan_tables *t, const char *at)
{
    return any_high_bit(controls(t, load(at)));
}

SCAN_INLINE uint64_t has_special(const struct scan_tables *t, const char *at)
{
    struct block b = load(at);
    struct block special = controls(t, b);
    for (unsigned i = 0; i < 4; i++) {
        __m128i quote = _mm_cmpeq_epi8(b.v[i], vector(t->quote));
        __m128i backslash = _mm_cmpeq_epi8(b.v[i], vector(t->backslash));
        special.v[i] = _mm_or_si128(special.v[i], _mm_or_si128(quote, backslash));
    }
    return any_high_bit(special);
}

SCAN_INLINE uint64_t wide(const struct scan_tables *t, const char *at)
{
    (void)t;
    return high_bits(load(at));
}

SCAN_INLINE struct scan_rare_marks rare_marks(const struct scan_tables *t, const char *at)
{
    struct block b = load(at);
    return (struct scan_rare_marks){
        .backslash = high_bits(equal(b, vector(t->backslash))),
        .wide = high_bits(b),
    };
}

/* Bytes that have one of the bits. */
SCAN_INLINE uint64_t any_of(struct block b, char bits)
{
    for (unsigned i = 0; i < 4; i++)
        b.v[i] = _mm_and_si128(b.v[i], _mm_set1_epi8(bits));
    return ~high_bits(equal(b, _mm_setzero_si128()));
}

SCAN_INLINE struct scan_escape_marks escapes(const struct scan_tables *t, const char *at)
{
    struct block b = load(at);
    struct block class;
    for (unsigned i = 0; i < 4; i++) {
        __m128i by_low = _mm_shuffle_epi8(vector(t->escape_low), b.v[i]);
        __m128i by_high = _mm_shuffle_epi8(vector(t->escape_high), high_half(t, b.v[i]));
        class.v[i] = _mm_and_si128(by_low, by_high);
    }
    return (struct scan_escape_marks){
        .letter = any_of(class, 0x0f),
        .u = high_bits(equal(b, _mm_set1_epi8('u'))),
        .hex = any_of(class, 0x30),
    };
}

SCAN_INLINE __m128i utf8_error(const struct scan_tables *t, __m128i v, __m128i before)
{
    __m128i first = _mm_alignr_epi8(v, before, 15);
    __m128i first_low = _mm_and_si128(first, vector(t->low_half));
    __m128i wrong = _mm_shuffle_epi8(vector(t->utf8_first_low), first_low);
    wrong = _mm_and_si128(wrong, _mm_shuffle_epi8(vector(t->utf8_first_high), high_half(t, first)));
    wrong = _mm_and_si128(wrong, _mm_shuffle_epi8(vector(t->utf8_second_high), high_half(t, v)));
    __m128i third = _mm_subs_epu8(_mm_alignr_epi8(v, before, 14), vector(t->third));
    __m128i fourth = _mm_subs_epu8(_mm_alignr_epi8(v, before, 13), vector(t->fourth));
    __m128i due = _mm_and_si128(_mm_or_si128(third, fourth), vector(t->high_bit));
    return _mm_xor_si128(wrong, due);
}

SCAN_INLINE uint64_t utf8_errors(const struct scan_tables *t, const char *at, uint32_t last)
{
    struct block b = load(at);
    __m128i error = utf8_error(t, b.v[0], _mm_set1_epi32((int)last));
    for (unsigned i = 1; i < 4; i++)
        error = _mm_or_si128(error, utf8_error(t, b.v[i], b.v[i - 1]));
    return !_mm_testz_si128(error, error);
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

bool scan_sse42(struct slice value, unsigned max_depth)
{
    return scan_blocks(&reader, value, max_depth);
}
