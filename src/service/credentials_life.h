/* credentials_life.h - a token's life: asked for ahead of time, once at a time, never in a hurry
 *
 * A token is asked for anew at 80 % of its life or 30 s before its end, whichever is sooner, but
 * not before half of its life has gone by and never within a second. Asking that failed is tried
 * again after a time that grows, while the old token serves to its end. A token that the service
 * refuses is asked for anew at once, one time a token; where the next ones are refused, too, the
 * service means something else, and the time between them grows. The refused one serves until the
 * next one comes: one path that answers 401 to everybody must not take the others down.
 *
 * Pure: time and randomness are arguments. Tokens themselves are not in here, only their numbers.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    CREDENTIALS_NO_END = 0 /* in place of a life: nobody said how long it is */
};

struct credentials_life {
    uint64_t generation; /* of the token in use; 0: there is none */
    uint64_t ends_ms;    /* UINT64_MAX: nobody knows */
    uint64_t due_ms;     /* when it is to be asked for */
    uint64_t asked_ms;   /* when it was last */
    bool is_asking;
    bool is_refused;     /* the token in use */
    unsigned n_failures; /* of asking, in a row */
    unsigned n_refused;  /* tokens in a row */
};

/* The first token is due at once. */
void credentials_life_init(struct credentials_life *l, uint64_t now_ms);
bool credentials_life_is_due(const struct credentials_life *l, uint64_t now_ms);
/* Somebody asks, and will say by one of the next two what came of it. */
void credentials_life_begin(struct credentials_life *l, uint64_t now_ms);
/* A token came; its life counts from the moment when it was asked for. generation is not 0. */
void credentials_life_take(struct credentials_life *l, uint64_t generation, uint64_t life_ms);
/* None came. retry_after_ms: what the token service asked for; 0 where it said nothing. */
void credentials_life_fail(struct credentials_life *l, uint64_t now_ms, uint64_t retry_after_ms,
                           uint64_t random);
/* Asking was given up, for reasons of ours: it is due at once. */
void credentials_life_hurry(struct credentials_life *l, uint64_t now_ms);
/* The service refused that token. false: another one is in use by now, or it was known. */
bool credentials_life_refuse(struct credentials_life *l, uint64_t generation, uint64_t now_ms);
/* Has the token's time come? true once: there is none from then on. */
bool credentials_life_end(struct credentials_life *l, uint64_t now_ms);
/* The next moment at which one of these will have something to say; UINT64_MAX: none is known. */
uint64_t credentials_life_next_ms(const struct credentials_life *l);
