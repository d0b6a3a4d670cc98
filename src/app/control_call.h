/* control_call.h - somebody whom the control thread asks by HTTP, one request at a time
 *
 * Knows the address, watches its name, keeps the connections and the time that an answer has. The
 * owner embeds it, starts a request, and hears: on_head, on_body, and on_end once. None of these
 * comes inside a function of this header. Control thread only.
 */
#pragma once

#include "http/call.h"
#include "net/resolver.h"

struct control;
struct control_call;

enum control_call_end {
    CONTROL_CALL_DONE,
    CONTROL_CALL_NO_CONNECTION,
    CONTROL_CALL_BROKEN,
    CONTROL_CALL_INVALID, /* what came is not HTTP, or its head is more than we hold */
    CONTROL_CALL_LATE,
};

struct control_call_handlers {
    void (*on_head)(struct control_call *c, const struct h1_head *head, const char *base);
    /* The owner may cancel. */
    void (*on_body)(struct control_call *c, struct slice chunk);
    void (*on_end)(struct control_call *c, enum control_call_end how);
    /* The name has its first address. May be NULL. */
    void (*on_address)(struct control_call *c);
};

/* Looked at during the calls only, but for the context. */
struct control_call_place {
    const char *host;
    uint16_t port;
    SSL_CTX *tls;            /* NULL: plain */
    const char *server_name; /* for TLS */
    uint64_t answer_ms;      /* for a whole answer */
    uint64_t idle_ms;        /* that a connection is kept; 0: one a request */
};

struct control_call {
    struct control *control;
    const struct control_call_handlers *handlers;
    struct resolver_name *watched; /* NULL: the address is known as it stands */
    struct addresses addresses;
    struct pool *pool; /* NULL: not open */
    struct wheel_entry timeout;
    uint64_t answer_ms;
    struct call call;
    struct call_request request;
    bool is_fresh;
    bool is_under_way;
};

void control_call_init(struct control_call *c, struct control *control,
                       const struct control_call_handlers *handlers);
/* Finds the address. */
void control_call_open(struct control_call *c, const struct control_call_place *at);
/* The same place with other settings; nothing is under way. */
void control_call_move(struct control_call *c, const struct control_call_place *at);
/* Is there an address already? */
bool control_call_is_known(const struct control_call *c);
/* The bytes stay until on_end or control_call_cancel(). */
void control_call_start(struct control_call *c, struct slice head, struct slice body);
/* No on_end comes for it. Harmless where nothing is under way. */
void control_call_cancel(struct control_call *c);
/* The name is not watched any more. */
void control_call_unwatch(struct control_call *c);
/* Cancels too; may be opened again. The loop must turn once more before its memory goes. */
void control_call_close(struct control_call *c);
