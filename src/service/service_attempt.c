/* service_attempt.c - what happens between a request and its outcome */
#include "service/service_attempt.h"

#include <stdlib.h>

#include "base/memory.h"
#include "http/call.h"
#include "service/service_body.h"
#include "service/service_fault.h"
#include "service/service_format.h"
#include "service/service_head.h"
#include "wire/status.h"

enum {
    HEAD_LIMIT = 1024 * 1024,  /* bytes of a request's head; more comes of huge values alone */
    HEAD_KEPT = 8 * 1024,      /* bytes of a head's memory that a call to be used again keeps */
    DROPPED_LIMIT = 64 * 1024, /* bytes read of a body that nobody wants, to keep the connection */
    CODED_SLACK = 4096,        /* bytes that a coding may add to a small body */
};

struct service_attempt {
    struct call call;
    struct call_request request;
    struct service *service;
    struct service_target *target;
    unsigned era; /* that the target's slot had */
    service_ended *on_ended;
    void *owner;
    struct arena *arena; /* NULL once it is detached */
    struct service_wanted wanted;
    struct service_passed passed;
    bool is_idempotent;
    bool is_raw; /* its outcome is what came, of which somebody else makes something */
    enum config_format declared;
    struct service_format format;   /* of the answer */
    struct service_decoder decoder; /* of its body, where that is coded */
    enum service_body_fit fit;      /* of what was decoded last */
    bool is_dropping;               /* nobody wants the body */
    bool is_under_way;              /* the call below was started and is not done with */
    bool has_come;                  /* all of the answer, of which some is not decoded yet */
    uint64_t timeout_ms;            /* as the service and the user are told */
    uint64_t n_dropped;
    struct service_body body;
    struct outcome outcome;
    struct wheel_entry timeout;
    const struct config_fault *fault; /* that it suffers; NULL: none */
    struct wheel_entry faulty;        /* until it does */
    struct ready ready;
    struct buffer head;   /* of the request; kept with the call */
    struct blob *content; /* the request's body; NULL where it has none */
    struct service_attempt *next_free;
};

static struct service_context *context_of(const struct service_attempt *a)
{
    return a->service->context;
}

static void recycle(struct service_attempt *a)
{
    struct service_context *context = context_of(a);
    counters_add(context->counters, COUNT_CALLS_IN_FLIGHT, -1);
    loop_disarm(context->loop, &a->timeout);
    loop_disarm(context->loop, &a->faulty);
    loop_ready_cancel(&a->ready);
    service_body_drop(&a->body, context);
    service_decoder_end(&a->decoder);
    if (a->content)
        blob_release(&context->loop->blobs, a->content);
    a->content = NULL;
    if (a->head.capacity > HEAD_KEPT)
        buffer_done(&a->head);
    a->next_free = context->free_attempts;
    context->free_attempts = a;
}

/* The one way out by itself. The call is free to be used again when the owner hears. */
static void tell(struct service_attempt *a)
{
    service_ended *on_ended = a->on_ended;
    void *owner = a->owner;
    struct outcome outcome = a->outcome;
    outcome.ended_ns = context_of(a)->loop->now_ns;
    if (outcome.blob)
        a->body.blob = NULL; /* its share is the outcome's now */
    recycle(a);
    on_ended(owner, &outcome);
}

/* The first failure stays: a status that was heard outlives what is wrong with its body. */
static void fail(struct service_attempt *a, enum outcome_kind kind, struct slice detail)
{
    service_body_drop(&a->body, context_of(a));
    if (a->outcome.kind != OUTCOME_OK)
        return;
    a->outcome.kind = kind;
    a->outcome.detail = detail;
}

/* Ends now, and the connection with it where the answer is still under way. */
static void end_now(struct service_attempt *a)
{
    if (a->is_under_way)
        call_cancel(&a->call);
    a->is_under_way = false;
    tell(a);
}

/* A sentence with a number in it; none where nobody is left to read it. */
static struct slice detail_of(struct service_attempt *a, const char *before, uint64_t number,
                              const char *after)
{
    if (!a->arena)
        return SLICE_NONE;
    return arena_print(a->arena, "%s%llu%s", before, (unsigned long long)number, after);
}

