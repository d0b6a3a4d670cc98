/* shedding.h - what is left out of a request while the gateway is short of something (CONTRACT 3.8)
 */
#pragma once

#include "gateway/run.h"

enum shedding_verdict {
    SHEDDING_NOTHING,
    SHEDDING_SOURCES,
    SHEDDING_REQUEST, /* it is to be refused with 503 */
};

/* *sources: bits of those of the plan that are not to be called, the lowest priorities first. */
enum shedding_verdict shedding_judge(struct gateway *g, const struct plan *plan, uint64_t *sources);
