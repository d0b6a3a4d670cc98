/* scan_tokens.h - second pass: where tokens begin
 *
 * What a byte is, its bits tell: the bits of all bytes of a block are words, so that one operation
 * looks at 64 bytes of each lane.
 */
#pragma once

#include "json/scan_scalars.h"

struct scan_token_carry {
    scan_lanes bad;
    scan_lanes run;
};

/* The lanes behind the last block have a comma and a one each, which may follow on whatever a text
 * may end with, and blanks. */
SCAN_INLINE void scan_pad(struct scan_batch *b)
{
    size_t i = b->n;
    const scan_lanes none = scan_splat(0);
    const scan_lanes comma = scan_splat(1);
    const scan_lanes one = scan_splat(2);
    scan_store(&b->quote[i], none);
    scan_store(&b->in_string[i], none);
    scan_store(&b->bit[0][i], one);
    scan_store(&b->bit[1][i], none);
    scan_store(&b->bit[2][i], comma);
    scan_store(&b->bit[3][i], comma);
    scan_store(&b->bit[4][i], one);
    scan_store(&b->bit[5][i], ~none);
    scan_store(&b->bit[6][i], none);
    scan_store(&b->outer_object[i], none);
}

/* Of the lower halves, b and d are those of brackets and of + and -, a is that of the colon, and c
 * that of the comma; rows are upper halves. */
SCAN_INLINE struct scan_outside scan_outside(const struct scan_batch *b, size_t i,
                                             scan_lanes inside)
{
    scan_lanes bit0 = scan_load(&b->bit[0][i]);
    scan_lanes bit1 = scan_load(&b->bit[1][i]);
    scan_lanes bit2 = scan_load(&b->bit[2][i]);
    scan_lanes bit3 = scan_load(&b->bit[3][i]);
    scan_lanes bit4 = scan_load(&b->bit[4][i]);
    scan_lanes bit5 = scan_load(&b->bit[5][i]);
    scan_lanes bit6 = scan_load(&b->bit[6][i]);
    scan_lanes odd_1_2 = bit1 ^ bit2;
    scan_lanes any_1_2 = bit1 | bit2;
    scan_lanes a_to_d = bit3 & odd_1_2;
    scan_lanes a_to_f = bit3 & any_1_2;
    scan_lanes b_or_d = a_to_d & bit0;
    scan_lanes b_d_or_e = a_to_f & ~(odd_1_2 ^ bit0);
    scan_lanes not_0 = any_1_2 | bit0 | bit3;
    scan_lanes tab_or_line = bit3 & (bit0 ^ bit1) & ~(bit1 & bit2); /* 9, a, d */
    scan_lanes not_control = bit5 | bit6;
    scan_lanes row_0 = ~(not_control | bit4 | inside);
    scan_lanes rows_2_3 = bit5 & ~(bit6 | inside);
    scan_lanes row_2 = rows_2_3 & ~bit4;
    scan_lanes digit = rows_2_3 & bit4 & ~a_to_f;
    return (struct scan_outside){
        .not_control = not_control,
        .bracket = b_or_d & bit4 & bit6 & ~inside,
        .between = a_to_d & ~bit0 & rows_2_3 & ~(bit4 ^ bit1),
        .digit = digit,
        .zero = digit & ~not_0,
        .sign = row_2 & b_d_or_e,
        .space = (row_2 & ~not_0) | (row_0 & tab_or_line),
    };
}

SCAN_INLINE void scan_tokens(struct scan_token_carry *c, struct scan_scalar_carry *scalars,
                             struct scan_batch *b, size_t i)
{
    scan_lanes quote = scan_load(&b->quote[i]);
    scan_lanes in_string = scan_load(&b->in_string[i]);
    scan_lanes inside = in_string | quote;
    struct scan_outside is = scan_outside(b, i, inside);
    scan_lanes op = is.bracket | is.between;
    is.run = ~(inside | op | is.space);
    is.scalar = is.run & ~scan_behind(is.run, &c->run);
    c->bad |= in_string & ~is.not_control;
    scan_store(&b->op[i], op);
    scan_store(&b->bracket[i], is.bracket);
    scan_store(&b->string[i], quote & in_string);
    scan_store(&b->scalar[i], is.scalar);
    scan_scalars(scalars, b, i, &is);
}
