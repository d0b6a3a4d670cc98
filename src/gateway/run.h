/* run.h - the executor: the sources of one request, each started as soon as its needs are known
 *
 * A source waits, is called or skipped, and settles once its answer is shaped; a failure settles it
 * too. When all have settled, when a required one has failed without a fallback, or when the
 * deadline rings, the run is over: what is still called is given up, and the delivery answers. A
 * client that leaves ends it the same way, and nobody answers.
 *
 * The run speaks two words to its delivery: settled() for each source that it is about, in the
 * order in which they become known, then finished() once; and grown() of lists on their way. Lives
 * in the exchange's arena.
 */
#pragma once

#include "gateway/plan.h"
#include "gateway/visit.h"
#include "json/pieces.h"
#include "net/loop.h"
#include "service/outcome.h"

struct run_items; /* the elements of `each` and their calls, gateway/items.h */
struct jq_job;

struct run_source {
    struct run *run;
    const struct plan_source *plan;
    struct service_call *call; /* NULL where none is under way */
    struct jq_job *job;        /* NULL where none is under way: its answer is being shaped */
    struct outcome outcome;    /* once it has settled; its blob is what `shown` lies in */
    struct slice value;        /* what it is worth to others then: its own after `unwrap`, its
                                  fallback, or null; of `each` the array, only where somebody reads it */
    struct pieces shown;       /* what stands in the answer: shaped, and what the client selects of
                                  it. Unused where it was skipped or not called, and where `each`
                                  went well: there the items have it */
    struct blob *read;       /* what `value` lies in where `shown` lies elsewhere; NULL: nothing */
    struct run_items *items; /* of `each`, once its list is known; NULL otherwise */
    uint64_t given_ms;       /* until the deadline, when its call began: for all attempts */
    bool has_credentials;    /* the client's own went along */
    int cause;               /* OUTCOME_DEPENDENCY: the source that is to blame; -1: none failed */
};

/* Of a recorded trace, the span of a source. */
struct run_span {
    char id[TRACE_SPAN_SIZE];
    uint64_t begun_ns; /* 0: not yet */
};

/* The other half of an answer; one a kind of answer. */
struct delivery {
    /* The first sources are about to be called. May be NULL. */
    void (*started)(struct run *r);
    /* A list that streams (plan.h) is there, or more of its elements are. May be NULL. */
    void (*grown)(struct run *r, unsigned source);
    void (*settled)(struct run *r, unsigned source);
    void (*finished)(struct run *r);
    /* The outbox has room again. */
    void (*on_room)(struct run *r);
    /* The exchange is over: gives back what it holds. May be NULL. */
    void (*done)(struct run *r);
};

struct run {
    struct gateway *gateway;
    struct visit *visit;
    const struct plan *plan;
    const struct delivery *delivery;
    void *delivering;       /* the delivery's own */
    struct run_span *spans; /* by index of the source; NULL: the trace is not recorded */
    struct wheel_entry deadline;
    uint64_t timeout_ms;     /* of the whole */
    uint64_t due_ms;         /* on the loop's clock */
    uint64_t started;        /* bits of sources */
    uint64_t settled;        /* those that are skipped too */
    uint64_t shed;           /* left out under pressure: they fail without a call, */
    enum counter_id shed_as; /* and are counted as */
    uint64_t limited;        /* not called, as the client has no permit left for them; */
    uint64_t refused;        /* not called, as a value of the request cannot stand in the call */
    uint64_t skipped; /* `when` did not hold, or what it needs was skipped: not in the answer */
    unsigned n_calls; /* made, or set aside for a source that is called once */
    int failed;       /* the required source that ends it without an answer; -1: none */
    bool is_late;     /* the deadline has rung */
    bool is_over;
    uint64_t over_ns;
    struct run_source sources[]; /* by index */
};

/* NULL: the arena is full. */
struct run *run_new(struct visit *v, const struct delivery *delivery);
/* Calls what can be called. false: nothing was called and nothing will be, because a value of the
 * request cannot stand where it would, and the visit's parameters have violations then; or because
 * its permits do not reach as far. */
bool run_start(struct run *r) MUST_USE;
/* Would it be started? Nothing is called or charged; the run is of no use any more. */
bool run_check(struct run *r) MUST_USE;
/* Nobody waits any more: no delivery follows. Harmless where it is over. */
void run_stop(struct run *r);
/* Gives back what the outcomes hold. Only when it is over. */
void run_done(struct run *r);

/* Sources that this run is about: those that the client's selection needs. The others count as
 * settled from the start, were never called, and are not in the answer. */
static inline uint64_t run_called(const struct run *r)
{
    return r->visit->selection.called;
}

/* Its own, or a stale one of the cache: then it has failed as well. */
static inline bool run_has_value(const struct run *r, unsigned source)
{
    return outcome_has_value(&r->sources[source].outcome);
}

static inline bool run_has_failed(const struct run *r, unsigned source)
{
    return r->sources[source].outcome.kind != OUTCOME_OK;
}
