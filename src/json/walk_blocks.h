/* walk_blocks.h - to the end of an array or object by blocks of 64 bytes
 *
 * The text is known to be JSON, so brackets of the other kind need no look: an array ends where as
 * many "]" as "[" have gone by, an object the same with its braces. A block without either is only
 * asked whether it leaves a string open or closed. The same for every instruction set.
 */
#pragma once

#include "json/scan_strings.h"
#include "json/walk_internal.h"

/* What a level of the instruction set tells of 64 bytes. */
struct walk_reader {
    uint64_t (*equal)(const char *at, char c); /* those that are c, the first one lowest */
    bool (*has_any)(const char *at, char a, char b, char c);
    uint64_t (*parity)(uint64_t marks); /* a bit: of the marks up to it; from quotes to strings */
};

struct walk_state {
    char open, close;
    uint64_t depth;
    uint64_t inside;  /* all ones within a string */
    uint64_t escaped; /* 1: the next byte is */
};

/* Where the last open bracket is closed, counted from 1; 0: not in this block. */
SCAN_INLINE unsigned walk_nest(struct walk_state *s, uint64_t open, uint64_t close)
{
    unsigned n_close = (unsigned)__builtin_popcountll(close);
    if (n_close >= s->depth) {
        uint64_t depth = s->depth;
        for (uint64_t left = close; left; left &= left - 1) {
            uint64_t before = (left & -left) - 1;
            depth--;
            if (depth + (unsigned)__builtin_popcountll(open & before) == 0)
                return (unsigned)__builtin_ctzll(left) + 1;
        }
    }
    s->depth += (unsigned)__builtin_popcountll(open);
    s->depth -= n_close;
    return 0;
}

SCAN_INLINE unsigned walk_block(const struct walk_reader *r, struct walk_state *s, const char *at)
{
    uint64_t quote = r->equal(at, '"');
    if (!s->escaped && !r->has_any(at, s->open, s->close, '\\')) {
        s->inside ^= 0 - (uint64_t)__builtin_parityll(quote);
        return 0;
    }
    uint64_t backslash = r->equal(at, '\\');
    if (backslash | s->escaped)
        quote &= ~scan_escaped(backslash, &s->escaped);
    uint64_t inside = r->parity(quote) ^ s->inside;
    s->inside = 0 - (inside >> 63);
    return walk_nest(s, r->equal(at, s->open) & ~inside, r->equal(at, s->close) & ~inside);
}

/* A level inlines this where its reader's functions are known, so that they are inlined too. */
SCAN_INLINE const char *walk_blocks(const struct walk_reader *r, const char *at, const char *end)
{
    struct walk_state s = {.open = *at, .close = (char)(*at + 2)};
    while (end - at >= SCAN_BLOCK) {
        unsigned n = walk_block(r, &s, at);
        if (n > 0)
            return at + n;
        at += SCAN_BLOCK;
    }
    char tail[SCAN_BLOCK] = {0};
    memcpy(tail, at, (size_t)(end - at));
    return at + walk_block(r, &s, tail);
}
