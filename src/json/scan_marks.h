/* scan_marks.h - what a level of the instruction set tells of 64 bytes of JSON
 *
 * Marks are a word of 64 bits in which bit i says something about byte i of a block: it is a
 * quote, a digit, ... A level is a set of functions that read such marks (struct scan_reader);
 * what is done with them is the same for all (scan_blocks.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    SCAN_BLOCK = 64,
    SCAN_PLANES = 7,             /* bits of a byte of ASCII */
    SCAN_BATCH = 32,             /* blocks that are worked at together */
    SCAN_SLOTS = SCAN_BATCH + 16 /* two more at the text's end, and lanes to fill up with */
};

#define SCAN_INLINE static inline __attribute__((always_inline))

/* What most blocks have none of. */
struct scan_rare_marks {
    uint64_t backslash;
    uint64_t wide; /* 0x80 and above */
};

/* About bytes behind a backslash. */
struct scan_escape_marks {
    uint64_t letter; /* one of " \ / b f n r t u */
    uint64_t u;
    uint64_t hex;
};

/* Vectors of up to 64 bytes; each quarter is the same. They are read from memory, because some
 * compilers make constants of the code anew for each block. */
struct scan_tables {
    _Alignas(64) unsigned char quote[64];
    unsigned char backslash[64];
    unsigned char last_control[64];
    unsigned char low_half[64];
    unsigned char high_bit[64];
    unsigned char bits[SCAN_PLANES][64]; /* bit 0 of each byte, bit 1, ... */
    unsigned char third[64];          /* taken off with saturation, leaves the highest bit of ... */
    unsigned char fourth[64];         /* ... the leads of three bytes and more, or of four */
    unsigned char escape_low[64];     /* by a byte's low half, and ... */
    unsigned char escape_high[64];    /* ... by its high half: both, 0x0f a letter, 0x30 a digit */
    unsigned char utf8_first_low[64]; /* by halves of two bytes in a row: what all three say is */
    unsigned char utf8_first_high[64]; /* wrong is wrong */
    unsigned char utf8_second_high[64];
};
extern const struct scan_tables scan_tables;

/* What one block that lies in a string leaves to the next; see scan_strings.h. */
struct scan_rare {
    uint64_t bad;
    uint64_t is_pending; /* is any of the next three set? marks in the lowest bits */
    uint64_t escaped;
    uint64_t hex_due;
    uint64_t wide;
    uint32_t last_bytes;
    uint64_t wide_here; /* in the block itself */
};

/* Each reads the 64 bytes at `at`, aligned or not. */
struct scan_reader {
    uint64_t (*quotes)(const struct scan_tables *t, const char *at);
    uint64_t (*parity)(uint64_t marks); /* bit i: is the number of marks at 0 to i odd? */
    /* Writes a word for each bit of the bytes but the highest, SCAN_SLOTS words apart; in parts, if
     * the level likes, since nobody reads it soon. */
    void (*planes)(const struct scan_tables *t, const char *at, uint64_t *to);

    /* Not zero where there is any: of the rare marks; of control bytes; of quotes, backslashes
     * and control bytes. */
    uint64_t (*has_rare)(const struct scan_tables *t, const char *at);
    uint64_t (*has_control)(const struct scan_tables *t, const char *at);
    uint64_t (*has_special)(const struct scan_tables *t, const char *at);

    struct scan_rare_marks (*rare)(const struct scan_tables *t, const char *at);
    struct scan_escape_marks (*escapes)(const struct scan_tables *t, const char *at);
    uint64_t (*wide)(const struct scan_tables *t, const char *at);
    /* Not zero where a sequence is ill-formed that ends, or must have ended, in the block; `last`
     * are the four bytes before it. */
    uint64_t (*utf8_errors)(const struct scan_tables *t, const char *at, uint32_t last);

    /* scan_check_rare() and scan_skip_inside() with this reader, out of the way of the rest. */
    uint64_t (*check_rare)(struct scan_rare *rare, const char *at, uint64_t quote);
    const char *(*skip_inside)(struct scan_rare *rare, const char *at, const char *end);
};

/* What a level looks through. */
struct scan_lens {
    const struct scan_reader *reader;
    const struct scan_tables *tables;
};

/* With the tables in a way that no compiler sees what is in them. */
SCAN_INLINE struct scan_lens scan_lens_of(const struct scan_reader *reader)
{
    struct scan_lens lens = {reader, &scan_tables};
    __asm__("" : "+r"(lens.tables));
    return lens;
}
