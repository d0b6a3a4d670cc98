/* record_fields.c - which fields are kept, what they say, and what a 304 changes of them */
#include <stdlib.h>

#include "base/buffer.h"
#include "base/check.h"
#include "base/memory.h"
#include "base/put.h"
#include "cache/record.h"
#include "wire/token.h"

/* RFC 9111 3.1 and RFC 9110 7.6.1; Set-Cookie is one client's (CONTRACT 3.7). Sorted by nothing:
 * there are few, and it is asked when an entry is made. */
static const struct slice never_kept[] = {
    SLICE_INIT("age"),
    SLICE_INIT("connection"),
    SLICE_INIT("content-encoding"), /* a body is kept as it is without */
    SLICE_INIT("content-length"),
    SLICE_INIT("keep-alive"),
    SLICE_INIT("proxy-authenticate"),
    SLICE_INIT("proxy-authentication-info"),
    SLICE_INIT("proxy-authorization"),
    SLICE_INIT("proxy-connection"),
    SLICE_INIT("set-cookie"),
    SLICE_INIT("set-cookie2"),
    SLICE_INIT("te"),
    SLICE_INIT("trailer"),
    SLICE_INIT("transfer-encoding"),
    SLICE_INIT("upgrade"),
};

/* What tells how the stored body is to be read: a 304 has no body to speak of. */
static const struct slice of_the_body[] = {
    SLICE_INIT("content-encoding"),
    SLICE_INIT("content-range"),
    SLICE_INIT("content-type"),
};

static bool is_among(struct slice name, const struct slice *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (token_equals(name, names[i]))
            return true;
    return false;
}

bool record_keeps_field(struct slice name, struct slice connection)
{
    return !is_among(name, never_kept, sizeof never_kept / sizeof *never_kept) &&
           !token_list_names(connection, name);
}

/* All values of a name as one list, put behind what the buffer holds: there is room for it. */
static struct slice join(struct buffer *out, const struct record_field *fields, unsigned n,
                         struct slice name)
{
    char *start = out->at + out->n;
    char *at = start;
    for (unsigned i = 0; i < n; i++) {
        if (!token_equals(fields[i].name, name))
            continue;
        at = at > start ? put(at, SLICE(", ")) : at;
        at = put(at, fields[i].value);
    }
    out->n += (size_t)(at - start);
    return (struct slice){start, (size_t)(at - start)};
}

void record_freshness(struct freshness *f, const struct record_field *fields, unsigned n,
                      uint64_t asked_ms, uint64_t came_ms)
{
    struct buffer text;
    size_t size = 1;
    for (unsigned i = 0; i < n; i++)
        size += fields[i].value.n + 2;
    buffer_init(&text, size);
    CHECK(buffer_reserve(&text, size));
    const struct freshness_answer answer = {
        .cache_control = join(&text, fields, n, SLICE("cache-control")),
        .expires = join(&text, fields, n, SLICE("expires")),
        .age = join(&text, fields, n, SLICE("age")),
        .date = join(&text, fields, n, SLICE("date")),
        .vary = join(&text, fields, n, SLICE("vary")),
        .asked_ms = asked_ms,
        .came_ms = came_ms,
    };
    freshness_read(f, &answer);
    buffer_done(&text);
}

static bool has_field(const struct record_field *fields, unsigned n, struct slice name)
{
    for (unsigned i = 0; i < n; i++)
        if (slice_equal_nocase(fields[i].name, name))
            return true;
    return false;
}

static bool is_of_the_body(struct slice name)
{
    return is_among(name, of_the_body, sizeof of_the_body / sizeof *of_the_body);
}

static void *room(size_t n_items, size_t size)
{
    void *memory = memory_take_zero(n_items + 1, size);
    return memory;
}

/* Both on the heap, the caller's. */
static struct record_field *merge_fields(const struct record *old, const struct record *by,
                                         unsigned *n)
{
    struct record_field f;
    size_t n_most = by->n_fields;
    for (size_t at = 0; record_next_field(old, &at, &f);)
        n_most++;
    struct record_field *fields = room(n_most, sizeof *fields);
    *n = 0;
    for (size_t at = 0; record_next_field(old, &at, &f);)
        if (is_of_the_body(f.name) ||
            (!has_field(by->fields, by->n_fields, f.name) && !token_equals(f.name, SLICE("date"))))
            fields[(*n)++] = f; /* without a Date of its own it is of now (RFC 9110 6.6.1) */
    for (unsigned i = 0; i < by->n_fields; i++)
        if (!is_of_the_body(by->fields[i].name))
            fields[(*n)++] = by->fields[i];
    return fields;
}

static struct slice *merge_tags(const struct record *old, const struct record *by, unsigned *n)
{
    struct slice tag;
    *n = by->n_tags;
    for (size_t at = 0; !by->n_tags && record_next_tag(old, &at, &tag);)
        ++*n;
    struct slice *tags = room(*n, sizeof *tags);
    size_t at = 0;
    for (unsigned i = 0; i < *n; i++)
        if (by->n_tags)
            tags[i] = by->tags[i];
        else
            (void)record_next_tag(old, &at, &tags[i]);
    return tags;
}

struct blob *record_refreshed(const struct record *old, const struct record *by, size_t limit)
{
    struct record merged = *old;
    struct record_field *fields = merge_fields(old, by, &merged.n_fields);
    struct slice *tags = merge_tags(old, by, &merged.n_tags);
    merged.fields = fields;
    merged.tags = tags;
    record_freshness(&merged.freshness, fields, merged.n_fields, by->freshness.came_ms,
                     by->freshness.came_ms);
    if (merged.freshness.age_ms < by->freshness.age_ms)
        merged.freshness.age_ms = by->freshness.age_ms;
    merged.vary = by->vary.n ? by->vary : old->vary;
    merged.etag = by->etag.n ? by->etag : old->etag;
    merged.last_modified = by->last_modified.n ? by->last_modified : old->last_modified;
    struct blob *b = record_write(&merged, limit);
    free(fields);
    free(tags);
    return b;
}
