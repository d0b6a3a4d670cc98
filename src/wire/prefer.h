/* prefer.h - how long a client is willing to wait: Prefer: wait=N (RFC 7240 4.3)
 *
 * Pure. What is malformed is no preference, as the RFC wants it.
 */
#pragma once

#include <stdint.h>

#include "base/fault.h"
#include "base/slice.h"

/* The seconds of the first "wait" in one Prefer field; false where there is none that is good. */
bool prefer_wait(struct slice value, uint32_t *seconds) MUST_USE;

/* Digits alone, as in x-request-timeout-ms; more than UINT32_MAX becomes that. */
bool prefer_integer(struct slice text, uint32_t *n) MUST_USE;
