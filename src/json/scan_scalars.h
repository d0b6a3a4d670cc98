/* scan_scalars.h - what numbers and words consist of, seen with the tokens; words' letters later */
#pragma once

#include <string.h>

#include "json/scan_batch.h"

/* What bytes outside of strings are; what is nothing of it is in `run` alone, and refused. */
struct scan_outside {
    scan_lanes not_control; /* of all bytes, in strings too */
    scan_lanes bracket;     /* { } [ ] */
    scan_lanes between;     /* , : */
    scan_lanes space;
    scan_lanes digit;
    scan_lanes zero;
    scan_lanes sign;   /* + - . */
    scan_lanes run;    /* of whatever numbers and words consist of */
    scan_lanes scalar; /* a run's first byte */
};

struct scan_scalar_carry {
    uint64_t bad;
    uint64_t n_letters; /* of words, less those that true, false and null have: 0 at the end */
    scan_lanes bad_lanes;
    scan_lanes letters;
    scan_lanes digit;
    scan_lanes pending; /* is any of the following set at the end? */
    scan_lanes sign;
    scan_lanes minus;
    scan_lanes first_zero;
    scan_lanes fraction;
    scan_lanes exponent;
    scan_lanes exponent_part;
};

/* What makes a number more than a row of digits. */
struct scan_number {
    scan_lanes first_zero; /* a zero that no digit may follow */
    scan_lanes point;
    scan_lanes plus_or_minus;
    scan_lanes misplaced; /* of these */
    scan_lanes exponent;  /* a letter */
};

/* Gives what stands behind an exponent's letter. */
SCAN_INLINE scan_lanes scan_exponents(struct scan_scalar_carry *c, const struct scan_batch *b,
                                      size_t i, scan_lanes digit, const struct scan_number *n)
{
    scan_lanes is_e = scan_load(&b->bit[0][i]) & scan_load(&b->bit[2][i]) &
                      scan_load(&b->bit[6][i]) &
                      ~(scan_load(&b->bit[1][i]) | scan_load(&b->bit[3][i]) |
                        scan_load(&b->bit[4][i])); /* or E */
    scan_lanes part = digit | n->plus_or_minus;
    scan_lanes behind = scan_behind(n->exponent, &c->exponent);
    scan_lanes next = scan_through(n->exponent, part, scan_has_full(part), &c->exponent_part);
    c->bad_lanes |= n->exponent & ~is_e;
    c->bad_lanes |= behind & ~part;
    c->bad_lanes |= next & (n->point | n->exponent);
    return behind;
}

/* Plus and minus: where they may stand, and what a minus stands before. */
SCAN_INLINE void scan_signs(struct scan_scalar_carry *c, const struct scan_batch *b, size_t i,
                            const struct scan_outside *is, struct scan_number *n)
{
    scan_lanes minus = n->plus_or_minus & is->scalar & scan_load(&b->bit[2][i]);
    n->first_zero |= scan_behind(minus, &c->minus) & is->zero;
    n->misplaced = n->plus_or_minus ^ minus;
}

/* RFC 8259 section 6. */
SCAN_INLINE void scan_numbers(struct scan_scalar_carry *c, const struct scan_batch *b, size_t i,
                              const struct scan_outside *is, struct scan_number n)
{
    scan_lanes digit_before = c->digit;
    n.point = is->sign & ~scan_load(&b->bit[0][i]);
    n.plus_or_minus = is->sign ^ n.point;
    n.misplaced = scan_splat(0);
    if (scan_any(n.plus_or_minus | c->minus))
        scan_signs(c, b, i, is, &n);
    if (scan_any(n.exponent | c->exponent | c->exponent_part))
        n.misplaced &= ~scan_exponents(c, b, i, is->digit, &n);
    scan_lanes bad = scan_behind(n.first_zero, &c->first_zero) & is->digit;
    bad |= scan_behind(is->sign, &c->sign) & ~is->digit;
    bad |= (n.point | n.exponent) & ~scan_behind(is->digit, &digit_before);
    bad |= scan_through(n.point, is->digit, scan_has_full(is->digit), &c->fraction) & n.point;
    c->bad_lanes |= bad | n.misplaced;
    c->pending =
        (is->sign | n.first_zero | n.exponent | c->fraction | c->exponent_part) & scan_last_byte();
}

/* A word is all letters from the first one on: added to them, it comes out behind the last. Letters
 * that no word begins are exponents. */
SCAN_INLINE void scan_scalars(struct scan_scalar_carry *c, struct scan_batch *b, size_t i,
                              const struct scan_outside *is)
{
    scan_lanes letter = is->run & ~(is->digit | is->sign);
    scan_lanes word = letter & is->scalar;
    scan_lanes sum = letter + word;
    scan_lanes of_block = letter & ~sum;
    sum += scan_lane_before(of_block, c->letters) >> 63;
    scan_lanes letters = letter & ~sum;
    struct scan_number n = {.first_zero = is->scalar & is->zero, .exponent = letter ^ letters};
    c->letters = of_block;
    c->bad_lanes |= sum & is->run & ~letter;
    scan_store(&b->word[i], word);
    scan_store(&b->letters[i], letters);
    b->with_letters |= scan_set_lanes(letters) << i;
    if (scan_any(is->sign | n.first_zero | n.exponent | c->pending))
        scan_numbers(c, b, i, is, n);
    c->digit = is->digit;
}

/* The letters f, n and t differ in bits 3 and 4, which choose one of these. */
struct scan_word {
    char text[8];
    unsigned char compared[8]; /* all ones where the text counts */
    uint64_t n;
};
extern const struct scan_word scan_words[4];

/* A word begins at `at`, with eight bytes to be read. Without a branch, since nobody can guess
 * which one comes next. That it goes on no further is for the sum of all lengths to say. */
SCAN_INLINE void scan_word(struct scan_scalar_carry *c, const char *at)
{
    const struct scan_word *word = &scan_words[*at >> 3 & 3];
    uint64_t text;
    uint64_t expected;
    uint64_t compared;
    memcpy(&text, at, sizeof(text));
    memcpy(&expected, word->text, sizeof(expected));
    memcpy(&compared, word->compared, sizeof(compared));
    c->bad |= (text ^ expected) & compared;
    c->n_letters -= word->n;
}

SCAN_INLINE void scan_spell(struct scan_scalar_carry *c, const struct scan_batch *b)
{
    for (uint64_t blocks = b->with_letters; blocks; blocks &= blocks - 1) {
        size_t i = (size_t)__builtin_ctzll(blocks);
        c->n_letters += (uint64_t)__builtin_popcountll(b->letters[i]);
        for (uint64_t words = b->word[i]; words; words &= words - 1)
            scan_word(c, b->at[i] + __builtin_ctzll(words));
    }
}
