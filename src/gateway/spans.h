/* spans.h - a request and its sources as spans of a trace; the attempts are told by their calls
 *
 * Sampling is parent-based: a client that says sampled is believed, either way; of the traces that
 * begin here a share is recorded, by the trace's id alone, so that others would choose the same.
 *
 *   request (SERVER) > source (INTERNAL) > attempt (CLIENT) > the service's own
 */
#pragma once

#include "gateway/run.h"

/* Where traces are exported: is this one recorded? Then it has its span. Only once its ids are
 * known. */
void spans_begin(struct visit *v);
/* A call of this source is written: it has a span from now on, under which the attempts are. */
void spans_begin_source(struct run *r, unsigned source);
/* The sources of a run that is over. */
void spans_tell_run(const struct run *r);
/* The exchange has finished. */
void spans_tell(struct visit *v);
