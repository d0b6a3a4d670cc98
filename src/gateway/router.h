/* router.h - from a method and a raw path to an endpoint
 *
 * Endpoints are laid into a tree of segments. The raw path is split at its slashes and literals are
 * compared after decoding each segment alone, so that an encoded slash divides nothing. A literal
 * beats a parameter and a parameter beats a tail, segment by segment from the left, among those
 * that take the method. A trailing slash is another path: it leaves an empty last segment, which
 * no parameter matches.
 *
 * One worker's: a search leaves the segments in the router until the next one.
 */
#pragma once

#include "base/arena.h"
#include "config/config.h"

struct router;

enum router_verdict {
    ROUTER_FOUND,
    ROUTER_NO_PATH,   /* 404 */
    ROUTER_NO_METHOD, /* 405: the path takes others */
    ROUTER_NO_ROOM,   /* the arena is full */
};

struct router_match {
    const struct config_endpoint *endpoint;
    const struct slice *segments; /* raw, one for each of the endpoint's but a tail */
    struct slice allow;           /* ROUTER_NO_METHOD: for the Allow field; in the arena */
};

/* The configuration outlives the router. */
struct router *router_new(const struct config *config);
void router_free(struct router *r);

/* path: as target_split() gives it. HEAD is taken by what takes GET. */
enum router_verdict router_find(struct router *r, struct slice method, struct slice path,
                                struct arena *arena, struct router_match *out) MUST_USE;
