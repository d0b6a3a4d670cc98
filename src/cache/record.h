/* record.h - an answer as one block of bytes: what the memory store and the shared tier hold
 *
 * A head with the times, then the fields, the tags and the body, in a blob of its own that no pool
 * counts (blob_new()). The same bytes go to the shared tier; those that come from there are looked
 * at as a stranger's: wrong version, lengths or a missing end are no record.
 *
 * Never in it: Set-Cookie, hop-by-hop fields (RFC 9111 3.1), those that Connection names, and what
 * the record knows better: Age and Content-Length.
 */
#pragma once

#include "base/blob.h"
#include "cache/freshness.h"

enum {
    RECORD_PUBLIC = 16,        /* its origin called it so */
    RECORD_TAGS_MAX = 64,      /* more of them nobody keeps, */
    RECORD_SHOWN_MAX = 64,     /* nor of these */
    RECORD_ROOM = 1024 * 1024, /* bytes that one may take besides its body */
    RECORD_SIGN_MS = 5000,     /* a sign that a key's answers are nobody else's holds for so long */
};

struct record_field {
    struct slice name, value;
};

/* An entry that stands in another one: what it is purged by goes there, too. */
struct record_shown {
    struct slice name, url;
};

/* What is written; and a view of what was, whose slices lie in the blob. */
struct record {
    struct freshness freshness;
    unsigned status;
    bool is_json;      /* the body was checked to be one JSON value within bounds.json_depth */
    struct slice key;  /* the whole key, so that a digest that two keys share harms nobody */
    struct slice name; /* the key as people know it, for purges: product:1042:EUR */
    struct slice vary; /* names that the origin's Vary has, lower case, ", " between */
    struct slice etag, last_modified; /* validators; empty: none */
    struct slice body;
    const struct record_field *fields; /* writing: an array */
    unsigned n_fields;
    const struct slice *tags; /* writing: an array */
    unsigned n_tags;
    const struct record_shown *shown; /* writing: an array */
    unsigned n_shown;
    bool is_brittle; /* every purge ends it: it has more names than are kept, and none is told */
    uint64_t purges; /* then: what its store told of purges before it was made (tier.h) */
    struct slice packed_fields, packed_tags, packed_shown; /* reading: for record_next_*() */
};

/* Records that are no answers have the status 0. They say what a key's answers vary by, or that
 * they are nobody else's, so that nobody waits for another's. */
static inline bool record_is_sign(const struct record *r)
{
    return r->status == 0;
}

/* NULL: longer than limit bytes, or than a record can tell; a client's or origin's fault. Held
 * once. */
struct blob *record_write(const struct record *r, size_t limit) MUST_USE;
/* false: these bytes are no record. It takes the same short time whatever the size. `fields`,
 * `tags` and `shown` are left NULL: see record_next_*(). */
bool record_read(struct record *r, struct slice bytes) MUST_USE;
/* Where a record with this key has its flags, of which RECORD_PUBLIC is one, and behind them, in
 * the next byte, what is 0 in records that are no answers: for who does not read all of it. */
size_t record_flags_at(struct slice key);
/* Of a blob that record_write() made or record_read() took. */
struct slice record_key(const struct blob *record);
/* One after the other; *at is 0 before the first. false: there are no more, or what follows is no
 * field. */
bool record_next_field(const struct record *r, size_t *at, struct record_field *f);
bool record_next_tag(const struct record *r, size_t *at, struct slice *tag);
/* All names of these: one of a tag, two of what is shown. false: there are more than are kept. */
bool record_count_names(const struct record *r, unsigned *n) MUST_USE;
bool record_next_shown(const struct record *r, size_t *at, struct record_shown *shown);
/* How many fields there are at the most: their texts are not looked at. */
unsigned record_count_fields(const struct record *r);
/* May this field of an answer be kept? `connection`: the answer's Connection field. */
bool record_keeps_field(struct slice name, struct slice connection);
/* What the fields of an answer say of freshness; several of one name count as one list. */
void record_freshness(struct freshness *f, const struct record_field *fields, unsigned n,
                      uint64_t asked_ms, uint64_t came_ms);
/* What a 304 makes of a record that was read (RFC 9111 3.2): its fields replace those of their
 * names, but what tells the body's form. Freshness is what all these fields say, from when the 304
 * came and as old as by->freshness says; validators, `vary` and tags are the 304's where it has
 * any. `by` is as for record_write(), with all fields as they came. NULL: longer than limit. */
struct blob *record_refreshed(const struct record *old, const struct record *by,
                              size_t limit) MUST_USE;
