/* service_span.h - what is told of work in a trace, on its way to whoever collects it
 *
 * Spans are written as lines into the worker's ring, from which the control thread takes them; one
 * that finds no room is lost and counted. Nothing of it is done for what is not recorded.
 */
#pragma once

#include "observe/span.h"
#include "service/service_request.h"

struct service;
struct service_context;

/* A moment of the loop's clock as nanoseconds since 1970. */
uint64_t service_span_wall_ns(const struct service_context *context, uint64_t ns);
void service_span_add(struct service_context *context, const struct span *s);

/* An attempt at a target. o: what came of it; NULL: it was given up. */
struct service_span_attempt {
    const char *id; /* TRACE_SPAN_SIZE digits */
    unsigned target;
    uint64_t started_ns;
    const struct outcome *outcome;
};
void service_span_tell(struct service *s, const struct service_trace *trace,
                       const struct service_span_attempt *attempt);
