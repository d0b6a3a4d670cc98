/* pattern.h - regular expressions of the configuration (PCRE2 with Unicode), bounded
 *
 * Compiled once, with JIT where there is one; matching has a limit on steps and memory, so that no
 * pattern and no value can hold a worker. A compiled pattern is immutable and shared by threads;
 * a worker has its own scratch.
 */
#pragma once

#include "base/fault.h"
#include "base/slice.h"

struct pattern;
struct pattern_scratch; /* of one thread */

enum pattern_verdict {
    PATTERN_MATCH,
    PATTERN_NO_MATCH,
    PATTERN_TOO_COSTLY, /* the match limit was reached: treat as no match, and say so */
};

/* whole: the whole text must match; otherwise it searches. NULL where the expression is wrong:
 * *offset is where, message (room for n bytes) says what. */
struct pattern *pattern_new(struct slice expression, bool whole, size_t *offset, char *message,
                            size_t n);
void pattern_free(struct pattern *p);

struct pattern_scratch *pattern_scratch_new(void);
void pattern_scratch_free(struct pattern_scratch *scratch);

/* The text must be UTF-8. No memory is allocated. */
enum pattern_verdict pattern_match(const struct pattern *p, struct pattern_scratch *scratch,
                                   struct slice text) MUST_USE;
