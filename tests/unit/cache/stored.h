/* stored.h - records for the tests of what keeps them */
#pragma once

#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "cache/cache.h"
#include "cache/record.h"

/* key, name and one tag; a body of n_body bytes, each of them `fill`. */
struct stored {
    const char *key, *name, *tag;
    size_t n_body;
    char fill;
};

static inline struct blob *stored_record(const struct stored *s)
{
    static char body[1 << 20];
    assert_true(s->n_body <= sizeof body);
    char *filled = body;
    memset(filled, s->fill, s->n_body);
    const struct slice tag = slice_of(s->tag ? s->tag : "");
    const struct record r = {.status = 200,
                             .key = slice_of(s->key),
                             .name = slice_of(s->name ? s->name : s->key),
                             .body = {filled, s->n_body},
                             .tags = &tag,
                             .n_tags = s->tag ? 1 : 0};
    struct blob *b = record_write(&r, sizeof body + 4096);
    assert_non_null(b);
    return b;
}

static inline struct cache_key stored_key(const char *text)
{
    return cache_key_of(slice_of(text));
}

/* What the record of that key is filled with; '-': there is none. */
static inline char stored_fill(struct memory_store *s, const char *key, uint64_t now_ms)
{
    struct cache_key k = stored_key(key);
    struct blob *b = memory_store_find(s, &k, now_ms);
    if (!b)
        return '-';
    struct record r;
    assert_true(record_read(&r, blob_slice(b)));
    assert_true(slice_equal(r.key, k.text));
    char fill = r.body.n ? r.body.at[0] : '0';
    blob_release(NULL, b);
    return fill;
}
