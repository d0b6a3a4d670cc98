/* explain.h - an endpoint's plan in words: what is called, after what, and how long it may take
 *
 * All of it follows from the configuration: a source starts as soon as what it needs has settled,
 * and ends when its call may take no longer (service_call_most(), and jq), or by the endpoint's
 * deadline, whichever comes first. Calls of a list go in rounds of as many as may run at once. What
 * a client selects leaves some of the plan. Known to nobody beforehand, and bounded by the deadline
 * alone: a service's Retry-After, what the cache or a limit ask of a store or of another's call,
 * and waiting for jq while it works for other requests or starts anew.
 */
#pragma once

#include <stdio.h>

#include "config/config.h"
#include "gateway/selection.h"

/* When a source can start and must have ended, in milliseconds from the request. */
struct explain_times {
    unsigned step;          /* 1: at once; 2: behind one of step 1; ... */
    uint64_t latest_start;  /* where everything before it takes its whole time */
    uint64_t latest_end;    /* held to the endpoint's deadline */
    uint64_t unbounded_end; /* without the deadline */
    unsigned waits_for;     /* the need that settles last; the source itself where none */
};

/* times: one a source of the endpoint. */
void explain_compute(const struct config_endpoint *e, struct explain_times *times);
/* chosen: what is called and shown. streamed: bits of those whose elements leave one by one. */
void explain_print(FILE *to, const struct config_endpoint *e, const struct selection *chosen,
                   uint64_t streamed);
/* A flowchart for Mermaid, one for all: endpoints are numbered from 0 in the order of the calls. */
void explain_print_mermaid(FILE *to, const struct config_endpoint *e, unsigned number,
                           const struct selection *chosen);
