/* compressing.h - answers that go out in a content coding (CONTRACT 3.9, compress)
 *
 * The client's Accept-Encoding chooses among the endpoint's codings once the body is there whole.
 * It is then coded in pieces, one a moment, each bounded, so that no other request waits for it;
 * what comes of a piece goes into the outbox. Small answers are done at once. What is cached is not
 * coded: it is coded for each client on its way out.
 */
#pragma once

#include "gateway/answer.h"
#include "gateway/visit.h"

/* How many fields that may be at most. */
unsigned compressing_n(const struct visit *v);
/* Adds to Vary what every answer of the endpoint varies by. false: the arena is full. */
bool compressing_add_vary(struct answer *a, const struct visit *v) MUST_USE;
/* Chooses v->coding for a body of n bytes and says so in the fields; the name of what is coded is
 * another, in the ETag field and in *etag. false: the arena is full. */
bool compressing_choose(struct answer *a, struct visit *v, size_t n, struct slice *etag) MUST_USE;
/* The client has it already: nothing is coded after all. */
void compressing_forget(struct answer *a, struct visit *v);
/* Of exchange_begin(). */
int64_t compressing_length(const struct visit *v, size_t n);
/* Codes and puts the parts, now and later, and ends the answer. The parts and the bytes that they
 * are of last until the exchange has finished; a share of the owner, if any, is taken over. false:
 * the arena is full. */
bool compressing_start(struct visit *v, const struct slice *parts, unsigned n,
                       struct blob *owner) MUST_USE;
void compressing_on_room(struct visit *v);

/* Of an answer that comes in parts: chooses, says so in the fields, and begins. */
void compressing_begin_parts(struct answer *a, struct visit *v);
/* Codes the bytes. false: not all of them by now; on_room() of the run's delivery comes, and then
 * the same bytes are to be given again. */
bool compressing_add(struct visit *v, struct slice bytes) MUST_USE;
/* What was given so far goes out, so that the client can read all of it. false: on_room() comes. */
bool compressing_flush(struct visit *v) MUST_USE;
/* The same, and nothing more will be given. */
bool compressing_end(struct visit *v) MUST_USE;
/* Nothing is put any more; may be called where nothing is under way. */
void compressing_stop(struct visit *v);
