/* telling.h - what an answer says of caching: Cache-Status, Cache-Control, Vary, ETag
 * (CONTRACT 3.7)
 *
 * Cache-Status (RFC 9211) names the sources that the cache had to do with, in declared order. An
 * answer whose every source is cached may be kept by others, for as long as the part that is over
 * first; any other is no-store, unless the endpoint's own cache keeps it (answer_cache.h).
 *
 * Texts lie in the arena that is given; `at` is NULL where it is full.
 */
#pragma once

#include "gateway/answer.h"
#include "gateway/assemble.h"

/* A source that a run called, as far as caching goes. */
struct telling_source {
    struct slice name;
    enum outcome_cache how; /* as it is told */
    const struct outcome_caching *caching;
    bool is_good;     /* nothing stands in for its value */
    bool has_no_call; /* what it is worth follows from the others */
};

struct telling {
    bool has_status; /* the endpoint's own cache, or that of a source, was asked */
    bool is_had;     /* every source was had from the cache */
    bool is_cached;  /* every source is in the cache now; then this holds: */
    bool is_private; /* to who asked */
    int64_t ttl_ms;  /* what is left of the one that is over first; negative: stale for so long */
};

/* "hit"; NULL: nothing */
const char *telling_word(enum outcome_cache how);
/* is_asked: the endpoint's own cache had nothing. */
struct telling telling_judge(const struct telling_source *sources, unsigned n, bool is_asked);
struct slice telling_status(const struct telling *t, const struct telling_source *sources,
                            unsigned n, struct arena *arena);
/* Of what the endpoint's own cache had. */
struct slice telling_hit(int64_t ttl_ms, struct arena *arena);
/* "private, max-age=42" */
struct slice telling_control(bool is_private, int64_t ttl_ms, struct arena *arena);
/* Whatever it is made of: where not everybody may ask, no cache on the way may answer everybody,
 * nor may it hand one client's cookie to others. */
bool telling_is_private(const struct answer *a, const struct plan *p);
/* Whole seconds. */
struct slice telling_age(uint64_t age_ms, struct arena *arena);
/* These names, and those that origins vary by, as far as the client sends them: x-forwarded-* only
 * one that is a trusted proxy. */
struct slice telling_vary(struct slice names, const struct telling_source *sources, unsigned n,
                          bool is_proxied, struct arena *arena);

/* Adds what there is to say of a run that is over: of its document, or NULL: of its failure. etag:
 * the document's, where the client may ask by it; else empty. false: the arena is full. */
bool telling_add(struct answer *a, struct run *r, const struct assembly *document,
                 struct slice *etag) MUST_USE;
