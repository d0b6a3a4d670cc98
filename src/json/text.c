/* text.c - JSON strings in and out
 *
 * Writing keeps what is plain as it is and uses the short escapes where there are some. Reading
 * goes by units: a run of plain bytes is one, an escape (with the second half of a surrogate
 * pair) is one.
 */
#include "json/text.h"

#include "json/utf8.h"

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

enum {
    REPLACEMENT = 0xfffd,
    N_REPLACEMENT = 3,
    MAX_UNIT = 6, /* a control byte becomes \u00xx */
};

/* The letter behind the backslash, or 0 where a byte has no short escape. */
static char short_escape(char c)
{
    switch (c) {
    case '"':
    case '\\':
        return c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

static size_t put_escape(char *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char letter = short_escape((char)c);
    if (letter) {
        out[0] = '\\';
        out[1] = letter;
        return 2;
    }
    memcpy(out, "\\u00", 4);
    out[4] = hex[c >> 4];
    out[5] = hex[c & 15];
    return 6;
}

/* One UTF-8 sequence as it is, or U+FFFD for what is none; *n_read is its number of bytes. */
static size_t put_wide(char *out, struct slice text, size_t *n_read)
{
    struct utf8_step step = utf8_step(text);
    *n_read = step.n;
    if (step.is_wellformed) {
        memcpy(out, text.at, step.n);
        return step.n;
    }
    memcpy(out, replacement, N_REPLACEMENT);
    return N_REPLACEMENT;
}

/* What the first byte or sequence of the text becomes; *n_read is its number of bytes. */
static size_t put_unit(char *out, struct slice text, size_t *n_read)
{
    unsigned char c = (unsigned char)text.at[0];
    *n_read = 1;
    if (c >= 0x80)
        return put_wide(out, text, n_read);
    if (c < 0x20 || c == '"' || c == '\\')
        return put_escape(out, c);
    out[0] = (char)c;
    return 1;
}

size_t text_quote_into(char *out, struct slice text)
{
    size_t n = 0;
    out[n++] = '"';
    for (size_t i = 0; i < text.n;) {
        size_t n_read;
        n += put_unit(out + n, slice_after(text, i), &n_read);
        i += n_read;
    }
    out[n++] = '"';
    return n;
}

/* The bytes that text_quote_into() will write. */
static size_t quoted_size(struct slice text)
{
    char unit[MAX_UNIT];
    size_t n = 2;
    for (size_t i = 0; i < text.n;) {
        size_t n_read;
        n += put_unit(unit, slice_after(text, i), &n_read);
        i += n_read;
    }
    return n;
}

bool text_quote(struct buffer *out, struct slice text)
{
    char *at = buffer_reserve(out, quoted_size(text));
    if (!at)
        return false;
    out->n += text_quote_into(at, text);
    return true;
}

static unsigned hex_digit(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

static unsigned hex_four(const char *at)
{
    return hex_digit(at[0]) << 12 | hex_digit(at[1]) << 8 | hex_digit(at[2]) << 4 |
           hex_digit(at[3]);
}

/* Reads \uXXXX, and with the first half of a surrogate pair its second, which moves *at on. */
static unsigned read_unicode(const char **at, const char *end)
{
    unsigned first = hex_four(*at + 2);
    *at += 6;
    if (first < 0xd800 || first > 0xdfff)
        return first;
    if (first > 0xdbff || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return REPLACEMENT;
    unsigned second = hex_four(*at + 2);
    if (second < 0xdc00 || second > 0xdfff)
        return REPLACEMENT;
    *at += 6;
    return 0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff);
}

/* Reads the escape at *at and moves behind it; its UTF-8 bytes, at most four, go to out. */
static size_t read_escape(const char **at, const char *end, char *out)
{
    static const char from[] = "bfnrt";
    static const char to[] = "\b\f\n\r\t";
    char letter = (*at)[1];
    if (letter == 'u')
        return utf8_put(out, read_unicode(at, end));
    *at += 2;
    const char *known = strchr(from, letter);
    out[0] = known ? to[known - from] : letter;
    return 1;
}

size_t text_unquote(char *out, struct slice quoted)
{
    const char *at = quoted.at + 1;
    const char *end = quoted.at + quoted.n - 1;
    size_t n = 0;
    while (at < end) {
        if (*at == '\\')
            n += read_escape(&at, end, out + n);
        else
            out[n++] = *at++;
    }
    return n;
}

bool text_is(struct slice quoted, struct slice plain)
{
    const char *at = quoted.at + 1;
    const char *end = quoted.at + quoted.n - 1;
    size_t n = 0;
    while (at < end) {
        char unit[4];
        size_t n_unit = 1;
        if (*at == '\\')
            n_unit = read_escape(&at, end, unit);
        else
            unit[0] = *at++;
        if (plain.n - n < n_unit || memcmp(plain.at + n, unit, n_unit) != 0)
            return false;
        n += n_unit;
    }
    return n == plain.n;
}
