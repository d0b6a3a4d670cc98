/* run_internal.h - what the executor's files know of each other's work */
#pragma once

#include "gateway/compose.h"
#include "gateway/run.h"
#include "gateway/shaping.h"
#include "service/service_call.h"

static inline uint64_t run_bit(unsigned source)
{
    return UINT64_C(1) << source;
}

/* Of some sources the lowest, and those above it. */
static inline unsigned run_first(uint64_t sources)
{
    return (unsigned)__builtin_ctzll(sources);
}

static inline uint64_t run_rest(uint64_t sources)
{
    return sources & (sources - 1);
}

/* The sources of one turn, each in one of these as a bit. */
struct run_turn {
    uint64_t skipped;
    uint64_t bad;   /* they have failed before anything was sent, */
    uint64_t shed;  /* some of them as they were left out under pressure */
    uint64_t lists; /* of `each`: they are open */
    uint64_t good;  /* their requests stand in the gateway's buffer */
    struct composed composed[CONFIG_MAX_SOURCES];
};

/* Writes what is to be sent, and changes nothing else but the run. false: a value of the client's
 * is to blame that something is not. */
bool run_prepare(struct run *r, struct run_turn *t, uint64_t ready);
/* They will be called: the client pays for what it has not paid so far, or they have failed. */
void run_charge(struct run *r, struct run_turn *t);
/* Settles what will not be called, and calls the others. */
void run_begin(struct run *r, const struct run_turn *t);

/* Sends what compose_request() has written; the owner hears the outcome. */
struct service_call *run_call(struct run *r, unsigned source, const struct composed *c,
                              service_ended *on_ended, void *owner);
/* Has a cache the answer to what compose_request() has written, so that nothing would be sent? */
bool run_is_remembered(struct run *r, unsigned source, const struct composed *c);
/* Nobody waits for it any more: a safe call is cancelled, an unsafe one that was sent goes on
 * alone. *call is NULL then, and may be before. The outcome has its attempts. */
void run_give_up_call(struct run *r, unsigned source, struct service_call **call,
                      struct outcome *outcome);

struct shaping run_shaping(struct run_source *s);

/* The outcome is set. */
void run_settle(struct run *r, unsigned source);
void run_skip(struct run *r, unsigned source);
/* Of a list on its way more is known. */
void run_grow(struct run *r, unsigned source);
/* Settles a source in a later turn than its start; what needed it starts. May end the run, and the
 * request with it. */
void run_go_on(struct run *r, unsigned source);
