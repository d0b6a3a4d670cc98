/* random.h - small, fast random numbers for ids, jitter and choices; never for keys
 *
 * xoshiro256** (Blackman and Vigna, 2018). One generator belongs to one thread. Tests seed it with
 * a number of theirs, so that what follows is the same each time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t s[4];
};

/* From the kernel; no two generators run alike. */
void random_init(struct random *r);
/* For tests: the same numbers for the same seed. */
void random_init_seeded(struct random *r, uint64_t seed);

uint64_t random_next(struct random *r);
/* Evenly among 0 .. n - 1; n is not 0. */
uint64_t random_below(struct random *r, uint64_t n);
