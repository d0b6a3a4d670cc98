/* assemble.h - the document as a list of slices: names of ours, values of the services
 *
 * Nothing is copied: a value is the service's own bytes, where they landed. Members stand in
 * declared order; a failed source is its fallback or null; errors come last and only where there
 * are some.
 */
#pragma once

#include "gateway/run.h"

struct assemble_part {
    struct slice bytes;
    struct run_source *source; /* whose blob the bytes lie in; NULL: the arena's, or constants */
};

struct assembly {
    struct assemble_part *parts; /* in the exchange's arena */
    unsigned n;
    size_t n_bytes;
    bool is_complete; /* without errors */
};

/* Every source has settled. false: the arena is full. */
bool assemble_document(struct run *r, struct assembly *a) MUST_USE;
/* The array of what went wrong so far, objects or texts as the endpoint says; empty where nothing
 * did; at is NULL where the arena is full. */
struct slice assemble_errors(struct run *r);
/* "reviews: no answer within 300 ms", of a source that has failed; at is NULL as above. */
struct slice assemble_message(struct run *r, unsigned source);
