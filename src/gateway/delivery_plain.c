/* delivery_plain.c - an answer whose status, length and fields wait for the last source */
#include "gateway/delivery_plain.h"

#include "base/check.h"
#include "gateway/answer.h"
#include "gateway/answer_cache.h"
#include "gateway/assemble.h"
#include "gateway/compressing.h"
#include "gateway/delivery_status.h"
#include "gateway/etag.h"
#include "gateway/gateway_internal.h"
#include "gateway/problem.h"
#include "gateway/telling.h"

enum {
    STATUS_NOT_MODIFIED = 304
};

/* A document on its way to the outbox. */
struct delivering {
    struct assembly assembly;
    unsigned n_put;
};

/* Of a shared answer each that gets it is counted (answer_cache.c). */
static void count(const struct run *r, enum counter_id id)
{
    if (!r->visit->is_shared)
        counters_add(r->gateway->context.counters, id, 1);
}

/* Whole, nothing is worth a word before the last one. */
static void on_settled(struct run *r, unsigned source)
{
    (void)r;
    (void)source;
}

/* The blob's share goes with the bytes; what comes of a value in several parts needs one for each.
 */
static bool put_part(struct run *r, const struct assemble_part *part)
{
    struct outcome *o = part->owner;
    struct blob *blob = o ? o->blob : NULL;
    if (!blob || part->is_last) {
        bool is_put = exchange_put(r->visit->exchange, part->bytes, blob);
        if (blob && is_put)
            o->blob = NULL;
        return is_put;
    }
    if (exchange_put(r->visit->exchange, part->bytes, blob_share(blob)))
        return true;
    blob_release(&r->gateway->loop->blobs, blob);
    return false;
}

/* Puts what the outbox takes. */
static void put_parts(struct run *r)
{
    struct delivering *d = r->delivering;
    for (; d->n_put < d->assembly.n; d->n_put++)
        if (!put_part(r, &d->assembly.parts[d->n_put]))
            return;
    exchange_end(r->visit->exchange);
}

/* The parts' owners keep them until the run is done. */
static bool compress_parts(struct run *r)
{
    const struct delivering *delivering = r->delivering;
    const struct assembly *d = &delivering->assembly;
    struct slice *parts = arena_take(&r->visit->exchange->arena, d->n * sizeof *parts);
    if (!parts)
        return false;
    for (unsigned i = 0; i < d->n; i++)
        parts[i] = d->parts[i].bytes;
    return compressing_start(r->visit, parts, d->n, NULL);
}

static void send_parts(struct run *r)
{
    if (r->visit->coding == CODING_IDENTITY)
        put_parts(r);
    else if (!compress_parts(r))
        exchange_cut(r->visit->exchange);
}

static void on_room(struct run *r)
{
    if (r->delivering)
        put_parts(r);
}

/* What the client has already it is not sent again (RFC 9110 13.1.2). */
static unsigned choose_status(const struct run *r, struct slice etag)
{
    if (etag.n && etag_is_had(&r->visit->exchange->request, etag))
        return STATUS_NOT_MODIFIED;
    return r->plan->config->status;
}

static bool begin_document(struct run *r, const struct assembly *assembly)
{
    struct answer a;
    struct slice etag;
    uint64_t returning = 0;
    for (unsigned i = 0; i < r->plan->n_sources; i++)
        if (r->sources[i].outcome.n_returned && run_has_value(r, i))
            returning |= UINT64_C(1) << i;
    if (!answer_init(&a, r->visit, returning))
        return false;
    answer_add(&a, SLICE("Content-Type"), SLICE("application/json"));
    answer_add(&a, SLICE("Sheaf-Complete"), assembly->is_complete ? SLICE("?1") : SLICE("?0"));
    answer_add_returned(&a, r, returning);
    if (!telling_add(&a, r, assembly, &etag) || !answer_add_timing(&a, r->visit) ||
        !compressing_choose(&a, r->visit, assembly->n_bytes, &etag))
        return false;
    unsigned status = choose_status(r, etag);
    if (status == STATUS_NOT_MODIFIED) {
        answer_remove(&a, SLICE("content-type"));
        compressing_forget(&a, r->visit);
    }
    exchange_begin(r->visit->exchange, status, a.fields, a.n,
                   compressing_length(r->visit, assembly->n_bytes));
    return true;
}

