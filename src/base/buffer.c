/* buffer.c - owned bytes that grow towards a limit */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

enum {
    BUFFER_FIRST = 256
};

void buffer_init(struct buffer *b, size_t limit)
{
    *b = (struct buffer){.limit = limit};
}

void buffer_done(struct buffer *b)
{
    free(b->at);
    buffer_init(b, b->limit);
}

char *buffer_reserve(struct buffer *b, size_t n)
{
    if (n > b->limit - b->n)
        return NULL;
    if (b->capacity - b->n < n || !b->at) {
        size_t want = b->capacity ? b->capacity * 2 : BUFFER_FIRST;
        if (want < b->n + n)
            want = b->n + n;
        char *grown = realloc(b->at, want);
        CHECK(grown);
        b->at = grown;
        b->capacity = want;
    }
    return b->at + b->n;
}

bool buffer_append(struct buffer *b, struct slice bytes)
{
    char *to = buffer_reserve(b, bytes.n);
    if (!to)
        return false;
    if (bytes.n)
        memcpy(to, bytes.at, bytes.n);
    b->n += bytes.n;
    return true;
}

bool buffer_print(struct buffer *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(n >= 0);
    size_t room = (size_t)n + 1; /* vsnprintf writes a NUL that is not counted */
    if ((size_t)n > b->limit - b->n)
        return false;
    b->limit++;
    char *to = buffer_reserve(b, room);
    b->limit--;
    va_start(args, format);
    vsnprintf(to, room, format, args);
    va_end(args);
    b->n += (size_t)n;
    return true;
}
