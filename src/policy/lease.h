/* lease.h - permits of a limit that several instances share, some of them held here
 *
 * A store counts for all instances (gcra.h, on its own clock). Here is what it said last, as a word
 * on our clock, and how many permits it has given us beyond what was asked for: a share of a
 * hundredth of the burst and of what was left, at most. These are taken without asking. By what is
 * known the store is not asked for what it would refuse, since its word only moves on.
 *
 * Held permits are given up LEASE_KEPT_NS after all permits are there again: they are as good as
 * those. So all instances together never let pass more than the limit and the hundredth that each
 * one may have held from before.
 *
 * While the store does not answer, the word goes on alone: each instance keeps the limit for
 * itself.
 *
 * Lock-free, any thread. Pure: time is an argument, in ns of a clock that never goes back.
 */
#pragma once

#include "base/fault.h"
#include "policy/gcra.h"

enum {
    LEASE_SHARE = 100 /* one part in so many may be held */
};
#define LEASE_KEPT_NS UINT64_C(1000000000)

/* Where a caller's two words are. 0: nothing is known, nothing is held. */
struct lease {
    gcra_word *known;  /* when all permits will be there, held ones counted as taken */
    atomic_uint *held; /* and whether more are asked for */
};

enum lease_answer {
    LEASE_PASSES,
    LEASE_REFUSES,
    LEASE_ASKS, /* the store, for `rest` */
};
struct lease_wish {
    uint64_t n;    /* permits that are wanted, at most a million */
    uint64_t rest; /* of them, those that are not taken from what is held */
};

/* Takes what is held. REFUSES: it was put back. verdict: unless it ASKS. */
enum lease_answer lease_take(struct lease l, const struct gcra_settings *s, struct lease_wish *w,
                             uint64_t now_ns, struct gcra_verdict *verdict) MUST_USE;
/* How many more than the rest the store should give; 0: none, or somebody asks for them already.
 * Otherwise lease_hear() or lease_hear_nothing() follows, once. */
unsigned lease_want(struct lease l, const struct gcra_settings *s) MUST_USE;
/* How far what is known is ahead of now: the store has counted at least that. */
uint64_t lease_ahead(struct lease l, uint64_t now_ns);

/* What a store said. */
struct lease_told {
    uint64_t asked_ns; /* when it was asked, */
    uint64_t ahead_ns; /* and from when on it has all permits, seen from a later time */
    bool passes;       /* the rest has been taken */
    unsigned extra;    /* beyond it */
    bool was_wanted;   /* lease_want() was not 0 */
};
/* Ends a wish. */
struct gcra_verdict lease_hear(struct lease l, const struct gcra_settings *s,
                               const struct lease_wish *w, const struct lease_told *told,
                               uint64_t now_ns);
/* The store did not answer: what was wanted is not on its way. */
void lease_hear_nothing(struct lease l);
/* The store is not there, or late: ends a wish by what is known. untold: permits that passed and
 * that the store does not know of. */
struct gcra_verdict lease_take_alone(struct lease l, const struct gcra_settings *s,
                                     const struct lease_wish *w, uint64_t now_ns, uint64_t *untold);
/* Of what was taken, n were not used: they are held, as far as so many may be. How many that is;
 * the others are lost, as the store's word only moves on. */
uint64_t lease_give_back(struct lease l, const struct gcra_settings *s, uint64_t n);
/* The wish is given up; what it took of what was held is back. */
void lease_put_back(struct lease l, const struct lease_wish *w);
