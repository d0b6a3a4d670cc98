/* tier_link.h - one connection to one store: opened, greeted, asked, opened again
 *
 *   waiting -> connecting -> greeting -> ready
 *      ^------------------ closing <------'
 *
 * It connects by itself once it has addresses, one after the other, says who we are (AUTH) and
 * which database is meant (SELECT), and is ready. Commands are answered in their order: what waits
 * for an answer stands in a queue, and who no longer cares stays in it until the answer has come.
 * Commands of one turn go out in one write. A store that says nothing for TIER_LINK_SILENCE_MS
 * while it owes an answer, or says what is no answer, is left, and tried again after a back-off.
 */
#pragma once

#include "base/buffer.h"
#include "base/list.h"
#include "base/random.h"
#include "net/resolver.h"
#include "net/stream.h"
#include "store/resp.h"
#include "store/tier.h"

enum {
    TIER_LINK_WAITS = 4096,      /* commands under way at most */
    TIER_LINK_CONNECT_MS = 1000, /* to be ready */
    TIER_LINK_SILENCE_MS = 2000,
};

struct tier_link;

/* A command's place in the queue, a member of what it is about. */
struct tier_wait {
    struct list node;
    /* Once, never inside tier_link_end(); v NULL: the answer never comes. The memory may go. */
    void (*on_answer)(struct tier_wait *w, struct resp_value *v);
};

struct tier_link_handlers {
    void (*on_ready)(struct tier_link *l);
    /* It was ready, or should have become so. All that waited has been told. */
    void (*on_down)(struct tier_link *l, const char *why);
    /* What comes without a question (SUBSCRIBE); NULL where nothing does. false: it is an answer.
     */
    bool (*on_push)(struct tier_link *l, struct resp_value *v);
    void (*on_closed)(struct tier_link *l);
};

enum tier_link_state {
    TIER_LINK_WAITING, /* for addresses, or for the end of a back-off */
    TIER_LINK_CONNECTING,
    TIER_LINK_GREETING,
    TIER_LINK_READY,
    TIER_LINK_CLOSING,
};

struct tier_link {
    struct loop *loop;
    const struct tier_link_handlers *handlers;
    const struct tier_address *address;
    SSL_CTX *tls; /* of the connections that begin from now on */
    struct random *random;
    size_t limit;     /* bytes of an answer */
    uint64_t ping_ms; /* having heard nothing for so long, it asks whether the store is there */

    /* The implementation's own. */
    enum tier_link_state state;
    struct stream stream;
    struct resp *reader;
    struct buffer out;     /* commands that wait for the write under way */
    struct buffer sending; /* it */
    struct slice written;
    struct ready flush;
    struct ready ended;       /* closed while there was no stream */
    struct wheel_entry timer; /* waiting: until it connects; ready and idle: until it pings; else
                                 how long it is patient */
    struct list waits;
    unsigned n_waits;
    struct tier_wait greeting, ping;
    unsigned n_greeted; /* words of greeting that were answered, or not needed */
    struct addresses addresses;
    unsigned next_address;
    struct sockaddr_storage at;
    unsigned n_failures; /* in a row */
    uint64_t ready_since_ms;
    bool is_ending;
};

/* The caller has filled in what is not the implementation's. */
void tier_link_init(struct tier_link *l);
/* Ends with on_closed; what waits is told before. */
void tier_link_close(struct tier_link *l);
/* Connects, or leaves an address that is not among them any more. */
void tier_link_set_addresses(struct tier_link *l, const struct addresses *a);

/* A command of n_words words: begun, given its words (resp.h), ended. false: not ready, or too much
 * is under way. */
bool tier_link_begin(struct tier_link *l, struct resp_command *c, unsigned n_words) MUST_USE;
/* false: it has no room, and was taken back. */
bool tier_link_end(struct tier_link *l, struct resp_command *c, struct tier_wait *w) MUST_USE;
/* The store has said what it must not: begins anew. */
void tier_link_break(struct tier_link *l, const char *why);
