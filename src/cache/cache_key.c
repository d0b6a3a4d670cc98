/* cache_key.c - parts behind their lengths */
#include "cache/cache_key.h"

#include "base/map.h"
#include "base/varint.h"

bool cache_key_add(struct buffer *text, struct slice part)
{
    size_t n = varint_size(part.n) + part.n;
    char *at = buffer_reserve(text, n);
    if (!at)
        return false;
    at = varint_put(at, part.n);
    if (part.n)
        memcpy(at, part.at, part.n);
    text->n += n;
    return true;
}

struct cache_key cache_key_of(struct slice text)
{
    return (struct cache_key){text, map_hash(text)};
}

bool cache_key_equal(const struct cache_key *a, const struct cache_key *b)
{
    return a->hash == b->hash && slice_equal(a->text, b->text);
}

void cache_key_digest(const struct cache_key *k, char out[CACHE_KEY_DIGEST])
{
    digest_of(&k->text, 1, out);
}
