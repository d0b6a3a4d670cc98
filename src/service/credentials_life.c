/* credentials_life.c - when a token is asked for, and when it is over */
#include "service/credentials_life.h"

#include "base/check.h"
#include "policy/backoff.h"

enum {
    AHEAD_MS = 30000,
    LEAST_MS = 1000,                /* between two tokens */
    LOOK_AGAIN_MS = 60 * 60 * 1000, /* for a token of which nobody said how long it lives */
    LIFE_MAX_MS = INT32_MAX,        /* 24 days; whatever lives longer is asked for by then */
    RETRY_LEAST_MS = 100,
    RETRY_AFTER_MAX_MS = 5 * 60 * 1000,
    REFUSED_MAX_MS = 60 * 1000,
    DOUBLINGS_MAX = 6
};

static const struct backoff_settings failures = {.base_ms = 250, .cap_ms = 30000};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void credentials_life_init(struct credentials_life *l, uint64_t now_ms)
{
    *l = (struct credentials_life){.due_ms = now_ms};
}

bool credentials_life_is_due(const struct credentials_life *l, uint64_t now_ms)
{
    return !l->is_asking && now_ms >= l->due_ms;
}

void credentials_life_begin(struct credentials_life *l, uint64_t now_ms)
{
    CHECK(!l->is_asking);
    l->is_asking = true;
    l->asked_ms = now_ms;
}

/* How long after it was asked for a token is to be asked for anew. */
static uint64_t wait_for_next(uint64_t life_ms)
{
    if (life_ms == CREDENTIALS_NO_END)
        return LOOK_AGAIN_MS;
    life_ms = least(life_ms, LIFE_MAX_MS);
    uint64_t ahead = life_ms > AHEAD_MS ? life_ms - AHEAD_MS : 0;
    return most(most(least(life_ms / 5 * 4, ahead), life_ms / 2), LEAST_MS);
}

void credentials_life_take(struct credentials_life *l, uint64_t generation, uint64_t life_ms)
{
    CHECK(l->is_asking && generation);
    l->n_refused = l->is_refused ? l->n_refused + 1 : 0;
    l->is_asking = l->is_refused = false;
    l->n_failures = 0;
    l->generation = generation;
    l->due_ms = l->asked_ms + wait_for_next(life_ms);
    l->ends_ms = life_ms == CREDENTIALS_NO_END ? UINT64_MAX : l->asked_ms + life_ms;
}

void credentials_life_fail(struct credentials_life *l, uint64_t now_ms, uint64_t retry_after_ms,
                           uint64_t random)
{
    CHECK(l->is_asking);
    l->is_asking = false;
    l->n_failures++;
    uint64_t asked_ms = least(retry_after_ms, RETRY_AFTER_MAX_MS);
    uint64_t wait_ms = backoff_ms(&failures, l->n_failures, asked_ms, random);
    l->due_ms = now_ms + most(wait_ms, RETRY_LEAST_MS);
}

void credentials_life_hurry(struct credentials_life *l, uint64_t now_ms)
{
    l->is_asking = false;
    l->n_failures = 0;
    l->due_ms = now_ms;
}

/* A token that follows upon a refused one has the more time to prove itself the more there were. */
static uint64_t wait_after_refusal(const struct credentials_life *l)
{
    if (l->n_refused == 0)
        return 0;
    return least((uint64_t)LEAST_MS << least(l->n_refused, DOUBLINGS_MAX), REFUSED_MAX_MS);
}

bool credentials_life_refuse(struct credentials_life *l, uint64_t generation, uint64_t now_ms)
{
    if (generation == 0 || generation != l->generation || l->is_refused)
        return false;
    l->is_refused = true;
    uint64_t due_ms = most(now_ms, l->asked_ms + LEAST_MS);
    due_ms = most(due_ms, l->asked_ms + wait_after_refusal(l));
    if (!l->is_asking && l->n_failures == 0)
        l->due_ms = least(l->due_ms, due_ms);
    return true;
}

bool credentials_life_end(struct credentials_life *l, uint64_t now_ms)
{
    if (l->generation == 0 || now_ms < l->ends_ms)
        return false;
    l->generation = 0;
    l->is_refused = false;
    return true;
}

uint64_t credentials_life_next_ms(const struct credentials_life *l)
{
    uint64_t due_ms = l->is_asking ? UINT64_MAX : l->due_ms;
    return l->generation ? least(due_ms, l->ends_ms) : due_ms;
}
