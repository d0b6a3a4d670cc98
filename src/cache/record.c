/* record.c - how a record lies in its block
 *
 *   S, version          so that another version's records are none
 *   n key               a length and the text, at the front: it is what the stores look for
 *   numbers             flags, status, times, purges, then the length of each further part
 *   parts               name, vary, etag, last-modified, fields, tags, shown, body
 *   R                   so that a block that was cut is none
 * Numbers are as short as can be (varint.h); a time that nobody told is 0, any other one more than
 * it is. A field is two lengths and two texts, a tag a length and a text; what is shown is two of
 * both, its name empty where it is the URL.
 */
#include "cache/record.h"

#include "base/buffer.h"
#include "base/put.h"
#include "base/varint.h"
#include "wire/token.h"

enum {
    VERSION = 2,
    FRONT_SIZE = 2,
    N_TIMES = 5,
    N_PARTS = 8,
    STATUS_MAX = 599
};
static const char front[FRONT_SIZE] = {'S', VERSION};
static const char end = 'R';
/* Later than this no time of ours is: the year 10000, in milliseconds. */
#define TIME_MAX UINT64_C(253402300800000)

enum {
    IS_JSON = 1,
    IS_NO_STORE = 2,
    IS_NO_CACHE = 4,
    IS_PRIVATE = 8,
    IS_PUBLIC = RECORD_PUBLIC,
    MUST_REVALIDATE = 32,
    IS_BRITTLE = 64,
};

/* As it came, whatever of it may be kept. */
static bool keeps(const struct record *r, const struct record_field *f)
{
    bool is_kept = record_keeps_field(f->name, SLICE_NONE);
    for (unsigned i = 0; is_kept && i < r->n_fields; i++)
        if (token_equals(r->fields[i].name, SLICE("connection")))
            is_kept = record_keeps_field(f->name, r->fields[i].value);
    return is_kept;
}

/* A field or a tag, behind the lengths of its texts. */
static bool pack(struct buffer *out, const struct slice *texts, unsigned n)
{
    size_t size = 0;
    for (unsigned i = 0; i < n; i++)
        size += varint_size(texts[i].n) + texts[i].n;
    char *at = buffer_reserve(out, size);
    if (!at)
        return false;
    for (unsigned i = 0; i < n; i++)
        at = varint_put(at, texts[i].n);
    for (unsigned i = 0; i < n; i++)
        at = put(at, texts[i]);
    out->n += size;
    return true;
}

static bool pack_fields(const struct record *r, struct buffer *out)
{
    for (unsigned i = 0; i < r->n_fields; i++) {
        const struct slice texts[] = {r->fields[i].name, r->fields[i].value};
        if (keeps(r, &r->fields[i]) && !pack(out, texts, 2))
            return false;
    }
    return true;
}

static bool pack_tags(const struct record *r, struct buffer *out)
{
    for (unsigned i = 0; i < r->n_tags; i++)
        if (!pack(out, &r->tags[i], 1))
            return false;
    return true;
}

static bool pack_shown(const struct record *r, struct buffer *out)
{
    for (unsigned i = 0; i < r->n_shown; i++) {
        const struct record_shown *s = &r->shown[i];
        const struct slice texts[] = {slice_equal(s->name, s->url) ? SLICE_NONE : s->name, s->url};
        if (!pack(out, texts, 2))
            return false;
    }
    return true;
}

static unsigned flags_of(const struct record *r)
{
    const struct freshness *f = &r->freshness;
    return (r->is_json ? IS_JSON : 0) | (f->is_no_store ? IS_NO_STORE : 0) |
           (f->is_no_cache ? IS_NO_CACHE : 0) | (f->is_private ? IS_PRIVATE : 0) |
           (f->is_public ? IS_PUBLIC : 0) | (f->must_revalidate ? MUST_REVALIDATE : 0) |
           (r->is_brittle ? IS_BRITTLE : 0);
}

