/* scan_blocks.h - the scanner by blocks of 64 bytes, the same for every instruction set
 *
 * A level of the instruction set reads each block into words of 64 bits, one for each bit of a byte
 * (scan_marks.h). All else is arithmetic on these words, several blocks at a time (scan_lanes.h):
 * no token is looked at on its own but the brackets that reach out of a block, true, false and
 * null. It goes in some passes over a few blocks, each so small that what it carries from one block
 * to the next stays in registers:
 *
 *   scan_reading.h   the bits of bytes; what is inside strings
 *   scan_tokens.h    where tokens begin
 *   scan_scalars.h   what numbers and words consist of
 *   scan_nesting.h   which container each byte is in
 *   scan_grammar.h   which token may stand behind which
 *
 * Violations are gathered and asked for at the end: a refused text goes to the scalar level, which
 * says what is wrong and where. So does a root that is no array or object.
 */
#pragma once

#include "json/scan_grammar.h"
#include "json/scan_internal.h"
#include "json/scan_nesting.h"
#include "json/scan_reading.h"
#include "json/scan_tokens.h"

enum {
    SCAN_ROOM = 8 /* bytes that may be read behind a block for a word */
};

/* The end of a text, up to 64 + SCAN_ROOM bytes, and white space up to the end of a block: nothing
 * before it is nearer to the text's end than a word is long. Where the text is long enough, as much
 * as ever is copied, which is faster than some bytes are. */
struct scan_tail {
    char bytes[2 * SCAN_BLOCK + 2 * SCAN_ROOM];
};

struct scan_state {
    struct scan_reading reading; /* what is no pointer may live in registers */
    struct scan_nesting *nesting;
    struct scan_token_carry tokens;
    struct scan_grammar_carry grammar;
    struct scan_scalar_carry scalars;
    struct scan_batch *batch;
    struct scan_tail *tail;
};

SCAN_INLINE const char *scan_tail_init(struct scan_tail *tail, struct slice value, size_t n)
{
    enum {
        MOST = SCAN_BLOCK + SCAN_ROOM
    };
    char *at = tail->bytes + MOST - n;
    memset(tail->bytes + MOST, ' ', sizeof(tail->bytes) - MOST);
    if (value.n >= MOST)
        memcpy(tail->bytes, value.at + value.n - MOST, MOST);
    else
        memcpy(at, value.at, n);
    return at;
}

/* All batches but the last are full, so that a carry is always the last lane. The root's brackets
 * are no business of the nesting: they are not among the `inner` bytes of the first and the last
 * block. */
SCAN_INLINE void scan_rest(struct scan_state *s, uint64_t inner_first, uint64_t inner_last)
{
    struct scan_batch *b = s->batch;
    if (b->n == 0) /* the text ends within a string, and is refused for that */
        return;
    for (size_t i = 0; i < b->n; i += SCAN_LANES)
        scan_tokens(&s->tokens, &s->scalars, b, i);
    b->bracket[0] &= inner_first;
    b->bracket[b->n - 1] &= inner_last;
    for (size_t i = 0; i < b->n; i += SCAN_LANES)
        scan_pair(b, i);
    scan_nest(s->nesting, b);
    for (size_t i = 0; i < b->n; i += SCAN_LANES)
        scan_grammar(&s->grammar, b, i);
    scan_spell(&s->scalars, b);
}

SCAN_INLINE void scan_all(struct scan_state *s, struct slice value)
{
    size_t n_tail = value.n < SCAN_ROOM ? value.n : (value.n - SCAN_ROOM) % SCAN_BLOCK + SCAN_ROOM;
    const char *tail_at = scan_tail_init(s->tail, value, n_tail);
    const char *end = value.at + (value.n - n_tail);
    const char *at = value.at;
    uint64_t inner_first = ~(uint64_t)1;
    uint64_t inner_last = ~(uint64_t)0;
    bool is_last = false;
    while (!is_last) {
        s->batch->n = 0;
        s->batch->with_letters = 0;
        at = scan_read_on(&s->reading, s->batch, at, end, SCAN_BATCH);
        is_last = at == end;
        if (is_last) {
            scan_read_on(&s->reading, s->batch, tail_at, tail_at + n_tail, SCAN_SLOTS);
            scan_pad(s->batch);
            inner_last = ~((uint64_t)1 << (n_tail - 1) % SCAN_BLOCK);
        }
        scan_rest(s, inner_first, inner_last);
        inner_first = ~(uint64_t)0;
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
    nesting.now = (struct scan_nest){.kinds = first == '{'};
    nesting.max_depth = (int64_t)max_depth - 1;
    nesting.limit = nesting.max_depth < SCAN_SHALLOW ? nesting.max_depth : SCAN_SHALLOW;
    struct scan_state s = {
        .reading = {.lens = scan_lens_of(r), .rare = &rare},
        .nesting = &nesting,
        .grammar = {.colon = scan_splat(~(uint64_t)0)},
        .batch = &batch,
        .tail = &tail,
    };
    scan_all(&s, value);
    scan_lanes bad = s.tokens.bad | s.grammar.bad | s.scalars.bad_lanes;
    uint64_t any =
        s.reading.bad | s.reading.in_string | rare.bad | s.scalars.bad | s.scalars.n_letters;
    for (size_t i = 0; i < SCAN_LANES; i++)
        any |= bad[i];
    return any == 0 && nesting.now.depth == 0 && nesting.now.lowest >= 0;
}

/* A level's reader, made of its functions by their names. */
#define SCAN_READER                                                                                \
    {                                                                                              \
        .quotes = quotes, .parity = parity, .planes = planes, .has_rare = has_rare,                \
        .has_control = has_control, .has_special = has_special, .rare = rare_marks,                \
        .escapes = escapes, .wide = wide, .utf8_errors = utf8_errors, .check_rare = check_rare,    \
        .skip_inside = skip_inside                                                                 \
    }
