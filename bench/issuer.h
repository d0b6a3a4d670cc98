/* issuer.h - somebody who issues tokens: a key, the set that has it, tokens signed with it
 *
 * What goes wrong ends the program, as in kit.h.
 */
#pragma once

#include <stddef.h>

enum {
    ISSUER_KEYS_MAX = 2048, /* bytes of a key set */
    ISSUER_TOKEN_MAX = 2048 /* bytes of a token */
};

#define ISSUER_NAME "https://login.internal"
#define ISSUER_AUDIENCE "shop"

struct issuer;

/* A new key. algorithm: ES256, RS256 (2048 bits) or EdDSA. */
struct issuer *issuer_new(const char *algorithm);
void issuer_free(struct issuer *i);
/* Its JSON Web Key Set, NUL-terminated; the number of bytes. */
size_t issuer_write_keys(const struct issuer *i, char out[ISSUER_KEYS_MAX]);
/* A token of an hour, for a user as a shop has them; each serial number makes another one. */
size_t issuer_write_token(const struct issuer *i, unsigned serial, char out[ISSUER_TOKEN_MAX]);
