/* service_body.c - where the bytes of an answer's body go */
#include "service/service_body.h"

#include "base/check.h"

enum {
    SMALL = 4096,            /* bytes below which a body is the arena's */
    FIRST_BLOB = 256 * 1024, /* bytes taken at most on the word of an announced length alone */
};

/* Room for n bytes in a blob, of which the body's bytes so far are the first. */
static enum service_body_fit move_to_blob(struct service_body *b, struct service_context *c,
                                          size_t n)
{
    struct blob_pool *pool = &c->loop->blobs;
    if (n > service_memory_left(c))
        return SERVICE_BODY_NO_MEMORY;
    struct blob *blob = blob_take(pool, n);
    if (b->n)
        memcpy(blob->at, b->at, b->n);
    if (b->blob)
        blob_release(pool, b->blob);
    b->blob = blob;
    b->at = blob->at;
    b->capacity = blob->capacity;
    return SERVICE_BODY_FITS;
}

enum service_body_fit service_body_begin(struct service_body *b, struct service_context *c,
                                         struct arena *arena, const uint64_t *length)
{
    *b = (struct service_body){0};
    if (!length || *length == 0)
        return SERVICE_BODY_FITS;
    if (*length > c->bounds->response_body)
        return SERVICE_BODY_TOO_LARGE;
    b->expected = *length;
    if (*length >= SMALL)
        return move_to_blob(b, c, *length < FIRST_BLOB ? (size_t)*length : FIRST_BLOB);
    b->capacity = (size_t)*length;
    b->at = arena_take(arena, b->capacity);
    return b->at ? SERVICE_BODY_FITS : SERVICE_BODY_NO_MEMORY;
}

/* Doubles, but not past the announced length. */
static size_t next_capacity(const struct service_body *b, size_t needed)
{
    size_t wanted = b->capacity * 2;
    if (b->expected && wanted > b->expected)
        wanted = (size_t)b->expected;
    return wanted > needed ? wanted : needed;
}

enum service_body_fit service_body_add(struct service_body *b, struct service_context *c,
                                       struct slice chunk)
{
    if (chunk.n > c->bounds->response_body - b->n)
        return SERVICE_BODY_TOO_LARGE;
    size_t needed = b->n + chunk.n;
    if (needed > b->capacity) {
        enum service_body_fit fit = move_to_blob(b, c, next_capacity(b, needed));
        if (fit != SERVICE_BODY_FITS)
            return fit;
    }
    if (chunk.at != b->at + b->n)
        memcpy(b->at + b->n, chunk.at, chunk.n);
    b->n = needed;
    return SERVICE_BODY_FITS;
}

struct stream_room service_body_room(struct service_body *b, struct service_context *c, size_t n)
{
    if (b->n == b->capacity && move_to_blob(b, c, next_capacity(b, b->n + 1)) != SERVICE_BODY_FITS)
        return (struct stream_room){NULL, 0};
    size_t left = b->capacity - b->n;
    return (struct stream_room){b->at + b->n, left < n ? left : n};
}

void service_body_end(struct service_body *b, struct service_context *c, struct arena *arena)
{
    if (!b->blob)
        return;
    if (b->n < SMALL) {
        size_t n = b->n;
        char *at = arena_take(arena, n);
        if (!at)
            return; /* it may stay where it is */
        memcpy(at, b->at, n);
        service_body_drop(b, c);
        *b = (struct service_body){.at = at, .n = n, .capacity = n};
    } else if (b->blob->capacity - b->n > b->blob->capacity / 4) {
        struct blob *fitting = blob_take(&c->loop->blobs, b->n);
        memcpy(fitting->at, b->at, b->n);
        blob_release(&c->loop->blobs, b->blob);
        b->blob = fitting;
        b->at = fitting->at;
    }
}

bool service_body_make(struct service_body *b, struct service_context *c, struct arena *arena,
                       size_t n)
{
    *b = (struct service_body){0};
    if (n >= SMALL && move_to_blob(b, c, n) != SERVICE_BODY_FITS)
        return false;
    if (!b->blob) {
        b->at = arena_take(arena, n);
        b->capacity = n;
    }
    b->n = n;
    return b->at;
}

void service_body_drop(struct service_body *b, struct service_context *c)
{
    if (b->blob)
        blob_release(&c->loop->blobs, b->blob);
    *b = (struct service_body){0};
}
