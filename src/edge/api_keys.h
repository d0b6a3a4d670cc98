/* api_keys.h - who shows which key: names by the digests of their keys
 *
 * Only SHA-256 digests are held. A key is found by its own digest, which nobody can choose, and
 * compared in constant time. Filled once, then immutable and shared: the workers hold shares.
 */
#pragma once

#include "base/fault.h"
#include "base/slice.h"

enum {
    API_KEYS_NAME_MAX = 128, /* bytes of a name, */
    API_KEYS_KEY_MAX = 4096  /* and of a key */
};

struct api_keys;

/* Held once. */
struct api_keys *api_keys_new(void);
/* key: as clients send it, or sha256: and the digest of that in hexadecimal; scopes: words with a
 * space between. What is wrong with them; NULL: nothing. All are copied. */
const char *api_keys_add(struct api_keys *k, struct slice name, struct slice key,
                         struct slice scopes) MUST_USE;
/* All are there; from now on any thread may look. false: two names have one key. */
bool api_keys_finish(struct api_keys *k) MUST_USE;

/* The name that the key is of, and its scopes, as long as a share is held; at is NULL where it is
 * nobody's. */
struct slice api_keys_find(const struct api_keys *k, struct slice key, struct slice *scopes);

struct api_keys *api_keys_share(struct api_keys *k);
/* NULL will do. */
void api_keys_release(struct api_keys *k);
