/* client_certs.h - is the certificate that a client showed one of those that a policy asks for?
 *
 * Judged is the whole chain (RFC 5280): it must lead to a certificate of the policy's own file, be
 * good now, be for clients by its purpose, with keys and digests that are not weak, in a few steps.
 * Then the subject, or one of the other names, must be one that the policy has. That the client has
 * the key is proved by the handshake. Whom one policy trusts is nothing to another.
 *
 * A judgement is remembered with the connection until the first certificate of the chain ends, a
 * bad one for a while. Immutable; any thread may judge, each its own connections.
 */
#pragma once

#include <openssl/ssl.h>
#include <stdint.h>

#include "base/fault.h"
#include "config/config.h"

struct client_certs;

enum client_certs_verdict {
    CLIENT_CERTS_NONE, /* the client showed none, or the connection is plain */
    CLIENT_CERTS_BAD,
    CLIENT_CERTS_GOOD,
};

/* The configuration outlives it. NULL: the file cannot be used; message (n bytes) says why. */
struct client_certs *client_certs_new(const struct config_client_cert *config, char *message,
                                      size_t n);
/* NULL is passed over. */
void client_certs_free(struct client_certs *c);

/* connection: NULL where it is plain. *name: of CLIENT_CERTS_GOOD, that by which it was found, or
 * its subject; until the connection is judged again. */
enum client_certs_verdict client_certs_judge(const struct client_certs *c, SSL *connection,
                                             uint64_t now_s, struct slice *name) MUST_USE;
