/* flights_rests.c - a place by hash for each */
#include "cache/flights_rests.h"

enum {
    REST_MS = 1000,
    DOUBLED_MAX = 5
};

static unsigned place_of(uint64_t hash)
{
    return (unsigned)(hash >> 32) % FLIGHTS_RESTS; /* other bits choose shards and chains */
}

void flights_rests_add(struct flights_rests *r, uint64_t hash, uint64_t now_ms)
{
    unsigned i = place_of(hash);
    unsigned n = r->at[i].hash == hash ? r->at[i].n_failures : 0;
    r->at[i].hash = hash;
    r->at[i].until_ms = now_ms + ((uint64_t)REST_MS << (n < DOUBLED_MAX ? n : DOUBLED_MAX));
    r->at[i].n_failures = n < DOUBLED_MAX ? n + 1 : n;
}

void flights_rests_remove(struct flights_rests *r, uint64_t hash)
{
    unsigned i = place_of(hash);
    if (r->at[i].hash == hash)
        r->at[i].n_failures = 0;
}

bool flights_rests_has(const struct flights_rests *r, uint64_t hash, uint64_t now_ms)
{
    unsigned i = place_of(hash);
    return r->at[i].n_failures && r->at[i].hash == hash && now_ms < r->at[i].until_ms;
}
