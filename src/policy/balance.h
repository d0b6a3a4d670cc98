/* balance.h - which target is called
 *
 * Least latency: of two targets drawn at random the one with less load, which is its latency (a
 * peak EWMA: a rise counts at once, a fall slowly) times the calls that wait for it (Finagle, Peak
 * EWMA; Mitzenmacher, The Power of Two Choices, 2001). A failure counts as a latency of the
 * penalty, so that a target that fails fast does not look fast. Round robin: in turn, by weight. By
 * either a target that is new or back rises slowly to its share. Hash: a ring whose targets take at
 * most a quarter more than their share (Mirrokni and others, Consistent Hashing with Bounded Loads,
 * 2016); what belongs to a target is its own at once.
 *
 * A worker's own. Pure: time and randomness are arguments. Targets are indexes below n; `usable`
 * tells which may be chosen (the caller makes it all where none is).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    BALANCE_MAX = 512, /* those of a configuration, and as many of SRV records */
    BALANCE_WORDS = BALANCE_MAX / 64,
    BALANCE_NONE = -1,
};

struct balance_set { /* of targets */
    uint64_t bits[BALANCE_WORDS];
};
static inline bool balance_has(const struct balance_set *s, unsigned i)
{
    return s->bits[i / 64] >> i % 64 & 1;
}
static inline void balance_add(struct balance_set *s, unsigned i)
{
    s->bits[i / 64] |= UINT64_C(1) << i % 64;
}

struct balance_target {
    unsigned weight;    /* 1 to 1000; 0: an empty place, never usable */
    uint64_t id;        /* a hash of its address: where its points stand on the ring */
    unsigned in_flight; /* of this worker's calls */
    double latency_us;  /* the peak EWMA; 0: not known */
    uint64_t told_ns;   /* when it was last changed */
    uint64_t since_ns;  /* when it came, or came back; 0: it was there from the start */
    int64_t credit;     /* round robin's */
};

struct balance_point;

struct balance {
    unsigned n;
    struct balance_target *targets; /* the caller's */
    struct balance_point *ring;     /* sorted; NULL until it is first asked for */
    unsigned n_points;
};

/* weight and id of each target are set. */
void balance_init(struct balance *b, struct balance_target *targets, unsigned n);
void balance_done(struct balance *b);

/* BALANCE_NONE where none is usable. */
int balance_least_latency(const struct balance *b, const struct balance_set *usable,
                          uint64_t random, uint64_t now_ns);
int balance_round_robin(struct balance *b, const struct balance_set *usable, uint64_t now_ns);
int balance_hash(struct balance *b, const struct balance_set *usable, uint64_t hash);

enum balance_end {
    BALANCE_GOOD,
    BALANCE_FAILED,
    BALANCE_OUTRUN,    /* given up, as another was faster: it would have taken longer */
    BALANCE_CANCELLED, /* its time says nothing */
};
/* A call began at the target; it ended. */
void balance_begin(struct balance *b, unsigned target);
void balance_end(struct balance *b, unsigned target, enum balance_end how, uint64_t took_us,
                 uint64_t now_ns);
