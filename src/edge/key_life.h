/* key_life.h - when an issuer's keys are asked for
 *
 * At once; then again after the time that the answer names (Cache-Control), within 5 minutes and a
 * day, 10 minutes where it names none. Asking that failed is tried again after a time that grows:
 * the keys there are stay good. A token that names a key that nobody knows is a reason to ask now,
 * but one time in 30 s for all such tokens of the process.
 *
 * Pure: time and randomness are arguments.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

enum {
    KEY_LIFE_COOL_DOWN_MS = 30000
};

#define KEY_LIFE_UNTOLD UINT64_MAX

struct key_life {
    uint64_t due_ms;   /* when they are to be asked for */
    uint64_t quiet_ms; /* until then no unknown key is a reason to ask */
    bool is_asking;
    unsigned n_failures; /* in a row */
};

/* The first ones are due at once. */
void key_life_init(struct key_life *l, uint64_t now_ms);
bool key_life_is_due(const struct key_life *l, uint64_t now_ms);
/* Somebody asks, and will say by one of the next two what came of it. */
void key_life_begin(struct key_life *l);
/* lifetime_ms: what the answer says of how long it is good; or KEY_LIFE_UNTOLD. */
void key_life_take(struct key_life *l, uint64_t now_ms, uint64_t lifetime_ms);
void key_life_fail(struct key_life *l, uint64_t now_ms, uint64_t random);
/* Asking was given up, for reasons of ours: it is due at once. */
void key_life_hurry(struct key_life *l, uint64_t now_ms);
/* A token names a key that is not there. true: keys will be asked for now, or are being asked for;
 * false: it is too soon. */
bool key_life_miss(struct key_life *l, uint64_t now_ms) MUST_USE;
/* When something is due; UINT64_MAX while asking. */
uint64_t key_life_next_ms(const struct key_life *l);
