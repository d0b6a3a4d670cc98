/* scan_nesting.h - third pass: which container a byte is in
 *
 * Most brackets find their partner within the block: of what is behind an opening bracket, and
 * before the next one, the block itself tells the container. All else is in a container from before
 * the block, as long as brackets behind an opening one do not nest there. Only these containers are
 * gone through one by one. The stack is a word with a bit a level: is it an object? What lies
 * deeper than 62 levels, or is nested within a block, is left to scan_nest_special().
 *
 * The root's own brackets are the first and the last byte of the text and are not seen here; all
 * that remains to be checked is that nothing inside closes more than was opened.
 */
#pragma once

#include "json/scan_batch.h"
#include "json/scan_internal.h"

enum {
    SCAN_SHALLOW = 62
};

struct scan_nest {
    uint64_t kinds; /* the lowest bit is the innermost container's, the root's is above the rest */
    int64_t depth;  /* inside the root */
    int64_t lowest; /* negative if depth ever was */
};

struct scan_nesting {
    struct scan_nest now;
    int64_t max_depth;
    int64_t limit;                         /* of depth, for what is done here */
    uint64_t spilled[SCAN_MAX_DEPTH / 64]; /* kinds of levels that have no room in the word */
};

/* Block i at any depth, whatever its brackets are. */
void scan_nest_special(struct scan_nesting *n, struct scan_batch *b, size_t i);

/* In the difference of opening and other brackets, bit by bit from the lowest on, one of the others
 * leaves a borrow to what lies above, and an opening one does not. So a bit is as it was in all
 * that stands behind an opening one, up to the next bracket. The text before the block counts as
 * one of the others: the borrow that is taken off. */
SCAN_INLINE scan_lanes scan_behind_open(scan_lanes open, scan_lanes others)
{
    return ~((open - others - scan_splat(1)) ^ (open | others));
}

SCAN_INLINE void scan_pair(struct scan_batch *b, size_t i)
{
    scan_lanes bracket = scan_load(&b->bracket[i]);
    scan_lanes close = bracket & scan_load(&b->bit[2][i]);
    scan_lanes open = bracket ^ close;
    scan_lanes object = open & scan_load(&b->bit[5][i]);
    scan_lanes behind = scan_behind_open(open, close);
    scan_lanes behind_object = scan_behind_open(object, bracket ^ object);
    scan_store(&b->opened[i], (behind & ~bracket) | open);
    scan_store(&b->opened_object[i], (behind_object & ~bracket) | object);
    scan_store(&b->outer_close[i], close & ~behind);
    scan_store(&b->inner_open[i], open & behind);
}

/* Closes containers from before the block, and tells of each byte whether the one it would be in,
 * had the block opened none, is an object. */
SCAN_INLINE uint64_t scan_nest_close(struct scan_nest *n, uint64_t left)
{
    uint64_t outer = -(n->kinds & 1);
    for (; left; left &= left - 1) {
        uint64_t before = n->kinds;
        n->kinds >>= 1;
        n->depth--;
        outer ^= -((before ^ n->kinds) & 1) & ~(left ^ (left - 1));
    }
    n->lowest |= n->depth;
    return outer;
}

/* The block's last bracket, if it is an opening one. */
SCAN_INLINE void scan_nest_open(struct scan_nest *n, const struct scan_batch *b, size_t i)
{
    uint64_t opens = b->opened[i] >> 63;
    n->kinds = n->kinds << opens | b->opened_object[i] >> 63;
    n->depth += (int64_t)opens;
}

SCAN_INLINE void scan_nest(struct scan_nesting *n, struct scan_batch *b)
{
    struct scan_nest now = n->now;
    for (size_t i = 0; i < b->n; i++) {
        if (__builtin_expect(b->inner_open[i] != 0, 0) ||
            __builtin_expect(now.depth >= n->limit, 0)) {
            n->now = now;
            scan_nest_special(n, b, i);
            now = n->now;
        } else {
            b->outer_object[i] = scan_nest_close(&now, b->outer_close[i]);
            scan_nest_open(&now, b, i);
        }
    }
    n->now = now;
}
