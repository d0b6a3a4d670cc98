/* text.c - JSON strings in and out
 *
 * Writing is base/quote.h's. Reading goes by units: a plain byte is one, an escape (with the second
 * half of a surrogate pair) is one.
 */
#include "json/text.h"

#include "base/quote.h"
#include "base/utf8.h"

enum {
    REPLACEMENT = 0xfffd,
};

bool text_quote(struct buffer *out, struct slice text)
{
    char *at = buffer_reserve(out, quote_json_size(text));
    if (!at)
        return false;
    out->n += quote_json_into(at, text);
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

/* A backslash stands in strings alone, and begins an escape. */
void text_replace_lone_surrogates(char *json, size_t n)
{
    const char *end = json + n;
    char *at = memchr(json, '\\', n);
    while (at) {
        const char *next = at;
        if (at[1] != 'u')
            next += 2;
        else if (read_unicode(&next, end) == REPLACEMENT)
            memcpy(at + 2, "fffd", 4);
        at = memchr(at + (next - at), '\\', (size_t)(end - next));
    }
}

/* The next unit of a string, one to four bytes; at is before end. */
static size_t read_unit(const char **at, const char *end, char *unit)
{
    if (**at == '\\')
        return read_escape(at, end, unit);
    unit[0] = *(*at)++;
    return 1;
}

/* The bytes of a quoted string one by one, -1 at its end. */
struct bytes {
    const char *at, *end;
    char unit[4];
    size_t n, next;
};

static struct bytes bytes_of(struct slice quoted)
{
    return (struct bytes){.at = quoted.at + 1, .end = quoted.at + quoted.n - 1};
}

static int next_byte(struct bytes *b)
{
    if (b->next == b->n) {
        if (b->at == b->end)
            return -1;
        b->n = read_unit(&b->at, b->end, b->unit);
        b->next = 0;
    }
    return (unsigned char)b->unit[b->next++];
}

int text_order(struct slice a, struct slice b)
{
    struct bytes left = bytes_of(a), right = bytes_of(b);
    int difference, byte;
    do {
        byte = next_byte(&left);
        difference = byte - next_byte(&right);
    } while (difference == 0 && byte >= 0);
    return difference;
}

bool text_is(struct slice quoted, struct slice plain)
{
    const char *at = quoted.at + 1;
    const char *end = quoted.at + quoted.n - 1;
    size_t n = 0;
    while (at < end) {
        char unit[4];
        size_t n_unit = read_unit(&at, end, unit);
        if (plain.n - n < n_unit || memcmp(plain.at + n, unit, n_unit) != 0)
            return false;
        n += n_unit;
    }
    return n == plain.n;
}
