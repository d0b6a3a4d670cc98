/* shedding.h - what is left out of a request while the gateway is short of something (CONTRACT 3.8)
 */
#pragma once

#include "gateway/visit.h"
#include "observe/counters.h"

struct shedding {
    bool refuses;     /* the whole request, with 503; it is counted already */
    uint64_t sources; /* bits of those that are not to be called, of what the client selects the
                         lowest priorities; whoever leaves one out counts it, */
    enum counter_id counted_as;
};

/* The selection is read. */
struct shedding shedding_judge(const struct visit *v);
