/* etag.c - a digest in quotes, and lists of entity tags */
#include "gateway/etag.h"

#include "wire/token.h"

void etag_write(char out[ETAG_SIZE], const struct slice *parts, size_t n)
{
    out[0] = '"';
    digest_of(parts, n, out + 1);
    out[ETAG_SIZE - 1] = '"';
}

/* W/"a, b" -> "a, b"; what has no quotes is none. */
static struct slice opaque(struct slice tag)
{
    if (slice_starts(tag, SLICE("W/")))
        tag = slice_after(tag, 2);
    return tag.n >= 2 && tag.at[0] == '"' ? tag : SLICE_NONE;
}

/* Takes the next element off. No backslash escapes in an entity tag, so that token_next(), which
 * knows quoted strings, would not do. */
static bool take_tag(struct slice *rest, struct slice *tag)
{
    while (rest->n && (rest->at[0] == ',' || rest->at[0] == ' ' || rest->at[0] == '\t'))
        *rest = slice_after(*rest, 1);
    size_t n = 0;
    bool is_quoted = false;
    for (; n < rest->n && (is_quoted || rest->at[n] != ','); n++)
        is_quoted ^= rest->at[n] == '"';
    *tag = token_trim((struct slice){rest->at, n});
    *rest = slice_after(*rest, n);
    return tag->n;
}

bool etag_is_listed(struct slice list, struct slice etag)
{
    struct slice rest = list, tag;
    if (slice_equal(token_trim(list), SLICE("*")))
        return true;
    while (take_tag(&rest, &tag))
        if (slice_equal(opaque(tag), opaque(etag)))
            return true;
    return false;
}

bool etag_is_had(const struct request *r, struct slice etag)
{
    for (unsigned i = 0; i < r->n_fields; i++)
        if (token_equals(r->fields[i].name, SLICE("if-none-match")) &&
            etag_is_listed(r->fields[i].value, etag))
            return true;
    return false;
}
