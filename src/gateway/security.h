/* security.h - fields that tell browsers how careful to be with an answer (docs/edge.md)
 *
 * Made at load. What an endpoint fixes by `response_headers` stands in their place, and so does
 * what a service says of the same name where it is returned.
 */
#pragma once

#include "base/arena.h"
#include "config/config.h"
#include "http/exchange.h"

struct answer;
struct visit;

struct security {
    const struct field *fields;
    unsigned n;
    unsigned n_plain; /* the first ones, which are not for TLS alone */
};

/* fixed: fields that stand in every answer anyway. The arena must have room. */
void security_compile(struct security *s, const struct config_security *config,
                      const struct config_field *fixed, unsigned n_fixed, struct arena *arena);
/* At most so many are added. */
unsigned security_n(const struct visit *v);
/* To an answer to one client; of one that several share, to each. */
void security_add(struct answer *a, const struct visit *v);
/* A service speaks for itself: ours of that name, where there is one, goes. */
void security_give_way(struct answer *a, struct slice name);
