/* key_life.c - due times, each from the last answer */
#include "edge/key_life.h"

#include "base/check.h"
#include "policy/backoff.h"

enum {
    MINUTE_MS = 60 * 1000,
    LEAST_MS = 5 * MINUTE_MS,
    UNTOLD_MS = 10 * MINUTE_MS,
    MOST_MS = 24 * 60 * MINUTE_MS,
    RETRY_LEAST_MS = 500
};

static const struct backoff_settings failures = {.base_ms = 1000, .cap_ms = 60000};

void key_life_init(struct key_life *l, uint64_t now_ms)
{
    *l = (struct key_life){.due_ms = now_ms};
}

bool key_life_is_due(const struct key_life *l, uint64_t now_ms)
{
    return !l->is_asking && now_ms >= l->due_ms;
}

void key_life_begin(struct key_life *l)
{
    CHECK(!l->is_asking);
    l->is_asking = true;
}

void key_life_take(struct key_life *l, uint64_t now_ms, uint64_t lifetime_ms)
{
    CHECK(l->is_asking);
    l->is_asking = false;
    l->n_failures = 0;
    if (lifetime_ms == KEY_LIFE_UNTOLD)
        lifetime_ms = UNTOLD_MS;
    if (lifetime_ms < LEAST_MS)
        lifetime_ms = LEAST_MS;
    l->due_ms = now_ms + (lifetime_ms < MOST_MS ? lifetime_ms : MOST_MS);
}

void key_life_fail(struct key_life *l, uint64_t now_ms, uint64_t random)
{
    CHECK(l->is_asking);
    l->is_asking = false;
    l->n_failures++;
    uint64_t wait_ms = backoff_ms(&failures, l->n_failures, 0, random);
    l->due_ms = now_ms + (wait_ms > RETRY_LEAST_MS ? wait_ms : RETRY_LEAST_MS);
}

void key_life_hurry(struct key_life *l, uint64_t now_ms)
{
    l->is_asking = false;
    l->n_failures = 0;
    l->due_ms = now_ms;
}

bool key_life_miss(struct key_life *l, uint64_t now_ms)
{
    if (l->is_asking)
        return true;
    if (now_ms < l->quiet_ms)
        return false;
    l->quiet_ms = now_ms + KEY_LIFE_COOL_DOWN_MS;
    l->due_ms = now_ms;
    return true;
}

uint64_t key_life_next_ms(const struct key_life *l)
{
    return l->is_asking ? UINT64_MAX : l->due_ms;
}
