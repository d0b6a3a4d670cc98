/* slices.h - comparing slices in tests */
#pragma once

#include "../unit.h"
#include "base/slice.h"

/* Tells both where they differ. */
#define ASSERT_SLICE(actual, expected)                                                             \
    do {                                                                                           \
        struct slice actual_ = (actual);                                                           \
        if (!slice_equal(actual_, slice_of(expected)))                                             \
            fail_msg("%s is '%.*s', not '%s'", #actual, SLICE_ARG(actual_), expected);             \
    } while (0)
