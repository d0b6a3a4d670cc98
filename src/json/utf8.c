/* utf8.c - one UTF-8 sequence in or out */
#include "json/utf8.h"

/* What a lead byte asks for. Only the second byte has a range of its own (no overlong forms, no
 * surrogates, nothing above U+10FFFF); those behind it are any continuation. */
struct lead {
    unsigned n;
    unsigned char second_min;
    unsigned char second_max;
};

static struct lead lead_of(unsigned char c)
{
    if (c < 0x80)
        return (struct lead){1, 0, 0};
    if (c < 0xc2 || c > 0xf4)
        return (struct lead){0, 0, 0};
    if (c < 0xe0)
        return (struct lead){2, 0x80, 0xbf};
    if (c < 0xf0)
        return (struct lead){3, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf};
    return (struct lead){4, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf};
}

struct utf8_step utf8_step(struct slice bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.at;
    struct lead lead = lead_of(at[0]);
    if (lead.n <= 1)
        return (struct utf8_step){1, lead.n == 1};
    if (bytes.n < 2 || at[1] < lead.second_min || at[1] > lead.second_max)
        return (struct utf8_step){1, false};
    for (unsigned i = 2; i < lead.n; i++) {
        if (i >= bytes.n || (at[i] & 0xc0) != 0x80)
            return (struct utf8_step){i, false};
    }
    return (struct utf8_step){lead.n, true};
}

size_t utf8_put(char *out, unsigned code_point)
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xc0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3f));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xe0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code_point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code_point & 0x3f));
    return 4;
}
