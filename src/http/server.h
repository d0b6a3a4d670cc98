/* server.h - client connections of one worker: bytes in, exchanges up, answers out (RFC 9112)
 *
 * Keep-alive, pipelining answered in order (of what comes behind the request that is answered about
 * as much is read ahead as a head may have), bodies by length and chunked, Expect: 100-continue,
 * HEAD, and the bounds: a head (431, target 414), a body (413), the time for a head (408), for
 * sending (the connection is cut), idle time, connections at once.
 *
 * One worker's; nothing here is shared.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "http/exchange.h"
#include "net/loop.h"
#include "net/tls.h"
#include "observe/counters.h"

struct server;

enum {
    SERVER_BODY_RATE = 512, /* bytes a second */
};

struct server_bounds {
    size_t request_header;      /* bytes */
    size_t request_body;        /* bytes */
    size_t memory;              /* bytes of blobs that the process may hold; a request's body that
                                   would need more is refused (503). 0: not looked at */
    size_t output;              /* bytes that may wait in an outbox */
    size_t arena;               /* bytes of one exchange */
    unsigned connections;       /* of the process */
    atomic_uint *n_open;        /* the process's count of connections, shared by its workers */
    uint64_t header_timeout_ms; /* from the first byte (or the accept) to the whole head; the body
                                   must go on by at least a byte in each such time, and come at
                                   SERVER_BODY_RATE at least, the first such time aside */
    uint64_t send_timeout_ms;   /* without a byte taken by the client */
    uint64_t idle_timeout_ms;   /* between requests */
};

/* The context is handed to each exchange. Handlers and bounds are copied. */
struct server *server_new(struct loop *loop, const struct server_bounds *bounds,
                          const struct exchange_handlers *handlers, struct counters *counters,
                          void *context);
/* Bounds for connections accepted and requests begun from now on (reload). */
void server_set_bounds(struct server *s, const struct server_bounds *bounds);
/* Takes over the descriptor. tls NULL: plain. peer: the client's address, or NULL for a Unix
 * socket. */
void server_accept(struct server *s, int fd, SSL_CTX *tls, const struct sockaddr *peer);
/* From now on answers carry Connection: close, and idle connections end, but for those whose next
 * request has arrived. */
void server_drain(struct server *s);
/* Cuts what is left. */
void server_cut(struct server *s);
unsigned server_n_connections(const struct server *s);
/* Only without connections. */
void server_free(struct server *s);
