/* conversation.h - an endpoint that is asked again and again over one WebSocket (CONTRACT 3.6)
 *
 * Its handshake is a request like any other: found, limited, authenticated, its parameters checked;
 * it is logged and over once it is accepted. Then the URL is answered, and after it each message of
 * the client, by visits of their own: with the fields of the handshake, so with its credentials,
 * each looked at and charged as a request is, by the configuration in service at that time.
 *
 * Lives in the handshake's exchange.
 */
#pragma once

#include "gateway/visit.h"

enum {
    CONVERSATION_ASKS_MAX = 8 /* at once, the URL's own not counted */
};

/* true: it was a handshake, which is accepted or answered. */
bool conversation_take(struct visit *v) MUST_USE;
