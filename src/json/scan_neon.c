/* scan_neon.c - a block as four vectors of NEON
 *
 * A lookup in a table takes a byte's low half as its place here, where x86 takes whole bytes and
 * gives 0 for those of 0x80 and above: no entry of a list is such a byte, so the marks are equal.
 */
#include <arm_neon.h>

#include "json/scan_blocks.h"

struct block {
    uint8x16_t v[4];
};

SCAN_INLINE struct block load(const char *at)
{
    struct block b;
    for (unsigned i = 0; i < 4; i++)
        b.v[i] = vld1q_u8((const unsigned char *)at + 16 * i);
    return b;
}

SCAN_INLINE uint8x16_t vector(const unsigned char table[64])
{
    return vld1q_u8(table);
}

SCAN_INLINE uint8x16_t lookup(const unsigned char table[64], uint8x16_t places)
{
    return vqtbl1q_u8(vector(table), vandq_u8(places, vdupq_n_u8(0x0f)));
}

/* One bit of each byte, which is all ones or all zeros: neighbours are added up three times. */
SCAN_INLINE uint64_t bits_of(struct block b)
{
    static const unsigned char weights[16] = {1, 2, 4, 8, 16, 32, 64, 128,
                                              1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t weight = vld1q_u8(weights);
    uint8x16_t low = vpaddq_u8(vandq_u8(b.v[0], weight), vandq_u8(b.v[1], weight));
    uint8x16_t high = vpaddq_u8(vandq_u8(b.v[2], weight), vandq_u8(b.v[3], weight));
    uint8x16_t all = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

SCAN_INLINE uint64_t any_of(struct block b)
{
    uint8x16_t any = vorrq_u8(vorrq_u8(b.v[0], b.v[1]), vorrq_u8(b.v[2], b.v[3]));
    return vmaxvq_u8(any);
}

SCAN_INLINE struct block equal(struct block b, uint8x16_t v)
{
    for (unsigned i = 0; i < 4; i++)
        b.v[i] = vceqq_u8(b.v[i], v);
    return b;
}

/* Bytes that have one of the bits. */
SCAN_INLINE struct block with_any(struct block b, unsigned char bits)
{
    for (unsigned i = 0; i < 4; i++)
        b.v[i] = vtstq_u8(b.v[i], vdupq_n_u8(bits));
    return b;
}

SCAN_INLINE struct block controls(const struct scan_tables *t, struct block b)
{
    for (unsigned i = 0; i < 4; i++)
        b.v[i] = vcleq_u8(b.v[i], vector(t->last_control));
    return b;
}

SCAN_INLINE uint64_t quotes(const struct scan_tables *t, const char *at)
{
    return bits_of(equal(load(at), vector(t->quote)));
}

/* The carry-less product with all ones is not in every NEON; six steps are. */
SCAN_INLINE uint64_t parity(uint64_t marks)
{
    for (unsigned by = 1; by < 64; by *= 2)
        marks ^= marks << by;
    return marks;
}

SCAN_INLINE void planes(const struct scan_tables *t, const char *at, uint64_t *to)
{
    struct block b = load(at);
    (void)t;
    for (unsigned i = 0; i < SCAN_PLANES; i++)
        to[i * SCAN_SLOTS] = bits_of(with_any(b, (unsigned char)(1 << i)));
}

SCAN_INLINE uint64_t has_rare(const struct scan_tables *t, const char *at)
{
    struct block b = load(at);
    struct block backslash = equal(b, vector(t->backslash));
    for (unsigned i = 0; i < 4; i++)
        b.v[i] = vorrq_u8(b.v[i], backslash.v[i]);
    return any_of(with_any(b, 0x80));
}

SCAN_INLINE uint64_t has_control(const struct scan_tables *t, const char *at)
{
    return any_of(controls(t, load(at)));
}

SCAN_INLINE uint64_t has_special(const struct scan_tables *t, const char *at)
{
    struct block b = load(at);
    return any_of(controls(t, b)) | any_of(equal(b, vector(t->quote))) |
           any_of(equal(b, vector(t->backslash)));
}

SCAN_INLINE uint64_t wide(const struct scan_tables *t, const char *at)
{
    (void)t;
    return bits_of(with_any(load(at), 0x80));
}

SCAN_INLINE struct scan_rare_marks rare_marks(const struct scan_tables *t, const char *at)
{
    struct block b = load(at);
    return (struct scan_rare_marks){
        .backslash = bits_of(equal(b, vector(t->backslash))),
        .wide = bits_of(with_any(b, 0x80)),
    };
}

SCAN_INLINE struct scan_escape_marks escapes(const struct scan_tables *t, const char *at)
{
    struct block b = load(at);
    struct block class;
    for (unsigned i = 0; i < 4; i++)
        class.v[i] =
            vandq_u8(lookup(t->escape_low, b.v[i]), lookup(t->escape_high, vshrq_n_u8(b.v[i], 4)));
    return (struct scan_escape_marks){
        .letter = bits_of(with_any(class, 0x0f)),
        .u = bits_of(equal(b, vdupq_n_u8('u'))),
        .hex = bits_of(with_any(class, 0x30)),
    };
}

SCAN_INLINE uint8x16_t utf8_error(const struct scan_tables *t, uint8x16_t v, uint8x16_t before)
{
    uint8x16_t first = vextq_u8(before, v, 15);
    uint8x16_t wrong = lookup(t->utf8_first_low, first);
    wrong = vandq_u8(wrong, lookup(t->utf8_first_high, vshrq_n_u8(first, 4)));
    wrong = vandq_u8(wrong, lookup(t->utf8_second_high, vshrq_n_u8(v, 4)));
    uint8x16_t third = vqsubq_u8(vextq_u8(before, v, 14), vector(t->third));
    uint8x16_t fourth = vqsubq_u8(vextq_u8(before, v, 13), vector(t->fourth));
    uint8x16_t due = vandq_u8(vorrq_u8(third, fourth), vector(t->high_bit));
    return veorq_u8(wrong, due);
}

SCAN_INLINE uint64_t utf8_errors(const struct scan_tables *t, const char *at, uint32_t last)
{
    struct block b = load(at);
    struct block error;
    error.v[0] = utf8_error(t, b.v[0], vreinterpretq_u8_u32(vdupq_n_u32(last)));
    for (unsigned i = 1; i < 4; i++)
        error.v[i] = utf8_error(t, b.v[i], b.v[i - 1]);
    return any_of(error);
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

bool scan_neon(struct slice value, unsigned max_depth)
{
    return scan_blocks(&reader, value, max_depth);
}
