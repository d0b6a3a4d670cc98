/* jwt.h - is this token one of the issuer's, for us, and good now? (RFC 7519, RFC 8725)
 *
 * The key decides which algorithms may be: the header chooses among the policy's that fit the key
 * it names. Whatever else the header brings (jwk, jku, x5u, x5c) is not looked at; a `crit` or
 * `b64` is refused, as we understand no extension. `exp` is required; a repeated member is refused,
 * of the header where we read it, of the claims whichever it is; an `iat` in the future says
 * nothing and is allowed.
 *
 * Pure: time is an argument, memory the caller's arena.
 */
#pragma once

#include "base/arena.h"
#include "edge/key_set.h"

enum {
    JWT_LEEWAY_S = 60
};

struct jwt_expectation {
    struct slice issuer;     /* exactly so; empty: any */
    struct slice *audiences; /* one of them is the token's, or among its; none: any */
    unsigned n_audiences;
    unsigned algorithms; /* 1 << enum jwa each */
};

struct jwt_question {
    const struct key_set *keys;
    const struct jwt_expectation *expected;
    struct slice token;
    uint64_t now_s;
};

enum jwt_verdict {
    JWT_GOOD,
    JWT_BAD,
    JWT_UNKNOWN_KEY, /* no key of the set may have signed it: a newer set may know it */
    JWT_NO_ROOM,     /* the arena is full */
};

struct jwt {
    struct slice claims; /* JWT_GOOD: an object, as it was signed; in the arena */
    uint64_t ends_s;     /* JWT_GOOD: it is good for as long as this has not come */
    const char *why;     /* JWT_BAD: for the client */
};

enum jwt_verdict jwt_check(const struct jwt_question *q, struct arena *arena,
                           struct jwt *out) MUST_USE;

/* Is one of the words, which spaces part, one of the scopes? */
bool jwt_is_among(struct slice words, const struct slice *scopes, unsigned n) MUST_USE;
/* Do the claims have one of the scopes? In `scope` (words in a text), `scp` (the same, or a list);
 * `roles` (a list) counts too. */
bool jwt_has_scope(struct slice claims, const struct slice *scopes, unsigned n) MUST_USE;
