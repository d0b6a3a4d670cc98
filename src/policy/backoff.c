/* backoff.c - a random share of a time that doubles */
#include "policy/backoff.h"

enum {
    DOUBLINGS_MAX = 20
};

uint64_t backoff_most_ms(const struct backoff_settings *s, unsigned retry)
{
    unsigned doublings = retry > DOUBLINGS_MAX ? DOUBLINGS_MAX : retry;
    uint64_t most = s->base_ms << doublings;
    return most < s->cap_ms ? most : s->cap_ms;
}

uint64_t backoff_ms(const struct backoff_settings *s, unsigned retry, uint64_t retry_after_ms,
                    uint64_t random)
{
    return retry_after_ms + random % (backoff_most_ms(s, retry) + 1);
}
