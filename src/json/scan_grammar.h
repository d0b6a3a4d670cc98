/* scan_grammar.h - fourth pass: which token may stand behind which */
#pragma once

#include "json/scan_batch.h"

/* What the last token was, as scan_through() passes it on. The text begins as if there had been a
 * colon. */
struct scan_grammar_carry {
    scan_lanes bad;
    scan_lanes comma; /* or the end of a value */
    scan_lanes colon; /* or that */
    scan_lanes key;
};

/* Bytes whose innermost container is an object. */
SCAN_INLINE scan_lanes scan_in_object(const struct scan_batch *b, size_t i)
{
    scan_lanes behind_open = scan_load(&b->opened[i]) << 1;
    scan_lanes behind_object = scan_load(&b->opened_object[i]) << 1;
    return behind_object | (scan_load(&b->outer_object[i]) & ~behind_open);
}

SCAN_INLINE void scan_grammar_of(struct scan_grammar_carry *c, const struct scan_batch *b, size_t i,
                                 scan_lanes gap, bool is_long)
{
    scan_lanes op = scan_load(&b->op[i]);
    scan_lanes bit0 = scan_load(&b->bit[0][i]);
    scan_lanes bit2 = scan_load(&b->bit[2][i]);
    scan_lanes string = scan_load(&b->string[i]);
    scan_lanes scalar = scan_load(&b->scalar[i]);
    scan_lanes in_object = scan_in_object(b, i);
    scan_lanes open_or_colon = op & ~bit2;
    scan_lanes open_or_comma = op & (bit0 ^ bit2);
    scan_lanes open = open_or_colon & open_or_comma;
    scan_lanes comma = open_or_comma ^ open;
    scan_lanes colon = open_or_colon ^ open;
    scan_lanes close = op & bit0 & bit2;
    scan_lanes atom = string | scalar;
    scan_lanes end = atom | close;  /* of a value or key */
    scan_lanes first = atom | open; /* of one */

    /* Two moves tell of each token what it stands behind: both say an end, one a comma or a colon,
     * none an opening bracket. */
    scan_lanes end_or_comma = scan_through(end | comma, gap, is_long, &c->comma);
    scan_lanes end_or_colon = scan_through(end | colon, gap, is_long, &c->colon);
    scan_lanes after_end = end_or_comma & end_or_colon;
    scan_lanes bad = (first | comma) & (after_end ^ comma);
    bad |= close & ((end_or_comma ^ end_or_colon) | (in_object ^ scan_load(&b->bit[5][i])));

    /* In an object, what is not behind a colon is a key. Behind each key, and nowhere else, is a
     * colon. */
    scan_lanes as_key = first & in_object & ~end_or_colon;
    scan_lanes key = as_key & string;
    bad |= as_key ^ key;
    bad |= colon ^ scan_through(key, gap, is_long, &c->key);
    c->bad |= bad;
}

/* Most blocks have a token. */
SCAN_INLINE void scan_grammar(struct scan_grammar_carry *c, const struct scan_batch *b, size_t i)
{
    scan_lanes gap = ~(scan_load(&b->op[i]) | scan_load(&b->string[i]) | scan_load(&b->scalar[i]));
    if (__builtin_expect(scan_has_full(gap), 0))
        scan_grammar_of(c, b, i, gap, true);
    else
        scan_grammar_of(c, b, i, gap, false);
}
