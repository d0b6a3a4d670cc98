/* resp.h - what a Redis says, read as it comes, and how it is told something (RESP 2)
 *
 * A reader gives one whole answer after the other. All of an answer has a bound: its bytes, its
 * lists' elements, their depth. Past one of them, and where it is no RESP 2, the reader is broken
 * for good. A command is written word by word into a buffer, and taken back where it has no room.
 *
 * Pure; the reading is hiredis'. One thread.
 */
#pragma once

#include <stdint.h>

#include "base/blob.h"
#include "base/buffer.h"

enum {
    RESP_ELEMENTS_MAX = 16384, /* of all lists of an answer together */
};

enum resp_kind {
    RESP_NIL,
    RESP_INTEGER,
    RESP_STATUS,
    RESP_ERROR,
    RESP_TEXT,
    RESP_LIST, /* of anything, lists of no lists included */
};
struct resp_value {
    enum resp_kind kind;
    int64_t number;          /* RESP_INTEGER */
    struct blob *blob;       /* status, error and text; of no pool */
    struct resp_value *list; /* RESP_LIST */
    unsigned n;
};

/* The bytes of a status, an error or a text; nothing of others. */
struct slice resp_text(const struct resp_value *v);
/* Takes the blob out of a text; NULL where it is none. */
struct blob *resp_take_blob(struct resp_value *v);
/* The number that an integer, or a text of decimal digits, is; false: neither. */
bool resp_number(const struct resp_value *v, uint64_t *number) MUST_USE;
void resp_free(struct resp_value *v);

struct resp;

enum resp_progress {
    RESP_WHOLE, /* here is an answer, the caller's to free */
    RESP_MORE,
    RESP_BROKEN,
};

/* limit: bytes of one answer. */
struct resp *resp_new(size_t limit);
void resp_done(struct resp *r);
/* Copies the bytes. */
void resp_feed(struct resp *r, struct slice bytes);
enum resp_progress resp_next(struct resp *r, struct resp_value **v) MUST_USE;

struct resp_command {
    struct buffer *out;
    size_t began; /* bytes that were there before it */
    bool is_whole;
};

void resp_begin(struct resp_command *c, struct buffer *out, unsigned n_words);
/* One word, in two parts of which either may be empty. */
void resp_add(struct resp_command *c, struct slice first, struct slice rest);
void resp_add_number(struct resp_command *c, uint64_t number);
/* false: there was no room, and nothing of it is there. */
bool resp_end(struct resp_command *c) MUST_USE;
