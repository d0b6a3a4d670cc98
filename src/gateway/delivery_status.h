/* delivery_status.h - what the client is told where a required source has failed (CONTRACT 3.5) */
#pragma once

#include "gateway/run.h"

struct delivery_verdict {
    unsigned status; /* of the answer */
    unsigned source; /* that is to blame: the failed one, or what it depends on */
    bool is_passed;  /* the status is that source's own word, passed on */
};

struct delivery_verdict delivery_status(const struct run *r, unsigned source);
