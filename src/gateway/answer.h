/* answer.h - the fields of an answer, gathered before it is begun
 *
 * Ours, the endpoint's fixed ones, and those of the services that are named to be returned. A
 * field of the endpoint's beats a service's, and of several services the first declared one's
 * counts; Set-Cookie adds up.
 */
#pragma once

#include "gateway/run.h"
#include "http/exchange.h"

struct answer {
    struct field *fields; /* in the exchange's arena */
    unsigned n;
    unsigned capacity;
    unsigned vary;               /* where our Vary stands; 0: nowhere yet */
    unsigned secured, n_secured; /* where those stand that a service's may replace (security.h) */
};

enum {
    ANSWER_EXTRA = 8 /* fields that may be added besides */
};

/* The request's id and the endpoint's fields stand there, and there is room for what the sources of
 * `returning` (bits of the visit's run) return. false: the arena is full. */
bool answer_init(struct answer *a, struct visit *v, uint64_t returning) MUST_USE;
/* The same with room for n more fields. */
bool answer_init_for(struct answer *a, struct visit *v, unsigned n) MUST_USE;
void answer_add(struct answer *a, struct slice name, struct slice value);
void answer_add_returned(struct answer *a, const struct run *r, uint64_t returning);
/* To our one Vary field, beside a fixed one of the endpoint's. false: the arena is full. */
bool answer_add_vary(struct answer *a, struct slice names, struct arena *arena) MUST_USE;
/* Is it among the first n? */
bool answer_has(const struct answer *a, unsigned n, struct slice name);
/* The one at that place. */
void answer_take_out(struct answer *a, unsigned at);
/* The first of that name, where there is one. */
void answer_remove(struct answer *a, struct slice name);
/* Cache-Control: no-store, where nobody said anything of caching. */
void answer_add_no_store(struct answer *a);
/* Server-Timing, where the endpoint tells it; not of an answer that several share, as each has a
 * time of its own. false: the arena is full. */
bool answer_add_timing(struct answer *a, struct visit *v) MUST_USE;
/* The last resort: begins and ends a short 503, also where the arena is full. */
void answer_give_up(struct exchange *e);
