/* resolver_srv.c - questions of type SRV, by the search list of the system like those for hosts */
#include "net/resolver_srv.h"

#include <stdlib.h>

#include "base/memory.h"
#include "net/resolver_internal.h"

enum {
    CLASS_IN = 1,
    TYPE_SRV = 33
};

struct resolver_srv {
    struct resolver_question question;
    resolver_srv_changed *on_change;
    void *context;
    struct srv_answer known;
    struct srv_answer fresh; /* of the last answer */
};

static void on_message(void *context, int status, int timeouts, unsigned char *message, int n)
{
    (void)timeouts;
    struct resolver_srv *s = context;
    struct resolver_question *q = &s->question;
    q->has_answer = status == ARES_SUCCESS && n > 0 && srv_read(message, (size_t)n, &s->fresh) &&
                    s->fresh.n > 0;
    q->ttl_s = s->fresh.ttl_s;
    resolver_question_answered(q, status);
}

static void ask(struct resolver_question *q)
{
    struct resolver_srv *s = LIST_OWNER(q, struct resolver_srv, question);
    ares_search(q->resolver->channel, q->name, CLASS_IN, TYPE_SRV, on_message, s);
}

static void tell(struct resolver_question *q)
{
    struct resolver_srv *s = LIST_OWNER(q, struct resolver_srv, question);
    if (srv_is_same(&s->fresh, &s->known))
        return;
    s->known = s->fresh;
    s->on_change(s->context, &s->known); /* last: it may unwatch the name */
}

static const struct resolver_kind kind = {.ask = ask, .tell = tell};

struct resolver_srv *resolver_srv_watch(struct resolver *r, const char *name,
                                        resolver_srv_changed *on_change, void *context)
{
    struct resolver_srv *s = memory_take_zero(1, sizeof *s);
    s->on_change = on_change;
    s->context = context;
    resolver_question_open(&s->question, r, name, &kind);
    return s;
}

void resolver_srv_unwatch(struct resolver_srv *s)
{
    resolver_question_close(&s->question);
}
