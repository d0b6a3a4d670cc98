/* resolver_question.c - asked at start, and again at the end of the answer's time to live
 *
 * c-ares may answer inside the question; the answer therefore waits in the ready queue, where no
 * call into c-ares is under way and the owner may do what it likes, with the resolver too.
 */
#include <stdlib.h>

#include "base/check.h"
#include "net/resolver_internal.h"

enum {
    TTL_LEAST_S = 1,
    TTL_MOST_S = 60,
    AGAIN_AFTER_FAILURE_MS = 5000
};

static void free_question(struct resolver_question *q)
{
    loop_disarm(q->resolver->loop, &q->again);
    loop_ready_cancel(&q->answered);
    list_remove(&q->node);
    free(q->name);
    free(q);
}

static uint64_t wait_ms(const struct resolver_question *q)
{
    uint32_t ttl_s = q->ttl_s < TTL_MOST_S ? q->ttl_s : TTL_MOST_S;
    if (q->was_cut_off)
        return 0;
    if (!q->has_answer)
        return AGAIN_AFTER_FAILURE_MS;
    return (ttl_s < TTL_LEAST_S ? TTL_LEAST_S : ttl_s) * UINT64_C(1000);
}

static void on_answered(struct ready *ready)
{
    struct resolver_question *q = LIST_OWNER(ready, struct resolver_question, answered);
    struct loop *l = q->resolver->loop;
    if (!q->is_settled)
        loop_arm(l, &q->again, l->now_ms + wait_ms(q));
    if (q->has_answer)
        q->kind->tell(q); /* last: it may close the question */
}

static void ask(struct wheel_entry *e)
{
    struct resolver_question *q = LIST_OWNER(e, struct resolver_question, again);
    struct resolver *r = q->resolver;
    q->has_answer = q->was_cut_off = false;
    if (!resolver_channel_open(r)) {
        loop_ready(r->loop, &q->answered);
        return;
    }
    q->is_asking = true;
    q->kind->ask(q);
    resolver_channel_tend(r);
}

void resolver_question_open(struct resolver_question *q, struct resolver *r, const char *name,
                            const struct resolver_kind *kind)
{
    *q = (struct resolver_question){.resolver = r, .kind = kind, .name = strdup(name)};
    CHECK(q->name);
    wheel_entry_init(&q->again, ask);
    loop_ready_init(&q->answered, on_answered);
    list_push_back(&r->questions, &q->node);
    loop_arm(r->loop, &q->again, r->loop->now_ms);
}

void resolver_question_settle(struct resolver_question *q)
{
    q->is_settled = q->has_answer = true;
    loop_disarm(q->resolver->loop, &q->again);
    loop_ready(q->resolver->loop, &q->answered);
}

void resolver_question_answered(struct resolver_question *q, int status)
{
    struct resolver *r = q->resolver;
    q->is_asking = false;
    q->was_cut_off = status == ARES_EDESTRUCTION;
    if (status == ARES_ETIMEOUT || status == ARES_ECONNREFUSED)
        r->is_stale = true;
    if (q->is_gone)
        free_question(q);
    else
        loop_ready(r->loop, &q->answered);
}

void resolver_question_close(struct resolver_question *q)
{
    q->is_gone = true;
    if (!q->is_asking)
        free_question(q);
}
