/* compose_internal.h - a request being written, for the files that write it */
#pragma once

#include "base/buffer.h"
#include "gateway/compose.h"

struct composing {
    struct run *run;
    struct run_source *source;
    const struct values_item *item;
    struct outcome *failure;
    struct buffer *out;
    enum compose_verdict verdict; /* the first that is not good; what is written is dropped then */
};

void compose_fail(struct composing *c, enum outcome_kind kind, struct slice detail, int cause);
void compose_fail_for_room(struct composing *c);
void compose_fail_for_length(struct composing *c);
void compose_fail_missing(struct composing *c, const struct values_missing *missing);
/* Fills the gateway's values for the template; false: it failed. */
bool compose_fill(struct composing *c, const struct config_template *t) MUST_USE;
/* Writes the body of a source that has one. */
void compose_body(struct composing *c);

/* A request is put together of many small pieces, and there is room for nearly all of them. */
static inline void compose_put(struct composing *c, struct slice bytes)
{
    struct buffer *out = c->out;
    if (bytes.n < out->capacity - out->n) {
        memcpy(out->at + out->n, bytes.at, bytes.n);
        out->n += bytes.n;
    } else if (c->verdict == COMPOSE_GOOD && !buffer_append(out, bytes)) {
        compose_fail_for_length(c);
    }
}
