/* visit.h - one request's stay in the gateway: who asks, under which ids, with how much patience
 *
 * Begun with the request's head, over when its exchange has finished; everything lives in the
 * exchange's arena. A client's own x-forwarded-* count only where it is a trusted proxy.
 */
#pragma once

#include "edge/identity.h"
#include "gateway/parameters.h"
#include "gateway/plan.h"
#include "gateway/rate_limit.h"
#include "gateway/selection.h"
#include "http/exchange.h"
#include "observe/access.h"
#include "observe/trace.h"
#include "service/outcome.h"

struct answer_labels;
struct answer_wait;
struct compressing;
struct gateway;
struct issuers_wait;
struct run;

/* Of a message of a WebSocket (conversation.h). */
struct visit_ask {
    struct slice id;   /* a member of its answer's messages, with a comma: `"id":1,`; or empty */
    struct slice path; /* of the endpoint that it must reach, as configured */
};

struct visit {
    struct gateway *gateway;
    struct exchange *exchange;
    const struct plan *plan;    /* NULL where no endpoint was found */
    const struct plan *of_path; /* where the path does not take the method: one that it has */
    struct identity identity;
    struct parameters parameters;
    struct selection selection;
    struct rate_limit limit;
    struct slice body;           /* of the request, one JSON value, checked; empty: none, or nobody
                                    reads it */
    struct run *run;             /* NULL where no source is called */
    struct answer_wait *wait;    /* for an answer that several get; NULL: none (answer_cache.h) */
    const struct visit_ask *ask; /* NULL: a request of its own */
    bool is_paid;                /* what it costs was charged before */
    bool is_preflight;           /* a browser's question before a request (cross_origin.h) */
    struct issuers_wait *key_wait;    /* for keys of an issuer; NULL: none (issuers.h) */
    bool has_waited;                  /* for them, once */
    bool is_shared;                   /* no client's: its answer is for all that wait for it, */
    struct answer_labels *labels;     /* and can be purged by these; NULL where it is not */
    enum coding coding;               /* that its answer goes out in */
    struct compressing *compressing;  /* NULL: it goes as it is */
    enum outcome_cache cached;        /* what the endpoint's own cache had to do with the answer */
    const struct access_source *told; /* for the log, of the sources of a shared answer that was */
    unsigned n_told;                  /* made for this request first */
    struct slice client;     /* the first address that is no trusted proxy's, for the log */
    struct slice request_id; /* the client's, or made */
    struct trace trace;
    uint64_t patience_ms; /* that the client says it has; UINT64_MAX where it does not */
    uint64_t waited_ms; /* before its run, for a store or another's run: no word of the client's */
    bool has_parent;    /* the trace is the client's */
    unsigned n_parents; /* traceparent fields of the client */
    bool is_recorded;   /* the trace is exported (spans.h); then this is the request's: */
    char span[TRACE_SPAN_SIZE];
    bool is_proxied;            /* the peer is a trusted proxy */
    struct slice forwarded_for; /* what it says; empty where nothing */
    struct slice lines; /* header lines that each call carries alike, whole, with their CRLF */
};

/* NULL: the arena is full. */
struct visit *visit_begin(struct gateway *g, struct exchange *e);
/* How it was asked for, and of which host, by the word of a trusted proxy where it has one:
 * services make links of both, so answers depend on them. */
struct slice visit_scheme(const struct visit *v);
struct slice visit_host(const struct visit *v);
/* The same as keys have it: without a port that is one of ours, so that instances on other ports
 * find what this one stores. A proxy speaks of ports of its own. */
struct slice visit_site(const struct visit *v);
/* Does the client, or a trusted proxy for it, ask by TLS? */
bool visit_is_secure(const struct visit *v);
/* What is left for its run of the endpoint's time, or of the client's where that is shorter. */
uint64_t visit_given_ms(const struct visit *v);
/* Writes the lines. false: the arena is full. */
bool visit_write_lines(struct visit *v) MUST_USE;
