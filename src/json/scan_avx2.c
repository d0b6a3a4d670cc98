/* scan_avx2.c - a block as two vectors of AVX2 */
#include <immintrin.h>

#include "json/scan_blocks.h"

struct block {
    __m256i low;
    __m256i high;
};

SCAN_INLINE struct block load(const char *at)
{
    return (struct block){_mm256_loadu_si256((const __m256i *)(const void *)at),
                          _mm256_loadu_si256((const __m256i *)(const void *)(at + 32))};
}

SCAN_INLINE __m256i vector(const unsigned char table[64])
{
    return _mm256_load_si256((const __m256i *)(const void *)table);
}

/* The highest bit of each byte. */
SCAN_INLINE uint64_t high_bits(struct block b)
{
    return (uint32_t)_mm256_movemask_epi8(b.low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b.high)
                                                       << 32;
}

SCAN_INLINE uint64_t any_high_bit(struct block b)
{
    return (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(b.low, b.high));
}

SCAN_INLINE struct block equal(struct block b, __m256i v)
{
    return (struct block){_mm256_cmpeq_epi8(b.low, v), _mm256_cmpeq_epi8(b.high, v)};
}

SCAN_INLINE __m256i high_half(const struct scan_tables *t, __m256i v)
{
    return _mm256_and_si256(_mm256_srli_epi16(v, 4), vector(t->low_half));
}

SCAN_INLINE __m256i control(const struct scan_tables *t, __m256i v)
{
    return _mm256_cmpeq_epi8(_mm256_min_epu8(v, vector(t->last_control)), v);
}

/* In two parts, which is less work than making one word of them; volatile, or the compiler makes
 * one of them all the same. */
SCAN_INLINE void put(uint64_t *to, struct block b)
{
    volatile uint32_t *parts = (volatile uint32_t *)(void *)to;
    parts[0] = (uint32_t)_mm256_movemask_epi8(b.low);
    parts[1] = (uint32_t)_mm256_movemask_epi8(b.high);
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
        b = (struct block){_mm256_add_epi8(b.low, b.low), _mm256_add_epi8(b.high, b.high)};
        put(to + i * SCAN_SLOTS, b);
    }
}

SCAN_INLINE uint64_t has_rare(const struct scan_tables *t, const char *at)
{
    struct block b = load(at);
    struct block backslash = equal(b, vector(t->backslash));
    return any_high_bit((struct block){_mm256_or_si256(b.low, backslash.low),
                                       _mm256_or_si256(b.high, backslash.high)});
}

SCAN_INLINE uint64_t has_control(const struct scan_tables *t, const char *at)
{
    struct block b = load(at);
    return any_high_bit((struct block){control(t, b.low), control(t, b.high)});
}

SCAN_INLINE __m256i special_bytes(const struct scan_tables *t, __m256i v)
{
    __m256i quote = _mm256_cmpeq_epi8(v, vector(t->quote));
    __m256i backslash = _mm256_cmpeq_epi8(v, vector(t->backslash));
    return _mm256_or_si256(control(t, v), _mm256_or_si256(quote, backslash));
}

SCAN_INLINE uint64_t has_special(const struct scan_tables *t, const char *at)
{
    struct block b = load(at);
    return any_high_bit((struct block){special_bytes(t, b.low), special_bytes(t, b.high)});
}

SCAN_INLINE struct scan_rare_marks rare_marks(const struct scan_tables *t, const char *at)
{
    struct block b = load(at);
    return (struct scan_rare_marks){
        .backslash = high_bits(equal(b, vector(t->backslash))),
        .wide = high_bits(b),
    };
}

SCAN_INLINE __m256i escape_class(const struct scan_tables *t, __m256i v)
{
    return _mm256_and_si256(_mm256_shuffle_epi8(vector(t->escape_low), v),
                            _mm256_shuffle_epi8(vector(t->escape_high), high_half(t, v)));
}

/* Bytes that have one of the bits. */
SCAN_INLINE uint64_t any_of(struct block b, char bits)
{
    __m256i v = _mm256_set1_epi8(bits);
    struct block found = {_mm256_and_si256(b.low, v), _mm256_and_si256(b.high, v)};
    return ~high_bits(equal(found, _mm256_setzero_si256()));
}

SCAN_INLINE struct scan_escape_marks escapes(const struct scan_tables *t, const char *at)
{
    struct block b = load(at);
    struct block classes = {escape_class(t, b.low), escape_class(t, b.high)};
    return (struct scan_escape_marks){
        .letter = any_of(classes, 0x0f),
        .u = high_bits(equal(b, _mm256_set1_epi8('u'))),
        .hex = any_of(classes, 0x30),
    };
}

SCAN_INLINE uint64_t wide(const struct scan_tables *t, const char *at)
{
    (void)t;
    return high_bits(load(at));
}

/* The vector n bytes earlier: the end of the one before it comes in. */
#define EARLIER(v, before, n)                                                                      \
    _mm256_alignr_epi8(v, _mm256_permute2x128_si256(before, v, 0x21), 16 - (n))

SCAN_INLINE __m256i utf8_error(const struct scan_tables *t, __m256i v, __m256i before)
{
    __m256i first = EARLIER(v, before, 1);
    __m256i first_low = _mm256_and_si256(first, vector(t->low_half));
    __m256i wrong = _mm256_shuffle_epi8(vector(t->utf8_first_low), first_low);
    wrong = _mm256_and_si256(wrong,
                             _mm256_shuffle_epi8(vector(t->utf8_first_high), high_half(t, first)));
    wrong =
        _mm256_and_si256(wrong, _mm256_shuffle_epi8(vector(t->utf8_second_high), high_half(t, v)));
    __m256i third = _mm256_subs_epu8(EARLIER(v, before, 2), vector(t->third));
    __m256i fourth = _mm256_subs_epu8(EARLIER(v, before, 3), vector(t->fourth));
    __m256i due = _mm256_and_si256(_mm256_or_si256(third, fourth), vector(t->high_bit));
    return _mm256_xor_si256(wrong, due);
}

SCAN_INLINE uint64_t utf8_errors(const struct scan_tables *t, const char *at, uint32_t last)
{
    struct block b = load(at);
    __m256i error = _mm256_or_si256(utf8_error(t, b.low, _mm256_set1_epi32((int)last)),
                                    utf8_error(t, b.high, b.low));
    return !_mm256_testz_si256(error, error);
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

bool scan_avx2(struct slice value, unsigned max_depth)
{
    return scan_blocks(&reader, value, max_depth);
}
