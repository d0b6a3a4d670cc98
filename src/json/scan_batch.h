/* scan_batch.h - what the passes find out about some blocks in a row */
#pragma once

#include "json/scan_lanes.h"

enum {
    SCAN_BATCH = 32, /* blocks */
    SCAN_FRONT = 8,  /* room before the first: the last block of the batch before */
    SCAN_SLOTS = SCAN_FRONT + SCAN_BATCH + 8
};

/* Blocks that lie in a string as a whole are left out: nothing in them matters to the others.
 * Tokens are known by their first bytes. */
struct scan_batch {
    size_t n;
    const char *at[SCAN_SLOTS];

    /* Read: scan_marks.h, and what is in a string, with its first quote. */
    _Alignas(64) uint64_t quote[SCAN_SLOTS];
    uint64_t in_string[SCAN_SLOTS];
    uint64_t space[SCAN_SLOTS];
    uint64_t op_or_zero[SCAN_SLOTS];
    uint64_t digit[SCAN_SLOTS];
    uint64_t bit0[SCAN_SLOTS];
    uint64_t bit2[SCAN_SLOTS];
    uint64_t bit5[SCAN_SLOTS];

    /* Tokens. */
    uint64_t op[SCAN_SLOTS];      /* { } [ ] , : told apart by bits of the byte: */
    uint64_t bracket[SCAN_SLOTS]; /* bit 0; but not the root's */
    uint64_t string[SCAN_SLOTS];
    uint64_t scalar[SCAN_SLOTS]; /* numbers and words */
    uint64_t run[SCAN_SLOTS];    /* all characters of these, and what is no token at all */
    uint64_t other[SCAN_SLOTS];  /* of which: no digits */

    uint64_t in_object[SCAN_SLOTS]; /* bytes whose innermost container is an object */
};
