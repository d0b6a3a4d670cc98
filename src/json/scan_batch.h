/* scan_batch.h - what the passes find out about some blocks in a row */
#pragma once

#include "json/scan_lanes.h"

/* Blocks that lie in a string as a whole are left out: nothing in them matters to the others.
 * Tokens are known by their first bytes. */
struct scan_batch {
    size_t n;
    uint64_t with_letters; /* bit i: block i has letters of words */
    const char *at[SCAN_SLOTS];

    /* Read: quotes, what is in a string with its first quote, and bits of the bytes. */
    _Alignas(64) uint64_t quote[SCAN_SLOTS];
    uint64_t in_string[SCAN_SLOTS];
    uint64_t bit[SCAN_PLANES][SCAN_SLOTS];

    /* Tokens. */
    uint64_t op[SCAN_SLOTS];      /* { } [ ] , : told apart by bits 0 and 2: */
    uint64_t bracket[SCAN_SLOTS]; /* bit 0; but not the root's */
    uint64_t string[SCAN_SLOTS];
    uint64_t scalar[SCAN_SLOTS]; /* numbers and words */
    uint64_t word[SCAN_SLOTS];
    uint64_t letters[SCAN_SLOTS]; /* all letters of words */

    /* Nesting, by what is in the block: bytes behind an opening bracket, and the bracket, up to the
     * one before the next bracket; which of them are an object's. */
    uint64_t opened[SCAN_SLOTS];
    uint64_t opened_object[SCAN_SLOTS];
    uint64_t outer_close[SCAN_SLOTS];  /* no opening bracket is the one before */
    uint64_t inner_open[SCAN_SLOTS];   /* one is */
    uint64_t outer_object[SCAN_SLOTS]; /* are bytes behind none of the opened in an object? */
};