static void fail_to_fit(struct service_attempt *a, enum service_body_fit fit)
{
    uint64_t bound = context_of(a)->bounds->response_body;
    if (fit == SERVICE_BODY_TOO_LARGE)
        fail(a, OUTCOME_TOO_LARGE, detail_of(a, "the answer is larger than ", bound, " bytes"));
    else
        fail(a, OUTCOME_OVERLOADED, SLICE("no memory is left for the answer"));
}

/* Does somebody wait for the body of an answer with this status? */
static bool wants_body(const struct service_attempt *a, unsigned status)
{
    if (!a->arena || a->request.is_head)
        return false;
    if (a->is_raw)
        return status != 304;
    return service_passed_has(&a->passed, status) || status_is_success(status);
}

/* Its body is passed on where it is JSON, whatever the source's answers are otherwise. */
static void fail_by_status(struct service_attempt *a, const struct h1_head *head, const char *base)
{
    fail(a, OUTCOME_STATUS, detail_of(a, "answered ", head->status, ""));
    a->format = service_format_of(CONFIG_FORMAT_BY_TYPE, service_head_media(head, base));
    if (a->format.kind != CONFIG_FORMAT_JSON)
        a->format.refusal = SLICE("the answer's media type is not JSON");
}

static enum service_body_fit take_fields(struct service_attempt *a, const struct h1_head *head,
                                         const char *base)
{
    if (!a->arena)
        return SERVICE_BODY_FITS;
    if (!a->is_raw)
        service_head_take_fields(&a->outcome, head, base, &a->wanted, a->arena);
    else if (!service_head_take_all(&a->outcome, head, base, a->arena))
        return SERVICE_BODY_NO_MEMORY;
    a->format.refusal = a->is_raw ? SLICE_NONE : a->format.refusal;
    return SERVICE_BODY_FITS;
}

static bool add_decoded(void *owner, struct slice piece)
{
    struct service_attempt *a = owner;
    a->fit = service_body_add(&a->body, context_of(a), piece);
    return a->fit == SERVICE_BODY_FITS;
}

/* Where the body is coded, only what is inside is counted and kept. */
static enum service_body_fit begin_body(struct service_attempt *a, const struct h1_head *head,
                                        const char *base)
{
    const struct coding_list coding = service_head_coding(head, base);
    if (coding.is_foreign && !a->format.refusal.n)
        a->format.refusal = SLICE("the answer's content coding is not understood");
    if (a->format.refusal.n)
        return SERVICE_BODY_FITS;
    if (coding.n)
        service_decoder_begin(&a->decoder, &context_of(a)->decoding, &coding, add_decoded, a);
    return service_body_begin(&a->body, context_of(a), a->arena,
                              head->has_length && !coding.n ? &head->length : NULL);
}

static void on_head(struct call *call, const struct h1_head *head, const char *base)
{
    struct service_attempt *a = LIST_OWNER(call, struct service_attempt, call);
    a->outcome.status = head->status;
    a->outcome.retry_after_ms =
        service_head_retry_after(head, base, context_of(a)->loop->wall_us / 1000);
    a->format = service_format_of(a->declared, service_head_media(head, base));
    if (head->status < 200 || head->status > 299)
        fail_by_status(a, head, base);
    if (head->status == 401 && a->arena)
        service_note_refusal(a->service, a->outcome.started_ns);
    a->is_dropping = !wants_body(a, head->status);
    enum service_body_fit fit = take_fields(a, head, base);
    if (fit == SERVICE_BODY_FITS && !a->is_dropping)
        fit = begin_body(a, head, base);
    if (fit == SERVICE_BODY_FITS)
        return;
    fail_to_fit(a, fit);
    end_now(a); /* a is gone */
}

/* A short rest is read, so that the connection can be used again. */
static void drop(struct service_attempt *a, struct slice chunk)
{
    a->n_dropped += chunk.n;
    uint64_t limit = DROPPED_LIMIT;
    if (a->outcome.kind == OUTCOME_OK) /* detached: its outcome is not known before its end */
        limit = context_of(a)->bounds->response_body;
    if (a->n_dropped <= limit)
        return;
    fail_to_fit(a, SERVICE_BODY_TOO_LARGE);
    end_now(a); /* a is gone */
}

