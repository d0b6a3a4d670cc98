/* media.c - a media type and its charset */
#include "wire/media.h"

#include "wire/token.h"

static struct slice until(struct slice s, char separator)
{
    const char *end = s.n ? memchr(s.at, separator, s.n) : NULL;
    return (struct slice){s.at, end ? (size_t)(end - s.at) : s.n};
}

static bool ends(struct slice sub, struct slice suffix)
{
    return sub.n > suffix.n && token_equals(slice_after(sub, sub.n - suffix.n), suffix);
}

static enum media_kind kind_of(struct slice type)
{
    struct slice main = until(type, '/');
    if (main.n == type.n)
        return MEDIA_OTHER;
    struct slice sub = slice_after(type, main.n + 1);
    if (!token_is(main) || !token_is(sub))
        return MEDIA_OTHER;
    if (token_equals(type, SLICE("application/json")) || ends(sub, SLICE("+json")))
        return MEDIA_JSON;
    if (token_equals(type, SLICE("application/xml")) || token_equals(type, SLICE("text/xml")) ||
        ends(sub, SLICE("+xml")))
        return MEDIA_XML;
    return token_equals(type, SLICE("text/plain")) ? MEDIA_TEXT : MEDIA_OTHER;
}

/* The registered names and the aliases that people write. */
static enum media_charset charset_of(struct slice name)
{
    static const struct {
        struct slice name;
        enum media_charset charset;
    } known[] = {
        {SLICE_INIT("utf-8"), MEDIA_UTF8},       {SLICE_INIT("utf8"), MEDIA_UTF8},
        {SLICE_INIT("us-ascii"), MEDIA_UTF8},    {SLICE_INIT("iso-8859-1"), MEDIA_LATIN1},
        {SLICE_INIT("iso8859-1"), MEDIA_LATIN1}, {SLICE_INIT("iso_8859-1"), MEDIA_LATIN1},
        {SLICE_INIT("latin1"), MEDIA_LATIN1},
    };
    if (name.n >= 2 && name.at[0] == '"' && name.at[name.n - 1] == '"')
        name = (struct slice){name.at + 1, name.n - 2};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (token_equals(name, known[i].name))
            return known[i].charset;
    return MEDIA_FOREIGN;
}

struct media media_of(struct slice content_type)
{
    if (slice_equal(content_type, SLICE("application/json"))) /* what most say */
        return (struct media){MEDIA_JSON, MEDIA_NO_CHARSET};
    struct slice rest = content_type;
    struct slice type = token_trim(until(rest, ';'));
    if (token_trim(rest).n == 0)
        return (struct media){MEDIA_NONE, MEDIA_NO_CHARSET};
    struct media media = {kind_of(type), MEDIA_NO_CHARSET};
    rest = slice_after(rest, until(rest, ';').n);
    while (rest.n) {
        rest = slice_after(rest, 1);
        size_t n = token_size_until(rest, ';');
        struct slice parameter = token_trim((struct slice){rest.at, n});
        struct slice name = until(parameter, '=');
        rest = slice_after(rest, n);
        if (name.n < parameter.n && token_equals(name, SLICE("charset")))
            media.charset = charset_of(slice_after(parameter, name.n + 1));
    }
    return media;
}
