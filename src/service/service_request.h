/* service_request.h - what is asked of a service, as the floor above has written it */
#pragma once

#include <limits.h>

#include "base/arena.h"
#include "cache/freshness.h"
#include "config/config.h"
#include "observe/trace.h"
#include "service/outcome.h"

/* Names of fields of the answer that are asked for; each stands there once. */
struct service_wanted {
    const struct slice *names;
    unsigned n;
};

/* Failures whose body is asked for as well. */
struct service_passed {
    const unsigned *statuses;
    unsigned n;
};

static inline bool service_passed_has(const struct service_passed *p, unsigned status)
{
    for (unsigned i = 0; i < p->n; i++)
        if (p->statuses[i] == status)
            return true;
    return false;
}

/* Of a source that caches (CONTRACT 3.7). Everything is looked at during service_call_start() only.
 */
struct service_caching {
    const struct config_cache *settings;
    struct slice key; /* parts by cache_key_add(): all that would be sent but the credentials */
    struct slice credentials; /* of the client, as they would be sent; empty: none are */
    bool is_impersonal;       /* nothing of them is in the key, nor of who else asks */
    struct slice name;        /* for purges: the key as expanded, or SERVICE:TARGET */
    struct slice url;         /* SERVICE:TARGET, for unsafe calls to the same */
    const struct slice *tags; /* as expanded */
    unsigned n_tags;
    bool is_shown; /* in a whole answer that may be kept, and is purged by all tags of it: the
                      outcome has them */
    const struct freshness_wish *wish; /* of the client; NULL: none, or not respected */
};

/* Where a recorded trace goes on. By value, as a call may outlive the request that it is part of.
 */
struct service_trace {
    bool is_recorded; /* false: nothing else holds */
    char id[TRACE_ID_SIZE];
    char parent[TRACE_SPAN_SIZE]; /* of each attempt's span: the source's */
    char span[TRACE_SPAN_SIZE];   /* of the attempt that is about to be made, */
    size_t at;                    /* which stands so far inside of the fields */
    struct slice method;          /* as long as the configuration */
};

struct service_request {
    struct slice line;   /* method, a space, the target: "GET /products/7" */
    struct slice fields; /* whole header lines, each with its CRLF; without Host and the time
                            that we wait, which are the call's business */
    bool has_body;       /* its length is announced, even of an empty one */
    struct slice body;
    bool is_head;        /* of method HEAD */
    bool is_safe;        /* may be cancelled at any time */
    bool is_idempotent;  /* may be made again */
    bool is_required;    /* where calls wait for a place it goes before others */
    bool is_raw;         /* the outcome's value is the body as it came, whatever the status (304 has
                            none), and all fields are returned */
    int priority;        /* likewise, among those that are not required */
    uint64_t fair_ms;    /* an attempt that had less time is not to blame for being late */
    uint64_t timeout_ms; /* of one attempt */
    uint64_t left_ms;    /* of the whole answer */
    /* Of a call that several wait for: when the last of them goes, on the loop's clock, by the
     * owner of the call. No wait before another attempt is longer. NULL: left_ms says it. */
    uint64_t (*until_ms)(void *owner);
    /* The same owner hears how much of such a wait the service has asked for: left_ms has none of
     * it, and grows. */
    void (*on_postponed)(void *owner, uint64_t ms);
    uint64_t hash;       /* of a service that balances by it; 0: none */
    struct arena *arena; /* for what the outcome needs; the owner's until on_ended or detach */
    struct service_wanted wanted;
    struct service_passed passed;
    enum config_format format;
    const struct service_caching *caching; /* NULL: nothing is remembered */
    struct service_trace trace;
};

enum {
    SERVICE_RANK_REQUIRED = INT_MAX
};
/* Where calls wait for a place the higher goes first. */
static inline int service_request_rank(const struct service_request *r)
{
    return r->is_required ? SERVICE_RANK_REQUIRED : r->priority;
}

/* Never lower than it was. */
static inline void service_request_raise(struct service_request *r, int rank)
{
    if (rank == SERVICE_RANK_REQUIRED)
        r->is_required = true;
    else if (rank > r->priority)
        r->priority = rank;
}

/* The outcome is the callee's to copy; the share of its blob is the callee's. */
typedef void service_ended(void *owner, const struct outcome *outcome);
