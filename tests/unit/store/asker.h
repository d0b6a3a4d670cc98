/* asker.h - tiers under test, entries for them, and what they tell */
#pragma once

#include "../net/side.h"
#include "store/tier.h"

enum {
    ASKER_TIMEOUT_MS = 60, /* long enough for a machine that is busy */
    ASKER_RECORD_LIMIT = 100000,
};

struct asker {
    struct loop *loop;
    struct tier *tier; /* NULL: closed */
    struct counters counters;
    struct tier_address at;
    bool is_inside; /* a call of ours that must not tell anything */
    /* What it was told. */
    unsigned n_up, n_down;
    char why[64];
    unsigned n_got, n_hits;
    char got[64]; /* the body of the last hit */
    uint64_t purges;
    unsigned n_purged;
    bool is_purged;
    char heard[256]; /* purges: "k:x t:y a: " */
    bool is_closed;
};

/* A tier of one store at that port, with addresses, as `at` says. */
void asker_open(struct asker *a, struct loop *l, uint16_t port);
void asker_close(struct asker *a);

int64_t asker_count(const struct asker *a, enum counter_id id);
/* Is it asked at all? */
struct tier_ask *asker_ask(struct asker *a, const struct cache_key *k);
/* Asks, and waits for what is told. */
void asker_get(struct asker *a, const struct cache_key *k);
/* That entry is there, with this body; or none is. */
void asker_expect(struct asker *a, const char *key, const char *body);
void asker_purge(struct asker *a, enum cache_purge_kind kind, const char *what);
void asker_listen(struct asker *a);

/* A record of that key and name, of no tags or of one, with a body. */
struct blob *asker_record(const char *key, const char *name, const char *tag, const char *body);
struct asker_entry {
    const char *key, *name, *tag, *url, *body; /* tag, url NULL: none */
    uint64_t kept_ms;                          /* 0: a minute */
    uint64_t purges;
};
void asker_begin_put(struct asker *a, const struct asker_entry *e);
/* Writes it, and waits until the store has said what came of it. */
void asker_put(struct asker *a, const struct asker_entry *e);
