/* cors.h - may a page of another origin read an answer? (CONTRACT 3.9; the Fetch standard)
 *
 * Decided by the one Origin field that a request has, compared whole with those that are named. A
 * foreign origin is answered as any client is: it is the browser that keeps the answer from its
 * page. Pure; the texts are made at load and immutable.
 */
#pragma once

#include "base/arena.h"
#include "config/config.h"
#include "http/exchange.h"

struct cors {
    const struct config_cors *config; /* NULL: nothing is said */
    struct slice methods;             /* Access-Control-Allow-Methods, and so on; empty: not sent */
    struct slice headers;
    struct slice expose;
    struct slice max_age; /* seconds */
};

/* method: the endpoint's, where the configuration names none; empty: there is no endpoint. Texts
 * lie in the arena, which must have room. */
void cors_compile(struct cors *c, const struct config_cors *config, struct slice method,
                  struct arena *arena);
/* What Access-Control-Allow-Origin says to this request; empty: nothing. */
struct slice cors_origin(const struct cors *c, const struct request *r);
/* The headers that it may send; empty: none. */
struct slice cors_headers(const struct cors *c, const struct request *r);
/* Is it what a browser asks before the request itself? method: the one that it asks for. */
bool cors_is_preflight(const struct request *r, struct slice *method);
