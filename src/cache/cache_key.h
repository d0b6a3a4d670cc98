/* cache_key.h - what an entry is found by
 *
 * A key is written from parts into a buffer of the caller, each with its length, so that no two
 * lists of parts make one key ("ab","c" is not "a","bc"). Whole keys are compared, never hashes
 * alone; the hash, seeded once a process, only finds the place.
 */
#pragma once

#include <stdint.h>

#include "base/buffer.h"
#include "base/digest.h"

struct cache_key {
    struct slice text;
    uint64_t hash;
};

/* false: the buffer is at its limit, and nothing was added. */
bool cache_key_add(struct buffer *text, struct slice part) MUST_USE;
struct cache_key cache_key_of(struct slice text);
bool cache_key_equal(const struct cache_key *a, const struct cache_key *b);
/* The same on every instance, as hex: the name of an entry in the shared tier. */
enum {
    CACHE_KEY_DIGEST = DIGEST_SIZE
};
void cache_key_digest(const struct cache_key *k, char out[CACHE_KEY_DIGEST]);
