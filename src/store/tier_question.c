/* tier_question.c - how long it is waited for, and what the breaker hears of it */
#include "store/tier_question.h"

#include "store/tier_internal.h"

static const struct breaker_settings breaker_settings = {
    .is_on = true,
    .failures_permille = 500,
    .window_ms = 10000,
    .min_calls = 5,
    .open_ms = 2000,
    .probes = 1,
};

static void tell_breaker(struct tier_question *q, enum breaker_result result)
{
    breaker_tell(&q->store->breaker, &breaker_settings, q->ticket, result,
                 q->store->tier->loop->now_ms);
}

/* The store still owes the answer; until then it is asked for nothing else. */
static void on_deadline(struct wheel_entry *e)
{
    struct tier_question *q = LIST_OWNER(e, struct tier_question, deadline);
    q->is_late = true;
    q->store->n_overdue++;
    tell_breaker(q, BREAKER_FAILED);
    q->kind->on_late(q);
}

static bool repeat(struct tier_question *q, const struct resp_value *v)
{
    if (!v || q->was_repeated || !tier_store_has_forgotten(q->store, v))
        return false;
    q->was_repeated = true;
    return q->kind->send(q);
}

static void on_answer(struct tier_wait *w, struct resp_value *v)
{
    struct tier_question *q = LIST_OWNER(w, struct tier_question, wait);
    if (repeat(q, v))
        return;
    if (q->is_late) {
        q->store->n_overdue--;
    } else {
        loop_disarm(q->store->tier->loop, &q->deadline);
        tell_breaker(q, q->kind->is_good(q, v) ? BREAKER_GOOD : BREAKER_FAILED);
    }
    q->kind->on_answer(q, v); /* last: it may free q */
}

static bool may_ask(struct tier_store *s, struct breaker_ticket *ticket)
{
    if (!s->is_usable || s->n_overdue)
        return false;
    *ticket = breaker_ask(&s->breaker, &breaker_settings, s->tier->loop->now_ms);
    return ticket->pass != BREAKER_REFUSED;
}

bool tier_question_ask(struct tier_question *q, const struct tier_question_kind *kind,
                       struct tier_store *s)
{
    *q = (struct tier_question){.kind = kind, .store = s, .wait.on_answer = on_answer};
    wheel_entry_init(&q->deadline, on_deadline);
    if (!may_ask(s, &q->ticket))
        return false;
    if (!kind->send(q)) {
        tell_breaker(q, BREAKER_NEITHER);
        return false;
    }
    loop_arm(s->tier->loop, &q->deadline, s->tier->loop->now_ms + s->tier->timeout_ms);
    return true;
}
