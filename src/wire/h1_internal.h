/* h1_internal.h - what the files of the HTTP/1 reader share
 *
 * llhttp walks over a head as it comes in and refuses early; once the head is whole, h1_head.c
 * reads it again by a strict grammar of our own and decides how the body is framed. What either
 * refuses is refused, so no version of llhttp decides alone, but for its list of methods: any token
 * is one, aside from PRI, which is HTTP/2's. Bodies are h1_body.c's.
 */
#pragma once

#include "wire/h1.h"

enum h1_state {
    H1_IN_HEAD,   /* or between two messages: n_head is 0 */
    H1_IN_LENGTH, /* a body of n_left more bytes */
    H1_IN_CHUNKS, /* a chunked one */
    H1_IN_REST,   /* one that ends with the connection */
    H1_AT_END,    /* H1_DONE is to be told */
    H1_FAILED,
};

/* Reads the head that begins the n bytes into *head, whose size tells where it ends. 0, or the
 * status that refuses it; one that does not end is 400. */
unsigned h1_head_parse(struct h1_head *head, enum h1_kind kind, const char *at, size_t n);

/* At the beginning of a chunked body. */
void h1_chunks_begin(struct h1_reader *r);
/* Reads on in a body, however it is framed; fed is not empty, *used goes on by what was read. */
enum h1_event h1_body_read(struct h1_reader *r, struct slice fed, size_t *used);

/* The message is whole: H1_DONE, and ready for the next one. */
enum h1_event h1_end(struct h1_reader *r);
/* H1_ERROR from now on. */
enum h1_event h1_fail(struct h1_reader *r, unsigned status);
