/* digest.c - XXH3 of 128 bits, in its canonical order of bytes
 *
 * The whole of xxHash is compiled in here: its state lives on the stack, whose size no other
 * version of a shared library may change.
 */
#include "base/digest.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/check.h"

static XXH128_hash_t hash(const struct slice *parts, size_t n, uint64_t seed)
{
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    CHECK(XXH3_128bits_reset_withSeed(&state, seed) == XXH_OK);
    for (size_t i = 0; i < n; i++)
        if (parts[i].n)
            CHECK(XXH3_128bits_update(&state, parts[i].at, parts[i].n) == XXH_OK);
    return XXH3_128bits_digest(&state);
}

void digest_of(const struct slice *parts, size_t n, char out[DIGEST_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, hash(parts, n, 0));
    for (size_t i = 0; i < sizeof bytes.digest; i++) {
        out[2 * i] = digits[bytes.digest[i] >> 4];
        out[2 * i + 1] = digits[bytes.digest[i] & 15];
    }
}

struct digest digest_seeded(const struct slice *parts, size_t n, uint64_t seed)
{
    XXH128_hash_t h = hash(parts, n, seed);
    return (struct digest){h.low64, h.high64};
}
