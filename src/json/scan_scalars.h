/* scan_scalars.h - fourth pass: numbers and words, where there is more to them than digits */
#pragma once

#include <string.h>

#include "json/scan_arithmetic.h"
#include "json/scan_batch.h"

/* Marks that reach into the next block, in the lowest bits. */
struct scan_scalar_carry {
    uint64_t bad;
    uint64_t word;
    uint64_t word_rest;
    uint64_t is_number_pending; /* is any of the following set? */
    uint64_t digit_due;
    uint64_t minus;
    uint64_t minus_zero;
    uint64_t fraction;
    uint64_t exponent;
    uint64_t exponent_digits;
};

/* The letters f, n and t differ in bits 3 and 4, which choose one of these. */
struct scan_word {
    char text[8];
    unsigned char compared[8]; /* all ones where the text counts */
    uint64_t letters;          /* as many ones as it has letters */
};
extern const struct scan_word scan_words[4];

/* The letters of a word that begins at `at`, with eight bytes to be read; not zero in *bad where
 * it is none. Without a branch, since nobody can guess which word comes next. */
SCAN_INLINE uint64_t scan_word(const char *at, uint64_t *bad)
{
    const struct scan_word *word = &scan_words[*at >> 3 & 3];
    uint64_t text;
    uint64_t expected;
    uint64_t compared;
    memcpy(&text, at, sizeof(text));
    memcpy(&expected, word->text, sizeof(expected));
    memcpy(&compared, word->compared, sizeof(compared));
    *bad |= (text ^ expected) & compared;
    return word->letters;
}

/* The letters of all words that begin at `starts`, and of one that began in the block before. */
SCAN_INLINE uint64_t scan_letters(struct scan_scalar_carry *c, uint64_t starts, const char *at,
                                  const char *end)
{
    char copy[SCAN_BLOCK + 8];
    uint64_t letters = c->word_rest;
    if (__builtin_expect(end - at < (ptrdiff_t)sizeof(copy), 0)) {
        memset(copy, 0, sizeof(copy));
        memcpy(copy, at, (size_t)(end - at));
        at = copy;
    }
    c->word_rest = 0;
    for (; starts; starts &= starts - 1) {
        uint64_t place = (uint64_t)__builtin_ctzll(starts);
        uint64_t word = scan_word(at + place, &c->bad);
        letters |= word << place;
        c->word_rest = word >> 1 >> (63 - place); /* of the last only */
    }
    return letters;
}

/* RFC 8259 section 6, but for leading zeros without a minus. `run` is all characters of numbers,
 * `other` what is no digit. */
SCAN_INLINE void scan_numbers(const struct scan_lens *l, struct scan_scalar_carry *c,
                              const struct scan_batch *b, size_t i, uint64_t run)
{
    uint64_t other = b->other[i] & run;
    uint64_t digit = run ^ other;
    uint64_t signs = l->reader->signs(l->tables, b->at[i]) & other;
    uint64_t point = signs & ~b->bit0[i];
    uint64_t sign = signs ^ point;
    uint64_t minus = sign & b->scalar[i] & b->bit2[i];
    uint64_t sign_place = minus;
    uint64_t exponent = other ^ signs;
    uint64_t digit_before = (b->run[i - 1] & ~b->other[i - 1]) >> 63;

    if (exponent | c->exponent | c->exponent_digits) {
        c->bad |= exponent & ~l->reader->exponents(l->tables, b->at[i]);
        c->bad |= scan_through(exponent, digit | sign, &c->exponent_digits) & (point | exponent);
        sign_place |= scan_one_on(exponent, &c->exponent);
    }
    if (minus | c->minus | c->minus_zero) {
        uint64_t zero = scan_one_on(minus, &c->minus) & l->reader->zeros(l->tables, b->at[i]);
        c->bad |= scan_one_on(zero, &c->minus_zero) & digit;
    }
    c->bad |= sign & ~sign_place;
    c->bad |= (point | exponent) & ~(digit << 1 | digit_before);
    c->bad |= scan_one_on(other, &c->digit_due) & ~run;
    c->bad |= scan_through(point, digit, &c->fraction) & point;
    c->is_number_pending =
        c->digit_due | c->minus | c->minus_zero | c->fraction | c->exponent | c->exponent_digits;
}

/* The block before counts, or zeros where there is none. Words may be read up to `end`. */
SCAN_INLINE void scan_scalars(const struct scan_lens *l, struct scan_scalar_carry *c,
                              const struct scan_batch *b, size_t i, const char *end)
{
    if (!(b->other[i] | c->word | c->is_number_pending))
        return;
    /* t, f and n are even, a minus is odd, and whatever else begins a run is refused anyway. */
    uint64_t letters = scan_letters(c, b->scalar[i] & b->other[i] & ~b->bit0[i], b->at[i], end);
    uint64_t run = b->run[i] & ~letters;
    c->bad |= scan_one_on(letters, &c->word) & run;
    if ((b->other[i] & run) | c->is_number_pending)
        scan_numbers(l, c, b, i, run);
}
