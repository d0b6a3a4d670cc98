/* scan_blocks.h - the scanner by blocks of 64 bytes, the same for every instruction set
 *
 * A level of the instruction set reads each block into marks (scan_marks.h). All else is
 * arithmetic on 64 bytes at a time: no token is looked at on its own but brackets, true, false
 * and null. It goes in four passes over a few blocks, each so small that what it carries from one
 * block to the next stays in registers:
 *
 *   scan_tokens.h    where tokens begin; what is inside strings
 *   scan_nesting.h   which container each byte is in
 *   scan_grammar.h   which token may stand behind which
 *   scan_scalars.h   what numbers and words consist of
 *
 * Violations are gathered and asked for at the end: a refused text goes to the scalar level, which
 * says what is wrong and where. So does a root that is no array or object.
 */
#pragma once

#include "json/scan_grammar.h"
#include "json/scan_internal.h"
#include "json/scan_nesting.h"
#include "json/scan_scalars.h"
#include "json/scan_tokens.h"

enum {
    SCAN_ROOM = 8 /* bytes that may be read behind a block for a word */
};

/* The end of a text, 1 to 64 bytes, and white space up to a block's size. Where the text is long
 * enough, a whole block is copied, which is faster than some bytes are. */
struct scan_tail {
    char bytes[2 * SCAN_BLOCK + SCAN_ROOM];
};

struct scan_state {
    struct scan_lens lens;
    struct scan_rare *rare; /* all but this one and the nesting may live in registers */
    struct scan_nesting *nesting;
    struct scan_token_carry tokens;
    struct scan_grammar_carry grammar;
    struct scan_scalar_carry scalars;
    struct scan_batch *batch;
    struct scan_tail *tail;
};

SCAN_INLINE const char *scan_tail_init(struct scan_tail *tail, struct slice value, size_t n)
{
    char *at = tail->bytes + SCAN_BLOCK - n;
    memset(tail->bytes + SCAN_BLOCK, ' ', SCAN_BLOCK + SCAN_ROOM);
    if (value.n >= SCAN_BLOCK)
        memcpy(tail->bytes, value.at + value.n - SCAN_BLOCK, SCAN_BLOCK);
    else
        memcpy(at, value.at, n);
    return at;
}

SCAN_INLINE bool scan_one(struct scan_state *s, const char *at)
{
    return scan_read(&s->lens, &s->tokens, s->rare, s->batch, at);
}

SCAN_INLINE void scan_several(struct scan_state *s, const char *at, const char *end)
{
    while (at < end) {
        bool is_inside = !scan_one(s, at);
        at += SCAN_BLOCK;
        if (is_inside && !(s->rare->escaped | s->rare->hex_due))
            at = s->lens.reader->skip_inside(s->rare, at, end);
    }
}

/* The root's brackets are the first and the last byte, and no business of the nesting. */
SCAN_INLINE void scan_rest(struct scan_state *s, uint64_t root_open, uint64_t root_close,
                           const char *end, const char *last_end)
{
    struct scan_batch *b = s->batch;
    size_t stop = SCAN_FRONT + b->n;
    if (b->n == 0)
        return;
    scan_pad(b);
    for (size_t i = SCAN_FRONT; i < stop; i += SCAN_LANES)
        scan_tokens(&s->tokens, b, i);
    b->bracket[SCAN_FRONT] &= ~root_open;
    b->bracket[stop - 1] &= ~root_close;
    for (size_t i = SCAN_FRONT; i < stop; i++)
        scan_nest(s->nesting, b, i);
    for (size_t i = SCAN_FRONT; i < stop; i += SCAN_LANES)
        scan_grammar(&s->grammar, b, i, scan_first_lanes(stop - i));
    for (size_t i = SCAN_FRONT; i < stop; i++)
        scan_scalars(&s->lens, &s->scalars, b, i, i + 1 == stop ? last_end : end);
    size_t last = (b->n - 1) % SCAN_LANES;
    s->tokens.run = scan_splat(s->tokens.run[last]);
    s->tokens.leading_zero = scan_splat(s->tokens.leading_zero[last]);
    s->grammar.no_comma = scan_splat(s->grammar.no_comma[last]);
    s->grammar.no_colon = scan_splat(s->grammar.no_colon[last]);
    s->grammar.no_key = scan_splat(s->grammar.no_key[last]);
    b->run[SCAN_FRONT - 1] = b->run[stop - 1];
    b->other[SCAN_FRONT - 1] = b->other[stop - 1];
}

SCAN_INLINE void scan_all(struct scan_state *s, struct slice value)
{
    size_t n_tail = (value.n - 1) % SCAN_BLOCK + 1;
    const char *tail_at = scan_tail_init(s->tail, value, n_tail);
    const char *end = value.at + value.n;
    const char *tail_end = s->tail->bytes + sizeof(s->tail->bytes);
    const char *at = value.at;
    bool is_last = false;
    while (!is_last) {
        ptrdiff_t n_left = end - (ptrdiff_t)n_tail - at;
        is_last = n_left < SCAN_BATCH * SCAN_BLOCK;
        const char *batch_end = at + (is_last ? n_left : SCAN_BATCH * SCAN_BLOCK);
        s->batch->n = 0;
        scan_several(s, at, batch_end);
        /* An end that lies within a string leaves no block; the text is refused for it. */
        bool has_tail = is_last && scan_one(s, tail_at);
        uint64_t root_close = has_tail ? (uint64_t)1 << (n_tail - 1) : 0;
        scan_rest(s, at == value.at, root_close, end, has_tail ? tail_end : end);
        at = batch_end;
    }
}

/* Is the value, with no white space around it, an array or object that is JSON? A level inlines
 * this where its reader's functions are known, so that they are inlined too. */
SCAN_INLINE bool scan_blocks(const struct scan_reader *r, struct slice value, unsigned max_depth)
{
    struct scan_batch batch;
    struct scan_tail tail;
    char first = value.at[0];
    if ((first != '{' && first != '[') || value.at[value.n - 1] != first + 2 || max_depth == 0)
        return false;
    struct scan_rare rare = {0};
    struct scan_nesting nesting;
    nesting.kinds = first == '{';
    nesting.depth = 0;
    nesting.lowest = 0;
    nesting.max_depth = (int64_t)max_depth - 1;
    struct scan_state s = {
        .lens = scan_lens_of(r),
        .rare = &rare,
        .nesting = &nesting,
        .grammar = {.no_comma = scan_splat(~(uint64_t)0), .no_key = scan_splat(~(uint64_t)0)},
        .batch = &batch,
        .tail = &tail,
    };
    batch.run[SCAN_FRONT - 1] = 0;
    batch.other[SCAN_FRONT - 1] = 0;
    scan_all(&s, value);
    scan_lanes bad = s.tokens.bad | s.grammar.bad;
    uint64_t any = s.tokens.bad_control | s.scalars.bad | rare.bad | s.tokens.in_string;
    for (size_t i = 0; i < SCAN_LANES; i++)
        any |= bad[i];
    return any == 0 && nesting.depth == 0 && nesting.lowest >= 0;
}

/* A level's reader, made of its functions by their names. */
#define SCAN_READER                                                                                \
    {                                                                                              \
        .quotes = quotes, .parity = parity, .marks = marks, .signs = signs, .zeros = zeros,        \
        .exponents = exponents, .has_rare = has_rare, .has_control = has_control,                  \
        .has_special = has_special, .rare = rare_marks, .escapes = escapes, .wide = wide,          \
        .utf8_errors = utf8_errors, .check_rare = check_rare, .skip_inside = skip_inside           \
    }
