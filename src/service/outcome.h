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

/* What the cache had to do with it. */
enum outcome_cache {
    OUTCOME_UNCACHED, /* the source does not cache */
    OUTCOME_MISS,     /* a call was made, or waited for with others */
    OUTCOME_REVALIDATED,
    OUTCOME_HIT,
    OUTCOME_STALE,
};
struct outcome_caching {
    enum outcome_cache how;   /* of a list: stale where an element is, else the worst of all */
    bool has_missed;          /* of a list: not every element was had from the cache */
    bool is_withheld;         /* only-if-cached, and it is not: nothing was called */
    bool is_private;          /* to the credentials of its request, or to its client's address */
    bool is_by_address;       /* so, to the latter */
    bool is_stored;           /* had from the cache, or kept in it now: what follows holds */
    int64_t ttl_ms;           /* that is left of it */
    struct slice vary;        /* names that the origin's Vary has; lives as long as the value */
    const struct slice *tags; /* of the entry and of its reader, in the arena of the request */
    unsigned n_tags;
};

/* How an attempt ended, whatever is made of it: what its service is judged by. */
enum outcome_end {
    OUTCOME_WHOLE,  /* as an answer does, or we wanted, or held, no more of it */
    OUTCOME_LATE,   /* there was none in time, or not all of it */
    OUTCOME_BROKEN, /* there was no connection, it broke off, or what came is not HTTP */
    OUTCOME_UNSENT, /* nothing was asked, as our own bounds forbade it, or we were behind ourselves
                     */
};

struct outcome {
    enum outcome_kind kind;
    enum outcome_end end; /* of an attempt's alone */
    unsigned status;      /* that the service answered; 0 where none */
    struct slice value; /* OUTCOME_OK: one JSON value, checked; lies in blob, or in the arena of the
                           request, or is a constant. OUTCOME_STATUS: the body where it was asked
                           for and is JSON; empty otherwise */
    struct blob *blob;  /* NULL where the value needs none; one share is the outcome's */
    struct slice detail; /* what the message says behind "NAME: "; lives as long as that arena */
    const struct field *returned; /* the service's fields that were asked for, in that arena */
    unsigned n_returned;
    unsigned n_attempts;
    bool is_empty;  /* the service's success has no byte: `value` is null, and stays so */
    bool has_stale; /* the call failed as `kind` tells, and `value` is what the cache still had */
    struct outcome_caching caching;
    uint64_t retry_after_ms; /* that the service asked for, or an open circuit; 0: nothing */
    uint64_t started_ns;     /* 0: nothing was called */
    uint64_t ended_ns;
};

/* Its own, or a stale one that stands for it. */
static inline bool outcome_has_value(const struct outcome *o)
{
    return o->kind == OUTCOME_OK || o->has_stale;
}

static inline void outcome_set_empty(struct outcome *o)
{
    o->kind = OUTCOME_OK;
    o->is_empty = true;
    o->value = SLICE("null");
}

/* What is told of the cache. A stale entry that is not worth a value is none. */
static inline enum outcome_cache outcome_cache_told(const struct outcome *o)
{
    bool is_lost = o->caching.how == OUTCOME_STALE && !outcome_has_value(o);
    return is_lost ? OUTCOME_MISS : o->caching.how;
}

/* "timeout", "unreachable", ... as users read it; "ok" where it went well. */
const char *outcome_kind_name(enum outcome_kind kind);
