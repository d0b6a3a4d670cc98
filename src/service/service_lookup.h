/* service_lookup.h - what the cache has for a request, and what may be done with it
 *
 * Memory alone is asked, and nothing is allocated. Whether an entry may be used is decided for the
 * source that reads (its ttl, its stale times) and its client (the wish), whoever made it.
 */
#pragma once

#include "cache/record.h"
#include "service/service_cache.h"
#include "service/service_request.h"

enum service_lookup_state {
    SERVICE_LOOKUP_FRESH,
    SERVICE_LOOKUP_REVALIDATE, /* stale, and good while it is asked for anew */
    SERVICE_LOOKUP_MISS,       /* the entry, if any, is good for validation, or on error */
    SERVICE_LOOKUP_ALONE,      /* answers to this were nobody else's lately: not to be waited for */
};

/* What is asked. */
struct service_question {
    const struct service_caching *caching;
    struct slice fields; /* of the request */
    uint64_t now_ms;     /* since 1970 */
};

struct service_lookup {
    enum service_lookup_state state;
    struct slice key;  /* of a flight for it; in the cache's buffer until that is written again */
    struct blob *blob; /* a share, the asker's; NULL: there is no entry */
    struct record record; /* what lies in it */
    struct freshness_verdict verdict;
};

void service_lookup_find(struct service_cache *c, const struct service_question *q,
                         struct service_lookup *l);

/* Could it be answered from memory at once? */
bool service_lookup_has(struct service_cache *c, const struct service_question *q);

/* Of a record that a store had: does it have all tags of who asks? Else nobody knows whether it was
 * purged by them there. */
bool service_lookup_knows_tags(const struct record *r, const struct service_caching *c);
/* As this source and this client see a record. FRESHNESS_OVER where it is nothing for them. */
struct freshness_verdict service_lookup_judge(const struct record *r,
                                              const struct service_question *q);
/* What is kept of answers with this status, and how long where the origin says nothing. */
struct freshness_settings service_lookup_settings(const struct config_cache *s, unsigned status);

/* May who has other credentials have it? */
static inline bool service_lookup_is_public(const struct record *r)
{
    return !record_is_sign(r) && r->freshness.is_public;
}
/* Does somebody who asks take an answer with this status from the cache? */
bool service_lookup_takes(const struct config_cache *s, unsigned status);
static inline uint64_t service_lookup_now_ms(const struct service_cache *c)
{
    return c->loop->wall_us / 1000;
}
