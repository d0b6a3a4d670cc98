/* answer_cache_internal.h - what the files of the endpoints' cache know of each other's work */
#pragma once

#include "base/units.h"
#include "cache/freshness.h"
#include "cache/record.h"
#include "gateway/answer_cache.h"
#include "gateway/answer_labels.h"
#include "gateway/gateway_internal.h"
#include "gateway/run.h"
#include "service/service_cache.h"

struct answer_flight;

/* A visit that waits for a flight. In its exchange's arena. */
struct answer_wait {
    struct visit *visit;
    struct seat seat;
    struct wheel_entry deadline;
    struct cache_key key;         /* in the same arena */
    struct blob *stale;           /* what may be sent where the flight fails; NULL: nothing */
    struct answer_flight *flight; /* that it began, while that is under way; NULL: another did */
    uint64_t asked, begun; /* when it joined, and when the flight began: times of generations.h */
    uint64_t since_ns, given_ms; /* it waits, and for so long */
    unsigned n_joined;           /* flights */
    bool has_credentials;
    bool has_begun;    /* the flight: where that is one client's own, it is this one's */
    bool is_alone;     /* the run is for nobody else */
    bool wants_no_run; /* there is none: the client wants what is in the cache alone */
};

/* What a landing's word says of its record. */
enum {
    ANSWER_LANDED,   /* not kept */
    ANSWER_KEPT,     /* in the cache now */
    ANSWER_FOUND,    /* it was there by then */
    ANSWER_OWN,      /* of the client that began the flight, and of nobody else */
    ANSWER_UNWANTED, /* no record; to the lead: everybody has left */
};

/* The key of this request, written into the gateway's buffer for it. has_credentials: the answer is
 * for them alone. false: it is too long. */
bool answer_cache_key(struct visit *v, struct slice *key, bool *has_credentials) MUST_USE;
/* The name for purges: the key of the configuration as expanded, else path and query. at is NULL
 * where the arena is full, as of: */
struct slice answer_cache_name(struct visit *v);
/* When what is known of the answer before it is made was purged last (generations.h). Writes over
 * the key. */
uint64_t answer_cache_purged(struct visit *v);
/* Adds the endpoint's tags and those of its sources' entries. false: the arena is full. */
bool answer_cache_tags(struct run *r, struct answer_labels *labels) MUST_USE;

static inline struct service_cache *answer_cache_of(const struct visit *v)
{
    return v->gateway->context.cache;
}

/* Milliseconds since 1970, as entries have them. */
static inline uint64_t answer_cache_now(const struct visit *v)
{
    return v->gateway->loop->wall_us / US_A_MS;
}

/* Does the sign hold now? It would for long where our clock was set back. */
static inline bool answer_cache_holds(const struct visit *v, const struct record *sign)
{
    return !freshness_is_ahead(&sign->freshness, answer_cache_now(v));
}

/* How the endpoint reads an answer of this status. */
struct freshness_settings answer_cache_settings(const struct visit *v, unsigned status);
/* What the record is worth now. */
struct freshness_verdict answer_cache_judge(const struct visit *v, const struct record *r);
/* What the client wants of the cache. false: nothing, or that is not respected. */
bool answer_cache_wish(const struct visit *v, struct freshness_wish *w);
/* Is the record fresh, and as the client wants it? */
bool answer_cache_is_wanted(const struct visit *v, const struct record *r);
/* Did the run fail, wholly or in part? */
bool answer_cache_has_failed(const struct record *r);

struct answer_cache_sending {
    struct blob *blob; /* that the record lies in; the share is taken over */
    const struct record *record;
    struct freshness_verdict verdict;
    enum outcome_cache how;
    bool is_kept; /* in the cache: others may keep it as long */
};
/* Begins and ends the answer. */
void answer_cache_send(struct visit *v, const struct answer_cache_sending *s);

/* A flight that may come to be the lead of its key. */
struct answer_flight *answer_flight_new(struct gateway *g);
/* As the flights are told. */
struct flight_seat answer_flight_lead(const struct answer_flight *f);
/* It did not come to that. */
void answer_flight_free(struct answer_flight *f);
struct answer_flight_kind {
    bool has_credentials;
    bool is_background; /* where it fails, the next one rests for a while */
    bool is_alone;      /* it has the time of the visit, and no part in the flights of its key */
    bool has_no_run;    /* the shared tier is asked, and nobody else */
};
/* Who waits for one that is alone. */
void answer_flight_tell_alone(struct answer_flight *f, struct flight_seat seat);
/* It leads: makes an answer to the same request as this visit's, and lands in a later turn. The key
 * is copied. */
void answer_flight_start(struct answer_flight *f, struct visit *v, const struct cache_key *k,
                         const struct answer_flight_kind *kind);
/* It leads, and there is no need to: lands with this record, of which it takes a share over. */
void answer_flight_end(struct answer_flight *f, const struct cache_key *k, struct blob *found);
/* The sources' part of the access line is this visit's; NULL: nobody's. */
void answer_flight_log(struct answer_flight *f, struct answer_wait *first);
