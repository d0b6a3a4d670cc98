/* compose.h - the request of one source, written from its plan and what is known by now
 *
 * Requests of one turn stand one behind the other in the gateway's buffer, so that all of them can
 * be looked at before the first is sent; places in it are offsets, as it may move.
 */
#pragma once

#include "gateway/run.h"

enum compose_verdict {
    COMPOSE_GOOD,
    COMPOSE_FAILED,  /* the source fails: its outcome's kind, detail and cause are set */
    COMPOSE_REFUSED, /* the same, and a value of the request is to blame: told as a violation */
};

struct composed {
    size_t at;       /* of the method, in the gateway's buffer */
    size_t line_n;   /* method and target */
    size_t fields_n; /* header lines, right behind them */
};

enum compose_verdict compose_request(struct run *r, unsigned source, struct composed *out) MUST_USE;
/* Could a value of the request spoil it, whatever other sources will answer? Nothing is kept. */
enum compose_verdict compose_check(struct run *r, unsigned source) MUST_USE;
