/* call.h - one request to a target, without a view of connections
 *
 * The caller embeds a call, starts it, and hears: on_head (a final head, 1xx are passed over),
 * on_body any number of times, on_end once. No handler is called inside call_start(). After
 * call_cancel() no handler comes; HTTP/1 closes the connection then.
 *
 * The request and its bytes must stay until on_end or call_cancel().
 */
#pragma once

#include <stdint.h>

#include "base/slice.h"
#include "http/pool.h"
#include "net/loop.h"
#include "net/stream.h"
#include "wire/h1.h"

enum call_end {
    CALL_DONE,          /* the answer is whole */
    CALL_NO_CONNECTION, /* no address, refused, TLS failure or too slow to connect */
    CALL_BROKEN,        /* it broke off before a whole answer */
    CALL_STALE,         /* a kept connection ended, or spoke unasked, before any answer */
    CALL_INVALID,       /* what came is not HTTP */
    CALL_TOO_LARGE,     /* its head has more bytes or fields than we hold */
};

struct call;
struct upstream; /* the connection, see upstream.h */

struct call_request {
    struct slice head; /* the whole head in HTTP/1 form, its empty line included */
    struct slice body; /* sent behind it */
    bool is_head;      /* HEAD: the answer has no body */
    bool fresh;        /* never on a kept connection */
};

struct call_handlers {
    /* The head, `base` and a chunk are good for the time of the handler only. */
    void (*on_head)(struct call *c, const struct h1_head *head, const char *base);
    void (*on_body)(struct call *c, struct slice chunk);
    /* Where the next bytes of a body by length may be read to, which on_body then gets as a chunk
     * that lies there already; no bytes: nowhere. At most n of them come. May be NULL. */
    struct stream_room (*room)(struct call *c, size_t n);
    /* c may go, or be started anew. */
    void (*on_end)(struct call *c, enum call_end how);
};

struct call {
    struct pool *pool; /* NULL: not under way */
    struct upstream *upstream;
    const struct call_request *request;
    const struct call_handlers *handlers;
    bool is_sent; /* a byte of the request may have reached the service */
    bool is_paused;
    struct ready ready; /* an end that waits for its turn */
};

/* c need not be initialised, but must not be under way. */
void call_start(struct call *c, struct pool *p, const struct call_request *request,
                const struct call_handlers *handlers);
/* No handler after it; c may go at once. Harmless after on_end. */
void call_cancel(struct call *c);
/* Stops and resumes reading the answer's body; what was read already may still come. */
void call_pause(struct call *c);
void call_resume(struct call *c);
