/* flights_rests.h - background calls that failed lately are not made again at once
 *
 * After the first failure for a second, after each further one for twice as long, up to 32 seconds.
 * What is remembered has a fixed size: a key may take another's place, which costs a call. Pure:
 * time is an argument, in milliseconds of any clock. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    FLIGHTS_RESTS = 64 /* keys */
};

struct flights_rests {
    struct {
        uint64_t hash, until_ms;
        unsigned n_failures; /* 0: nobody rests here */
    } at[FLIGHTS_RESTS];
};

void flights_rests_add(struct flights_rests *r, uint64_t hash, uint64_t now_ms);
/* It went well. */
void flights_rests_remove(struct flights_rests *r, uint64_t hash);
bool flights_rests_has(const struct flights_rests *r, uint64_t hash, uint64_t now_ms);
