/* tier_internal.h - what the files of tier share */
#pragma once

#include "policy/breaker.h"
#include "store/tier.h"
#include "store/tier_link.h"
#include "store/tier_question.h"
#include "store/tier_script.h"
#include "store/tier_text.h"

enum {
    TIER_SHA = 40, /* characters of a script's digest */
};

/* A script on its way into the store. */
struct tier_load {
    struct tier_wait wait;
    struct tier_store *store;
    bool is_under_way, is_loaded;
    char sha[TIER_SHA];
};

/* The connection on which purges are told. */
struct tier_ear {
    struct tier_link link;
    struct tier_wait subscribed; /* on it */
    struct tier_wait compared;   /* on the store's other connection */
    bool hears;                  /* the store has confirmed it */
    bool is_asking;              /* compared is under way */
    bool is_complete;            /* nothing has been missed since `heard` */
    bool has_heard;              /* `heard` means something */
    unsigned n_times;            /* that the store has confirmed it */
    unsigned asked_in;           /* which of them was compared asked for */
    uint64_t heard;              /* when the last purge that we know of was */
};

struct tier_store {
    struct tier *tier;
    unsigned index;
    struct tier_address address; /* its texts are the store's own */
    char channel[sizeof TIER_TEXT_CHANNEL + 10];
    struct tier_link link;
    struct tier_load loads[TIER_N_SCRIPTS];
    bool is_usable; /* connected, and the scripts are there */
    bool was_told;  /* of the state that it has */
    struct breaker breaker;
    unsigned n_overdue; /* answers that somebody has waited for in vain, and that are to come */
    struct list jobs;   /* purges; the first ones are under way */
    unsigned n_jobs;
    struct wheel_entry again; /* for a purge that found too much under way */
    struct tier_ear ear;
};

struct tier {
    struct loop *loop;
    SSL_CTX *tls;
    uint64_t timeout_ms;
    size_t record_limit;
    struct counters *counters;
    void (*on_state)(void *owner, unsigned store, bool is_up, const char *why);
    void *state_owner;
    struct random random;
    struct tier_store stores[TIER_STORES_MAX];
    struct slice names[TIER_STORES_MAX]; /* for the choice among them */
    unsigned n_stores;
    struct list purgings;
    void (*on_purge)(void *owner, const struct cache_purge *p); /* NULL: nobody listens */
    void *purge_owner;
    unsigned n_links; /* open or closing */
    bool is_closing;
    void (*on_closed)(void *owner);
    void *closed_owner;
};

/* The last one closed ends the tier. */
void tier_close_link(struct tier *t);

/* Where what has that digest lies. */
struct tier_store *tier_choose(struct tier *t, const char digest[CACHE_KEY_DIGEST]);

/* A command that runs a script with n_keys names of keys among n_words words of its own, which the
 * caller adds. */
bool tier_store_begin(struct tier_store *s, struct resp_command *c, enum tier_script which,
                      unsigned n_keys, unsigned n_words) MUST_USE;
/* Has it lost the scripts? Then they are on their way again. */
bool tier_store_has_forgotten(struct tier_store *s, const struct resp_value *v);
void tier_store_init(struct tier_store *s);

void tier_purge_init(struct tier_store *s);
/* What waits, if anything: the store can be used. */
void tier_purge_go_on(struct tier_store *s);
/* Whoever waits is told that it has not been done. */
void tier_purge_end(struct tier *t);

void tier_listen_init(struct tier_store *s);
/* The store can be used: were purges missed? */
void tier_listen_compare(struct tier_store *s);
void tier_listen_end(struct tier_store *s);