/* Everything between the key and the parts. */
static size_t put_numbers(char *out, const struct record *r, const struct slice *parts)
{
    const struct freshness *f = &r->freshness;
    const uint64_t times[N_TIMES] = {f->came_ms, f->age_ms, f->lifetime_ms,
                                     f->stale_while_revalidate_ms, f->stale_if_error_ms};
    char *at = varint_put(out, flags_of(r));
    at = varint_put(at, r->status);
    for (unsigned i = 0; i < N_TIMES; i++)
        at = varint_put(at, times[i] == FRESHNESS_UNTOLD ? 0 : times[i] + 1);
    at = varint_put(at, r->purges);
    for (unsigned i = 0; i < N_PARTS; i++)
        at = varint_put(at, parts[i].n);
    return (size_t)(at - out);
}

/* Adds up to at most limit; false: it would be more. */
static bool add(size_t *sum, size_t n, size_t limit)
{
    if (*sum > limit || n > limit - *sum)
        return false;
    *sum += n;
    return true;
}

/* The parts of a record whose fields and tags are packed. */
static struct blob *assemble(const struct record *r, size_t limit)
{
    const struct slice parts[N_PARTS] = {
        r->name,          r->vary,        r->etag,         r->last_modified,
        r->packed_fields, r->packed_tags, r->packed_shown, r->body,
    };
    char numbers[(3 + N_TIMES + N_PARTS) * VARINT_MAX];
    size_t n_numbers = put_numbers(numbers, r, parts);
    size_t size = FRONT_SIZE + varint_size(r->key.n) + n_numbers + sizeof end;
    bool fits = size <= limit && add(&size, r->key.n, limit);
    for (unsigned i = 0; i < N_PARTS; i++)
        fits = fits && add(&size, parts[i].n, limit);
    if (!fits)
        return NULL;
    struct blob *b = blob_new(size);
    char *at = put(b->at, (struct slice){front, sizeof front});
    at = varint_put(at, r->key.n);
    at = put(at, r->key);
    at = put(at, (struct slice){numbers, n_numbers});
    for (unsigned i = 0; i < N_PARTS; i++)
        at = put(at, parts[i]);
    *at = end;
    return b;
}

struct blob *record_write(const struct record *r, size_t limit)
{
    struct buffer fields;
    struct buffer tags;
    struct buffer shown;
    struct blob *b = NULL;
    buffer_init(&fields, limit);
    buffer_init(&tags, limit);
    buffer_init(&shown, limit);
    if (pack_fields(r, &fields) && pack_tags(r, &tags) && pack_shown(r, &shown)) {
        struct record packed = *r;
        packed.packed_fields = buffer_slice(&fields);
        packed.packed_tags = buffer_slice(&tags);
        packed.packed_shown = buffer_slice(&shown);
        b = assemble(&packed, limit);
    }
    buffer_done(&fields);
    buffer_done(&tags);
    buffer_done(&shown);
    return b;
}

size_t record_flags_at(struct slice key)
{
    return FRONT_SIZE + varint_size(key.n) + key.n;
}

static bool take_time(struct slice *rest, uint64_t *ms)
{
    if (!varint_take(rest, ms))
        return false;
    --*ms; /* FRESHNESS_UNTOLD where it was 0 */
    return *ms <= TIME_MAX || *ms == FRESHNESS_UNTOLD;
}

static bool take_text(struct slice *rest, uint64_t n, struct slice *text)
{
    if (n > rest->n)
        return false;
    *text = (struct slice){rest->at, (size_t)n};
    *rest = slice_after(*rest, text->n);
    return true;
}

static bool take_flags(struct slice *rest, struct record *r)
{
    struct freshness *f = &r->freshness;
    uint64_t flags = 0;
    uint64_t status = 0;
    if (!varint_take(rest, &flags) || !varint_take(rest, &status) || status > STATUS_MAX)
        return false;
    r->status = (unsigned)status;
    r->is_json = flags & IS_JSON;
    f->is_no_store = flags & IS_NO_STORE;
    f->is_no_cache = flags & IS_NO_CACHE;
    f->is_private = flags & IS_PRIVATE;
    f->is_public = flags & IS_PUBLIC;
    f->must_revalidate = flags & MUST_REVALIDATE;
    r->is_brittle = flags & IS_BRITTLE;
    return true;
}

