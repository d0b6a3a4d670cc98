/* trace.h - which trace a request belongs to (W3C Trace Context), and its request id
 *
 * A good traceparent of the client is gone on with: the same trace, a new span for each call. Any
 * other begins a new trace, and then the client's tracestate is dropped too.
 *
 * Pure; the random numbers come from the caller's generator.
 */
#pragma once

#include "base/fault.h"
#include "base/random.h"
#include "base/slice.h"

enum {
    TRACE_ID_SIZE = 32,
    TRACE_SPAN_SIZE = 16,
    TRACE_PARENT_SIZE = 55, /* of a whole traceparent */
    TRACE_REQUEST_ID_SIZE = 32,
    TRACE_REQUEST_ID_LIMIT = 128,
};

struct trace {
    char id[TRACE_ID_SIZE]; /* lower-case hexadecimal, as is the span */
    char span[TRACE_SPAN_SIZE];
    bool is_sampled;
};

/* Reads a traceparent, strictly: version 00 is 55 bytes, a later one may have more behind a dash,
 * ff is none; zero ids are none. false: begin a new trace. */
bool trace_parse(struct slice traceparent, struct trace *out) MUST_USE;
/* Sampled: tracers that follow their parent's decision would record nothing otherwise. */
void trace_begin(struct trace *out, struct random *r);
/* A new span. */
void trace_make_span(char out[TRACE_SPAN_SIZE], struct random *r);
/* The traceparent of one call: the trace with the call's span. */
void trace_write(char out[TRACE_PARENT_SIZE], const struct trace *t, const char *span);
/* Is it among that share of all traces? By its id alone, of which the last digits are random. */
bool trace_is_chosen(const struct trace *t, unsigned permille);

/* May this tracestate be passed on (W3C Trace Context 3.3.1: at most 32 members)? */
bool trace_is_state(struct slice tracestate);

/* May a client's x-request-id be kept? 1 to 128 letters, digits and marks of -._~:/+=,@| */
bool trace_is_request_id(struct slice id);
void trace_make_request_id(char out[TRACE_REQUEST_ID_SIZE], struct random *r);
