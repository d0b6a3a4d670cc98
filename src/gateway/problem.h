/* problem.h - answers that say what is wrong: application/problem+json (RFC 9457)
 *
 * type, title, status, detail; `violations` where the request's parameters are at fault, `errors`
 * where services are. Nothing of a service's inside is told.
 */
#pragma once

#include "gateway/answer.h"
#include "gateway/parameters.h"

struct problem {
    unsigned status;
    struct slice detail;                           /* empty: none */
    const struct parameters_violation *violations; /* NULL: none */
    struct slice errors;                           /* a JSON array; empty: none */
    uint64_t retry_after_ms; /* of a 503 or 429: when it may be better; 0: soon */
};

/* The reason phrase of a status, which is its title too. */
struct slice problem_title(unsigned status);
/* The document; at is NULL where the arena is full. */
struct slice problem_write(const struct problem *p, struct arena *arena);
/* Begins and ends the answer. The fields are those that were added so far; Content-Type,
 * Cache-Control and, to a 503 or 429, Retry-After join them. */
void problem_send(struct visit *v, const struct problem *p, struct answer *a);
/* The same for who has no visit: the admin listener. */
void problem_answer(struct exchange *e, unsigned status, const char *detail);
/* 405, with the methods that would do (RFC 9110 15.5.6). */
void problem_answer_method(struct exchange *e, struct slice allow);
