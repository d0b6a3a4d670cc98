/* tier_rate.h - limits that all instances share: a store counts what each caller has taken
 *
 * One step in the store and on its clock (tier_script.h), as policy/lease.h wants it. What lies
 * there ends by itself once all permits are there again. One thread: the loop's.
 */
#pragma once

#include "base/digest.h"
#include "base/fault.h"
#include "policy/gcra.h"

struct tier;

struct tier_rate_wish {
    char who[DIGEST_SIZE]; /* the limit and the caller, of all instances alike */
    struct gcra_settings limit;
    uint64_t n;        /* permits */
    unsigned want;     /* beyond them, as many at most */
    unsigned share;    /* and one part in so many of what is left, at most */
    uint64_t ahead_ns; /* that is known to be taken, whether or not the store knows of it */
};
struct tier_rate_told {
    bool passes;
    unsigned extra; /* beyond n */
    uint64_t ahead_ns;
};

struct tier_rate_handlers {
    /* No answer in time. */
    void (*on_late)(void *owner);
    /* The last. NULL: the store does not answer, or not to this. */
    void (*on_told)(void *owner, const struct tier_rate_told *told);
};
/* false: it is not worth asking now. Otherwise on_told() comes, never inside this call; the
 * handlers stay until then. */
bool tier_rate_take(struct tier *t, const struct tier_rate_wish *w,
                    const struct tier_rate_handlers *handlers, void *owner) MUST_USE;
/* n permits have been taken, whether they are there or not. Nobody waits for it. */
void tier_rate_owe(struct tier *t, const struct tier_rate_wish *w);