static void fail_to_decode(struct service_attempt *a)
{
    fail(a, OUTCOME_INVALID, SLICE("the answer is not in its content coding"));
}

/* What stands for little or nothing, without an end, is bounded too: nobody sends twice the bytes
 * of what they mean. */
static bool is_endless(const struct service_attempt *a)
{
    uint64_t bound = context_of(a)->bounds->response_body + CODED_SLACK;
    return coding_reader_n_coded(a->decoder.reader) / 2 > bound;
}

/* false: what was decoded is no good, and a is gone. */
static bool is_decoded(struct service_attempt *a, enum coding_verdict verdict)
{
    if ((verdict == CODING_GOOD || verdict == CODING_MORE) && !is_endless(a))
        return true;
    if (verdict == CODING_BAD)
        fail_to_decode(a);
    else
        fail_to_fit(a, verdict == CODING_STOPPED ? a->fit : SERVICE_BODY_TOO_LARGE);
    end_now(a);
    return false;
}

/* What was read with it may still come, and waits as well. */
static void decode(struct service_attempt *a, struct slice chunk)
{
    enum coding_verdict verdict = service_decoder_add(&a->decoder, chunk);
    if (is_decoded(a, verdict) && verdict == CODING_MORE)
        call_pause(&a->call);
}

static void on_body(struct call *call, struct slice chunk)
{
    struct service_attempt *a = LIST_OWNER(call, struct service_attempt, call);
    if (!a->is_dropping && a->format.refusal.n) { /* an answer without a body has no type */
        fail(a, OUTCOME_INVALID, a->format.refusal);
        a->is_dropping = true;
    }
    if (a->is_dropping) {
        drop(a, chunk);
        return;
    }
    if (a->decoder.reader) {
        decode(a, chunk); /* a may be gone */
        return;
    }
    enum service_body_fit fit = service_body_add(&a->body, context_of(a), chunk);
    if (fit == SERVICE_BODY_FITS)
        return;
    fail_to_fit(a, fit);
    end_now(a); /* a is gone */
}

static struct stream_room room(struct call *call, size_t n)
{
    struct service_attempt *a = LIST_OWNER(call, struct service_attempt, call);
    if (a->is_dropping || !a->body.expected)
        return (struct stream_room){NULL, 0};
    return service_body_room(&a->body, context_of(a), n);
}

/* Some bytes came, and all of them are there. */
static void judge_body(struct service_attempt *a)
{
    service_body_end(&a->body, context_of(a), a->arena);
    if (a->is_raw) {
        a->outcome.value = (struct slice){a->body.at, a->body.n};
        a->outcome.blob = a->body.blob;
        return;
    }
    struct service_format_value v =
        service_format_read(&a->format, &a->body, context_of(a), a->arena);
    if (v.kind != OUTCOME_OK) {
        fail(a, v.kind, v.text);
        return;
    }
    a->outcome.value = v.text;
    a->outcome.blob = a->body.blob;
}

/* The kept connection had ended before the service saw this request, or so an idempotent one may
 * assume. It is the same attempt. */
static bool is_to_be_made_again(const struct service_attempt *a)
{
    return !a->request.fresh && a->target->era == a->era && (a->is_idempotent || !a->call.is_sent);
}

static const struct call_handlers handlers;

static void make_again(struct service_attempt *a)
{
    counters_add(context_of(a)->counters, COUNT_UPSTREAM_REPLACED, 1);
    a->request.fresh = true;
    a->is_under_way = true;
    call_start(&a->call, a->target->pool, &a->request, &handlers);
}

/* The service is up and speaks HTTP, though we hold no more of what it says. */
static bool is_answered(enum call_end how)
{
    return how == CALL_DONE || how == CALL_TOO_LARGE;
}

