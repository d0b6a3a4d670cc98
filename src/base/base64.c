/* base64.c - three bytes at a time become four characters */
#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_group(char *out, unsigned bits)
{
    for (unsigned i = 0; i < 4; i++)
        out[i] = alphabet[bits >> (18 - 6 * i) & 63];
}

size_t base64_into(char *out, struct slice bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.at;
    size_t n = bytes.n;
    char *to = out;
    for (; n >= 3; n -= 3, at += 3, to += 4)
        put_group(to, (unsigned)at[0] << 16 | (unsigned)at[1] << 8 | at[2]);
    if (n == 0)
        return (size_t)(to - out);
    put_group(to, (unsigned)at[0] << 16 | (n == 2 ? (unsigned)at[1] << 8 : 0));
    to[3] = '=';
    if (n == 1)
        to[2] = '=';
    return (size_t)(to + 4 - out);
}

/* 64: no character of the alphabet of URLs. */
static unsigned url_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    if (c == '-')
        return 62;
    return c == '_' ? 63 : 64;
}

bool base64_url_read(char *out, struct slice text, size_t *n)
{
    unsigned bits = 0, n_bits = 0;
    *n = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned value = url_value(text.at[i]);
        if (value == 64)
            return false;
        bits = (bits << 6 | value) & 0xffff;
        n_bits += 6;
        if (n_bits < 8)
            continue;
        n_bits -= 8;
        out[(*n)++] = (char)(bits >> n_bits & 0xff);
    }
    return n_bits < 6 && (bits & ((1U << n_bits) - 1)) == 0;
}
