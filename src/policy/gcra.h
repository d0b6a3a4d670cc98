/* gcra.h - so many permits a second, and a burst of them at once
 *
 * The generic cell rate algorithm (ITU-T I.371, 2004, annex A: virtual scheduling). One word a
 * caller: the time at which all permits are there again. A permit moves it on by one interval; it
 * may be ahead of now by as much as a burst takes. So in no span of time more pass than the burst
 * and what the rate gives for the span; there is no window whose edge could be used twice.
 *
 * Lock-free, any thread. Pure: time is an argument, in ns of any clock that never goes back.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct gcra_settings {
    uint64_t
        interval_ns; /* from one permit to the next, at least 1; times burst it is at most 2^62 */
    uint64_t burst;  /* permits that may be taken at once, at least 1 */
};

/* 0: all permits are there. */
typedef atomic_uint_fast64_t gcra_word;

struct gcra_verdict {
    bool passes;
    uint64_t left;     /* permits that may be taken now */
    uint64_t retry_ns; /* until what did not pass would; of what never will (more than the burst),
                          until all permits are there */
    uint64_t full_ns;  /* until all permits are there */
};

/* What there is to say where n permits pass or do not, and all of them are there in ahead_ns. */
struct gcra_verdict gcra_judge(const struct gcra_settings *s, bool passes, uint64_t n,
                               uint64_t ahead_ns);
/* Takes n permits, at most a million, whether they are there or not: what lacks is owed, one more
 * burst at most. */
void gcra_owe(gcra_word *word, const struct gcra_settings *s, uint64_t n, uint64_t now_ns);
/* Of those that the last gcra_take() took, and those before it that had not come back then, n were
 * not used. full_at_ns: when all would have been there after it; what has come back by itself until
 * now is not given back once more. */
void gcra_give_back(gcra_word *word, const struct gcra_settings *s, uint64_t n, uint64_t full_at_ns,
                    uint64_t now_ns);
/* Takes n permits, at most a million, or none of them. */
struct gcra_verdict gcra_take(gcra_word *word, const struct gcra_settings *s, uint64_t n,
                              uint64_t now_ns);
