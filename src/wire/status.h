/* status.h - what statuses say: their phrases, and their kinds (RFC 9110 15) */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

static inline bool status_is_success(unsigned status)
{
    return status >= 200 && status <= 299;
}

/* "Non-error" (RFC 9111 4.4): by an unsafe request something has changed. */
static inline bool status_is_no_error(unsigned status)
{
    return status >= 200 && status <= 399;
}

/* There is nothing (404, 410): what a cache may remember for a time of its own. */
static inline bool status_is_missing(unsigned status)
{
    return status == 404 || status == 410;
}

/* Empty where the status has none. */
struct slice status_phrase(unsigned status);
