/* timing.h - where a request's time went, as the Server-Timing field tells it to browsers
 *
 * Pure. `product;dur=12.3, reviews;dur=300;desc="timeout", total;dur=312`: the sources in declared
 * order, each with its milliseconds and the kind of its failure, or else what the cache had to do
 * with it. Their names are tokens as they are.
 */
#pragma once

#include "observe/access.h"

/* Room that is enough for it. */
size_t timing_size(const struct access_source *sources, unsigned n);
/* The number of bytes. */
size_t timing_write(char *out, const struct access_source *sources, unsigned n, uint64_t total_us);
