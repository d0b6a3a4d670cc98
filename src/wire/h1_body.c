/* h1_body.c - bodies: by length, in chunks (RFC 9112 7.1), or to the end of the connection
 *
 * What frames chunks is read by one table, a byte at a time; their data goes by the slice. Chunk
 * extensions and trailers are checked, bounded together by the limit of a head, and dropped.
 */
#include "wire/h1_internal.h"
#include "wire/token.h"

enum byte_class {
    CONTROL,
    HEX,     /* a hexadecimal digit, a tchar too */
    TCHAR,   /* any other */
    BLANK,   /* SP or HTAB */
    VISIBLE, /* all else that may stand in a field value */
    SEMICOLON,
    COLON,
    EQUALS,
    QUOTE,
    BACKSLASH,
    CR,
    LF,
    N_CLASSES,
};

enum chunk_state {
    WRONG,
    SIZE_FIRST, /* a chunk's size has at least one digit */
    SIZE,
    NAME_FIRST, /* behind ";" */
    NAME,
    VALUE_FIRST, /* behind "=" */
    VALUE,
    QUOTED,
    QUOTED_PAIR,
    VALUE_LAST, /* behind the closing quote */
    LINE_FIRST, /* of a trailer, or of the empty line at the end */
    LINE_NAME,
    LINE_VALUE,
    LINE_LF,
    SIZE_LF,
    DATA, /* reached by way of SIZE_LF where the size is not 0 */
    DATA_CR,
    DATA_LF,
    LAST_LF,
    WHOLE,
    N_STATES,
};

/* What stands in a quoted string or a field value beside the bytes that mean something there. */
#define ANY_TEXT(state)                                                                            \
    [HEX] = (state), [TCHAR] = (state), [BLANK] = (state), [VISIBLE] = (state),                    \
    [SEMICOLON] = (state), [COLON] = (state), [EQUALS] = (state)

static const uint8_t table[N_STATES][N_CLASSES] = {
    [SIZE_FIRST] = {[HEX] = SIZE},
    [SIZE] = {[HEX] = SIZE, [SEMICOLON] = NAME_FIRST, [CR] = SIZE_LF},
    [NAME_FIRST] = {[HEX] = NAME, [TCHAR] = NAME, [BLANK] = NAME_FIRST},
    [NAME] = {[HEX] = NAME,
              [TCHAR] = NAME,
              [EQUALS] = VALUE_FIRST,
              [SEMICOLON] = NAME_FIRST,
              [CR] = SIZE_LF},
    [VALUE_FIRST] = {[HEX] = VALUE, [TCHAR] = VALUE, [QUOTE] = QUOTED},
    [VALUE] = {[HEX] = VALUE, [TCHAR] = VALUE, [SEMICOLON] = NAME_FIRST, [CR] = SIZE_LF},
    [QUOTED] = {ANY_TEXT(QUOTED), [BACKSLASH] = QUOTED_PAIR, [QUOTE] = VALUE_LAST},
    [QUOTED_PAIR] = {ANY_TEXT(QUOTED), [BACKSLASH] = QUOTED, [QUOTE] = QUOTED},
    [VALUE_LAST] = {[SEMICOLON] = NAME_FIRST, [CR] = SIZE_LF},
    [SIZE_LF] = {[LF] = DATA},
    [DATA_CR] = {[CR] = DATA_LF},
    [DATA_LF] = {[LF] = SIZE_FIRST},
    [LINE_FIRST] = {[HEX] = LINE_NAME, [TCHAR] = LINE_NAME, [CR] = LAST_LF},
    [LINE_NAME] = {[HEX] = LINE_NAME, [TCHAR] = LINE_NAME, [COLON] = LINE_VALUE},
    [LINE_VALUE] =
        {ANY_TEXT(LINE_VALUE), [BACKSLASH] = LINE_VALUE, [QUOTE] = LINE_VALUE, [CR] = LINE_LF},
    [LINE_LF] = {[LF] = LINE_FIRST},
    [LAST_LF] = {[LF] = WHOLE},
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static enum byte_class class_of(char c)
{
    switch (c) {
    case ';':
        return SEMICOLON;
    case ':':
        return COLON;
    case '=':
        return EQUALS;
    case '"':
        return QUOTE;
    case '\\':
        return BACKSLASH;
    case '\r':
        return CR;
    case '\n':
        return LF;
    case ' ':
    case '\t':
        return BLANK;
    default:
        break;
    }
    if (token_has((unsigned char)c, TOKEN_TCHAR))
        return hex_digit(c) >= 0 ? HEX : TCHAR;
    return token_has((unsigned char)c, TOKEN_VALUE) ? VISIBLE : CONTROL;
}

void h1_chunks_begin(struct h1_reader *r)
{
    r->chunk_state = SIZE_FIRST;
    r->n_left = 0;
    r->n_extra = 0;
}

/* Does a byte read in state `from` count against the limit? Extensions and trailers do, and
 * zeros in front of a size. */
static bool is_extra(const struct h1_reader *r, unsigned from, unsigned next)
{
    bool is_zero = from == SIZE && next == SIZE && r->n_left == 0;
    return is_zero || (from >= NAME_FIRST && from <= LINE_LF);
}

/* Goes on by one byte of framing. 0, or the status that refuses it. */
static unsigned step(struct h1_reader *r, char c)
{
    unsigned from = r->chunk_state;
    unsigned next = table[from][class_of(c)];
    r->n_extra += is_extra(r, from, next);
    if (next == WRONG || (next == SIZE && r->n_left > INT64_MAX >> 4))
        return 400;
    if (r->n_extra > r->head_limit)
        return 431;
    if (next == SIZE)
        r->n_left = r->n_left << 4 | (uint64_t)hex_digit(c);
    r->chunk_state = next == DATA && r->n_left == 0 ? LINE_FIRST : next;
    return 0;
}

/* Data of the body, at most n_left bytes of it. */
static enum h1_event take_data(struct h1_reader *r, struct slice fed, size_t *used)
{
    size_t n = fed.n < r->n_left ? fed.n : (size_t)r->n_left;
    r->chunk = (struct slice){fed.at, n};
    r->n_left -= n;
    *used += n;
    return H1_BODY;
}

static enum h1_event read_chunks(struct h1_reader *r, struct slice fed, size_t *used)
{
    for (size_t i = 0; i < fed.n; i++) {
        if (r->chunk_state == DATA) {
            enum h1_event event = take_data(r, slice_after(fed, i), used);
            if (r->n_left == 0)
                r->chunk_state = DATA_CR;
            return event;
        }
        unsigned refusal = step(r, fed.at[i]);
        if (refusal)
            return h1_fail(r, refusal);
        ++*used;
        if (r->chunk_state == WHOLE)
            return h1_end(r);
    }
    return H1_MORE;
}

uint64_t h1_body_left(const struct h1_reader *r)
{
    return r->state == H1_IN_LENGTH ? r->n_left : 0;
}

enum h1_event h1_body_read(struct h1_reader *r, struct slice fed, size_t *used)
{
    if (r->state == H1_IN_CHUNKS)
        return read_chunks(r, fed, used);
    if (r->state == H1_IN_REST)
        r->n_left = UINT64_MAX;
    enum h1_event event = take_data(r, fed, used);
    if (r->n_left == 0)
        r->state = H1_AT_END;
    return event;
}
