/* connection.h - a client's connection: one request after the other, each answered before the next
 *
 *   opening -> idle -> (head) -> (body) -> answer -> idle ...
 *                                            `-> linger -> closed
 *
 * A request that comes in one read goes from idle to answer at once. Idle connections hold no
 * buffer and no exchange. Behind an answer that ends the connection we linger: our side is shut
 * down and what the client still sends is dropped, for a while, so that it reads the answer and no
 * reset.
 *
 * connection.c has the states and the deadlines, connection_read.c bytes on their way in,
 * connection_request.c what becomes of them, connection_write.c the answer.
 */
#pragma once

#include <netinet/in.h>

#include "http/exchange.h"
#include "http/held.h"
#include "http/server_internal.h"
#include "net/stream.h"
#include "wire/h1.h"

enum {
    CONNECTION_MAX_DROPPED = 16 * 1024 * 1024, /* bytes that are read only to be dropped */
};

enum connection_state {
    CONNECTION_OPENING, /* TLS shakes hands */
    CONNECTION_IDLE,
    CONNECTION_HEAD,   /* part of a head is there */
    CONNECTION_BODY,   /* an exchange waits for the rest of its request */
    CONNECTION_ANSWER, /* nothing of the request is awaited any more */
    CONNECTION_LINGER,
    CONNECTION_CLOSED, /* the stream is closing */
};

struct connection {
    struct stream stream;
    struct h1_reader reader;
    struct wheel_entry deadline; /* of the state */
    struct ready ready;          /* the answer has something to send, or has ended */
    struct list node;            /* the server's */
    struct server *server;
    struct exchange *exchange; /* NULL: none under way */
    struct held held;
    size_t n_fed;          /* bytes of the held head that the reader has seen */
    uint64_t body_size;    /* by Content-Length; 0: not told */
    uint64_t body_from_ms; /* when the body was first waited for; 0: not yet */
    uint64_t started_ns;   /* when that head's first byte was read */
    uint64_t linger_until_ms;
    size_t n_dropped;        /* bytes, since it is deaf */
    size_t n_unsent;         /* bytes that the client had not taken at the last look */
    unsigned n_write_slices; /* 0: none, or an interim answer */
    unsigned n_stalls;       /* looks that found no progress */
    enum connection_state state;
    bool is_tls;
    bool is_fresh; /* no head has been whole yet */
    bool is_last;  /* the client wants no answer after this one */
    bool has_left; /* it ended its side while its answer was on the way */
    bool is_deaf;  /* what comes is dropped */
    bool has_body; /* all of the request's body was read with its head */
    unsigned char peer_n;
    char peer[INET6_ADDRSTRLEN];
};

void connection_open(struct server *s, int fd, SSL_CTX *tls, const struct sockaddr *peer);
/* The only way from state to state; what the state does on arrival is done. */
void connection_move(struct connection *c, enum connection_state next);
/* Closes at once; a client that was being answered is told of as gone. */
void connection_cut(struct connection *c);
/* The server is draining: it ends unless something is under way on it. */
void connection_drain(struct connection *c);
/* A write has begun or has ended: time for it. */
void connection_watch_write(struct connection *c);
/* Bytes were dropped while lingering, which may go on within its bounds. */
void connection_linger_on(struct connection *c);

struct stream_room connection_room(struct stream *s);
void connection_on_read(struct stream *s, size_t n);
/* Goes on with what was read ahead. */
void connection_read_held(struct connection *c);
/* A tunnel's owner gets what was read ahead, and reading goes at its pace. Harmless elsewhere. */
void connection_feed_tunnel(struct connection *c);
/* The rest of the request under way is not wanted: its answer is the connection's last. */
void connection_stop_reading(struct connection *c);

/* The reader has a whole head, whose first byte is at base; n_more bytes behind it were read. */
void connection_begin_request(struct connection *c, const char *base, size_t n_more);
void connection_take_body(struct connection *c, struct slice chunk);
void connection_end_request(struct connection *c);
/* The owner's last word about the exchange, which goes back to its pool. */
void connection_end_exchange(struct connection *c);
/* Has the owner answer with this status; the connection ends behind that. */
void connection_refuse(struct connection *c, unsigned status);

void connection_on_ready(struct ready *r);
void connection_on_written(struct stream *s);
/* "100 Continue" */
void connection_write_interim(struct connection *c);
extern const struct exchange_link connection_link;

/* A head in HTTP/1 form, into the exchange's outbox. */
void connection_write_head(struct exchange *e, const struct field *fields, unsigned n_fields,
                           int64_t length);
