/* answer_cache.h - whole answers of an endpoint that are remembered (CONTRACT 3.7)
 *
 * A hit is answered from its record. Misses of one key share one run in the whole process, a
 * *flight*: it has an exchange of its own that no client waits at, the endpoint's whole time, and
 * goes on when the client that began it leaves. What is not to be kept (a partial answer, a
 * problem) is still handed to all that wait for this run.
 *
 * A client that shortens its deadline shares what is remembered, and no run: its answer is as whole
 * as its time allows, and remembered where it is whole.
 */
#pragma once

#include "gateway/visit.h"

enum answer_cache_verdict {
    ANSWER_CACHE_UNUSED, /* the endpoint does not cache, or not this request: run it as always */
    ANSWER_CACHE_TAKEN,  /* answered, or will be */
};
enum answer_cache_verdict answer_cache_ask(struct visit *v) MUST_USE;
/* The client left, or all is over: nobody waits here any more. Harmless where nobody does. */
void answer_cache_leave(struct visit *v);
/* As it is read, its parameters in declared order, without what is at its default. at is NULL where
 * the arena is full. */
struct slice answer_cache_path(struct visit *v, bool with_query);
/* An unsafe method has changed something: what is kept of the same path, whatever its query, is no
 * longer good (RFC 9111 4.4). Nothing for safe ones, nor where nothing of that path may be kept. */
void answer_cache_forget(struct visit *v);
/* The same of a path that is written as entries have it, of one whose request is gone; empty: none.
 */
void answer_cache_forget_path(struct gateway *g, const struct plan *p, struct slice path);
