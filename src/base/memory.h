/* memory.h - zeroed memory that is there, or the process ends
 *
 * For what is made with a configuration or a connection. What a request needs comes from its arena,
 * which may be full.
 */
#pragma once

#include <stdlib.h>

#include "base/check.h"

/* n items of so many bytes each, freed by free(); n may be 0. */
static inline void *memory_take_zero(size_t n, size_t size)
{
    void *at = calloc(n ? n : 1, size);
    CHECK(at);
    return at;
}
