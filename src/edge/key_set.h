/* key_set.h - the keys of one who issues tokens, read from a JSON Web Key Set (RFC 7517)
 *
 * A key that we cannot use, or must not, is passed over: another type, another purpose (use,
 * key_ops), a weak one, a private one that should never have been shown, one whose kid another
 * usable key has too. Secrets count only where they come from a file of ours, and not beside
 * public keys.
 *
 * A set never changes; it is counted, and any thread may hold it.
 */
#pragma once

#include <stdint.h>

#include "wire/jwa.h"

enum {
    KEY_SET_TEXT_MAX = 256 * 1024,
    KEY_SET_KEYS_MAX = 64,
    KEY_SET_KID_MAX = 256,
    KEY_SET_FOUND_MAX = 4, /* keys that are tried on one token */
};

enum key_set_verdict {
    KEY_SET_GOOD,
    KEY_SET_INVALID, /* no JSON, or no key set */
    KEY_SET_TOO_LARGE,
    KEY_SET_MIXED, /* secrets beside public keys */
    KEY_SET_EMPTY, /* no key that we can use */
};

enum key_set_origin {
    KEY_SET_OF_FILE,
    KEY_SET_OF_URL, /* what secrets it has are passed over */
};

struct key_set;

/* Counted once; *out means nothing unless the verdict is good. */
enum key_set_verdict key_set_read(struct slice text, enum key_set_origin origin,
                                  struct key_set **out) MUST_USE;
/* For people: why it is not good. */
const char *key_set_why(enum key_set_verdict v);

struct key_set *key_set_share(struct key_set *s);
/* NULL is passed over. */
void key_set_release(struct key_set *s);

unsigned key_set_count(const struct key_set *s);
/* Another number for each set that the process has read. */
uint64_t key_set_generation(const struct key_set *s);

/* The keys that a token may be signed with: of that kid, or, where none has it, those without a
 * kid; all of them where the token names none (is_named false). Their number. */
unsigned key_set_find(const struct key_set *s, enum jwa algorithm, bool is_named, struct slice kid,
                      const struct jwa_key *found[KEY_SET_FOUND_MAX]) MUST_USE;
/* Has a key that kid? */
bool key_set_has(const struct key_set *s, struct slice kid);
