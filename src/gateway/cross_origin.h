/* cross_origin.h - what browsers are told for pages of other origins (CONTRACT 3.9, cors)
 *
 * Every answer of an endpoint with `cors`, problems too, says whether the request's origin may read
 * it, and that it varies by that. A preflight is answered here: no policy looks at it and no
 * service is called, as browsers send it without credentials.
 */
#pragma once

#include "gateway/answer.h"

/* How many fields that may be at most. */
unsigned cross_origin_n(const struct visit *v);
/* Adds the fields; those that stand there already win. false: the arena is full. */
bool cross_origin_add(struct answer *a, const struct visit *v) MUST_USE;
/* The path does not take the method, and these: what its endpoints say to others goes for the
 * refusal as well. */
void cross_origin_look_at(struct visit *v, struct slice path, struct slice allow);
/* Answers a preflight to this path; false: it is none, or the path says nothing to others. */
bool cross_origin_preflight(struct visit *v, struct slice path);
