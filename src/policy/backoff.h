/* backoff.h - how long to wait before the next attempt
 *
 * Full jitter (Brooker, Exponential Backoff and Jitter, AWS 2015): anything from 0 to base * 2^n,
 * at most the cap. A service's Retry-After is waited before it, as all whom it asked would come
 * back at once otherwise. Pure: randomness is an argument.
 */
#pragma once

#include <stdint.h>

struct backoff_settings {
    uint64_t base_ms, cap_ms;
};

enum {
    BACKOFF_CAP_MS = 1000 /* of all services; a Retry-After is beside it */
};

/* retry counts from 1; random is any 64 bits; retry_after_ms: 0 where the service said nothing. */
uint64_t backoff_ms(const struct backoff_settings *s, unsigned retry, uint64_t retry_after_ms,
                    uint64_t random);
/* The longest of these, where the service says nothing. */
uint64_t backoff_most_ms(const struct backoff_settings *s, unsigned retry);
