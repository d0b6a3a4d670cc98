/* buffer.h - owned bytes that grow towards a limit given at birth
 *
 * Growth doubles, so appending is linear over all; reaching the limit is an answer (false or
 * NULL), not an accident. Out of memory aborts.
 */
#pragma once

#include "base/fault.h"
#include "base/slice.h"

struct buffer {
    char *at;
    size_t n;        /* bytes in use */
    size_t capacity; /* bytes allocated */
    size_t limit;    /* n never exceeds it */
};

void buffer_init(struct buffer *b, size_t limit);
/* Frees the bytes; the buffer is empty again and keeps its limit. */
void buffer_done(struct buffer *b);

/* Room for n more bytes at b->at + b->n, without counting them; NULL past the limit. */
char *buffer_reserve(struct buffer *b, size_t n) MUST_USE;
/* false past the limit: nothing was appended. */
bool buffer_append(struct buffer *b, struct slice bytes) MUST_USE;
/* printf into the buffer; false past the limit: nothing was appended. */
bool buffer_print(struct buffer *b, const char *format, ...) MUST_USE
    __attribute__((format(printf, 2, 3)));

static inline struct slice buffer_slice(const struct buffer *b)
{
    return (struct slice){b->at, b->n};
}
