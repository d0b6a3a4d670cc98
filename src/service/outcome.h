/* outcome.h - what came of one source's call: a value, or a kind of failure (CONTRACT 3.5) */
#pragma once

#include <stdint.h>

#include "base/blob.h"
#include "base/slice.h"

struct field; /* http/exchange.h */

enum outcome_kind {
    OUTCOME_OK,
    OUTCOME_TIMEOUT,
    OUTCOME_UNREACHABLE,
    OUTCOME_STATUS,
    OUTCOME_INVALID,
    OUTCOME_TOO_LARGE,
    OUTCOME_DEPENDENCY,
    OUTCOME_MISSING,
    OUTCOME_OPEN,
    OUTCOME_OVERLOADED,
    OUTCOME_DENIED,
};
enum {
    OUTCOME_N_KINDS = OUTCOME_DENIED + 1
};

struct outcome {
    enum outcome_kind kind;
    unsigned status;    /* that the service answered; 0 where none */
    struct slice value; /* OUTCOME_OK: one JSON value, checked; lies in blob, or in the arena of the
                           request, or is a constant. OUTCOME_STATUS: the body where it was asked
                           for and is JSON; empty otherwise */
    struct blob *blob;  /* NULL where the value needs none; one share is the outcome's */
    struct slice detail; /* what the message says behind "NAME: "; lives as long as that arena */
    const struct field *returned; /* the service's fields that were asked for, in that arena */
    unsigned n_returned;
    unsigned n_attempts;
    uint64_t retry_after_ms; /* that the service asked for, or an open circuit; 0: nothing */
    uint64_t started_ns;     /* 0: nothing was called */
    uint64_t ended_ns;
};

/* "timeout", "unreachable", ... as users read it; "ok" where it went well. */
const char *outcome_kind_name(enum outcome_kind kind);
