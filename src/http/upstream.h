/* upstream.h - one connection to a target: opened, lent to a call, kept, lent again
 *
 *   connecting <-> between (addresses) -> closed
 *       `-> idle <-> busy -> closed
 *
 * Addresses are tried in turn, each with an equal share of the time that is left. A busy connection
 * belongs to one call from its request to the end of the answer; an idle one is watched, and closed
 * when anything comes. Reading is never switched off but by call_pause().
 *
 * pool.c decides which connections there are; upstream_read.c reads answers.
 */
#pragma once

#include "http/call.h"
#include "http/held.h"
#include "http/pool.h"
#include "net/stream.h"
#include "wire/h1.h"

enum upstream_state {
    UPSTREAM_CONNECTING,
    UPSTREAM_BETWEEN, /* the stream of one address closes before the next is tried */
    UPSTREAM_IDLE,
    UPSTREAM_BUSY,
    UPSTREAM_CLOSED, /* the stream is closing */
};

struct upstream {
    struct stream stream;
    struct h1_reader reader;
    struct wheel_entry deadline; /* of connecting to one address */
    struct list node;            /* the pool's idle list */
    struct upstream *next_spare; /* while it is only memory */
    struct pool *pool;
    struct call *call;   /* NULL: nobody waits for it */
    struct held held;    /* an answer's head that is not whole */
    size_t n_fed;        /* bytes of it that the reader has seen */
    char *read_at;       /* where the read under way puts its bytes */
    uint64_t moved_turn; /* the loop's turn in which it became what it is */
    uint64_t idle_since_ms;
    uint64_t connect_until_ms;
    unsigned n_untried;    /* addresses */
    unsigned next_address; /* that is tried */
    unsigned n_interim;    /* 1xx answers of this call */
    enum upstream_state state;
    bool is_open;     /* it was connected */
    bool is_reused;   /* by the call that it has now */
    bool is_answered; /* a byte of the answer came */
    bool has_head;    /* of the final answer */
    bool is_written;  /* the request is with the kernel */
    bool keeps_alive; /* by the head of the answer */
    struct slice request[2];
    struct sockaddr_storage at; /* the address tried last */
};

/* Begins to connect; call NULL: to be kept warm. The pool has addresses. */
void upstream_open(struct pool *p, struct call *call);
/* May the next bytes on this idle connection be taken for an answer to what is asked now? */
bool upstream_is_quiet(const struct upstream *u);
/* Lends an idle connection, which sends the call's request at once. */
void upstream_lend(struct upstream *u, struct call *call);
/* Closes it, whatever it does; no word to its call. */
void upstream_close(struct upstream *u);
/* The call's end, whose connection goes back to the pool or is closed; the last thing to be done
 * in an event, as the pool may go with it. n_extra: bytes that came behind the answer. */
void upstream_end_call(struct upstream *u, enum call_end how, size_t n_extra);

struct stream_room upstream_room(struct stream *s);
void upstream_on_read(struct stream *s, size_t n);
/* The service ended the stream in the middle of a call. */
void upstream_read_end(struct upstream *u, enum stream_end how);
/* Ready for the answer to the call that it has now. */
void upstream_expect(struct upstream *u);
