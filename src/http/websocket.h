/* websocket.h - a connection that has become a WebSocket: messages in, answers out (RFC 6455)
 *
 * Taken over from the exchange of its handshake, whose outbox carries the frames from then on. What
 * the client asks is answered by exchanges of their own, *asks*: opened like a collector's, handed
 * to what answers requests, their bodies sent as text messages. An answer of 2xx is a message a
 * line; any other is one message, a problem in the ask's own words around it. Messages of one ask
 * keep their order, those of several take turns.
 *
 * A ping goes out where nothing was heard for WEBSOCKET_PING_MS; who says nothing to it for as
 * long, and takes nothing of what is sent, is dropped. Frames wait in one block until the ones
 * before them are with the kernel; a client that does not read is not read from.
 *
 * One worker's.
 */
#pragma once

#include "http/exchange.h"
#include "wire/ws.h"

enum {
    WEBSOCKET_PING_MS = 15 * 1000,
    WEBSOCKET_CLOSE_MS = 2000, /* for the client's part of the closing handshake */
};

struct websocket;
struct websocket_ask;

struct websocket_handlers {
    /* A whole text message, lent for the call. */
    void (*on_text)(struct websocket *w, struct slice text);
};

/* Accepts the handshake with these fields; context is the owner's. NULL: the arena is full, and
 * nothing was begun. Lives in the exchange's arena, whose run and handlers it takes over. */
struct websocket *websocket_open(struct exchange *e, const struct field *fields, unsigned n_fields,
                                 const struct websocket_handlers *handlers, void *context);
void *websocket_context(const struct websocket *w);
/* No further ask is answered: the server is draining. */
bool websocket_is_ending(const struct websocket *w);

/* An exchange with an empty request and handlers as a collector's has. id: a JSON text, short and
 * copied; empty for none. */
struct exchange *websocket_ask(struct websocket *w, const struct exchange_handlers *handlers,
                               struct slice id);
/* What stands before the body of an answer that is no success, in the exchange's arena; behind it
 * stands a brace. */
void websocket_set_problem(struct exchange *e, struct slice head);
/* Asks with an id that are under way. */
unsigned websocket_n_asks(const struct websocket *w);
/* With those that were cancelled and have not ended yet. */
unsigned websocket_n_unfinished(const struct websocket *w);
/* Of this id, under way; NULL: none. */
struct websocket_ask *websocket_find(const struct websocket *w, struct slice id);
/* Nothing more is sent of it: as if its client had left. */
void websocket_cancel(struct websocket_ask *a);

/* A text message, copied. */
void websocket_say(struct websocket *w, struct slice text);
/* Says goodbye with this code; the asks are over. */
void websocket_close(struct websocket *w, unsigned code, struct slice reason);
