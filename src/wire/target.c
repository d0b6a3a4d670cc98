/* target.c - request targets split, checked and decoded */
#include "wire/target.h"

#include <stdint.h>

#include "wire/token.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Takes one byte, decoded; -1 where percent-encoding is broken. s is not empty. */
static int take_decoded(struct slice *s)
{
    if (s->at[0] != '%') {
        int byte = (unsigned char)s->at[0];
        *s = slice_after(*s, 1);
        return byte;
    }
    if (s->n < 3)
        return -1;
    int high = hex_digit(s->at[1]), low = hex_digit(s->at[2]);
    *s = slice_after(*s, 3);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool take_if(struct slice *s, char wanted)
{
    struct slice rest = *s;
    if (s->n == 0 || take_decoded(&rest) != wanted)
        return false;
    *s = rest;
    return true;
}

/* Does a segment end here, or do only its parameters follow? */
static bool is_segment_end(struct slice s)
{
    return s.n == 0 || take_if(&s, '/') || take_if(&s, ';');
}

/* Does a segment of dots begin here? */
static bool begins_with_dots(struct slice s)
{
    if (!take_if(&s, '.'))
        return false;
    return is_segment_end(s) || (take_if(&s, '.') && is_segment_end(s));
}

bool target_is_dots(struct slice segment)
{
    return begins_with_dots(segment);
}

/* A segment begins at s, right behind a slash in any encoding. The last one may be empty. */
static const char *check_segment(struct slice s)
{
    if (begins_with_dots(s))
        return "the path has a dot segment";
    if (s.n && is_segment_end(s))
        return "the path has an empty segment";
    return NULL;
}

static const char *check_path(struct slice path)
{
    while (path.n) {
        int byte = take_decoded(&path);
        if (byte < 0)
            return "the path has broken percent-encoding";
        const char *why = byte == '/' ? check_segment(path) : NULL;
        if (why)
            return why;
    }
    return NULL;
}

static const char *check_bytes(struct slice raw)
{
    for (size_t i = 0; i < raw.n; i++) {
        if (!token_has((unsigned char)raw.at[i], TOKEN_URI))
            return raw.at[i] == '#' ? "the target has a fragment"
                                    : "the target has bytes that are not allowed in a URI";
    }
    return NULL;
}

static bool take_scheme(struct slice *s, struct slice scheme)
{
    if (!slice_starts_nocase(*s, scheme))
        return false;
    *s = slice_after(*s, scheme.n);
    return true;
}

struct slice target_authority(struct slice raw)
{
    struct slice rest = raw;
    size_t n = 0;
    bool is_path = raw.n && raw.at[0] == '/';
    if (is_path ||
        (!take_scheme(&rest, SLICE("http://")) && !take_scheme(&rest, SLICE("https://"))))
        return SLICE_NONE;
    while (n < rest.n && rest.at[n] != '/' && rest.at[n] != '?')
        n++;
    struct slice authority = {rest.at, n};
    return token_is_authority(authority) ? authority : SLICE_NONE;
}

bool target_split(struct slice raw, struct target *out, const char **why)
{
    *why = check_bytes(raw);
    if (*why)
        return false;
    struct slice rest = raw;
    if (raw.n == 0 || raw.at[0] != '/') {
        struct slice authority = target_authority(raw);
        if (authority.n == 0) {
            *why = "the target is no path";
            return false;
        }
        rest = slice_after(raw, (size_t)(authority.at + authority.n - raw.at));
    }
    const char *mark = rest.n ? memchr(rest.at, '?', rest.n) : NULL;
    size_t n_path = mark ? (size_t)(mark - rest.at) : rest.n;
    out->path = n_path ? (struct slice){rest.at, n_path} : SLICE("/");
    out->query = mark ? slice_after(rest, n_path + 1) : SLICE_NONE;
    *why = check_path(out->path);
    return *why == NULL;
}

/* false: broken. Room for raw.n bytes is at `to`. */
static bool decode(struct slice raw, bool form, char *to, size_t *n)
{
    *n = 0;
    while (raw.n) {
        bool is_space = form && raw.at[0] == '+';
        int byte = take_decoded(&raw);
        if (byte < 0)
            return false;
        to[(*n)++] = is_space ? ' ' : (char)byte;
    }
    return true;
}

enum fault target_decode(struct slice raw, bool form, struct arena *arena, struct slice *out)
{
    char *to = arena_take(arena, raw.n);
    if (!to)
        return FAULT_LIMIT;
    *out = (struct slice){to, 0};
    if (!decode(raw, form, to, &out->n) || !target_is_utf8(*out))
        return FAULT_CLIENT;
    return FAULT_NONE;
}

/* Takes what comes before the separator, and the separator too. */
static struct slice take_until(struct slice *rest, char separator)
{
    const char *end = memchr(rest->at, separator, rest->n);
    size_t n = end ? (size_t)(end - rest->at) : rest->n;
    struct slice taken = {rest->at, n};
    *rest = slice_after(*rest, end ? n + 1 : n);
    return taken;
}

bool target_next_pair(struct slice *rest, struct slice *name, struct slice *value)
{
    while (rest->n) {
        struct slice pair = take_until(rest, '&');
        if (pair.n == 0)
            continue;
        *name = take_until(&pair, '=');
        *value = pair;
        return true;
    }
    return false;
}

static bool is_continuation(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* Bytes of the character of more than one byte that s begins with; 0: none is whole and allowed.
 * The second byte's bounds keep out overlong forms, surrogates, and what is above U+10FFFF. */
static size_t long_character(const unsigned char *s, size_t n)
{
    static const struct {
        unsigned char first, last, low, high;
        size_t size;
    } forms[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (s[0] < forms[i].first || s[0] > forms[i].last)
            continue;
        if (n < forms[i].size || s[1] < forms[i].low || s[1] > forms[i].high)
            return 0;
        bool is_whole = (forms[i].size < 3 || is_continuation(s[2])) &&
                        (forms[i].size < 4 || is_continuation(s[3]));
        return is_whole ? forms[i].size : 0;
    }
    return 0;
}

bool target_is_utf8(struct slice text)
{
    const unsigned char *at = (const unsigned char *)text.at;
    size_t i = 0;
    while (i < text.n) {
        uint64_t eight;
        if (text.n - i >= 8 && (memcpy(&eight, at + i, 8), (eight & 0x8080808080808080u) == 0)) {
            i += 8;
            continue;
        }
        size_t n = at[i] < 0x80 ? 1 : long_character(at + i, text.n - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}
