/* handshake.h - does a request want to become a WebSocket, and may it? (RFC 6455 4.2)
 *
 * Pure.
 */
#pragma once

#include "http/exchange.h"
#include "wire/ws.h"

enum handshake_verdict {
    HANDSHAKE_NONE, /* an ordinary request */
    HANDSHAKE_GOOD,
    HANDSHAKE_BAD,           /* 400; *why says what is wrong */
    HANDSHAKE_OTHER_VERSION, /* 426: HANDSHAKE_VERSION is what there is */
};

#define HANDSHAKE_VERSION "13"

/* *key is the client's, where it is good. */
enum handshake_verdict handshake_read(const struct request *r, struct slice *key, const char **why);
/* Is this page (its Origin) one of the host that it asks? Without an Origin no page asks. A scheme
 * is not looked at, as TLS may end before us. */
bool handshake_is_of_host(const struct request *r, struct slice host);
