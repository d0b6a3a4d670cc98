/* service_body.h - an answer's body, collected into one block within bounds
 *
 * A body whose length is announced and small lies in the request's arena from the start; any other
 * grows in a blob, towards its announced length where there is one. What is held at the end wastes
 * at most a quarter, and a small body holds no blob.
 */
#pragma once

#include "base/arena.h"
#include "base/blob.h"
#include "net/stream.h"
#include "service/service.h"

enum service_body_fit {
    SERVICE_BODY_FITS,
    SERVICE_BODY_TOO_LARGE, /* past bounds.response_body */
    SERVICE_BODY_NO_MEMORY, /* past bounds.memory, or the arena is full */
};

struct service_body {
    char *at;
    size_t n;
    size_t capacity;
    uint64_t expected; /* bytes; 0 where not announced */
    struct blob *blob; /* NULL while it lies in the arena */
};

/* The announced length is known: *length; NULL: it is not. */
enum service_body_fit service_body_begin(struct service_body *b, struct service_context *c,
                                         struct arena *arena, const uint64_t *length);
/* The chunk may lie where service_body_room() said, and then stays there. */
enum service_body_fit service_body_add(struct service_body *b, struct service_context *c,
                                       struct slice chunk);
/* Room for some of the n bytes that are still to come of an announced length; none: no memory. */
struct stream_room service_body_room(struct service_body *b, struct service_context *c, size_t n);
/* The body is whole: it moves to where it is to stay. */
void service_body_end(struct service_body *b, struct service_context *c, struct arena *arena);
/* A body of n bytes, which the caller writes, where it is to stay; false: no memory. */
bool service_body_make(struct service_body *b, struct service_context *c, struct arena *arena,
                       size_t n) MUST_USE;
/* Gives its blob back; the body is empty then. */
void service_body_drop(struct service_body *b, struct service_context *c);
