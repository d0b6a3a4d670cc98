/* rate_share.h - charging a limit that all instances share, in a store (policy/lease.h)
 *
 * Permits that this instance holds are taken at once. Otherwise the store is asked and the request
 * waits, for the store's `timeout` at most; past it, and where it is not worth asking, the limit is
 * this instance's alone. What cannot wait, calls that become known while sources run, goes by what
 * the store has said last, and the store is told.
 *
 * Of a visit; its worker's thread.
 */
#pragma once

#include "policy/gcra.h"

struct rate_ask;
struct visit;

enum rate_share_word {
    RATE_SHARE_PASSES,
    RATE_SHARE_REFUSES,
    RATE_SHARE_WAITS, /* rate_limit_hear() follows, after this call */
};

/* Is there a store? */
bool rate_share_is_on(const struct visit *v);
/* n permits for the caller of v->limit.key. verdict: unless it waits. */
enum rate_share_word rate_share_take(struct visit *v, uint64_t n, struct gcra_verdict *verdict);
/* The same without waiting. */
struct gcra_verdict rate_share_take_now(struct visit *v, uint64_t n);
/* gcra_owe() has taken n: the store hears of it. */
void rate_share_owe(const struct visit *v, uint64_t n);
/* Of those that it took, n were not used. How many of these are there again. */
uint64_t rate_share_give_back(const struct visit *v, uint64_t n);
/* The visit waits no longer. */
void rate_share_leave(struct visit *v);
