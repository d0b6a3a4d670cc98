/* service_call.c - what happens between a request and its outcome */
#include "service/service_call.h"

#include <stdlib.h>

#include "base/check.h"
#include "http/call.h"
#include "json/scan.h"
#include "service/service_body.h"
#include "service/service_head.h"

enum {
    HEAD_LIMIT = 1024 * 1024, /* bytes of a request's head; more comes of huge values alone */
    HEAD_KEPT = 8 * 1024,     /* bytes of a head's memory that a call to be used again keeps */
    DROPPED_LIMIT = 64 * 1024 /* bytes read of a body that nobody wants, to keep the connection */
};

struct service_call {
    struct call call;
    struct call_request request;
    struct service *service;
    struct service_target *target;
    service_call_ended *on_ended;
    void *owner;
    struct arena *arena; /* NULL once it is detached */
    struct service_wanted wanted;
    struct service_passed passed;
    bool is_safe, is_idempotent;
    bool is_json;        /* the answer's media type says so, or nothing */
    bool is_dropping;    /* nobody wants the body */
    bool is_under_way;   /* the call below was started and has not ended */
    uint64_t timeout_ms; /* as the service and the user are told */
    uint64_t n_dropped;
    struct service_body body;
    struct outcome outcome;
    struct wheel_entry timeout;
    struct ready ready;
    struct buffer head; /* of the request; kept with the call */
    struct service_call *next_free;
};

static struct service_context *context_of(const struct service_call *c)
{
    return c->service->context;
}

static void recycle(struct service_call *c)
{
    struct service_context *context = context_of(c);
    counters_add(context->counters, COUNT_CALLS_IN_FLIGHT, -1);
    loop_disarm(context->loop, &c->timeout);
    loop_ready_cancel(&c->ready);
    service_body_drop(&c->body, context);
    if (c->head.capacity > HEAD_KEPT)
        buffer_done(&c->head);
    c->next_free = context->free_calls;
    context->free_calls = c;
}

/* The one way out by itself. The call is free to be used again when the owner hears. */
static void tell(struct service_call *c)
{
    service_call_ended *on_ended = c->on_ended;
    void *owner = c->owner;
    struct outcome outcome = c->outcome;
    outcome.ended_ns = context_of(c)->loop->now_ns;
    if (outcome.blob)
        c->body.blob = NULL; /* its share is the outcome's now */
    recycle(c);
    on_ended(owner, &outcome);
}

/* The first failure stays: a status that was heard outlives what is wrong with its body. */
static void fail(struct service_call *c, enum outcome_kind kind, struct slice detail)
{
    service_body_drop(&c->body, context_of(c));
    if (c->outcome.kind != OUTCOME_OK)
        return;
    c->outcome.kind = kind;
    c->outcome.detail = detail;
}

/* Ends now, and the connection with it where the answer is still under way. */
static void end_now(struct service_call *c)
{
    if (c->is_under_way)
        call_cancel(&c->call);
    c->is_under_way = false;
    tell(c);
}

/* A sentence with a number in it; none where nobody is left to read it. */
static struct slice detail_of(struct service_call *c, const char *before, uint64_t number,
                              const char *after)
{
    if (!c->arena)
        return SLICE_NONE;
    return arena_print(c->arena, "%s%llu%s", before, (unsigned long long)number, after);
}

static void fail_to_fit(struct service_call *c, enum service_body_fit fit)
{
    uint64_t bound = context_of(c)->bounds->response_body;
    if (fit == SERVICE_BODY_TOO_LARGE)
        fail(c, OUTCOME_TOO_LARGE, detail_of(c, "the answer is larger than ", bound, " bytes"));
    else
        fail(c, OUTCOME_OVERLOADED, SLICE("no memory is left for the answer"));
}

/* Does somebody wait for the body of an answer with this status? */
static bool wants_body(const struct service_call *c, unsigned status)
{
    if (!c->arena || c->request.is_head)
        return false;
    for (unsigned i = 0; i < c->passed.n; i++)
        if (c->passed.statuses[i] == status)
            return true;
    return status >= 200 && status <= 299;
}

