/* scan_nesting.c - blocks with more than one level in them, and nesting near a limit: the allowed
 * depth, or that of the word of kinds
 *
 * When the word is full (the root and 63 levels) it is put away, and fetched again when the
 * nesting is back at that depth; the same at each 64 levels more.
 */
#include "json/scan_nesting.h"

static bool is_full(const struct scan_nesting *n)
{
    return n->now.depth % 64 == 63;
}

static void open_one(struct scan_nesting *n, uint64_t is_object)
{
    if (is_full(n))
        n->spilled[n->now.depth / 64] = n->now.kinds;
    n->now.kinds = n->now.kinds << 1 | is_object;
    n->now.depth++;
}

static void close_one(struct scan_nesting *n)
{
    n->now.depth--;
    n->now.kinds = is_full(n) ? n->spilled[n->now.depth / 64] : n->now.kinds >> 1;
}

/* Bracket by bracket. */
static void nest_deep(struct scan_nesting *n, struct scan_batch *b, size_t i)
{
    b->opened[i] = 0;
    b->opened_object[i] = 0;
    b->outer_object[i] = -(n->now.kinds & 1);
    for (uint64_t left = b->bracket[i]; left; left &= left - 1) {
        unsigned place = (unsigned)__builtin_ctzll(left);
        uint64_t before = n->now.kinds;
        bool closes = b->bit[2][i] >> place & 1;
        if (n->now.depth == (closes ? 0 : n->max_depth)) {
            n->now.lowest = -1;
            return;
        }
        if (closes)
            close_one(n);
        else
            open_one(n, b->bit[5][i] >> place & 1);
        b->outer_object[i] ^= -((before ^ n->now.kinds) & 1) & ~(left ^ (left - 1));
    }
}

/* Does anything close behind an opening bracket that stands behind another? If not, these brackets
 * come last, and all of them stay open. */
static bool is_tangled(const struct scan_batch *b, size_t i)
{
    uint64_t inner = b->inner_open[i];
    return b->bracket[i] & b->bit[2][i] & ~(inner ^ (inner - 1));
}

void scan_nest_special(struct scan_nesting *n, struct scan_batch *b, size_t i)
{
    uint64_t inner = b->inner_open[i];
    if (n->now.depth + __builtin_popcountll(inner) >= n->limit || is_tangled(b, i)) {
        nest_deep(n, b, i);
        return;
    }
    b->outer_object[i] = scan_nest_close(&n->now, b->outer_close[i]);
    for (; inner; inner &= inner - 1) {
        uint64_t is_object =
            b->opened_object[i] >> (__builtin_ctzll(inner) - 1) & 1; /* before it */
        n->now.kinds = n->now.kinds << 1 | is_object;
        n->now.depth++;
    }
    scan_nest_open(&n->now, b, i);
}
