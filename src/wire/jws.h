/* jws.h - the compact form of a signed token: three texts with dots between (RFC 7515 section 7.1)
 *
 * Only the form is judged here: who signed it is jwa.h's to tell, what its header and payload say
 * is for those who know JSON.
 */
#pragma once

#include "base/fault.h"
#include "base/slice.h"

enum {
    JWS_TOKEN_MAX = 8 * 1024,
    JWS_HEADER_MAX = 1024,    /* bytes, read */
    JWS_SIGNATURE_MAX = 1024, /* RSA of 8192 bits */
};

struct jws {
    struct slice header, payload, signature; /* bytes, read */
    struct slice signed_part;                /* of the token: what the signature is of */
};

/* Into `room`, of JWS_TOKEN_MAX bytes, which the slices lie in. false: not this form: other than
 * three parts, other characters, padding, too long, an empty header or signature. */
bool jws_read(struct slice token, char *room, struct jws *out) MUST_USE;
