/* collector.h - an exchange that no client waits at: its answer is collected
 *
 * For work that several clients share. Whoever opens it fills the request in, hands the exchange to
 * what answers requests, and gets the whole answer in one piece. The exchange's handlers are the
 * owner's: on_gone comes where it is cancelled, on_room while a long answer is collected, and
 * on_finished last; on_head, on_request and on_refused never do. One worker's.
 */
#pragma once

#include "http/exchange_pool.h"
#include "net/loop.h"

struct collector;

/* Lies in the exchange, until the call that it is handed to returns. */
struct collected {
    struct exchange *exchange;
    unsigned status;
    const struct field *fields;
    unsigned n_fields;
    struct slice body;
    bool is_whole; /* false: memory ran out on the way */
};

struct collector_settings {
    struct loop *loop;
    struct exchange_pool *pool; /* outlives it */
    const struct exchange_handlers *handlers;
    size_t arena_limit;
    /* The answer is whole, or never will be. Not after collector_cancel(). */
    void (*done)(void *owner, const struct collected *answer);
    void *owner;
};

/* The exchange has an empty request. */
struct collector *collector_open(const struct collector_settings *s);
struct exchange *collector_exchange(struct collector *c);
/* A copy of another's request in the exchange's arena. false: there is no room. */
bool collector_ask_alike(struct collector *c, const struct request *r) MUST_USE;
/* Its answer is not wanted any more: as if a client had left. */
void collector_cancel(struct collector *c);