static bool take_times(struct slice *rest, struct freshness *f)
{
    return take_time(rest, &f->came_ms) && take_time(rest, &f->age_ms) &&
           take_time(rest, &f->lifetime_ms) && take_time(rest, &f->stale_while_revalidate_ms) &&
           take_time(rest, &f->stale_if_error_ms) && f->came_ms <= TIME_MAX &&
           f->age_ms <= TIME_MAX;
}

/* They fill what is left before the end, to the byte. */
static bool take_parts(struct slice *rest, struct record *r)
{
    struct slice *const parts[N_PARTS] = {
        &r->name,          &r->vary,        &r->etag,         &r->last_modified,
        &r->packed_fields, &r->packed_tags, &r->packed_shown, &r->body,
    };
    uint64_t lengths[N_PARTS];
    for (unsigned i = 0; i < N_PARTS; i++)
        if (!varint_take(rest, &lengths[i]))
            return false;
    for (unsigned i = 0; i < N_PARTS; i++)
        if (!take_text(rest, lengths[i], parts[i]))
            return false;
    return rest->n == sizeof end && *rest->at == end;
}

static bool take_key(struct slice *rest, struct slice *key)
{
    uint64_t n = 0;
    return varint_take(rest, &n) && take_text(rest, n, key);
}

bool record_read(struct record *r, struct slice bytes)
{
    *r = (struct record){0};
    if (!slice_starts(bytes, (struct slice){front, sizeof front}))
        return false;
    struct slice rest = slice_after(bytes, sizeof front);
    /* The validators go into requests of ours. */
    return take_key(&rest, &r->key) && take_flags(&rest, r) && take_times(&rest, &r->freshness) &&
           varint_take(&rest, &r->purges) && take_parts(&rest, r) && token_is_value(r->etag) &&
           token_is_value(r->last_modified);
}

struct slice record_key(const struct blob *record)
{
    struct slice rest = slice_after(blob_slice(record), FRONT_SIZE);
    struct slice key = SLICE_NONE;
    (void)take_key(&rest, &key);
    return key;
}

/* The n texts at *at; false: they are not there. */
static bool unpack(struct slice packed, size_t *at, struct slice *texts, unsigned n)
{
    uint64_t lengths[2];
    if (*at > packed.n)
        return false;
    struct slice rest = slice_after(packed, *at);
    for (unsigned i = 0; i < n; i++)
        if (!varint_take(&rest, &lengths[i]))
            return false;
    for (unsigned i = 0; i < n; i++)
        if (!take_text(&rest, lengths[i], &texts[i]))
            return false;
    *at = packed.n - rest.n;
    return true;
}

bool record_next_field(const struct record *r, size_t *at, struct record_field *f)
{
    struct slice texts[2];
    if (!unpack(r->packed_fields, at, texts, 2))
        return false;
    *f = (struct record_field){texts[0], texts[1]};
    return token_is(f->name) && token_is_value(f->value);
}

unsigned record_count_fields(const struct record *r)
{
    struct slice texts[2];
    unsigned n = 0;
    for (size_t at = 0; unpack(r->packed_fields, &at, texts, 2);)
        n++;
    return n;
}

bool record_next_tag(const struct record *r, size_t *at, struct slice *tag)
{
    return unpack(r->packed_tags, at, tag, 1);
}

bool record_next_shown(const struct record *r, size_t *at, struct record_shown *shown)
{
    struct slice texts[2];
    if (!unpack(r->packed_shown, at, texts, 2))
        return false;
    *shown = (struct record_shown){texts[0].n ? texts[0] : texts[1], texts[1]};
    return true;
}

bool record_count_names(const struct record *r, unsigned *n)
{
    struct slice tag;
    struct record_shown shown;
    unsigned n_tags = 0, n_shown = 0;
    for (size_t at = 0; n_tags <= RECORD_TAGS_MAX && record_next_tag(r, &at, &tag);)
        n_tags++;
    for (size_t at = 0; n_shown <= RECORD_SHOWN_MAX && record_next_shown(r, &at, &shown);)
        n_shown++;
    *n = n_tags + 2 * n_shown;
    return n_tags <= RECORD_TAGS_MAX && n_shown <= RECORD_SHOWN_MAX;
}