static void on_head(struct call *call, const struct h1_head *head, const char *base)
{
    struct service_call *c = LIST_OWNER(call, struct service_call, call);
    c->outcome.status = head->status;
    c->is_json = service_head_is_json(head, base);
    if (head->status < 200 || head->status > 299)
        fail(c, OUTCOME_STATUS, detail_of(c, "answered ", head->status, ""));
    c->is_dropping = !wants_body(c, head->status);
    if (c->arena)
        service_head_take_fields(&c->outcome, head, base, &c->wanted, c->arena);
    enum service_body_fit fit = SERVICE_BODY_FITS;
    if (!c->is_dropping && c->is_json)
        fit = service_body_begin(&c->body, context_of(c), c->arena,
                                 head->has_length ? &head->length : NULL);
    if (fit == SERVICE_BODY_FITS)
        return;
    fail_to_fit(c, fit);
    end_now(c); /* c is gone */
}

/* A short rest is read, so that the connection can be used again. */
static void drop(struct service_call *c, struct slice chunk)
{
    c->n_dropped += chunk.n;
    uint64_t limit = DROPPED_LIMIT;
    if (c->outcome.kind == OUTCOME_OK) /* detached: its outcome is not known before its end */
        limit = context_of(c)->bounds->response_body;
    if (c->n_dropped <= limit)
        return;
    fail_to_fit(c, SERVICE_BODY_TOO_LARGE);
    end_now(c); /* c is gone */
}

static void on_body(struct call *call, struct slice chunk)
{
    struct service_call *c = LIST_OWNER(call, struct service_call, call);
    if (!c->is_dropping && !c->is_json) { /* told now, as an answer without a body has no type */
        fail(c, OUTCOME_INVALID, SLICE("the answer's media type is not JSON"));
        c->is_dropping = true;
    }
    if (c->is_dropping) {
        drop(c, chunk);
        return;
    }
    enum service_body_fit fit = service_body_add(&c->body, context_of(c), chunk);
    if (fit == SERVICE_BODY_FITS)
        return;
    fail_to_fit(c, fit);
    end_now(c); /* c is gone */
}

/* Some bytes came, and all of them are there. */
static void judge_body(struct service_call *c)
{
    struct service_context *context = context_of(c);
    service_body_end(&c->body, context, c->arena);
    struct scan_result scanned =
        scan_json((struct slice){c->body.at, c->body.n}, context->bounds->json_depth);
    switch (scanned.verdict) {
    case SCAN_OK:
        c->outcome.value = scanned.value;
        c->outcome.blob = c->body.blob;
        break;
    case SCAN_EMPTY:
        fail(c, OUTCOME_INVALID, SLICE("the answer is white space alone"));
        break;
    case SCAN_INVALID:
        fail(c, OUTCOME_INVALID, SLICE("the answer is not JSON"));
        break;
    case SCAN_TOO_DEEP:
        fail(c, OUTCOME_INVALID,
             detail_of(c, "the answer is nested deeper than ", context->bounds->json_depth, ""));
        break;
    }
}

/* The kept connection had ended before the service saw this request, or so an idempotent one may
 * assume. It is the same attempt. */
static bool is_to_be_made_again(const struct service_call *c)
{
    return !c->request.fresh && (c->is_idempotent || !c->call.is_sent);
}

static const struct call_handlers handlers;

static void make_again(struct service_call *c)
{
    counters_add(context_of(c)->counters, COUNT_UPSTREAM_REPLACED, 1);
    c->request.fresh = true;
    c->is_under_way = true;
    call_start(&c->call, c->target->pool, &c->request, &handlers);
}

static void judge_end(struct service_call *c, enum call_end how)
{
    switch (how) {
    case CALL_DONE:
        if (c->body.n)
            judge_body(c);
        else if (c->outcome.kind == OUTCOME_OK)
            c->outcome.value = SLICE("null");
        break;
    case CALL_NO_CONNECTION:
        fail(c, OUTCOME_UNREACHABLE, SLICE("no connection"));
        break;
    case CALL_STALE:
    case CALL_BROKEN:
        fail(c, OUTCOME_UNREACHABLE, SLICE("the connection broke off before a whole answer"));
        break;
    case CALL_INVALID:
        fail(c, OUTCOME_INVALID, SLICE("the answer is not HTTP"));
        break;
    }
}

static void on_end(struct call *call, enum call_end how)
{
    struct service_call *c = LIST_OWNER(call, struct service_call, call);
    c->is_under_way = false;
    if (how == CALL_STALE && is_to_be_made_again(c)) {
        make_again(c);
        return;
    }
    judge_end(c, how);
    tell(c); /* c is gone */
}

