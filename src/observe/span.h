/* span.h - a finished piece of work as OpenTelemetry has it (OTLP 1.x, the JSON encoding)
 *
 * Pure. A span is written as one line of JSON, so that lines can wait anywhere and become a batch
 * by standing one behind the other. Ids are hexadecimal and 64-bit numbers are strings, as OTLP's
 * JSON wants. Texts are cut where they are long: a line has a bound.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "observe/trace.h"

enum {
    SPAN_LINE_MAX = 4096
};

enum span_kind { /* as OTLP numbers them */
    SPAN_INTERNAL = 1,
    SPAN_SERVER = 2,
    SPAN_CLIENT = 3
};

struct span {
    const char *trace;   /* TRACE_ID_SIZE digits */
    const char *id;      /* TRACE_SPAN_SIZE, as is */
    const char *parent;  /* NULL: the trace begins with it */
    struct slice name;   /* and, behind a space, */
    struct slice object; /* what it is done to; empty: nothing */
    enum span_kind kind;
    uint64_t start_ns, end_ns; /* since 1970 */
    /* Attributes; what is empty, 0 or NULL is left out. */
    struct slice method, route, service, host;
    unsigned port, status, attempts;
    const char *cache;
    const char *error; /* what went wrong: the span's status is an error then */
    bool is_cancelled; /* given up, which is nobody's error */
};

/* The line with its break; the number of bytes, at most SPAN_LINE_MAX. */
size_t span_write(char out[SPAN_LINE_MAX], const struct span *s);
/* A request's body of n bytes of lines, in place of what the buffer held. false: past its limit. */
bool span_write_batch(struct buffer *out, struct slice service_name, struct slice lines) MUST_USE;
