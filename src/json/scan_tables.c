/* scan_tables.c - the vectors that the levels of the scanner compare with */
#include "json/scan_scalars.h"

#define QUARTERS(...)                                                                              \
    {                                                                                              \
        __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__                                         \
    }
#define ALL(c) QUARTERS(c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c)

/* What may be wrong with two bytes in a row (Keiser and Lemire, "Validating UTF-8 in less than
 * one instruction per byte", 2021). TWO_BEHIND is right where the second byte is the third or
 * fourth of a sequence; the levels compare it with what is due there. */
enum {
    TOO_SHORT = 0x01,  /* a lead, and no continuation */
    TOO_LONG = 0x02,   /* ASCII, and a continuation */
    OVERLONG_3 = 0x04, /* e0 80-9f */
    TOO_LARGE = 0x08,  /* f4 90-bf, f5-ff 90-bf */
    SURROGATE = 0x10,  /* ed a0-bf */
    OVERLONG_2 = 0x20, /* c0-c1 80-bf */
    OVERLONG_4 = 0x40, /* f0 80-8f; also, too large, f5-ff 80-8f */
    TWO_BEHIND = 0x80, /* two continuations */

    /* Whatever the low half of the first byte, the high half of the second. */
    ANY_LOW = TOO_SHORT | TOO_LONG | TWO_BEHIND,
    ABOVE_F4 = ANY_LOW | TOO_LARGE | OVERLONG_4,
    CONTINUATION = TOO_LONG | OVERLONG_2 | TWO_BEHIND,
};

const struct scan_tables scan_tables = {
    .quote = ALL('"'),
    .backslash = ALL('\\'),
    .last_control = ALL(0x1f),
    .low_half = ALL(0x0f),
    .high_bit = ALL(0x80),
    .bits = {ALL(0x01), ALL(0x02), ALL(0x04), ALL(0x08), ALL(0x10), ALL(0x20), ALL(0x40)},
    .third = ALL(0xe0 - 0x80),
    .fourth = ALL(0xf0 - 0x80),
    /* Letters stand in the rows 2 (" /), 5 (\), 6 (b f n) and 7 (r t u), one bit each. */
    .escape_low = QUARTERS(0x10, 0x30, 0x3d, 0x30, 0x38, 0x38, 0x34, 0x10, 0x10, 0x10, 0, 0, 0x02,
                           0, 0x04, 0x01),
    .escape_high = QUARTERS(0, 0, 0x01, 0x10, 0x20, 0x02, 0x24, 0x08, 0, 0, 0, 0, 0, 0, 0, 0),

    .utf8_first_low =
        QUARTERS(ANY_LOW | OVERLONG_2 | OVERLONG_3 | OVERLONG_4, ANY_LOW | OVERLONG_2, ANY_LOW,
                 ANY_LOW, ANY_LOW | TOO_LARGE, ABOVE_F4, ABOVE_F4, ABOVE_F4, ABOVE_F4, ABOVE_F4,
                 ABOVE_F4, ABOVE_F4, ABOVE_F4, ABOVE_F4 | SURROGATE, ABOVE_F4, ABOVE_F4),
    .utf8_first_high =
        QUARTERS(TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
                 TWO_BEHIND, TWO_BEHIND, TWO_BEHIND, TWO_BEHIND, TOO_SHORT | OVERLONG_2, TOO_SHORT,
                 TOO_SHORT | OVERLONG_3 | SURROGATE, TOO_SHORT | TOO_LARGE | OVERLONG_4),
    .utf8_second_high =
        QUARTERS(TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
                 TOO_SHORT, CONTINUATION | OVERLONG_3 | OVERLONG_4,
                 CONTINUATION | OVERLONG_3 | TOO_LARGE, CONTINUATION | SURROGATE | TOO_LARGE,
                 CONTINUATION | SURROGATE | TOO_LARGE, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT),
};

/* The byte that chooses the fourth differs from its text in any case: it is no NUL. */
const struct scan_word scan_words[4] = {
    {"false", {255, 255, 255, 255, 255}, 5},
    {"null", {255, 255, 255, 255}, 4},
    {"true", {255, 255, 255, 255}, 4},
    {"", {255}, 1},
};
