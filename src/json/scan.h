/* scan.h - is this text JSON? (RFC 8259, UTF-8, bounded depth), at memory speed
 *
 * A body that is only passed on is never decoded: it is checked once here and spliced as it came.
 * Each level of the instruction set has its own code and all give the same verdict as the scalar
 * one; scan_json() uses the best that this processor has.
 *
 * Pure, no memory beyond the stack; never reads a byte outside the text.
 */
#pragma once

#include "base/fault.h"
#include "base/slice.h"

enum scan_verdict {
    SCAN_OK,
    SCAN_EMPTY,    /* nothing, or white space alone */
    SCAN_INVALID,  /* not JSON, or not UTF-8 */
    SCAN_TOO_DEEP, /* JSON so far, but nested deeper than allowed */
};

enum scan_level {
    SCAN_SCALAR,
    SCAN_SSE42,
    SCAN_AVX2,
    SCAN_AVX512,
    SCAN_NEON,
};

struct scan_result {
    enum scan_verdict verdict;
    struct slice value; /* SCAN_OK: the value without the white space around it */
    size_t offset;      /* otherwise: where it went wrong, at or before the culprit's token end */
};

/* max_depth counts nested arrays and objects: [[1]] has depth 2. At most 1024. */
struct scan_result scan_json(struct slice text, unsigned max_depth) MUST_USE;

/* The best level of this processor; has_level tells of one. */
enum scan_level scan_best_level(void);
bool scan_has_level(enum scan_level level);
const char *scan_level_name(enum scan_level level);
/* For tests and measurements; the processor must have the level. */
struct scan_result scan_json_at(enum scan_level level, struct slice text,
                                unsigned max_depth) MUST_USE;
