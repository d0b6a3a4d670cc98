/* scan_tokens.h - first passes: reading marks, and finding tokens in them
 *
 * White space of the wrong kind and leading zeros are refused here, because the marks are at
 * hand.
 */
#pragma once

#include "json/scan_batch.h"
#include "json/scan_strings.h"

struct scan_token_carry {
    uint64_t bad_control;
    uint64_t in_string; /* all ones or none */
    scan_lanes bad;
    scan_lanes run;
    scan_lanes leading_zero;
};

/* Adds the block to the batch; false where it lies in a string as a whole. */
SCAN_INLINE bool scan_read(const struct scan_lens *l, struct scan_token_carry *c,
                           struct scan_rare *rare, struct scan_batch *b, const char *at)
{
    const struct scan_reader *r = l->reader;
    const struct scan_tables *t = l->tables;
    size_t i = SCAN_FRONT + b->n;
    uint64_t quote = r->quotes(t, at);
    if (__builtin_expect((r->has_rare(t, at) | rare->is_pending) != 0, 0))
        quote = r->check_rare(rare, at, quote);
    if (!(quote | ~c->in_string)) {
        c->bad_control |= r->has_control(t, at);
        return false;
    }
    uint64_t in_string = r->parity(quote) ^ c->in_string;
    struct scan_marks to = {&b->space[i], &b->op_or_zero[i], &b->digit[i],
                            &b->bit0[i],  &b->bit2[i],       &b->bit5[i]};
    r->marks(t, at, to);
    c->in_string = (uint64_t)((int64_t)in_string >> 63);
    b->at[i] = at;
    b->quote[i] = quote;
    b->in_string[i] = in_string;
    b->n++;
    return true;
}

/* The lanes behind the last block get a comma each (most lanes have a token) and nothing else. */
SCAN_INLINE void scan_pad(struct scan_batch *b)
{
    size_t i = SCAN_FRONT + b->n;
    scan_store(&b->quote[i], scan_splat(0));
    scan_store(&b->in_string[i], scan_splat(0));
    scan_store(&b->space[i], scan_splat(~(uint64_t)1));
    scan_store(&b->op_or_zero[i], scan_splat(1));
    scan_store(&b->digit[i], scan_splat(0));
    scan_store(&b->bit0[i], scan_splat(0));
    scan_store(&b->bit2[i], scan_splat(1));
    scan_store(&b->bit5[i], scan_splat(0));
}

SCAN_INLINE void scan_tokens(struct scan_token_carry *c, struct scan_batch *b, size_t i)
{
    scan_lanes quote = scan_load(&b->quote[i]);
    scan_lanes in_string = scan_load(&b->in_string[i]);
    scan_lanes space = scan_load(&b->space[i]);
    scan_lanes op_or_zero = scan_load(&b->op_or_zero[i]);
    scan_lanes inside = in_string | quote;
    scan_lanes op = op_or_zero & ~(scan_load(&b->digit[i]) | inside);
    scan_lanes run = ~(inside | op | space);
    scan_lanes scalar = run & ~scan_behind(run, &c->run);
    scan_lanes digit = run & scan_load(&b->digit[i]);
    /* Of white space, the blank alone has bit 5. */
    c->bad |= in_string & space & ~scan_load(&b->bit5[i]);
    c->bad |= scan_behind(scalar & digit & op_or_zero, &c->leading_zero) & digit;
    scan_store(&b->op[i], op);
    scan_store(&b->bracket[i], op & scan_load(&b->bit0[i]));
    scan_store(&b->string[i], quote & in_string);
    scan_store(&b->scalar[i], scalar);
    scan_store(&b->run[i], run);
    scan_store(&b->other[i], run ^ digit);
}
