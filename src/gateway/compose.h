/* compose.h - the request of one source, written from its plan and what is known by now
 *
 * Requests of one turn stand one behind the other in the gateway's buffer, so that all of them can
 * be looked at before the first is sent; places in it are offsets, as it may move.
 */
#pragma once

#include "gateway/run.h"
#include "gateway/values.h"

enum compose_verdict {
    COMPOSE_GOOD,
    COMPOSE_FAILED,  /* the source fails: its outcome's kind, detail and cause are set */
    COMPOSE_REFUSED, /* the same, and a value of the request is to blame: told as a violation */
};

struct composed {
    size_t at;       /* of the method, in the gateway's buffer */
    size_t line_n;   /* method and target */
    size_t fields_n; /* header lines, right behind them */
    size_t body_n;   /* the body, behind these */
    size_t own_n;    /* of the header lines those first ones that are the source's own, and not the
                        request's (ids, traces) */
    size_t span_at;  /* in the header lines: the span of the traceparent */
    uint64_t hash;   /* of what its service balances by; 0: nothing */
    /* What the cache is told (caching.h), right behind the body; key_n 0: it has no part in it. */
    size_t url_n, name_n, key_n, credentials_n, tags_n;
};

/* item: NULL where the source is called once. The outcome that is set on failure is *failure. */
enum compose_verdict compose_request(struct run *r, unsigned source, const struct values_item *item,
                                     struct composed *out, struct outcome *failure) MUST_USE;
/* Could a value of the request, or this item, spoil it, whatever other sources will answer? Nothing
 * is kept. */
enum compose_verdict compose_check(struct run *r, unsigned source,
                                   const struct values_item *item) MUST_USE;
/* Does a header of this name, in lower case, tell who the client is? To any endpoint, or by one of
 * its policies. */
bool compose_is_credential(const struct config_endpoint *e, struct slice name);
/* Does a header that is set tell so who asks, being made for each call, of whatever values? What is
 * answered to it is kept for this one alone. */
bool compose_is_made_credential(const struct config_endpoint *e, const struct config_set_header *h);
/* Is one of these values the client's: of its parameters, fields, body, claims? Then a 401 or a 403
 * is about the client. */
bool compose_is_client_credential(const struct config_endpoint *e,
                                  const struct config_set_header *h);
