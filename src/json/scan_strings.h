/* scan_strings.h - escapes, UTF-8 and the insides of long strings
 *
 * Most blocks are ASCII without a backslash and need nothing of this. UTF-8 is checked wherever
 * it stands: outside strings it is wrong anyhow.
 */
#pragma once

#include <stddef.h>
#include <string.h>

#include "json/scan_marks.h"

/* Which bytes stand behind a backslash that does not itself stand behind one. In a run of
 * backslashes every second one escapes. Its first bit, taken from ones at all odd places above
 * it, leaves the alternation that begins there. */
SCAN_INLINE uint64_t scan_escaped(uint64_t backslash, uint64_t *carry)
{
    const uint64_t odd = 0xaaaaaaaaaaaaaaaa;
    uint64_t may_escape = backslash & ~*carry;
    uint64_t codes = ((may_escape << 1 | odd) - may_escape) ^ odd;
    uint64_t escaped = codes ^ (backslash | *carry);
    *carry = (codes & backslash) >> 63;
    return escaped;
}

/* Checks what stands behind backslashes (RFC 8259 section 7), and gives the bytes that do. */
SCAN_INLINE uint64_t scan_check_escapes(struct scan_rare *rare, uint64_t backslash,
                                        struct scan_escape_marks m)
{
    uint64_t escaped = scan_escaped(backslash, &rare->escaped);
    uint64_t u = escaped & m.u;
    uint64_t due = u << 1 | u << 2 | u << 3 | u << 4 | rare->hex_due;
    rare->hex_due = u >> 63 | u >> 62 | u >> 61 | u >> 60;
    rare->bad |= (escaped & ~m.letter) | (due & ~m.hex);
    return escaped;
}

/* ASCII needs no look but behind a sequence that goes on: at most three bytes. */
SCAN_INLINE void scan_check_utf8(const struct scan_lens *l, struct scan_rare *rare, const char *at,
                                 uint64_t wide)
{
    if (!(wide | rare->wide))
        return;
    rare->bad |= l->reader->utf8_errors(l->tables, at, rare->last_bytes);
    rare->wide = wide >> 61;
    memcpy(&rare->last_bytes, at + SCAN_BLOCK - sizeof(rare->last_bytes), sizeof(rare->last_bytes));
}

/* A block with something rare in it, or behind one that left something open. Gives the quotes
 * that are not escaped. */
SCAN_INLINE uint64_t scan_check_rare(const struct scan_reader *r, struct scan_rare *rare,
                                     const char *at, uint64_t quote)
{
    struct scan_lens l = scan_lens_of(r);
    struct scan_rare_marks m = r->rare(l.tables, at);
    rare->wide_here = m.wide;
    scan_check_utf8(&l, rare, at, m.wide);
    if (m.backslash | rare->escaped | rare->hex_due)
        quote &= ~scan_check_escapes(rare, m.backslash, r->escapes(l.tables, at));
    rare->is_pending = rare->escaped | rare->hex_due | rare->wide;
    return quote;
}

/* From a block that may lie inside a string as a whole to the first that does not, or that has an
 * escape. No escape is left open. */
SCAN_INLINE const char *scan_skip_inside(const struct scan_reader *r, struct scan_rare *rare,
                                         const char *at, const char *end)
{
    struct scan_lens l = scan_lens_of(r);
    for (; at < end && !r->has_special(l.tables, at); at += SCAN_BLOCK)
        scan_check_utf8(&l, rare, at, r->wide(l.tables, at));
    rare->is_pending = rare->wide;
    return at;
}
