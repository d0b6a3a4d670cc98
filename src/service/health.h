/* health.h - is a target well, by what came of its last checks?
 *
 * A target begins healthy. `fall` bad checks in a row make it unhealthy, `rise` good ones in a row
 * healthy again; a check that agrees with what is held of it ends the row. Checks begin `every_ms`,
 * the first one at a random moment within that time, so that many gateways do not ask at once. One
 * that takes longer than that delays the next, and those that were missed are not made up for.
 *
 * Pure: time and randomness are arguments.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

struct health {
    bool is_bad;
    unsigned n_against; /* checks in a row that speak against is_bad */
    uint64_t due_ms;    /* when the next check begins */
};

void health_init(struct health *h, const struct config_health *c, uint64_t random, uint64_t now_ms);
/* A check begins: says when the next one is due. */
void health_begin(struct health *h, const struct config_health *c, uint64_t now_ms);
/* What came of it. true where the target is now held for something else than before. */
bool health_tell(struct health *h, const struct config_health *c, bool is_good);
/* Are these the same checks, so that what is known by the ones holds for the others? */
bool health_is_alike(const struct config_health *a, const struct config_health *b);
