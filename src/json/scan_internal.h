/* scan_internal.h - what the levels of the scanner have in common */
#pragma once

#include "json/scan.h"

enum {
    SCAN_MAX_DEPTH = 1024
};

/* The whole answer, one byte after the other: the twin that the other levels are held to, and the
 * one that tells what is wrong with a text they refuse. */
struct scan_result scan_scalar(struct slice text, unsigned max_depth);

/* The levels by blocks: is the value, which has no white space around it and is not empty, an array
 * or object of at most that depth that is JSON? Any other value gets no for an answer as well. */
bool scan_sse42(struct slice value, unsigned max_depth);
bool scan_avx2(struct slice value, unsigned max_depth);
bool scan_avx512(struct slice value, unsigned max_depth);
bool scan_neon(struct slice value, unsigned max_depth);

/* What the level itself says of such a value; false at the scalar one. */
bool scan_accepts(enum scan_level level, struct slice value, unsigned max_depth);

/* The text without white space around it. */
struct slice scan_trim(struct slice text);
