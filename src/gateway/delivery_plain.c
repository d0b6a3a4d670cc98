/* delivery_plain.c - an answer whose status, length and fields wait for the last source */
#include "gateway/delivery_plain.h"

#include "base/check.h"
#include "gateway/answer.h"
#include "gateway/assemble.h"
#include "gateway/delivery_status.h"
#include "gateway/gateway_internal.h"
#include "gateway/problem.h"

/* A document on its way to the outbox. */
struct delivering {
    struct assembly assembly;
    unsigned n_put;
};

static void count(const struct run *r, enum counter_id id)
{
    counters_add(r->gateway->context.counters, id, 1);
}

/* Whole, nothing is worth a word before the last one. */
static void on_settled(struct run *r, unsigned source)
{
    (void)r;
    (void)source;
}

/* Puts what the outbox takes. The blob's share goes with the bytes. */
static void put_parts(struct run *r)
{
    struct delivering *d = r->delivering;
    struct exchange *e = r->visit->exchange;
    while (d->n_put < d->assembly.n) {
        const struct assemble_part *part = &d->assembly.parts[d->n_put];
        struct run_source *s = part->source;
        if (!exchange_put(e, part->bytes, s ? s->outcome.blob : NULL))
            return;
        if (s)
            s->outcome.blob = NULL;
        d->n_put++;
    }
    exchange_end(e);
}

static void on_room(struct run *r)
{
    if (r->delivering)
        put_parts(r);
}

static bool begin_document(struct run *r, const struct assembly *assembly)
{
    struct answer a;
    uint64_t returning = 0;
    for (unsigned i = 0; i < r->plan->n_sources; i++)
        if (r->sources[i].outcome.n_returned && !run_has_failed(r, i))
            returning |= UINT64_C(1) << i;
    if (!answer_init(&a, r->visit, returning))
        return false;
    answer_add(&a, SLICE("Content-Type"), SLICE("application/json"));
    answer_add(&a, SLICE("Sheaf-Complete"), assembly->is_complete ? SLICE("?1") : SLICE("?0"));
    answer_add_returned(&a, r, returning);
    answer_add_no_store(&a);
    exchange_begin(r->visit->exchange, 200, a.fields, a.n, (int64_t)assembly->n_bytes);
    return true;
}

static void send_document(struct run *r)
{
    struct delivering *d = arena_take_zero(&r->visit->exchange->arena, 1, sizeof *d);
    if (!d || !assemble_document(r, &d->assembly) || !begin_document(r, &d->assembly)) {
        count(r, COUNT_ANSWERS_FAILED);
        answer_give_up(r->visit->exchange);
        return;
    }
    count(r, d->assembly.is_complete ? COUNT_ANSWERS_COMPLETE : COUNT_ANSWERS_PARTIAL);
    r->delivering = d;
    put_parts(r);
}

static void send_problem(struct run *r, unsigned source)
{
    struct answer a;
    bool is_passed;
    struct problem p = {.status = delivery_status(r, source, &is_passed)};
    p.detail = assemble_message(r, source);
    p.errors = assemble_errors(r);
    /* What a service said to a status that is passed on belongs to it. */
    uint64_t returning = is_passed ? UINT64_C(1) << source : 0;
    count(r, COUNT_ANSWERS_FAILED);
    if (!p.detail.at || !p.errors.at || !answer_init(&a, r->visit, returning)) {
        answer_give_up(r->visit->exchange);
        return;
    }
    answer_add_returned(&a, r, returning);
    problem_send(r->visit, &p, &a);
}

static void on_finished(struct run *r)
{
    if (r->failed >= 0)
        send_problem(r, (unsigned)r->failed);
    else
        send_document(r);
}

const struct delivery delivery_plain = {
    .settled = on_settled,
    .finished = on_finished,
    .on_room = on_room,
};