/* The service's own body, which is JSON, with its status. */
static bool begin_passed(struct run *r, const struct delivery_verdict *v)
{
    struct run_source *s = &r->sources[v->source];
    struct delivering *d = arena_take_zero(&r->visit->exchange->arena, 1, sizeof *d);
    struct assemble_part *part = arena_take(&r->visit->exchange->arena, sizeof *part);
    struct answer a;
    struct slice etag;
    uint64_t returning = UINT64_C(1) << v->source;
    if (!d || !part || !answer_init(&a, r->visit, returning))
        return false;
    *part = (struct assemble_part){s->outcome.value, &s->outcome, true};
    d->assembly = (struct assembly){.parts = part, .n = 1, .n_bytes = part->bytes.n};
    answer_add(&a, SLICE("Content-Type"), SLICE("application/json"));
    answer_add_returned(&a, r, returning);
    if (!telling_add(&a, r, NULL, &etag) || !answer_add_timing(&a, r->visit))
        return false;
    if (!compressing_choose(&a, r->visit, part->bytes.n, &etag))
        return false;
    r->delivering = d;
    exchange_begin(r->visit->exchange, v->status, a.fields, a.n,
                   compressing_length(r->visit, part->bytes.n));
    return true;
}

static void send_passed(struct run *r, const struct delivery_verdict *v)
{
    if (begin_passed(r, v))
        send_parts(r);
    else
        answer_give_up(r->visit->exchange);
}

static void send_problem(struct run *r, const struct delivery_verdict *v)
{
    struct answer a;
    struct slice etag;
    struct problem p = {.status = v->status};
    p.detail = assemble_message(r, (unsigned)r->failed);
    p.errors = assemble_errors(r);
    p.violations = v->status == 400 ? r->visit->parameters.violations : NULL;
    p.retry_after_ms = v->status == 429 ? rate_limit_retry_ms(r->visit)
                                        : r->sources[v->source].outcome.retry_after_ms;
    /* What a service said to a status that is passed on belongs to it. */
    uint64_t returning = v->is_passed ? UINT64_C(1) << v->source : 0;
    if (!p.detail.at || !p.errors.at || !answer_init(&a, r->visit, returning)) {
        answer_give_up(r->visit->exchange);
        return;
    }
    answer_add_returned(&a, r, returning);
    if (!telling_add(&a, r, NULL, &etag) || !answer_add_timing(&a, r->visit))
        answer_give_up(r->visit->exchange);
    else
        problem_send(r->visit, &p, &a);
}

static void send_failure(struct run *r)
{
    struct delivery_verdict v = delivery_status(r, (unsigned)r->failed);
    count(r, COUNT_ANSWERS_FAILED);
    if (v.is_passed && r->sources[v.source].outcome.value.n)
        send_passed(r, &v);
    else
        send_problem(r, &v);
}

static void give_up(struct run *r)
{
    count(r, COUNT_ANSWERS_FAILED);
    answer_give_up(r->visit->exchange);
}

static void send_document(struct run *r, struct delivering *d)
{
    if (!begin_document(r, &d->assembly)) {
        give_up(r);
        return;
    }
    answer_cache_forget(r->visit);
    count(r, d->assembly.is_complete ? COUNT_ANSWERS_COMPLETE : COUNT_ANSWERS_PARTIAL);
    r->delivering = d;
    send_parts(r);
}

/* A required source that cannot be placed fails only now. */
static void assemble(struct run *r)
{
    struct delivering *d = arena_take_zero(&r->visit->exchange->arena, 1, sizeof *d);
    switch (d ? assemble_document(r, &d->assembly) : ASSEMBLE_NO_ROOM) {
    case ASSEMBLE_GOOD:
        send_document(r, d);
        break;
    case ASSEMBLE_FAILED:
        send_failure(r);
        break;
    case ASSEMBLE_NO_ROOM:
        give_up(r);
        break;
    }
}

static void on_finished(struct run *r)
{
    if (r->failed >= 0)
        send_failure(r);
    else
        assemble(r);
}

const struct delivery delivery_plain = {
    .settled = on_settled,
    .finished = on_finished,
    .on_room = on_room,
};
