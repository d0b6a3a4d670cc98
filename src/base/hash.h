/* hash.h - a hash that is the same in each process and release: for choices that must agree
 *
 * FNV-1a of 64 bits (RFC 9923). Not for tables: who sends the bytes can make it collide.
 */
#pragma once

#include <stdint.h>

#include "base/slice.h"

static inline uint64_t hash_of(struct slice bytes)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < bytes.n; i++)
        hash = (hash ^ (unsigned char)bytes.at[i]) * UINT64_C(1099511628211);
    return hash;
}
