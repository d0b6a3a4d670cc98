/* token.c - classes of bytes in one table, and the scans that use it */
#include "wire/token.h"

#include <arpa/inet.h>

/* clang-format off */
const uint8_t token_classes[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, /* 00 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 10 */
    2, 47, 10, 35, 47, 11, 47, 47, 46, 46, 47, 47, 46, 31, 31, 42, /* 20 */
    31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 42, 46, 10, 46, 10, 42, /* 30 */
    42, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, /* 40 */
    31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 42, 10, 42, 11, 31, /* 50 */
    11, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, /* 60 */
    31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 10, 11, 10, 31, 0, /* 70 */
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, /* 80 */
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, /* 90 */
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, /* a0 */
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, /* b0 */
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, /* c0 */
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, /* d0 */
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, /* e0 */
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, /* f0 */
};
/* clang-format on */

static bool all_of(struct slice s, enum token_class wanted)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!token_has((unsigned char)s.at[i], wanted))
            return false;
    }
    return true;
}

bool token_is(struct slice s)
{
    return s.n > 0 && all_of(s, TOKEN_TCHAR);
}

/* Words without a control byte are nearly all there are. */
bool token_is_value(struct slice s)
{
    for (; s.n >= WORD_SIZE; s = slice_after(s, WORD_SIZE)) {
        uint64_t x = word_at(s.at);
        if ((word_below(x, ' ') | word_equal(x, 0x7f)) &&
            !all_of((struct slice){s.at, WORD_SIZE}, TOKEN_VALUE))
            return false;
    }
    return all_of(s, TOKEN_VALUE);
}

static bool is_port(struct slice s)
{
    unsigned port = 0;
    if (s.n > 5)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
        port = port * 10 + (unsigned)(s.at[i] - '0');
    }
    return port <= 65535;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_registered_name(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (token_has((unsigned char)s.at[i], TOKEN_HOST))
            continue;
        if (s.at[i] != '%' || s.n - i < 3 || !is_hex(s.at[i + 1]) || !is_hex(s.at[i + 2]))
            return false;
        i += 2;
    }
    return s.n > 0;
}

/* Between the brackets. */
static bool is_ipv6(struct slice s)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (s.n >= sizeof text || memchr(s.at, '\0', s.n))
        return false;
    memcpy(text, s.at, s.n);
    text[s.n] = '\0';
    return inet_pton(AF_INET6, text, &address) == 1;
}

bool token_is_authority(struct slice s)
{
    if (s.n == 0)
        return false;
    if (s.at[0] == '[') {
        const char *close = memchr(s.at, ']', s.n);
        if (!close || !is_ipv6((struct slice){s.at + 1, (size_t)(close - s.at) - 1}))
            return false;
        struct slice rest = slice_after(s, (size_t)(close - s.at) + 1);
        return rest.n == 0 || (rest.at[0] == ':' && is_port(slice_after(rest, 1)));
    }
    const char *colon = memchr(s.at, ':', s.n);
    if (!colon)
        return is_registered_name(s);
    size_t n = (size_t)(colon - s.at);
    return is_registered_name((struct slice){s.at, n}) && is_port(slice_after(s, n + 1));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct slice token_trim(struct slice s)
{
    while (s.n && is_blank(s.at[0]))
        s = slice_after(s, 1);
    while (s.n && is_blank(s.at[s.n - 1]))
        s.n--;
    return s;
}

size_t token_size_until(struct slice s, char separator)
{
    bool is_quoted = false;
    for (size_t i = 0; i < s.n; i++) {
        if (is_quoted && s.at[i] == '\\')
            i++;
        else if (s.at[i] == '"')
            is_quoted = !is_quoted;
        else if (s.at[i] == separator && !is_quoted)
            return i;
    }
    return s.n;
}

bool token_next(struct slice *rest, struct slice *element)
{
    while (rest->n) {
        size_t n = token_size_until(*rest, ',');
        *element = token_trim((struct slice){rest->at, n});
        *rest = slice_after(*rest, n < rest->n ? n + 1 : n);
        if (element->n)
            return true;
    }
    return false;
}

bool token_list_has(struct slice list, struct slice lower_name)
{
    struct slice element;
    while (token_next(&list, &element)) {
        if (token_equals(element, lower_name))
            return true;
    }
    return false;
}

bool token_list_names(struct slice list, struct slice name)
{
    struct slice element;
    while (token_next(&list, &element))
        if (slice_equal_nocase(element, name))
            return true;
    return false;
}
