/* condition.h - does a source's `when` hold? (CONTRACT 3.1) */
#pragma once

#include "config/condition.h"
#include "gateway/run.h"

enum condition_verdict {
    CONDITION_FALSE,
    CONDITION_TRUE,
    CONDITION_NO_ROOM, /* the arena is full */
};

/* The sources that it speaks of have settled. */
enum condition_verdict condition_judge(struct run *r, const struct condition *c) MUST_USE;
