/* walk_levels.c - which level walks over arrays and objects */
#include <stdatomic.h>

#include "base/check.h"
#include "json/walk.h"
#include "json/walk_internal.h"

#if defined(__x86_64__)
#define IF_X86(function) function
#else
#define IF_X86(function) walk_bytes
#endif

struct level {
    const char *(*over)(const char *at, const char *end);
};

static const struct level levels[] = {
    [SCAN_SCALAR] = {walk_bytes},      [SCAN_SSE42] = {walk_vectors},
    [SCAN_AVX2] = {IF_X86(walk_avx2)}, [SCAN_AVX512] = {IF_X86(walk_avx512)},
    [SCAN_NEON] = {walk_vectors},
};

const char *walk_container_at(enum scan_level level, const char *at, const char *end)
{
    CHECK(scan_has_level(level));
    return levels[level].over(at, end);
}

const char *walk_container(const char *at, const char *end)
{
    static _Atomic(const struct level *) best; /* whoever comes first finds the same */
    const struct level *level = atomic_load_explicit(&best, memory_order_relaxed);
    if (!level) {
        level = &levels[scan_best_level()];
        atomic_store_explicit(&best, level, memory_order_relaxed);
    }
    return level->over(at, end);
}
