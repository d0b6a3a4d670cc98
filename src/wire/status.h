/* status.h - the phrases of the statuses (RFC 9110 15, and the registry of IANA) */
#pragma once

#include "base/slice.h"

/* Empty where the status has none. */
struct slice status_phrase(unsigned status);
