/* resolver_internal.h - what the resolver's files share; and the hook by which tests ask a server
 * of theirs */
#pragma once

#define CARES_NO_DEPRECATED /* what newer versions advise against is all that 1.18 has */
#include <ares.h>

#include "net/resolver.h"

struct resolver {
    struct loop *loop;
    struct list questions; /* struct resolver_question */
    struct list sockets;   /* c-ares's open ones */
    ares_channel channel;
    bool is_open;
    bool is_stale;             /* no server answered: /etc/resolv.conf may say something else now */
    struct wheel_entry timer;  /* when c-ares wants to look at its time-outs */
    const char *servers;       /* NULL: those of /etc/resolv.conf */
    unsigned short timeout_ms; /* of the first try at a server */
};

/* A question that is asked again and again, as its kind asks it. */
struct resolver_question {
    struct list node;
    struct resolver *resolver;
    const struct resolver_kind *kind;
    char *name;
    struct wheel_entry again; /* when to ask */
    struct ready answered;
    uint32_t ttl_s;  /* of the last answer, */
    bool has_answer; /* where it gave one */
    bool is_settled; /* the answer is known once and for all */
    bool is_asking;
    bool was_cut_off; /* with the channel that it was asked on: it is asked anew at once */
    bool is_gone; /* nobody wants to know any more, while it is being asked: the answer frees it */
};

struct resolver_kind {
    /* Has c-ares ask; resolver_question_answered() comes for it once, perhaps inside of it. */
    void (*ask)(struct resolver_question *q);
    /* There is an answer; no call into c-ares is under way. It may close the question. */
    void (*tell)(struct resolver_question *q);
};

/* q begins what malloc() gave, and is freed with its question; it is asked in the next turn. */
void resolver_question_open(struct resolver_question *q, struct resolver *r, const char *name,
                            const struct resolver_kind *kind);
/* Its answer is known without asking. */
void resolver_question_settle(struct resolver_question *q);
/* The answer is there, has_answer and ttl_s are set; status is that of c-ares. */
void resolver_question_answered(struct resolver_question *q, int status);
/* Nothing is told any more. */
void resolver_question_close(struct resolver_question *q);

/* Makes the channel ready to be asked; false where the system's configuration cannot be read. One
 * that has become stale is opened anew, and what was being asked on it is asked anew, too: of names
 * out of step one is always being asked. */
bool resolver_channel_open(struct resolver *r) MUST_USE;
/* What is being asked ends at once, with ARES_EDESTRUCTION. */
void resolver_channel_close(struct resolver *r);
/* After each call into c-ares: tells the loop when to call it again. */
void resolver_channel_tend(struct resolver *r);
