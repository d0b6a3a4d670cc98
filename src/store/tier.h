/* tier.h - the shared tier on one worker: records of all instances, in Redis or Valkey
 *
 * Several stores share the keys by rendezvous hashing (Thaler and Ravishankar, 1998). An answer of
 * a store is waited for `timeout_ms` at most; while one is overdue, and while the store's breaker
 * is open, nothing is asked, so that a slow or dead store costs nothing but hits. Connections open
 * by themselves, and again after they broke. One thread: the loop's.
 *
 * What lies in a store is told in tier_text.h, what it does in one step in tier_script.h.
 */
#pragma once

#include "cache/cache.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "observe/counters.h"

enum {
    TIER_STORES_MAX = 16
};

struct tier;
struct tier_ask;

struct tier_address {
    bool is_tls;
    const char *host;
    uint16_t port;
    unsigned database;
    struct slice user, password; /* empty: none */
    const char *server_name;     /* that its certificate must have; NULL: the host */
};
struct tier_settings {
    const struct tier_address *stores;
    unsigned n_stores; /* 1 .. TIER_STORES_MAX */
    uint64_t timeout_ms;
    SSL_CTX *tls;        /* NULL where none speaks TLS; shared */
    size_t record_limit; /* bytes */
    struct counters *counters;
    /* A store can be used from now on, or cannot, and why; not told of what stays so. May be NULL.
     */
    void (*on_state)(void *owner, unsigned store, bool is_up, const char *why);
    void *owner;
};

/* The settings are looked at during the call only. Nothing is connected before its addresses come.
 */
struct tier *tier_new(struct loop *l, const struct tier_settings *s);
/* Ends later: on_closed is the last. Whoever still waits is told in here. */
void tier_close(struct tier *t, void (*on_closed)(void *owner), void *owner);
void tier_set_addresses(struct tier *t, unsigned store, const struct addresses *a);
/* For connections that begin from now on. */
void tier_set_tls(struct tier *t, SSL_CTX *tls);

/* record: a share for the callee, a blob whose bytes record_read() took and whose key is the one
 * asked for; NULL: none, or no answer in time. `purges`: for tier_put(), and no number else. */
typedef void tier_got(void *owner, struct blob *record, uint64_t purges);
/* NULL: it is not worth asking now (no connection, the breaker is open, too many wait). done: never
 * inside this call; the key's text stays until then, or until it is cancelled. */
struct tier_ask *tier_get(struct tier *t, const struct cache_key *k, tier_got *done, void *owner);
/* No word to its owner any more. */
void tier_cancel(struct tier_ask *a);

struct tier_entry {
    struct blob *record; /* stays the caller's */
    struct slice url;    /* as in struct cache_entry */
    uint64_t kept_ms;
    uint64_t purges; /* that tier_get() told; 0 where there was no answer */
};
/* Nobody waits for it; false: it is not on its way. Not written where its name, its URL, one of its
 * tags, one of these of what it shows or all was purged after `purges`. What is brittle is not
 * looked for by its tags: who reads it compares its `purges` with what tier_get() tells. */
bool tier_put(struct tier *t, const struct cache_key *k, const struct tier_entry *e);

/* Nobody waits for it, and nothing is done where the store cannot be used. */
void tier_remove(struct tier *t, const struct cache_key *k);
/* The same where it is an answer that its origin called public. */
void tier_withdraw(struct tier *t, const struct cache_key *k);

/* is_done: all stores have done it. Otherwise one cannot be reached or has much to do; the purge
 * goes on as soon as it can. */
typedef void tier_purged(void *owner, bool is_done);
/* Takes entries out that live only there, too; then every instance hears of it. done (may be NULL):
 * never inside this call, within TIER_PURGE_MS. */
void tier_purge(struct tier *t, const struct cache_purge *p, tier_purged *done, void *owner);
enum {
    TIER_PURGE_MS = 5000
};

/* Purges that any instance makes from now on, this one's too, once for each store; and one of all
 * where some may have been missed while there was no connection. Called once at most. */
void tier_listen(struct tier *t, void (*on_purge)(void *owner, const struct cache_purge *p),
                 void *owner);
