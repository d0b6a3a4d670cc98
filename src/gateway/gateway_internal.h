/* gateway_internal.h - what the files of this folder know of a gateway */
#pragma once

#include "base/buffer.h"
#include "gateway/gateway.h"
#include "gateway/plan.h"
#include "gateway/router.h"
#include "gateway/visit.h"
#include "http/exchange_pool.h"
#include "observe/access.h"
#include "service/service.h"

struct gateway {
    struct loop *loop;
    const struct config *config;
    struct gateway_context context;
    struct service_context calls;
    struct service **services;   /* by index */
    struct api_keys **keys;      /* by index of the policy; shares */
    struct issuers_one *issuers; /* by index of the policy */
    struct plan *plans;          /* by index of the endpoint */
    uint64_t *told_programs;     /* the same: bits of sources whose jq has failed, which was told */
    struct router *router;
    struct cors cors;               /* of what has no endpoint */
    struct security security;       /* the same */
    struct arena arena;             /* of the plans */
    struct exchange_pool exchanges; /* of runs that several clients share */
    struct buffer requests;         /* those being written in this turn */
    struct buffer key;              /* of a whole answer, or a name or a tag of it: being written */
    struct template_value *values;  /* of the template being filled: room for the largest */
    unsigned n_compressing;         /* answers on their way into a coding, whole ones */
    unsigned n_compressing_parts;   /* and those that come in parts */
    unsigned n_visits;              /* requests, and calls that outlived theirs */
    bool is_retired;
    struct ready ready; /* to be freed */
    void (*on_retired)(void *context);
    void *retired_context;
    char line[ACCESS_LINE_MAX]; /* of the log, being written */
};

/* A request, or a call that outlives it, begins and ends. The last end may free a retired gateway,
 * in a later turn of the ready queue. */
void gateway_hold(struct gateway *g);
void gateway_release(struct gateway *g);

/* Finds the endpoint, asks who is there and reads all but the body. false: the request was
 * answered. */
bool gateway_look_at(struct visit *v) MUST_USE;
/* What the visit waited for before its endpoint was looked at is there, or will not come. */
void gateway_resume(struct visit *v);
/* The body is whole: has it answered, now or later. */
void gateway_go_on(struct visit *v);
/* 400, with all violations of its parameters. */
void gateway_refuse_violations(struct visit *v);
/* The visit is over, counted and logged, whatever becomes of its exchange. */
void gateway_end_visit(struct visit *v);
/* Has a message of a WebSocket answered by this exchange, whose target is lent for the call. paid:
 * what was taken for it before, which is given back with the visit, or in here where none begins;
 * NULL: nothing. */
void gateway_ask(struct exchange *e, const struct visit_ask *ask, struct rate_limit *paid);
