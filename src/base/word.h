/* word.h - eight bytes of a text looked at in one step
 *
 * A word holds eight bytes, the first one lowest. What asks for bytes of a kind answers by marks:
 * the highest bit of each byte that is one. Sums are made of seven bits a byte, so nothing is
 * carried from one byte to the next and every mark is right.
 */
#pragma once

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    WORD_SIZE = 8
};

static inline uint64_t word_at(const char *at)
{
    uint64_t x;
    memcpy(&x, at, sizeof x);
    return le64toh(x);
}

/* A text of n < 8 bytes, each of them at least once: two texts of one length have the same word
 * where they are equal. */
static inline uint64_t word_short(const char *at, size_t n)
{
    uint32_t low, high;
    if (n >= sizeof low) {
        memcpy(&low, at, sizeof low);
        memcpy(&high, at + n - sizeof high, sizeof high);
        return low | (uint64_t)high << 32;
    }
    const unsigned char *bytes = (const unsigned char *)at;
    return n ? bytes[0] | (uint64_t)bytes[n / 2] << 8 | (uint64_t)bytes[n - 1] << 16 : 0;
}

/* The same byte eight times. */
static inline uint64_t word_of(unsigned char byte)
{
    return byte * (uint64_t)0x0101010101010101u;
}

/* Bytes below a limit of at most 128. */
static inline uint64_t word_below(uint64_t x, unsigned char limit)
{
    uint64_t sums = (x & word_of(0x7f)) + word_of((unsigned char)(0x80 - limit));
    return ~(sums | x) & word_of(0x80);
}

static inline uint64_t word_equal(uint64_t x, unsigned char byte)
{
    return word_below(x ^ word_of(byte), 1);
}

/* Lower-case letters of ASCII. */
static inline uint64_t word_lower_letters(uint64_t x)
{
    return word_below(x, 'z' + 1) & ~word_below(x, 'a');
}

/* The place of the first marked byte. */
static inline unsigned word_first(uint64_t marks)
{
    return (unsigned)__builtin_ctzll(marks) / 8;
}
