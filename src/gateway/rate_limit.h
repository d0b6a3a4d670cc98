/* rate_limit.h - how much a client may ask of an endpoint (CONTRACT 3.9)
 *
 * A request takes its permit as soon as its endpoint is known, so that what is refused costs next
 * to nothing and bad requests count; where keys or claims tell callers apart (rate_caller.h), as
 * soon as its credentials are proved. Where calls cost, the ones that are certain to be made are
 * charged together once it is known what the client selects: all, or the request is refused; where
 * something of it may be in a cache, all that are left to be made once that is known. Calls
 * that depend on a condition or on a list are charged when that is known: then the source fails as
 * `denied`. What was not called after all, as the cache had it or for another's failure, is given
 * back before the answer tells what is left; where instances share the limit, as far as they may
 * hold permits. An answer that several share is made whole: each of them pays the certain calls,
 * and the client whose request began it owes the others.
 *
 * Where there is a store, the limit is that of all instances together, and a request may wait for
 * it (rate_share.h); `concurrent` is this instance's alone.
 *
 * Part of a visit; an endpoint without a limit leaves it all zero.
 */
#pragma once

#include "base/fault.h"
#include "edge/rate_table.h"
#include "gateway/rate_share.h"
#include "http/exchange.h"

struct visit;

enum {
    RATE_LIMIT_FIELDS = 2 /* of an answer: RateLimit-Policy and RateLimit */
};

struct rate_limit {
    struct digest key;         /* who asks; low is 0: there is no limit */
    struct rate_slot *entered; /* the request counts as under way here; NULL: nowhere */
    struct gcra_verdict told;  /* what came of the last charge */
    uint64_t n_paid;           /* calls that were charged and not settled yet */
    uint64_t n_open;           /* of them, whose permits had not come back at the last charge */
    uint64_t full_ns;          /* when all permits would be there after that */
    bool is_told;
    bool is_short;    /* too few permits for all certain calls: caches may have enough of them */
    bool has_entered; /* rate_limit_enter() has nothing more to do */
    struct rate_ask *ask; /* the store's word is waited for; NULL: it is not */
    bool is_heard;        /* it is in `told`, for the charge that waited */
    bool is_whole;        /* the request is: it goes on as soon as that is there */
};

/* The endpoint is known; is_proved: and who asks. Charges once, at the one or the other. false:
 * refused with 429, or it waits. */
bool rate_limit_enter(struct visit *v, bool is_proved) MUST_USE;
/* The first visit began the answer that the second makes for several clients. */
void rate_limit_lend(const struct visit *from, struct visit *to);
/* So is what the client selects. false: refused with 429, or it waits. true also where it is short:
 * then what a cache of the endpoint has may be sent, and for anything else: */
bool rate_limit_charge(struct visit *v) MUST_USE;
/* Of the certain calls of one that is short, n are to be made, as no cache has their answers.
 * false: the client has no permits for them: rate_limit_refuse() follows. */
bool rate_limit_charge_rest(struct visit *v, unsigned n) MUST_USE;
/* Answers 429. */
void rate_limit_refuse(struct visit *v);
/* Is a permit taken for each call? */
bool rate_limit_counts_calls(const struct visit *v);
/* Calls that were not charged so far, of a source whose condition holds or whose list is known.
 * false: the client has no permits for them, and none was taken. */
bool rate_limit_charge_calls(struct visit *v, unsigned n) MUST_USE;
/* All is known, and of the calls that were charged n_made were made: the others cost nothing. Told
 * in the answer's fields from here on. Harmless where nothing is charged, or all is settled. A run
 * settles when it stops; what ends without one does before its answer, or when it leaves. */
void rate_limit_settle(struct visit *v, unsigned n_made);
/* The calls are made, or waited for, with others: what was charged stays so. */
void rate_limit_keep(struct visit *v);
bool rate_limit_is_waiting(const struct visit *v);
/* The request is whole. gateway_resume() follows, now or later. */
void rate_limit_wait(struct visit *v);
/* It waits, or waited, in rate_limit_charge(): what comes before is done. */
bool rate_limit_is_calling(const struct visit *v);
/* The charge that waited is decided. */
void rate_limit_hear(struct visit *v, struct gcra_verdict verdict, uint64_t waited_ns);
/* The request is over, or its client has left. */
void rate_limit_leave(struct visit *v);
/* What a visit had entered, and no visit has: it is not under way any more. */
void rate_limit_release(struct rate_limit *l);

/* Until what was refused last would pass. */
uint64_t rate_limit_retry_ms(const struct visit *v);
/* What each answer says of the limit. How many fields: none where there is nothing to tell. */
unsigned rate_limit_tell(const struct visit *v, struct field fields[RATE_LIMIT_FIELDS]);
