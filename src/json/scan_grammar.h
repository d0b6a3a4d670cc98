/* scan_grammar.h - a later pass: which token may stand behind which */
#pragma once

#include "json/scan_batch.h"

/* The borrows of scan_next(): highest bits. The text begins as if there had been a colon. */
struct scan_grammar_carry {
    scan_lanes bad;
    scan_lanes no_comma; /* the last token was neither an end nor a comma; set at first */
    scan_lanes no_colon;
    scan_lanes no_key; /* set at first */
};

/* Only the lanes that are `real` are checked. */
SCAN_INLINE void scan_grammar(struct scan_grammar_carry *c, const struct scan_batch *b, size_t i,
                              scan_lanes real)
{
    scan_lanes op = scan_load(&b->op[i]);
    scan_lanes bit0 = scan_load(&b->bit0[i]);
    scan_lanes bit2 = scan_load(&b->bit2[i]);
    scan_lanes string = scan_load(&b->string[i]);
    scan_lanes scalar = scan_load(&b->scalar[i]);
    scan_lanes in_object = scan_load(&b->in_object[i]);
    scan_lanes tokens = op | string | scalar;
    bool has_empty = scan_any((scan_lanes)(tokens == scan_splat(0)));
    scan_lanes open_or_colon = op & ~bit2;
    scan_lanes open_or_comma = op & (bit0 ^ bit2);
    scan_lanes open = open_or_colon & open_or_comma;
    scan_lanes comma = open_or_comma ^ open;
    scan_lanes colon = open_or_colon ^ open;
    scan_lanes close = op & bit0 & bit2;

    /* Two moves tell of each token what it stands behind: both say the end of a value (or of a
     * key), one a comma or a colon, none an opening bracket. */
    scan_lanes end_or_comma =
        scan_next(tokens ^ open_or_colon, open_or_colon, has_empty, &c->no_comma);
    scan_lanes end_or_colon =
        scan_next(tokens ^ open_or_comma, open_or_comma, has_empty, &c->no_colon);
    scan_lanes after_end = end_or_comma & end_or_colon;
    scan_lanes first = string | scalar | open; /* of a value or key */
    scan_lanes bad = (first & after_end) | (comma & ~after_end);
    bad |= close & ((end_or_comma ^ end_or_colon) | (in_object ^ scan_load(&b->bit5[i])));

    /* In an object, what is not behind a colon is a key. Behind each key, and nowhere else, is a
     * colon. */
    scan_lanes as_key = first & in_object & ~end_or_colon;
    scan_lanes key = as_key & string;
    bad |= as_key ^ key;
    bad |= colon ^ scan_next(key, tokens ^ key, has_empty, &c->no_key);
    c->bad |= bad & real;
}
