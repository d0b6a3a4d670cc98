/* freshness.h - how long an answer may be used again (RFC 9111, RFC 5861), as a shared cache
 *
 * What the origin said is read once, when the answer comes, and stays with the entry. Whether it
 * may be used now also depends on who reads: the settings of the reading source or endpoint. Where
 * the origin is respected and says something, that holds; the settings are for what it leaves open.
 * Pure: times are arguments, in milliseconds since 1970.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define FRESHNESS_UNTOLD UINT64_MAX /* nothing is said of it */

enum {
    FRESHNESS_SKEW_MS = 10000 /* that a clock which an answer came by may be ahead of ours */
};

/* What the origin said. Plain numbers: it is written into records as it is. */
struct freshness {
    uint64_t came_ms;     /* when we had the answer */
    uint64_t age_ms;      /* how old it was then: corrected_initial_age, RFC 9111 4.2.3 */
    uint64_t lifetime_ms; /* RFC 9111 4.2.1: s-maxage, max-age, Expires; no heuristics */
    uint64_t stale_while_revalidate_ms, stale_if_error_ms; /* RFC 5861 */
    bool is_no_store;                                      /* or Vary: * */
    bool is_no_cache; /* each use is validated; so with field names that a record may hold */
    bool is_private;  /* alike */
    bool is_public;
    bool must_revalidate; /* or proxy-revalidate, or s-maxage: never served stale */
};

struct freshness_answer {
    /* The fields as they came; several of one name are joined by ", "; empty: none. */
    struct slice cache_control, expires, age, date, vary;
    uint64_t asked_ms, came_ms; /* request_time and response_time of RFC 9111 4.2.3 */
};
void freshness_read(struct freshness *f, const struct freshness_answer *a);

/* Did it come later than it is now? Our clock was set back, or another instance's is wrong. */
bool freshness_is_ahead(const struct freshness *f, uint64_t now_ms);

/* Of the source or endpoint that reads. 0: not at all. */
struct freshness_settings {
    uint64_t ttl_ms;                                       /* where the origin does not say */
    uint64_t stale_while_revalidate_ms, stale_if_error_ms; /* FRESHNESS_UNTOLD: as 0 */
    bool respects_origin;
};

enum freshness_state {
    FRESHNESS_FRESH,
    FRESHNESS_REVALIDATE, /* stale, may be served while it is asked for anew */
    FRESHNESS_ON_ERROR,   /* may be served where asking anew fails */
    FRESHNESS_OVER,       /* good for validation at most */
};
struct freshness_verdict {
    enum freshness_state state;
    bool is_usable_on_error;
    bool may_be_stale; /* the origin does not forbid it */
    int64_t ttl_ms;    /* what is left of its life; negative: stale for so long */
    uint64_t age_ms;   /* RFC 9111 4.2.3 */
};
/* What is ahead is over, as it would not age before it is as late again. */
struct freshness_verdict freshness_judge(const struct freshness *f,
                                         const struct freshness_settings *s, uint64_t now_ms);
/* May a shared cache keep it at all for readers with these settings? Where the request had the
 * client's credentials, the entry is of these credentials alone, unless is_public. */
bool freshness_may_store(const struct freshness *f, const struct freshness_settings *s);
/* How long from came_ms on the entry can be of use to a reader with these settings, stale times
 * included, and where it has a validator some time to be validated in: the time that a store keeps
 * it. 0: it is of no use. */
uint64_t freshness_kept_ms(const struct freshness *f, const struct freshness_settings *s,
                           bool has_validator);

/* A client's Cache-Control (or Pragma: no-cache), RFC 9111 5.2.1, where `respect_client` is on.
 * What is malformed is the strictest wish of its kind, and so is what is said twice. */
struct freshness_wish {
    bool is_no_store, is_no_cache, only_if_cached;
    uint64_t max_age_ms;   /* UINT64_MAX: any */
    uint64_t min_fresh_ms; /* 0: none */
    uint64_t max_stale_ms; /* FRESHNESS_UNTOLD: what the settings allow */
};
void freshness_wish_init(struct freshness_wish *w);
/* For each of its lines, which are one list (RFC 9110 5.3). */
void freshness_wish_read(struct freshness_wish *w, struct slice cache_control);
/* Where there is no Cache-Control (RFC 9111 5.4). */
void freshness_wish_read_pragma(struct freshness_wish *w, struct slice pragma);
/* The verdict as this client wants it: what it does not want may still be used on error. */
struct freshness_verdict freshness_wish_judge(const struct freshness_wish *w,
                                              struct freshness_verdict v);
