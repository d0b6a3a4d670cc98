/* record_fuzz.c - any bytes as a record; one that is, is the same when it is written again */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "cache/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum {
    FIELDS_MAX = 64,
    LIMIT = 1 << 20
};

static unsigned take_fields(const struct record *r, struct record_field *fields)
{
    unsigned n = 0;
    for (size_t at = 0; n < FIELDS_MAX && record_next_field(r, &at, &fields[n]);)
        n++;
    return n;
}

static unsigned take_tags(const struct record *r, struct slice *tags)
{
    unsigned n = 0;
    for (size_t at = 0; n < FIELDS_MAX && record_next_tag(r, &at, &tags[n]);)
        n++;
    return n;
}

static unsigned take_shown(const struct record *r, struct record_shown shown[FIELDS_MAX])
{
    unsigned n = 0;
    for (size_t at = 0; n < FIELDS_MAX && record_next_shown(r, &at, &shown[n]);)
        n++;
    return n;
}

static void check_same(const struct record *a, const struct record *b)
{
    CHECK(a->status == b->status && a->is_json == b->is_json);
    CHECK(a->is_brittle == b->is_brittle && a->purges == b->purges);
    CHECK(a->freshness.came_ms == b->freshness.came_ms);
    CHECK(a->freshness.lifetime_ms == b->freshness.lifetime_ms);
    CHECK(a->freshness.is_no_store == b->freshness.is_no_store);
    CHECK(slice_equal(a->key, b->key) && slice_equal(a->name, b->name));
    CHECK(slice_equal(a->etag, b->etag) && slice_equal(a->body, b->body));
}

static void drop(struct blob *b)
{
    struct blob_pool pool;
    blob_pool_init(&pool, 0, NULL);
    blob_release(&pool, b);
    blob_pool_done(&pool);
}

static void check_refreshed(const struct record *old)
{
    struct record out;
    struct record_field fields[FIELDS_MAX];
    struct record by = {.freshness.came_ms = 1};
    by.fields = fields;
    by.n_fields = take_fields(old, fields);
    struct blob *b = record_refreshed(old, &by, LIMIT);
    if (!b)
        return;
    CHECK(record_read(&out, blob_slice(b)) && slice_equal(out.body, old->body));
    drop(b);
}

static void check_written(struct record r)
{
    struct record_field fields[FIELDS_MAX];
    struct slice tags[FIELDS_MAX];
    struct record_shown shown[FIELDS_MAX];
    struct record again;
    r.n_fields = take_fields(&r, fields);
    r.n_tags = take_tags(&r, tags);
    r.fields = fields;
    r.tags = tags;
    r.n_shown = take_shown(&r, shown);
    r.shown = shown;
    struct blob *b = record_write(&r, LIMIT);
    if (!b)
        return;
    CHECK(record_read(&again, blob_slice(b)) && slice_equal(record_key(b), r.key));
    check_same(&r, &again);
    CHECK(take_fields(&again, fields) <= r.n_fields && take_tags(&again, tags) == r.n_tags);
    CHECK(take_shown(&again, shown) == r.n_shown);
    check_refreshed(&again);
    drop(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct record r;
    if (record_read(&r, (struct slice){(const char *)data, n}))
        check_written(r);
    return 0;
}
