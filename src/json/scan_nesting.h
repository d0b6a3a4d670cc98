/* scan_nesting.h - second pass: which container a byte is in
 *
 * The one pass that looks at tokens one by one, at brackets. The stack is a word with a bit a
 * level: is it an object? What lies deeper than 62 levels is left to scan_nest_deep().
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

struct scan_nesting {
    uint64_t kinds; /* the lowest bit is the innermost container's, the root's is above the rest */
    int64_t depth;  /* inside the root */
    int64_t lowest; /* negative if depth ever was */
    int64_t max_depth;
    bool is_too_deep;
    uint64_t spilled[SCAN_MAX_DEPTH / 64]; /* kinds of levels that have no room in the word */
};

/* The brackets `left` of block i at any depth; in_object is known up to the first of them. */
void scan_nest_deep(struct scan_nesting *n, struct scan_batch *b, size_t i, uint64_t left);

SCAN_INLINE void scan_nest(struct scan_nesting *n, struct scan_batch *b, size_t i)
{
    uint64_t kinds = n->kinds;
    int64_t depth = n->depth;
    int64_t lowest = n->lowest;
    int64_t limit = n->max_depth < SCAN_SHALLOW ? n->max_depth : SCAN_SHALLOW;
    uint64_t in_object = -(kinds & 1);
    uint64_t left = b->bracket[i];
    for (; left && depth < limit; left &= left - 1) {
        uint64_t place = (uint64_t)__builtin_ctzll(left);
        uint64_t before = kinds;
        if (b->bit2[i] >> place & 1) {
            kinds >>= 1;
            depth--;
            lowest |= depth;
        } else {
            kinds = kinds << 1 | (b->bit5[i] >> place & 1);
            depth++;
        }
        /* From behind the bracket on it is the other kind, or not. */
        in_object ^= -((before ^ kinds) & 1) & ~(left ^ (left - 1));
    }
    n->kinds = kinds;
    n->depth = depth;
    n->lowest = lowest;
    b->in_object[i] = in_object;
    if (left)
        scan_nest_deep(n, b, i, left);
}