static const struct call_handlers handlers = {
    .on_head = on_head,
    .on_body = on_body,
    .on_end = on_end,
};

static void on_timeout(struct wheel_entry *e)
{
    struct service_call *c = LIST_OWNER(e, struct service_call, timeout);
    fail(c, OUTCOME_TIMEOUT, detail_of(c, "no answer within ", c->timeout_ms, " ms"));
    end_now(c); /* c is gone */
}

/* What could not even be begun is told in a later turn of the ready queue. */
static void on_ready(struct ready *r)
{
    tell(LIST_OWNER(r, struct service_call, ready));
}

static struct service_call *take(struct service_context *context)
{
    struct service_call *c = context->free_calls;
    if (c) {
        context->free_calls = c->next_free;
        return c;
    }
    c = calloc(1, sizeof *c);
    CHECK(c);
    buffer_init(&c->head, HEAD_LIMIT);
    wheel_entry_init(&c->timeout, on_timeout);
    loop_ready_init(&c->ready, on_ready);
    return c;
}

static void begin(struct service_call *c, const struct service_request *r)
{
    uint64_t now_ns = context_of(c)->loop->now_ns;
    c->arena = r->arena;
    c->wanted = r->wanted;
    c->passed = r->passed;
    c->is_safe = r->is_safe;
    c->is_idempotent = r->is_idempotent;
    c->is_dropping = c->is_under_way = false;
    c->n_dropped = 0;
    c->timeout_ms = r->timeout_ms < r->left_ms ? r->timeout_ms : r->left_ms;
    c->body = (struct service_body){0};
    c->outcome = (struct outcome){.n_attempts = 1, .started_ns = now_ns};
    c->request = (struct call_request){.is_head = r->is_head};
}

static void send_request(struct service_call *c)
{
    c->request.head = buffer_slice(&c->head);
    c->is_under_way = true;
    call_start(&c->call, c->target->pool, &c->request, &handlers);
}

struct service_call *service_call_start(struct service *s, const struct service_request *r,
                                        service_call_ended *on_ended, void *owner)
{
    struct service_context *context = s->context;
    struct service_call *c = take(context);
    c->service = s;
    c->on_ended = on_ended;
    c->owner = owner;
    begin(c, r);
    counters_add(context->counters, COUNT_CALLS_STARTED, 1);
    counters_add(context->counters, COUNT_CALLS_IN_FLIGHT, 1);
    c->target = service_pick(s);
    if (!c->target)
        fail(c, OUTCOME_UNREACHABLE, SLICE("no connection"));
    else if (!service_head_write(&c->head, r, c->target->host, c->timeout_ms))
        fail(c, OUTCOME_TOO_LARGE, SLICE("the request is too long"));
    if (c->outcome.kind != OUTCOME_OK) {
        loop_ready(context->loop, &c->ready);
        return c;
    }
    /* An unsafe call has all its time: whoever waits for it stops waiting earlier. */
    loop_arm(context->loop, &c->timeout,
             service_due_ms(context->loop, r->is_safe ? c->timeout_ms : r->timeout_ms));
    send_request(c);
    return c;
}

bool service_call_must_go_on(const struct service_call *c)
{
    return !c->is_safe && c->is_under_way && c->call.is_sent;
}

void service_call_detach(struct service_call *c, service_call_ended *on_ended, void *owner)
{
    c->on_ended = on_ended;
    c->owner = owner;
    c->arena = NULL;
    c->is_dropping = true;
    c->wanted = (struct service_wanted){0};
    service_body_drop(&c->body, context_of(c));
    c->outcome.detail = SLICE_NONE;
    c->outcome.returned = NULL;
    c->outcome.n_returned = 0;
}

void service_call_cancel(struct service_call *c)
{
    counters_add(context_of(c)->counters, COUNT_CALLS_CANCELLED, 1);
    if (c->is_under_way)
        call_cancel(&c->call);
    c->is_under_way = false;
    recycle(c);
}

void service_call_free_kept(struct service_context *context)
{
    while (context->free_calls) {
        struct service_call *c = context->free_calls;
        context->free_calls = c->next_free;
        buffer_done(&c->head);
        free(c);
    }
}
