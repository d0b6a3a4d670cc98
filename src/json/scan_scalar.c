/* scan_scalar.c - the scanner one byte at a time: the definition that the fast levels are held to
 *
 * Tokens are skipped from left to right; what may come next is one of five expectations. An
 * array or object costs one bit of stack, so depth is bounded by a counter and not by recursion.
 */
#include <endian.h>
#include <stdint.h>

#include "json/scan_internal.h"

enum expect {
    EXPECT_VALUE,
    EXPECT_VALUE_OR_CLOSE,
    EXPECT_KEY,
    EXPECT_KEY_OR_CLOSE,
    EXPECT_COMMA_OR_CLOSE,
    EXPECT_NOTHING, /* from here on: how it ended */
    EXPECT_REFUSED,
    EXPECT_REFUSED_DEEP,
};

struct walk {
    const unsigned char *at; /* stays at the beginning of a token that is refused */
    const unsigned char *end;
    unsigned depth;
    unsigned max_depth;
    bool is_object[SCAN_MAX_DEPTH];
};

static bool is_space(unsigned char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(unsigned char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

struct slice scan_trim(struct slice text)
{
    while (text.n > 0 && is_space((unsigned char)text.at[0]))
        text = slice_after(text, 1);
    while (text.n > 0 && is_space((unsigned char)text.at[text.n - 1]))
        text.n--;
    return text;
}

/* How many bytes at `at`, of eight, need no look in a string: printable ASCII but the quote and the
 * backslash. A borrow may mark a byte wrongly, but only above one that is marked rightly. */
static unsigned count_plain(const unsigned char *at)
{
    const uint64_t ones = 0x0101010101010101;
    uint64_t bytes;
    memcpy(&bytes, at, sizeof(bytes));
    bytes = le64toh(bytes); /* the first byte lowest */
    uint64_t control = bytes - ones * 0x20;
    uint64_t quote = (bytes ^ ones * '"') - ones;
    uint64_t backslash = (bytes ^ ones * '\\') - ones;
    uint64_t special = (bytes | control | quote | backslash) & ones * 0x80;
    return special ? (unsigned)__builtin_ctzll(special) / 8 : 8;
}

/* The skip_ functions start at a token (skip_escape, skip_digits: at a part of one) and give the
 * place behind it, or NULL where it is malformed. */

static const unsigned char *skip_escape(const unsigned char *at, const unsigned char *end)
{
    if (end - at < 2)
        return NULL;
    if (at[1] != 'u')
        return at[1] != 0 && strchr("\"\\/bfnrt", at[1]) ? at + 2 : NULL;
    if (end - at < 6)
        return NULL;
    return is_hex(at[2]) && is_hex(at[3]) && is_hex(at[4]) && is_hex(at[5]) ? at + 6 : NULL;
}

/* What is due in a sequence of UTF-8: how far to shift a word of next states (RFC 3629 section 4).
 */
enum due {
    DUE_NOTHING = 0,
    DUE_1 = 6, /* so many continuations */
    DUE_2 = 12,
    DUE_3 = 18,
    DUE_E0 = 24, /* what may follow on this byte, and one more */
    DUE_ED = 30,
    DUE_F0 = 36, /* and two more */
    DUE_F4 = 42,
    DUE_NEVER = 48 /* it is ill-formed */
};

#define NEVER (DUE_NEVER * (uint64_t)0x1041041041041) /* whatever was due */
#define NEXT(due, then) ((uint64_t)((then) ^ DUE_NEVER) << (due))
#define LEAD(then) (NEVER ^ NEXT(DUE_NOTHING, then))
#define CONTINUATION (NEVER ^ NEXT(DUE_1, DUE_NOTHING) ^ NEXT(DUE_2, DUE_1) ^ NEXT(DUE_3, DUE_2))

static const uint64_t next_due[] = {
    CONTINUATION ^ NEXT(DUE_ED, DUE_1) ^ NEXT(DUE_F4, DUE_2), /* a: 80 to 8f */
    CONTINUATION ^ NEXT(DUE_ED, DUE_1) ^ NEXT(DUE_F0, DUE_2), /* b: 90 to 9f */
    CONTINUATION ^ NEXT(DUE_E0, DUE_1) ^ NEXT(DUE_F0, DUE_2), /* c: a0 to bf */
    LEAD(DUE_1),                                              /* d */
    LEAD(DUE_E0),                                             /* e */
    LEAD(DUE_2),                                              /* f */
    LEAD(DUE_ED),                                             /* g */
    LEAD(DUE_F0),                                             /* h */
    LEAD(DUE_3),                                              /* i */
    LEAD(DUE_F4),                                             /* j */
    NEVER,                                                    /* k: in no text */
    LEAD(DUE_NOTHING),                                        /* l: plain ASCII */
};

/* Which of these a byte is; m: ASCII that is not plain. */
static const char classes[] = "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm"
                              "llmlllllllllllllllllllllllllllll"
                              "llllllllllllllllllllllllllllmlll"
                              "llllllllllllllllllllllllllllllll"
                              "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb"
                              "cccccccccccccccccccccccccccccccc"
                              "kkdddddddddddddddddddddddddddddd"
                              "effffffffffffgffhiiijkkkkkkkkkkk";

/* From a byte of 0x80 or above to the first two plain ones in a row, or one that is not plain:
 * words with a blank between them are one piece. No branch depends on what the bytes are, and the
 * words of next states are at hand before the state is. Not inlined, since most strings have no use
 * for it. */
static __attribute__((noinline)) const unsigned char *skip_wide(const unsigned char *at,
                                                                const unsigned char *end)
{
    uint64_t due = DUE_NOTHING;
    for (; end - at > 1 && ((at[0] | at[1]) & 0x80) && classes[*at] != 'm'; at++)
        due = next_due[classes[*at] - 'a'] >> (due & 63);
    return (due & 63) == DUE_NOTHING && *at < 0x80 ? at : NULL;
}

static const unsigned char *skip_plain(const unsigned char *at, const unsigned char *end)
{
    unsigned n = 8;
    while (n == 8 && end - at >= 8) {
        n = count_plain(at);
        at += n;
    }
    return at;
}

static const unsigned char *skip_string(const unsigned char *at, const unsigned char *end)
{
    at = skip_plain(at + 1, end);
    while (at && at < end && *at != '"') {
        if (*at >= 0x80)
            at = skip_wide(at, end);
        else if (*at == '\\')
            at = skip_escape(at, end);
        else if (*at >= 0x20)
            at++;
        else
            return NULL;
        if (at && at < end && *at < 0x80)
            at = skip_plain(at, end);
    }
    return at && at < end ? at + 1 : NULL;
}

static const unsigned char *skip_digits(const unsigned char *at, const unsigned char *end)
{
    if (at == end || !is_digit(*at))
        return NULL;
    while (at < end && is_digit(*at))
        at++;
    return at;
}

static const unsigned char *skip_number(const unsigned char *at, const unsigned char *end)
{
    if (*at == '-')
        at++;
    if (at < end && *at == '0')
        at++;
    else
        at = skip_digits(at, end);
    if (at && at < end && *at == '.')
        at = skip_digits(at + 1, end);
    if (at && at < end && (*at | 0x20) == 'e') {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        at = skip_digits(at, end);
    }
    return at;
}

static const unsigned char *skip_word(const unsigned char *at, const unsigned char *end,
                                      struct slice word)
{
    if ((size_t)(end - at) < word.n || memcmp(at, word.at, word.n) != 0)
        return NULL;
    return at + word.n;
}

static const unsigned char *skip_scalar(const unsigned char *at, const unsigned char *end)
{
    if (*at == '"')
        return skip_string(at, end);
    if (*at == '-' || is_digit(*at))
        return skip_number(at, end);
    if (*at == 't')
        return skip_word(at, end, SLICE("true"));
    if (*at == 'f')
        return skip_word(at, end, SLICE("false"));
    if (*at == 'n')
        return skip_word(at, end, SLICE("null"));
    return NULL;
}

static void skip_space(struct walk *w)
{
    while (w->at < w->end && is_space(*w->at))
        w->at++;
}

static enum expect after_value(const struct walk *w)
{
    return w->depth == 0 ? EXPECT_NOTHING : EXPECT_COMMA_OR_CLOSE;
}

static enum expect open_container(struct walk *w, bool is_object)
{
    if (w->depth == w->max_depth)
        return EXPECT_REFUSED_DEEP;
    w->is_object[w->depth++] = is_object;
    w->at++;
    return is_object ? EXPECT_KEY_OR_CLOSE : EXPECT_VALUE_OR_CLOSE;
}

static enum expect close_container(struct walk *w)
{
    if (*w->at != (w->is_object[w->depth - 1] ? '}' : ']'))
        return EXPECT_REFUSED;
    w->depth--;
    w->at++;
    return after_value(w);
}

static enum expect take_value(struct walk *w)
{
    if (*w->at == '{' || *w->at == '[')
        return open_container(w, *w->at == '{');
    const unsigned char *behind = skip_scalar(w->at, w->end);
    if (!behind)
        return EXPECT_REFUSED;
    w->at = behind;
    return after_value(w);
}

/* A member's name and the colon behind it. */
static enum expect take_key(struct walk *w)
{
    const unsigned char *behind = *w->at == '"' ? skip_string(w->at, w->end) : NULL;
    if (!behind)
        return EXPECT_REFUSED;
    w->at = behind;
    skip_space(w);
    if (w->at == w->end || *w->at != ':')
        return EXPECT_REFUSED;
    w->at++;
    return EXPECT_VALUE;
}

static enum expect take_comma_or_close(struct walk *w)
{
    if (*w->at != ',')
        return close_container(w);
    w->at++;
    return w->is_object[w->depth - 1] ? EXPECT_KEY : EXPECT_VALUE;
}

static enum expect take_token(struct walk *w, enum expect expect)
{
    bool is_close = *w->at == '}' || *w->at == ']';
    switch (expect) {
    case EXPECT_VALUE:
        return take_value(w);
    case EXPECT_VALUE_OR_CLOSE:
        return is_close ? close_container(w) : take_value(w);
    case EXPECT_KEY:
        return take_key(w);
    case EXPECT_KEY_OR_CLOSE:
        return is_close ? close_container(w) : take_key(w);
    case EXPECT_COMMA_OR_CLOSE:
        return take_comma_or_close(w);
    case EXPECT_NOTHING:
    case EXPECT_REFUSED:
    case EXPECT_REFUSED_DEEP:
        break;
    }
    return EXPECT_REFUSED;
}

struct scan_result scan_scalar(struct slice text, unsigned max_depth)
{
    struct slice value = scan_trim(text);
    if (value.n == 0)
        return (struct scan_result){.verdict = SCAN_EMPTY, .offset = text.n};
    struct walk w;
    w.at = (const unsigned char *)value.at;
    w.end = w.at + value.n;
    w.depth = 0;
    w.max_depth = max_depth;
    enum expect expect = EXPECT_VALUE;
    while (expect < EXPECT_NOTHING && w.at < w.end) {
        expect = take_token(&w, expect);
        if (expect < EXPECT_NOTHING)
            skip_space(&w);
    }
    if (expect == EXPECT_NOTHING && w.at == w.end)
        return (struct scan_result){.verdict = SCAN_OK, .value = value};
    return (struct scan_result){
        .verdict = expect == EXPECT_REFUSED_DEEP ? SCAN_TOO_DEEP : SCAN_INVALID,
        .offset = (size_t)((const char *)w.at - text.at),
    };
}
