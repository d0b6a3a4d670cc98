/* rate_caller.h - who a rate limit counts: an address, a header, a name, a claim
 *
 * Keys and claims are those of the identity that the visit has proved; who has no such one is
 * counted by address, apart from all who have. Who lacks the header is counted as one caller with
 * all that lack it. Only the name is told here: what is taken of it, and when it is given back, is
 * rate_limit.h's.
 */
#pragma once

#include "gateway/proxies.h"

struct visit;

enum {
    RATE_CALLER_PARTS = 4
};

/* The limit's name and the caller's, as parts of one text that no other caller has. They live as
 * long as the request and `room` do. */
void rate_caller_write(const struct visit *v, struct slice parts[RATE_CALLER_PARTS],
                       uint8_t room[PROXIES_NETWORK]);
