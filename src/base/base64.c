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
