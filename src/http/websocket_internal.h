/* websocket_internal.h - what a WebSocket and its asks know of each other */
#pragma once

#include "base/list.h"
#include "http/server_internal.h"
#include "http/websocket.h"

enum websocket_state {
    WEBSOCKET_OPEN,
    WEBSOCKET_CLOSING, /* our Close is on its way, the client's is not here yet */
    WEBSOCKET_ENDED,   /* nothing more is sent or read */
};

struct websocket {
    struct exchange *exchange; /* of the handshake */
    struct server *server;
    const struct websocket_handlers *handlers;
    void *context;
    struct ws ws;
    struct list asks;
    unsigned n_asks;          /* with an id, not cancelled */
    unsigned n_unfinished;    /* all that hold memory, those that were cancelled in this turn too */
    struct blob *waiting;     /* frames that are to be sent next; NULL: none */
    size_t waiting_from;      /* their first byte in it */
    struct ready ready;       /* asks have something, or have ended */
    struct wheel_entry watch; /* for a sign of life, or for the client's Close */
    uint64_t heard_ms;
    size_t n_untaken; /* when the ping was sent */
    enum websocket_state state;
    bool has_pinged; /* and nothing was heard since */
    bool is_draining;
};

/* Lives in its exchange's arena. */
struct websocket_ask {
    struct list node;
    struct websocket *socket;
    struct exchange *exchange;
    struct slice id, problem;
    struct blob *message; /* behind room for its head; NULL: not begun */
    size_t offset;        /* of the outbox's first slice that is in it */
    bool is_whole;        /* the message waits for its turn */
    bool is_problem;      /* the answer is no success */
    bool is_told;         /* the last message is sent: the problem, or that it broke */
};

static inline struct websocket_ask *websocket_ask_of(struct list *node)
{
    return LIST_OWNER(node, struct websocket_ask, node);
}

/* Behind what the blob has, which may be NULL; it grows. */
void websocket_append(struct websocket *w, struct blob **to, struct slice bytes);

/* Puts what the exchange has into a message, up to a whole one. true: nothing will come any more.
 */
bool websocket_ask_collect(struct websocket_ask *a);
/* The owner's last word; the memory goes. */
void websocket_ask_finish(struct websocket_ask *a);
