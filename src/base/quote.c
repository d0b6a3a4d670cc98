/* quote.c - a table tells which bytes of a text need more than copying */
#include "base/quote.h"

#include "base/utf8.h"
#include "base/word.h"

/* Of the bytes of ASCII, 0: plain; 'u': \u00xx; else the letter of a short escape. */
/* clang-format off */
static const char escapes[128] = {
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b', 't', 'n', 'u', 'f', 'r', 'u', 'u', /* 00 */
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', /* 10 */
    0, 0, '"', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 20 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 30 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 40 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\\', 0, 0, 0, /* 50 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 60 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 70 */
};
/* clang-format on */

static char *put_escape(char *out, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    char kind = escapes[c];
    *out++ = '\\';
    *out++ = kind;
    if (kind != 'u')
        return out;
    *out++ = '0';
    *out++ = '0';
    *out++ = digits[c >> 4];
    *out++ = digits[c & 15];
    return out;
}

/* One sequence; *n becomes its number of bytes. */
static char *put_wide(char *out, struct slice text, size_t *n)
{
    struct utf8_step step = utf8_step(text);
    *n = step.n;
    struct slice good =
        step.is_wellformed ? (struct slice){text.at, step.n} : SLICE("\xef\xbf\xbd");
    memcpy(out, good.at, good.n);
    return out + good.n;
}

/* What the first byte or sequence becomes; *n is its number of bytes. */
static char *put_unit(char *out, struct slice text, size_t *n)
{
    unsigned char c = (unsigned char)text.at[0];
    *n = 1;
    return c < 0x80 ? put_escape(out, c) : put_wide(out, text, n);
}

/* Marks what is not plain. */
static uint64_t special(uint64_t x)
{
    return word_below(x, ' ') | word_equal(x, '"') | word_equal(x, '\\') | (x & word_of(0x80));
}

static size_t plain_run(struct slice text)
{
    size_t n = 0;
    for (; text.n - n >= WORD_SIZE; n += WORD_SIZE) {
        uint64_t marks = special(word_at(text.at + n));
        if (marks)
            return n + word_first(marks);
    }
    while (n < text.n && (signed char)text.at[n] >= 0 && !escapes[(unsigned char)text.at[n]])
        n++;
    return n;
}

size_t quote_json_into(char *out, struct slice text)
{
    char *to = out;
    *to++ = '"';
    while (text.n) {
        size_t n = plain_run(text);
        memcpy(to, text.at, n);
        to += n;
        text = slice_after(text, n);
        if (text.n == 0)
            break;
        to = put_unit(to, text, &n);
        text = slice_after(text, n);
    }
    *to++ = '"';
    return (size_t)(to - out);
}

size_t quote_json_size(struct slice text)
{
    char unit[QUOTE_GROWTH];
    size_t size = 2;
    while (text.n) {
        size_t n = plain_run(text);
        size += n;
        text = slice_after(text, n);
        if (text.n == 0)
            break;
        size += (size_t)(put_unit(unit, text, &n) - unit);
        text = slice_after(text, n);
    }
    return size;
}
