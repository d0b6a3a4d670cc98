/* http_date.h - points in time as fields carry them (RFC 9110 5.6.7)
 *
 * Pure. All three forms are read: "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"
 * and "Sun Nov  6 08:49:37 1994"; letters in either case (RFC 9111 4.2), and no zone but GMT. That
 * the day of the week is the right one is not asked.
 */
#pragma once

#include <stdint.h>

#include "base/fault.h"
#include "base/slice.h"

/* Seconds since 1970, below 0 before. now: the same, for years of two digits, which are never more
 * than 50 years ahead. false: it is no date. */
bool http_date_read(struct slice text, int64_t now, int64_t *seconds) MUST_USE;
