/* h1.h - HTTP/1 messages read from bytes (RFC 9112), strictly
 *
 * A reader goes through one connection's messages in one direction. Bytes of a head must lie
 * contiguous: the caller keeps what came so far and feeds the new part; places inside the head
 * are offsets from the head's first byte, so the memory may move between two feeds. Body bytes
 * need not be kept: each event gives the slice that it found.
 *
 * Refused, whatever llhttp's version thinks of it: both Content-Length and Transfer-Encoding,
 * differing or signed lengths, codings but chunked, white space before a colon, folded lines,
 * bare CR or LF, NUL; in requests also: no Host or two, a bad Host, a fragment in the target.
 *
 * Pure: no I/O, no memory of its own, time is no matter.
 */
#pragma once

#include <llhttp.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/slice.h"

enum {
    H1_MAX_FIELDS = 128,
    H1_MAX_METHOD = 32, /* bytes; RFC 9112 3: longer ones are not implemented */
};

enum h1_kind {
    H1_REQUEST,
    H1_RESPONSE,
};

enum h1_event {
    H1_MORE,  /* everything was read; feed more */
    H1_HEAD,  /* the head is whole: reader->head */
    H1_BODY,  /* some bytes of the body: reader->chunk, inside the fed bytes */
    H1_DONE,  /* the message is whole; the next feed begins the next one */
    H1_ERROR, /* not HTTP, or past a bound; reader->status says how to answer it. Final. */
};

struct h1_field {
    uint32_t name_at, name_n;   /* offsets from the head's first byte */
    uint32_t value_at, value_n; /* without the white space around it */
};

struct h1_head {
    unsigned minor;  /* 0 or 1: HTTP/1.x */
    unsigned status; /* of a response; 0 in a request */
    uint32_t method_at, method_n;
    uint32_t target_at, target_n;
    uint32_t size; /* bytes of the whole head, its empty line included */
    bool keep_alive;
    bool chunked;
    bool has_length;
    bool expects_continue;
    bool has_options; /* Connection says more than close, keep-alive and upgrade */
    uint64_t length;  /* of Content-Length, where has_length */
    unsigned n_fields;
    struct h1_field fields[H1_MAX_FIELDS];
};

struct h1_reader {
    llhttp_t parser;
    enum h1_kind kind;
    size_t head_limit;    /* bytes of a whole head */
    struct h1_head *head; /* the caller's, see h1_init() */
    struct slice chunk;   /* after H1_BODY */
    unsigned status;      /* after H1_ERROR: 400, 414, 431, 501 or 505, as for a request */
    bool answers_head;    /* a response to HEAD: it has no body whatever its head says */
    /* The implementation's own: */
    unsigned state;       /* of the message, see h1_internal.h */
    unsigned chunk_state; /* of the framing of a chunked body */
    bool has_method;      /* llhttp has got the method of this head */
    size_t n_head;        /* bytes of the head that were read so far */
    size_t n_extra;       /* bytes of chunk extensions and trailers of this message */
    uint64_t n_left;      /* bytes of the body, or of its chunk, that are still to come */
};

/* *head is written by calls that read a head, and says something from H1_HEAD until the next of
 * them. Nothing is kept in it meanwhile, so readers may share one that each looks at before another
 * reads on. */
void h1_init(struct h1_reader *r, enum h1_kind kind, size_t head_limit, struct h1_head *head);

/* Reads on at base[from..to) up to the next event. *used becomes the offset behind what was read
 * (<= to); after H1_HEAD, H1_BODY and H1_DONE call again with from = *used. A head begins at
 * base[from] of the call that gives its first byte. While it is not whole, further calls pass its
 * first byte as base and from where the last call ended; for bodies any memory will do.
 * A response that is no answer yet (1xx) gives H1_HEAD with that status, then H1_DONE. */
enum h1_event h1_read(struct h1_reader *r, const char *base, size_t from, size_t to,
                      size_t *used) MUST_USE;

/* The peer ended the stream: H1_DONE if that ends a body without a length, H1_MORE if nothing had
 * begun, H1_ERROR if the message was cut. */
enum h1_event h1_read_end(struct h1_reader *r) MUST_USE;

/* Bytes of a body by length that are still to come, and nothing but the body's; 0: none, or the
 * body is framed otherwise. */
uint64_t h1_body_left(const struct h1_reader *r);

/* Is the reader between two messages, with no byte of the next one read? */
bool h1_is_between(const struct h1_reader *r);

/* Does a Connection of this head name the field? Then it is for whoever receives it and goes no
 * further (RFC 9110 7.6.1). */
bool h1_is_option(const struct h1_head *head, const char *base, struct slice name);

static inline struct slice h1_name(const char *base, const struct h1_field *f)
{
    return (struct slice){base + f->name_at, f->name_n};
}

static inline struct slice h1_value(const char *base, const struct h1_field *f)
{
    return (struct slice){base + f->value_at, f->value_n};
}