static void judge_end(struct service_attempt *a, enum call_end how)
{
    a->outcome.end = is_answered(how) ? OUTCOME_WHOLE : OUTCOME_BROKEN;
    switch (how) {
    case CALL_DONE:
        if (service_decoder_is_cut(&a->decoder))
            fail_to_decode(a);
        else if (a->body.n)
            judge_body(a);
        else if (a->outcome.kind == OUTCOME_OK && !a->is_raw)
            outcome_set_empty(&a->outcome);
        break;
    case CALL_NO_CONNECTION:
        fail(a, OUTCOME_UNREACHABLE, SLICE("no connection"));
        break;
    case CALL_STALE:
    case CALL_BROKEN:
        fail(a, OUTCOME_UNREACHABLE, SLICE("the connection broke off before a whole answer"));
        break;
    case CALL_INVALID:
        fail(a, OUTCOME_INVALID, SLICE("the answer is not HTTP"));
        break;
    case CALL_TOO_LARGE:
        fail(a, OUTCOME_TOO_LARGE, SLICE("the head of the answer is too large"));
        break;
    }
}

static void on_end(struct call *call, enum call_end how)
{
    struct service_attempt *a = LIST_OWNER(call, struct service_attempt, call);
    a->has_come = how == CALL_DONE && service_decoder_is_waiting(&a->decoder);
    if (a->has_come)
        return;
    a->is_under_way = false;
    if (how == CALL_STALE && is_to_be_made_again(a)) {
        make_again(a);
        return;
    }
    judge_end(a, how);
    tell(a); /* a is gone */
}

static const struct call_handlers handlers = {
    .on_head = on_head,
    .on_body = on_body,
    .room = room,
    .on_end = on_end,
};

/* The rest of the body comes once what is there of it is decoded. */
static void on_decoding(struct service_decoder *d)
{
    struct service_attempt *a = LIST_OWNER(d, struct service_attempt, decoder);
    enum coding_verdict verdict = service_decoder_go_on(d);
    if (!is_decoded(a, verdict) || verdict == CODING_MORE)
        return;
    if (a->has_come)
        on_end(&a->call, CALL_DONE); /* a is gone */
    else
        call_resume(&a->call);
}

bool service_attempt_is_behind(const struct service_attempt *a)
{
    return service_decoder_is_waiting(&a->decoder);
}

static void on_timeout(struct wheel_entry *e)
{
    struct service_attempt *a = LIST_OWNER(e, struct service_attempt, timeout);
    a->outcome.end = service_attempt_is_behind(a) ? OUTCOME_UNSENT : OUTCOME_LATE;
    fail(a, OUTCOME_TIMEOUT, detail_of(a, "no answer within ", a->timeout_ms, " ms"));
    end_now(a); /* a is gone */
}

/* What could not even be begun is told in a later turn of the ready queue. */
static void on_ready(struct ready *r)
{
    tell(LIST_OWNER(r, struct service_attempt, ready));
}

static void on_faulty(struct wheel_entry *e);

static struct service_attempt *take(struct service_context *context)
{
    struct service_attempt *a = context->free_attempts;
    if (a) {
        context->free_attempts = a->next_free;
        return a;
    }
    a = memory_take_zero(1, sizeof *a);
    buffer_init(&a->head, HEAD_LIMIT);
    wheel_entry_init(&a->timeout, on_timeout);
    wheel_entry_init(&a->faulty, on_faulty);
    loop_ready_init(&a->ready, on_ready);
    service_decoder_init(&a->decoder, on_decoding);
    return a;
}

static void begin(struct service_attempt *a, const struct service_request *r)
{
    uint64_t now_ns = context_of(a)->loop->now_ns;
    a->arena = r->arena;
    a->wanted = r->wanted;
    a->passed = r->passed;
    a->declared = r->format;
    a->is_raw = r->is_raw;
    a->is_idempotent = r->is_idempotent;
    a->is_dropping = a->is_under_way = a->has_come = false;
    a->n_dropped = 0;
    a->timeout_ms = r->timeout_ms < r->left_ms ? r->timeout_ms : r->left_ms;
    a->body = (struct service_body){0};
    a->outcome = (struct outcome){.n_attempts = 1, .started_ns = now_ns};
    a->request = (struct call_request){.is_head = r->is_head};
}

/* A copy, as the call may outlive the request that it is part of. */
static void keep_content(struct service_attempt *a, struct slice body)
{
    struct service_context *context = context_of(a);
    if (body.n == 0)
        return;
    if (body.n > service_memory_left(context)) {
        fail(a, OUTCOME_OVERLOADED, SLICE("no memory is left for the request"));
        return;
    }
    a->content = blob_take(&context->loop->blobs, body.n);
    memcpy(a->content->at, body.at, body.n);
    a->content->n = body.n;
}

