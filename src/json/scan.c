/* scan.c - which level scans */
#include "json/scan.h"

#include <stdatomic.h>

#include "base/check.h"
#include "json/scan_internal.h"

struct level {
    const char *name;
    bool (*accepts)(struct slice value, unsigned max_depth); /* NULL: not of this machine's kind */
};

#if defined(__x86_64__)
#define IF_X86(function) function
#define IF_ARM(function) NULL
#elif defined(__aarch64__)
#define IF_X86(function) NULL
#define IF_ARM(function) function
#else
#define IF_X86(function) NULL
#define IF_ARM(function) NULL
#endif

static const struct level levels[] = {
    [SCAN_SCALAR] = {"scalar", NULL},          [SCAN_SSE42] = {"sse4.2", IF_X86(scan_sse42)},
    [SCAN_AVX2] = {"avx2", IF_X86(scan_avx2)}, [SCAN_AVX512] = {"avx512", IF_X86(scan_avx512)},
    [SCAN_NEON] = {"neon", IF_ARM(scan_neon)},
};

#if defined(__x86_64__)
/* With all that the level's file is compiled for: see meson.build. */
static bool processor_has(enum scan_level level)
{
    bool has_sse42 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul") &&
                     __builtin_cpu_supports("popcnt");
    bool has_avx2 = has_sse42 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2");
    if (level == SCAN_SSE42)
        return has_sse42;
    if (level == SCAN_AVX2)
        return has_avx2;
    return has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#else
static bool processor_has(enum scan_level level)
{
    return level == SCAN_NEON; /* part of every aarch64 */
}
#endif

bool scan_has_level(enum scan_level level)
{
    return level == SCAN_SCALAR || (levels[level].accepts && processor_has(level));
}

enum scan_level scan_best_level(void)
{
    enum scan_level best = SCAN_NEON;
    while (!scan_has_level(best))
        best--;
    return best;
}

const char *scan_level_name(enum scan_level level)
{
    return levels[level].name;
}

bool scan_accepts(enum scan_level level, struct slice value, unsigned max_depth)
{
    return levels[level].accepts && levels[level].accepts(value, max_depth);
}

/* A level only says yes or no; what is wrong, and whether it is, the scalar one says. */
static struct scan_result scan_with(const struct level *level, struct slice text,
                                    unsigned max_depth)
{
    struct slice value = scan_trim(text);
    if (level->accepts && value.n > 0 && level->accepts(value, max_depth))
        return (struct scan_result){.verdict = SCAN_OK, .value = value};
    return scan_scalar(text, max_depth);
}

struct scan_result scan_json_at(enum scan_level level, struct slice text, unsigned max_depth)
{
    CHECK(scan_has_level(level) && max_depth <= SCAN_MAX_DEPTH);
    return scan_with(&levels[level], text, max_depth);
}

struct scan_result scan_json(struct slice text, unsigned max_depth)
{
    static _Atomic(const struct level *) best; /* whoever comes first finds the same */
    const struct level *level = atomic_load_explicit(&best, memory_order_relaxed);
    CHECK(max_depth <= SCAN_MAX_DEPTH);
    if (!level) {
        level = &levels[scan_best_level()];
        atomic_store_explicit(&best, level, memory_order_relaxed);
    }
    return scan_with(level, text, max_depth);
}
