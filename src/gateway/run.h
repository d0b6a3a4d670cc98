/* run.h - the executor: the sources of one request, each started as soon as its needs are known
 *
 * A source waits, is called, and settles; a failure settles it too. When all have settled, when a
 * required one has failed without a fallback, or when the deadline rings, the run is over: what is
 * still called is given up, and the delivery answers. A client that leaves ends it the same way,
 * and nobody answers.
 *
 * The run speaks two words to its delivery: settled() for each source, in the order in which they
 * become known, then finished() once. Lives in the exchange's arena.
 */
#pragma once

#include "gateway/plan.h"
#include "gateway/visit.h"
#include "net/loop.h"
#include "service/outcome.h"

struct run_source {
    struct run *run;
    const struct plan_source *plan;
    struct service_call *call; /* NULL where none is under way */
    struct outcome outcome;    /* once it has settled */
    struct slice value;        /* what it is worth to others then: its own, its fallback, or null */
    uint64_t given_ms;         /* how long its call may take */
    bool has_credentials;      /* the client's own went along */
    int cause; /* OUTCOME_DEPENDENCY: the source that is to blame; -1: none failed */
};

/* The other half of an answer; one a kind of answer. */
struct delivery {
    void (*settled)(struct run *r, unsigned source);
    void (*finished)(struct run *r);
    /* The outbox has room again. */
    void (*on_room)(struct run *r);
};

struct run {
    struct gateway *gateway;
    struct visit *visit;
    const struct plan *plan;
    const struct delivery *delivery;
    void *delivering; /* the delivery's own */
    struct wheel_entry deadline;
    uint64_t timeout_ms; /* of the whole */
    uint64_t due_ms;     /* on the loop's clock */
    uint64_t started;    /* bits of sources */
    uint64_t settled;
    int failed; /* the required source that ends it without an answer; -1: none */
    bool is_over;
    uint64_t over_ns;
    struct run_source sources[]; /* by index */
};

/* NULL: the arena is full. */
struct run *run_new(struct visit *v, const struct delivery *delivery);
/* Calls what can be called. false: nothing was called and nothing will be, because a value of the
 * request cannot stand where it would: the visit's parameters have violations then. */
bool run_start(struct run *r) MUST_USE;
/* Nobody waits any more: no delivery follows. Harmless where it is over. */
void run_stop(struct run *r);
/* Gives back what the outcomes hold. Only when it is over. */
void run_done(struct run *r);

static inline bool run_has_failed(const struct run *r, unsigned source)
{
    return r->sources[source].outcome.kind != OUTCOME_OK;
}
