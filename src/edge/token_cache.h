/* token_cache.h - tokens that have been verified, by their digests
 *
 * Verifying costs a hundred times what a digest does, and a client sends one token again and again.
 * An entry is good for the key set that it was verified with and until its token ends; the digest
 * is of the whole token (SHA-256). Entries and their bytes are bounded; the newest takes the place
 * of an old one. One worker's, for one policy of one configuration.
 */
#pragma once

#include "edge/jwt.h"

enum {
    TOKEN_CACHE_ENTRIES = 4096,
    TOKEN_CACHE_CLAIMS_MAX = 2048, /* a token that says more is verified each time */
};

struct token_cache;

struct token_cache *token_cache_new(void);
void token_cache_free(struct token_cache *c);

/* The claims, until the next put; at is NULL where the token is not known, or not good any more. */
struct slice token_cache_find(const struct token_cache *c, uint64_t generation, struct slice token,
                              uint64_t now_s);
void token_cache_put(struct token_cache *c, uint64_t generation, struct slice token,
                     const struct jwt *good);