static void send_request(struct service_attempt *a)
{
    a->request.head = buffer_slice(&a->head);
    if (a->content)
        a->request.body = blob_slice(a->content);
    a->is_under_way = true;
    call_start(&a->call, a->target->pool, &a->request, &handlers);
}

static void on_faulty(struct wheel_entry *e)
{
    struct service_attempt *a = LIST_OWNER(e, struct service_attempt, faulty);
    if (a->fault->fail_status == 0 && a->target->era == a->era) {
        send_request(a);
        return;
    }
    a->outcome.status = a->fault->fail_status;
    if (a->outcome.status)
        fail(a, OUTCOME_STATUS, detail_of(a, "answered ", a->outcome.status, ""));
    else
        fail(a, OUTCOME_UNREACHABLE, SLICE("no connection"));
    a->outcome.end = a->outcome.status ? OUTCOME_WHOLE : OUTCOME_BROKEN;
    tell(a); /* a is gone */
}

/* Sends it, or lets it suffer first. */
static void go(struct service_attempt *a)
{
    struct loop *l = context_of(a)->loop;
    a->fault = context_of(a)->n_faults ? service_fault_draw(a->service) : NULL;
    if (a->fault)
        loop_arm(l, &a->faulty, service_due_ms(l, a->fault->delay_ms));
    else
        send_request(a);
}

struct service_attempt *service_attempt_start(struct service *s, unsigned target,
                                              const struct service_request *r,
                                              service_ended *on_ended, void *owner)
{
    struct service_context *context = s->context;
    struct service_attempt *a = take(context);
    a->service = s;
    a->target = &s->targets[target];
    a->era = a->target->era;
    a->on_ended = on_ended;
    a->owner = owner;
    begin(a, r);
    counters_add(context->counters, COUNT_CALLS_STARTED, 1);
    counters_add(context->counters, COUNT_CALLS_IN_FLIGHT, 1);
    if (!service_head_write(&a->head, r, a->target->host, s->authorization, a->timeout_ms))
        fail(a, OUTCOME_TOO_LARGE, SLICE("the request is too long"));
    else
        keep_content(a, r->body);
    if (a->outcome.kind != OUTCOME_OK) {
        a->outcome.end = OUTCOME_UNSENT;
        loop_ready(context->loop, &a->ready);
        return a;
    }
    /* An unsafe call has all its time: whoever waits for it stops waiting earlier. */
    loop_arm(context->loop, &a->timeout,
             service_due_ms(context->loop, r->is_safe ? a->timeout_ms : r->timeout_ms));
    go(a);
    return a;
}

bool service_attempt_is_sent(const struct service_attempt *a)
{
    return a->is_under_way && a->call.is_sent;
}

/* Of what is dropped nothing is decoded, nor judged; the rest is read. */
static void stop_decoding(struct service_attempt *a)
{
    bool was_waiting = service_decoder_is_waiting(&a->decoder);
    service_decoder_end(&a->decoder);
    if (a->has_come) {
        judge_end(a, CALL_DONE);
        loop_ready(context_of(a)->loop, &a->ready);
    } else if (was_waiting) {
        call_resume(&a->call);
    }
}

void service_attempt_detach(struct service_attempt *a)
{
    a->arena = NULL;
    a->is_dropping = true;
    a->wanted = (struct service_wanted){0};
    service_body_drop(&a->body, context_of(a));
    a->outcome.detail = SLICE_NONE;
    a->outcome.returned = NULL;
    a->outcome.n_returned = 0;
    stop_decoding(a);
}

void service_attempt_cancel(struct service_attempt *a)
{
    counters_add(context_of(a)->counters, COUNT_CALLS_CANCELLED, 1);
    if (a->is_under_way)
        call_cancel(&a->call);
    a->is_under_way = false;
    recycle(a);
}

void service_attempt_free_kept(struct service_context *context)
{
    while (context->free_attempts) {
        struct service_attempt *a = context->free_attempts;
        context->free_attempts = a->next_free;
        buffer_done(&a->head);
        free(a);
    }
}
