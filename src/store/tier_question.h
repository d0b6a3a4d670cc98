/* tier_question.h - something is asked of a store, and waited for no longer than `timeout_ms`
 *
 * It is not asked while an answer of the store is overdue or its breaker is open. What is answered
 * too late is still heard of, as the store's answers come in their order. One that the store does
 * not understand, as it has lost the scripts, is asked once more behind them.
 *
 * A member of what it is about.
 */
#pragma once

#include "net/loop.h"
#include "policy/breaker.h"
#include "store/tier_link.h"

struct tier_question;
struct tier_store;

struct tier_question_kind {
    /* Writes the command, for q->wait. false: there is no room. */
    bool (*send)(struct tier_question *q);
    /* Is it what was asked for? v NULL: it never comes. */
    bool (*is_good)(const struct tier_question *q, const struct resp_value *v);
    /* There was no answer in time; on_answer() follows all the same. */
    void (*on_late)(struct tier_question *q);
    /* The last. v NULL: it never comes. The memory may go. */
    void (*on_answer)(struct tier_question *q, struct resp_value *v);
};
struct tier_question {
    const struct tier_question_kind *kind;
    struct tier_store *store;
    struct tier_wait wait;
    struct wheel_entry deadline;
    struct breaker_ticket ticket;
    bool is_late;
    bool was_repeated;
};

/* false: it is not worth asking now. Otherwise on_answer() comes, never inside this call. */
bool tier_question_ask(struct tier_question *q, const struct tier_question_kind *kind,
                       struct tier_store *s) MUST_USE;
