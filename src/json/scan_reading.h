/* scan_reading.h - first pass: the bytes' bits, and what is inside strings */
#pragma once

#include "json/scan_batch.h"
#include "json/scan_strings.h"

struct scan_reading {
    struct scan_lens lens;
    struct scan_rare *rare;
    uint64_t in_string; /* all ones or none */
    uint64_t bad;
};

/* Block i of the batch; false where it lies in a string as a whole. */
SCAN_INLINE bool scan_read(struct scan_reading *s, struct scan_batch *b, size_t i, const char *at)
{
    const struct scan_reader *r = s->lens.reader;
    const struct scan_tables *t = s->lens.tables;
    uint64_t *planes = &b->bit[0][i];
    uint64_t quote = r->quotes(t, at);
    bool is_rare = (r->has_rare(t, at) | s->rare->is_pending) != 0;
    if (__builtin_expect(is_rare, 0))
        quote = r->check_rare(s->rare, at, quote);
    if (!(quote | ~s->in_string)) {
        s->bad |= r->has_control(t, at);
        return false;
    }
    uint64_t in_string = r->parity(quote) ^ s->in_string;
    __asm__("" : "+r"(planes)); /* one address for all of them */
    r->planes(t, at, planes);
    if (__builtin_expect(is_rare, 0)) {
        planes[(size_t)6 * SCAN_SLOTS] |= s->rare->wide_here; /* or they look like control */
        s->bad |= s->rare->wide_here & ~in_string;
    }
    s->in_string = (uint64_t)((int64_t)in_string >> 63);
    b->at[i] = at;
    b->quote[i] = quote;
    b->in_string[i] = in_string;
    return true;
}

/* Blocks up to `end`, or until the batch is full; where it came to. */
SCAN_INLINE const char *scan_read_on(struct scan_reading *s, struct scan_batch *b, const char *at,
                                     const char *end, size_t most)
{
    size_t n = b->n;
    while (at < end && n < most) {
        ptrdiff_t room = (ptrdiff_t)((most - n) * SCAN_BLOCK);
        const char *stop = end - at < room ? end : at + room;
        for (; at < stop && scan_read(s, b, n, at); at += SCAN_BLOCK)
            n++;
        if (at >= stop)
            break;
        at += SCAN_BLOCK;
        if (!(s->rare->escaped | s->rare->hex_due))
            at = s->lens.reader->skip_inside(s->rare, at, end);
    }
    b->n = n;
    return at;
}
