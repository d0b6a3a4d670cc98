/* service_keep.h - what is kept of an answer, where, and who else may have it (RFC 9111 3)
 *
 * An answer that its origin does not want kept, or not shared, leaves a sign at its key for some
 * seconds: who asks then makes a call of its own and does not wait for those of others.
 */
#pragma once

#include "cache/record.h"
#include "service/service_answer.h"
#include "service/service_cache.h"

struct service_keeping {
    struct service_cache *cache;
    struct service_context *context;
    const struct service_caching *caching;
    struct slice fields; /* of the request */
    struct slice key;    /* of the flight; not in the cache's buffer */
    struct slice asked;  /* of the tier; empty: nothing */
    enum config_format format;
    struct arena *arena;        /* for what is written on the way */
    uint64_t asked_ms, came_ms; /* since 1970 */
    uint64_t begun;             /* generations_now() before anybody was asked */
    uint64_t purges;            /* as tier_get() told; 0: it did not */

    /* What came of it: */
    struct blob *record; /* a share, the caller's; NULL: none was made */
    bool is_shared;      /* those that asked alike meanwhile may have the answer */
    bool is_readable;    /* by who asked; of service_keep_answer() */
    bool is_stored;
};

/* Is an answer with this status about what was asked for? Else it is about how the service is. */
bool service_keep_is_telling(unsigned status);
/* A whole answer to the call. */
void service_keep_answer(struct service_keeping *k, const struct service_answer *a);
/* A 304 to one that asked with the validators of `old`. */
void service_keep_refreshed(struct service_keeping *k, const struct record *old,
                            const struct service_answer *a);
/* A record that the shared tier had, and that may be used, goes to memory as well; the share stays
 * the caller's. */
void service_keep_found(struct service_keeping *k, struct blob *blob, const struct record *r);
