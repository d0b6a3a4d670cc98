/* token_cache.c - sets of four places, of which the one that ends first is given away */
#include "edge/token_cache.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"

enum {
    WAYS = 4,
    SETS = TOKEN_CACHE_ENTRIES / WAYS,
};

struct entry {
    unsigned char digest[JWA_DIGEST_SIZE];
    uint64_t generation; /* 0: empty */
    uint64_t ends_s;
    char *claims;
    size_t n, capacity;
};

struct token_cache {
    struct entry sets[SETS][WAYS];
};

struct token_cache *token_cache_new(void)
{
    struct token_cache *c = memory_take_zero(1, sizeof *c);
    return c;
}

void token_cache_free(struct token_cache *c)
{
    for (unsigned s = 0; s < SETS; s++)
        for (unsigned w = 0; w < WAYS; w++)
            free(c->sets[s][w].claims);
    free(c);
}

/* A digest is as good as random: its first bytes choose. */
static unsigned set_of(const unsigned char *digest)
{
    return (digest[0] | (unsigned)digest[1] << 8) % SETS;
}

struct slice token_cache_find(const struct token_cache *c, uint64_t generation, struct slice token,
                              uint64_t now_s)
{
    unsigned char digest[JWA_DIGEST_SIZE];
    jwa_digest(token, digest);
    const struct entry *set = c->sets[set_of(digest)];
    for (unsigned w = 0; w < WAYS; w++) {
        const struct entry *e = &set[w];
        if (e->generation == generation && memcmp(e->digest, digest, sizeof digest) == 0)
            return now_s < e->ends_s ? (struct slice){e->claims, e->n} : SLICE_NONE;
    }
    return SLICE_NONE;
}

/* Of another generation or over: any; else the one that ends first. */
static struct entry *choose(struct entry set[WAYS], uint64_t generation)
{
    struct entry *first = &set[0];
    for (unsigned w = 0; w < WAYS; w++) {
        if (set[w].generation != generation)
            return &set[w];
        if (set[w].ends_s < first->ends_s)
            first = &set[w];
    }
    return first;
}

void token_cache_put(struct token_cache *c, uint64_t generation, struct slice token,
                     const struct jwt *good)
{
    unsigned char digest[JWA_DIGEST_SIZE];
    if (good->claims.n > TOKEN_CACHE_CLAIMS_MAX)
        return;
    jwa_digest(token, digest);
    struct entry *e = choose(c->sets[set_of(digest)], generation);
    if (e->capacity < good->claims.n) {
        free(e->claims);
        e->claims = malloc(good->claims.n);
        CHECK(e->claims);
        e->capacity = good->claims.n;
    }
    memcpy(e->claims, good->claims.at, good->claims.n);
    memcpy(e->digest, digest, sizeof digest);
    e->n = good->claims.n;
    e->generation = generation;
    e->ends_s = good->ends_s;
}
