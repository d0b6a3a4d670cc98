/* tier_rate.c - the command, and what comes back */
#include "store/tier_rate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/units.h"
#include "store/tier_internal.h"

enum {
    N_WORDS = 8
};

struct tier_rate_ask {
    struct tier_question question;
    struct tier_rate_wish wish;
    const struct tier_rate_handlers *handlers;
    void *owner;
};

struct owing {
    struct tier_wait wait;
    struct tier_store *store;
};

static void add_us(struct resp_command *c, uint64_t ns)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%llu.%03u", (unsigned long long)(ns / NS_A_US),
                     (unsigned)(ns % NS_A_US));
    resp_add(c, (struct slice){text, (size_t)n}, SLICE_NONE);
}

static bool send_wish(struct tier_store *s, const struct tier_rate_wish *w, bool is_owed,
                      struct tier_wait *wait)
{
    struct resp_command c;
    if (!tier_store_begin(s, &c, TIER_SCRIPT_RATE, 1, N_WORDS))
        return false;
    resp_add(&c, SLICE(TIER_TEXT_LIMIT), (struct slice){w->who, sizeof w->who});
    add_us(&c, w->limit.interval_ns);
    resp_add_number(&c, w->limit.burst);
    resp_add_number(&c, w->n);
    resp_add_number(&c, w->want);
    resp_add_number(&c, w->share);
    add_us(&c, w->ahead_ns);
    resp_add_number(&c, is_owed);
    return tier_link_end(&s->link, &c, wait);
}

static struct tier_rate_ask *ask_of(const struct tier_question *q)
{
    return LIST_OWNER(q, struct tier_rate_ask, question);
}

static bool send_ask(struct tier_question *q)
{
    return send_wish(q->store, &ask_of(q)->wish, false, &q->wait);
}

/* The store may owe twice the burst, and rounds. */
static bool read_told(const struct tier_rate_wish *w, const struct resp_value *v,
                      struct tier_rate_told *told)
{
    uint64_t passes, ahead_us, extra;
    if (!v || v->kind != RESP_LIST || v->n != 3 || !resp_number(&v->list[0], &passes) ||
        !resp_number(&v->list[1], &ahead_us) || !resp_number(&v->list[2], &extra))
        return false;
    uint64_t most_us = 2 * w->limit.burst * w->limit.interval_ns / NS_A_US;
    *told = (struct tier_rate_told){passes == 1, (unsigned)extra, ahead_us * NS_A_US};
    return passes <= 1 && extra <= w->want && ahead_us <= most_us + 1;
}

static bool is_good(const struct tier_question *q, const struct resp_value *v)
{
    struct tier_rate_told told;
    return read_told(&ask_of(q)->wish, v, &told);
}

static void on_late(struct tier_question *q)
{
    struct tier_rate_ask *a = ask_of(q);
    counters_add(q->store->tier->counters, COUNT_LIMITS_LATE, 1);
    a->handlers->on_late(a->owner);
}

static void on_answer(struct tier_question *q, struct resp_value *v)
{
    struct tier_rate_ask *a = ask_of(q);
    struct tier_rate_told told;
    bool is_told = read_told(&a->wish, v, &told);
    if (!q->is_late)
        counters_add(q->store->tier->counters, is_told ? COUNT_LIMITS_SHARED : COUNT_LIMITS_FAILED,
                     1);
    a->handlers->on_told(a->owner, is_told ? &told : NULL);
    free(a);
}

static const struct tier_question_kind kind = {send_ask, is_good, on_late, on_answer};

bool tier_rate_take(struct tier *t, const struct tier_rate_wish *w,
                    const struct tier_rate_handlers *handlers, void *owner)
{
    struct tier_rate_ask *a = malloc(sizeof *a);
    CHECK(a);
    *a = (struct tier_rate_ask){.wish = *w, .handlers = handlers, .owner = owner};
    if (tier_question_ask(&a->question, &kind, tier_choose(t, w->who)))
        return true;
    free(a);
    counters_add(t->counters, COUNT_LIMITS_ALONE, 1);
    return false;
}

static void on_owed(struct tier_wait *w, struct resp_value *v)
{
    struct owing *o = LIST_OWNER(w, struct owing, wait);
    if (v)
        (void)tier_store_has_forgotten(o->store, v);
    free(o);
}

void tier_rate_owe(struct tier *t, const struct tier_rate_wish *w)
{
    struct tier_store *s = tier_choose(t, w->who);
    if (s->n_overdue)
        return;
    struct owing *o = malloc(sizeof *o);
    CHECK(o);
    *o = (struct owing){{.on_answer = on_owed}, s};
    if (!send_wish(s, w, true, &o->wait))
        free(o);
}
