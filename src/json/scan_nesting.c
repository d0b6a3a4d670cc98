/* scan_nesting.c - nesting near a limit: the allowed depth, or that of the word of kinds
 *
 * When the word is full (the root and 63 levels) it is put away, and fetched again when the
 * nesting is back at that depth; the same at each 64 levels more.
 */
#include "json/scan_nesting.h"

static bool is_full(const struct scan_nesting *n)
{
    return n->depth % 64 == 63;
}

static void open_one(struct scan_nesting *n, uint64_t is_object)
{
    if (is_full(n))
        n->spilled[n->depth / 64] = n->kinds;
    n->kinds = n->kinds << 1 | is_object;
    n->depth++;
}

static void close_one(struct scan_nesting *n)
{
    n->depth--;
    n->kinds = is_full(n) ? n->spilled[n->depth / 64] : n->kinds >> 1;
}

void scan_nest_deep(struct scan_nesting *n, struct scan_batch *b, size_t i, uint64_t left)
{
    for (; left; left &= left - 1) {
        unsigned place = (unsigned)__builtin_ctzll(left);
        uint64_t before = n->kinds;
        bool closes = b->bit2[i] >> place & 1;
        if (n->depth == (closes ? 0 : n->max_depth)) {
            n->lowest = -1;
            return;
        }
        if (closes)
            close_one(n);
        else
            open_one(n, b->bit5[i] >> place & 1);
        b->in_object[i] ^= -((before ^ n->kinds) & 1) & ~(left ^ (left - 1));
    }
}
