/* window.h - two counts of the last moments, in buckets that several threads add to
 *
 * A bucket is one word: the turn that it is of, and both counts; an old one begins anew when it is
 * added to. Where one of the counts would pass its greatest both are halved.
 * What a thread adds whose clock is behind counts in the bucket that is there.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

enum {
    WINDOW_BUCKETS = 10,
    WINDOW_COUNT_MAX = (1 << 20) - 1
};

struct window {
    atomic_uint_fast64_t buckets[WINDOW_BUCKETS];
};

struct window_sums {
    uint64_t first, second;
};

/* turn: the time in buckets, which goes up by one each. */
void window_add(struct window *w, uint64_t turn, unsigned first, unsigned second);
/* Of the last WINDOW_BUCKETS turns, this one included. */
struct window_sums window_sum(const struct window *w, uint64_t turn);
void window_clear(struct window *w);
