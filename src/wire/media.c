/* media.c - a media type and its charset */
#include "wire/media.h"

#include "wire/token.h"

static struct slice until(struct slice s, char separator)
{
    const char *end = s.n ? memchr(s.at, separator, s.n) : NULL;
    return (struct slice){s.at, end ? (size_t)(end - s.at) : s.n};
}

static enum media_kind kind_of(struct slice type)
{
    struct slice main = until(type, '/');
    if (main.n == type.n)
        return MEDIA_OTHER;
    struct slice sub = slice_after(type, main.n + 1);
    if (!token_is(main) || !token_is(sub))
        return MEDIA_OTHER;
    if (token_equals(type, SLICE("application/json")))
        return MEDIA_JSON;
    bool has_suffix = sub.n > 5 && token_equals(slice_after(sub, sub.n - 5), SLICE("+json"));
    return has_suffix ? MEDIA_JSON : MEDIA_OTHER;
}

static bool is_foreign(struct slice charset)
{
    if (charset.n >= 2 && charset.at[0] == '"' && charset.at[charset.n - 1] == '"')
        charset = (struct slice){charset.at + 1, charset.n - 2};
    return !token_equals(charset, SLICE("utf-8")) && !token_equals(charset, SLICE("utf8")) &&
           !token_equals(charset, SLICE("us-ascii"));
}

/* Bytes up to the next ";" that is in no quoted string. */
static size_t parameter_size(struct slice s)
{
    bool is_quoted = false;
    for (size_t i = 0; i < s.n; i++) {
        if (is_quoted && s.at[i] == '\\')
            i++;
        else if (s.at[i] == '"')
            is_quoted = !is_quoted;
        else if (s.at[i] == ';' && !is_quoted)
            return i;
    }
    return s.n;
}

struct media media_of(struct slice content_type)
{
    struct slice rest = content_type;
    struct slice type = token_trim(until(rest, ';'));
    if (token_trim(rest).n == 0)
        return (struct media){MEDIA_NONE, false};
    struct media media = {kind_of(type), false};
    rest = slice_after(rest, until(rest, ';').n);
    while (rest.n) {
        rest = slice_after(rest, 1);
        size_t n = parameter_size(rest);
        struct slice parameter = token_trim((struct slice){rest.at, n});
        struct slice name = until(parameter, '=');
        rest = slice_after(rest, n);
        if (name.n < parameter.n && token_equals(name, SLICE("charset")))
            media.is_foreign = is_foreign(slice_after(parameter, name.n + 1));
    }
    return media;
}
