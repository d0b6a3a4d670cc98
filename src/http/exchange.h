/* exchange.h - one request of a client and its answer, whatever the protocol under it
 *
 * Born when a request's head is whole; its arena holds everything that dies with it. The floor
 * above answers by exchange_begin(), exchange_put() ... exchange_end(); the connection drains the
 * outbox at its own pace. An exchange belongs to one worker. Its last callback is on_finished.
 *
 * Order of events: on_head, on_request (the body is whole), then the answer is begun whenever the
 * owner likes, then on_finished. on_gone may come at any time before exchange_end(): the client
 * left; the owner cancels, and on_finished follows in a later turn without the owner doing more.
 * None of these comes inside a function of this header, and all of these functions do nothing any
 * more once the client is gone.
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/blob.h"
#include "base/slice.h"
#include "http/outbox.h"
#include "net/loop.h"
#include "net/stream.h"

struct field {
    struct slice name; /* as it came or goes */
    struct slice value;
};

/* Everything lives in the exchange's arena. */
struct request {
    struct slice method;
    struct slice target;  /* raw */
    struct field *fields; /* without those that its Connection names, see docs/edge.md */
    unsigned n_fields;
    struct slice body; /* whole, after on_request; empty where none */
    bool has_body;
    bool is_tls;
    SSL *tls;          /* of the connection, with what the client showed; NULL: plain */
    unsigned minor;    /* HTTP/1.minor */
    struct slice host; /* of an absolute target or the Host field; empty in HTTP/1.0 without one */
    struct slice peer; /* the client's address without a port; "unix" for a Unix socket */
};

struct exchange;

enum exchange_interest {
    EXCHANGE_WANT_BODY,   /* read it whole, within bounds.request_body */
    EXCHANGE_REFUSE_BODY, /* an answer has been begun; never ask for the body (no 100-continue) */
};

struct exchange_handlers {
    /* The head is whole. May begin an answer at once; then returns EXCHANGE_REFUSE_BODY, and
     * on_request does not come. */
    enum exchange_interest (*on_head)(struct exchange *e);
    void (*on_request)(struct exchange *e);
    /* The client left, or was cut, before its answer was ended. */
    void (*on_gone)(struct exchange *e);
    /* The outbox has room again after it was full (progressive answers). May be NULL. */
    void (*on_room)(struct exchange *e);
    /* The answer is with the kernel, or never will be; the exchange goes after this. */
    void (*on_finished)(struct exchange *e);
    /* A request that is malformed, past a bound or too slow is answered by the owner too, so that
     * problem answers look the same everywhere: begins and ends an answer with this status, here
     * and now. e->request holds what could be read (maybe nothing). Where the body is at fault,
     * on_head came before it (e->run is then as that left it); on_request does not come. */
    void (*on_refused)(struct exchange *e, unsigned status, const char *detail);
};

/* What the protocol below does for an answer. */
struct exchange_link {
    /* Writes the head into the outbox, and sets is_chunked, sends_body and must_close. */
    void (*begin)(struct exchange *e, const struct field *fields, unsigned n_fields,
                  int64_t length);
    /* There is something to be sent, or the end was told: acts on it by the ready queue. */
    void (*wake)(struct exchange *e);
};

/* Where an answer has switched protocols: what comes and goes on the connection is its owner's. */
struct exchange_tunnel {
    /* In the order in which it came; lent for the call. */
    void (*on_bytes)(struct exchange *e, struct slice bytes);
    /* All that was put is with the kernel. */
    void (*on_sent)(struct exchange *e);
    /* The server is draining: it is time to end. */
    void (*on_drain)(struct exchange *e);
};

struct exchange {
    struct arena arena;
    struct request request;
    struct outbox outbox;
    struct loop *loop;
    const struct exchange_handlers *handlers;
    const struct exchange_link *link;
    const struct exchange_tunnel *tunnel; /* NULL: an ordinary answer */
    void *connection;                     /* the protocol's own */
    void *context;                        /* of the server: what the owner gave to server_new() */
    void *run;                            /* the owner's: whatever answers it */
    uint64_t started_ns;                  /* when the first byte of the request was read */
    unsigned status;                      /* of the answer; 0 while none is begun; EXCHANGE_GONE */
    uint64_t bytes_sent;                  /* head and body, with the kernel */
    bool has_ended;                       /* exchange_end() was called */
    bool is_gone;
    bool is_head_only; /* HEAD: the body is counted and not sent */
    bool is_chunked;
    bool must_close; /* the connection ends with this answer */
    bool is_full;    /* a tunnel's owner takes no more bytes for now */
    /* The implementation's own: */
    bool sends_body;   /* HEAD, 204, 205 and 304 do not */
    bool is_broken;    /* the answer cannot be sent whole: the connection is cut behind it */
    bool wants_room;   /* a put was refused */
    int64_t n_left;    /* bytes of the body still to be put; EXCHANGE_LENGTH_UNKNOWN */
    struct blob *body; /* that request.body lies in; NULL where there is none */
    struct exchange *next_free;             /* while in the pool */
    struct slice slices[STREAM_MAX_SLICES]; /* of the write under way */
};

enum {
    EXCHANGE_LENGTH_UNKNOWN = -1,
    EXCHANGE_GONE = 499, /* the client left; never sent, for the log */
};

/* Begins the answer: status line and fields go into the outbox. length: bytes of the body that
 * will be put, or EXCHANGE_LENGTH_UNKNOWN (chunked in HTTP/1.1, ends with the connection in 1.0).
 * Date, Content-Length, Transfer-Encoding and Connection are the connection's own business; status
 * 204, 205 and 304 and answers to HEAD send no body. */
void exchange_begin(struct exchange *e, unsigned status, const struct field *fields,
                    unsigned n_fields, int64_t length);
/* The same of an answer that switches protocols, for a request without a body: 101. What is put is
 * sent as it is, until exchange_end() ends the connection. */
void exchange_upgrade(struct exchange *e, const struct field *fields, unsigned n_fields,
                      const struct exchange_tunnel *tunnel);
/* Some of the body. owner: the blob that the bytes lie in, of which one share is taken over by
 * the outbox; NULL for bytes of the exchange's arena or constants. false: the outbox is full;
 * wait for on_room (nothing was taken over). */
bool exchange_put(struct exchange *e, struct slice bytes, struct blob *owner) MUST_USE;
/* Nothing more will be put. Writing starts by the ready queue in this turn. Where fewer bytes were
 * put than exchange_begin() promised, the connection is cut behind them, so that the client sees
 * that something is missing. */
void exchange_end(struct exchange *e);
/* The same of an answer of which something is missing, whatever its framing: the connection ends,
 * and the client sees no proper end. (HTTP/1.0 without a length has none that could be missing.) */
void exchange_cut(struct exchange *e);

/* Nobody waits for the answer any more: on_gone() comes in here, unless it has ended. For who owns
 * the link; once. */
void exchange_leave(struct exchange *e);

/* The first field of this name (ASCII case-insensitive); NULL where there is none. */
const struct field *exchange_field(const struct request *r, struct slice name);
