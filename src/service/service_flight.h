/* service_flight.h - the one call for a key, and what it comes to for all that wait for it
 *
 * Led by the worker whose call asked first, with a copy of its request, memory of its own and as
 * much time as its call may take. It asks the shared tier, then the service: with the validators
 * of what the cache still has, if any. It holds its configuration. Who began it may leave; when the
 * last one has left it ends, unless it is a background call, for which nobody needs to wait.
 */
#pragma once

#include "service/service_answer.h"
#include "service/service_call.h"
#include "service/service_lookup.h"

struct service_flight;

enum service_flight_result {
    SERVICE_FLIGHT_ANSWER,
    SERVICE_FLIGHT_FAILURE, /* there is no whole answer */
    SERVICE_FLIGHT_ALONE,   /* what there is is for who led alone */
};

/* What it came to. Good during the call that tells it. */
struct service_flight_end {
    enum service_flight_result result;
    enum outcome_cache how;
    bool is_stored;
    bool is_found;       /* it was in the shared tier: each judges for itself */
    bool is_required;    /* it was called for somebody who has it required */
    uint32_t timeout_ms; /* that it had */
    /* SERVICE_FLIGHT_ANSWER: */
    struct service_answer answer;
    struct record record; /* that the answer lies in, unless status is 0 */
    /* SERVICE_FLIGHT_FAILURE: */
    enum outcome_kind kind;
    unsigned status; /* that was heard; 0: none */
    struct slice detail;
    uint64_t retry_after_ms;
    unsigned n_attempts; /* for who led */
};

/* On the worker that leads, once, unless it has left; never inside service_flight_join(). */
typedef void service_flight_ended(void *leader, const struct service_flight_end *end);

/* A call that is to be made, or waited for. Looked at during the function that gets it only. */
struct service_flight_plan {
    struct service *service;
    const struct service_request *request;
    const struct service_caching *caching;
    const struct service_lookup *lookup; /* its key, and the entry that may be validated */
};

/* What became of it. Times are those of generations_now(). */
struct service_flight_joined {
    enum flight_role role;      /* FULL: it neither leads nor waits */
    struct service_flight *led; /* NULL: it does not lead */
    uint64_t asked, begun;      /* now; when the flight began */
};
/* The seat is taken where it leads or waits. */
struct service_flight_joined service_flight_join(const struct service_flight_plan *p,
                                                 struct seat *seat) MUST_USE;
/* Who hears when it ends. NULL: who led has left; it may go on. */
void service_flight_tell(struct service_flight *f, service_flight_ended *on_ended, void *leader);
struct slice service_flight_key(const struct service_flight *f);
/* Of its call, so far. */
unsigned service_flight_n_attempts(const struct service_flight *f);
/* Asks anew in the background, where nobody does already. */
void service_flight_refresh(const struct service_flight_plan *p);
/* What a seat hears. */
void service_flight_read(const struct landing *l, struct service_flight_end *end);
/* A request and how it is cached as copies in the arena. false: there is no room. */
bool service_flight_copy(struct arena *arena, struct service_request *r, struct service_caching *c,
                         struct freshness_wish *wish) MUST_USE;
/* Those that nobody waits for end. */
void service_flight_drain(struct service_cache *c);
void service_flight_free_kept(struct service_cache *c);
