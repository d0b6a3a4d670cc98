/* assemble.h - the document as a list of slices: names of ours, values of the services
 *
 * Nothing is copied: a value is the service's own bytes, where they landed. Members stand where
 * `into` puts them, in declared order; a failed source is its fallback or null, an element that
 * failed is null; errors come last and only where there are some.
 */
#pragma once

#include "gateway/run.h"

struct assemble_part {
    struct slice bytes;
    struct outcome *owner; /* in whose blob the bytes may lie; NULL: the arena's, or constants */
    bool is_last;          /* of the owner's: its own share of the blob may go with it */
};

struct assembly {
    struct run *run;
    struct assemble_part *parts; /* in the exchange's arena */
    unsigned n, capacity;
    size_t n_bytes;
    bool is_complete; /* without errors */
};

enum assemble_verdict {
    ASSEMBLE_GOOD,
    ASSEMBLE_FAILED, /* a required source has no place to stand; the run's `failed` says which */
    ASSEMBLE_NO_ROOM,
};

/* Every source has settled. One whose place lies in a value that is no object fails by it, with
 * OUTCOME_MISSING. */
enum assemble_verdict assemble_document(struct run *r, struct assembly *a) MUST_USE;
/* Room for parts, in the arena; none is there yet. */
bool assemble_init(struct assembly *a, struct run *r) MUST_USE;
/* The same of some of the sources, which have settled: appended to what is there, with the errors
 * of these or without any. */
enum assemble_verdict assemble_some(struct assembly *a, uint64_t sources, bool has_errors) MUST_USE;
/* The array of what went wrong so far, objects or texts as the endpoint says; empty where nothing
 * did; at is NULL where the arena is full. */
struct slice assemble_errors(struct run *r);
struct slice assemble_errors_of(struct run *r, uint64_t sources);
/* One entry of it: that of an element that is known; empty where it is well. */
struct slice assemble_error_of_element(struct run *r, unsigned source, unsigned element);
/* "reviews: no answer within 300 ms", of a source that has failed; at is NULL as above. */
struct slice assemble_message(struct run *r, unsigned source);
