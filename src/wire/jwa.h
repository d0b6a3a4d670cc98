/* jwa.h - the algorithms of signed tokens, and keys for them (RFC 7518 section 3, RFC 8037)
 *
 * A key has one kind, and a kind fits certain algorithms only: a public key never serves as a
 * secret, and there is no algorithm "none". The cryptography is OpenSSL's.
 *
 * Keys are immutable: many threads verify by one at a time.
 */
#pragma once

#include "base/fault.h"
#include "base/slice.h"

enum jwa {
    JWA_RS256,
    JWA_RS384,
    JWA_RS512,
    JWA_PS256,
    JWA_PS384,
    JWA_PS512,
    JWA_ES256,
    JWA_ES384,
    JWA_ES512,
    JWA_EDDSA, /* with Ed25519 */
    JWA_HS256,
    JWA_HS384,
    JWA_HS512,
    JWA_N
};

enum {
    JWA_DIGEST_SIZE = 32
};

struct jwa_key;

/* false: not an algorithm of ours. Names are exact. */
bool jwa_by_name(struct slice name, enum jwa *out) MUST_USE;
const char *jwa_name(enum jwa a);

/* Keys from their numbers, big-endian; NULL: not such a key, or too weak or too large for us.
 * RSA: 2048 to 8192 bits, an odd exponent of 3 and more. */
struct jwa_key *jwa_key_rsa(struct slice modulus, struct slice exponent) MUST_USE;
/* curve: P-256, P-384 or P-521; both coordinates of its full length, the point on it. */
struct jwa_key *jwa_key_ec(struct slice curve, struct slice x, struct slice y) MUST_USE;
struct jwa_key *jwa_key_ed25519(struct slice x) MUST_USE;
/* At least 32 bytes: shorter ones fit no algorithm. */
struct jwa_key *jwa_key_secret(struct slice k) MUST_USE;
void jwa_key_free(struct jwa_key *k);

/* Secrets are known to those who verify: they may not come from everywhere. */
bool jwa_key_is_secret(const struct jwa_key *k);
/* May a token be signed so with that key? A secret is at least as long as the digest. */
bool jwa_fits(const struct jwa_key *k, enum jwa a);
/* Is it the signature of these bytes? The algorithm must fit. */
bool jwa_verify(const struct jwa_key *k, enum jwa a, struct slice bytes,
                struct slice signature) MUST_USE;
/* SHA-256, for a name that nobody can find a second text for. */
void jwa_digest(struct slice bytes, unsigned char out[JWA_DIGEST_SIZE]);
