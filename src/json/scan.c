/* scan.c - which level scans: the best of this processor, chosen once */
#include "json/scan.h"

#include <stdatomic.h>

#include "base/check.h"
#include "json/scan_internal.h"

struct level {
    const char *name;
    bool (*accepts)(struct slice value, unsigned max_depth); /* NULL: scan_scalar() alone */
};

static const struct level levels[] = {
    [SCAN_SCALAR] = {"scalar", NULL},
#if defined(__x86_64__)
    [SCAN_SSE42] = {"sse4.2", scan_sse42},
    [SCAN_AVX2] = {"avx2", scan_avx2},
    [SCAN_AVX512] = {"avx512", scan_avx512},
#elif defined(__aarch64__)
    [SCAN_NEON] = {"neon", scan_neon},
#endif
};

#if defined(__x86_64__)
static bool has_sse42(void)
{
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul") &&
           __builtin_cpu_supports("popcnt");
}

static bool has_avx2(void)
{
    return has_sse42() && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

bool scan_has_level(enum scan_level level)
{
    switch (level) {
    case SCAN_SCALAR:
        return true;
#if defined(__x86_64__)
    case SCAN_SSE42:
        return has_sse42();
    case SCAN_AVX2:
        return has_avx2();
    case SCAN_AVX512:
        return has_avx512();
    case SCAN_NEON:
        return false;
#elif defined(__aarch64__)
    case SCAN_NEON:
        return true;
    case SCAN_SSE42:
    case SCAN_AVX2:
    case SCAN_AVX512:
        return false;
#else
    case SCAN_SSE42:
    case SCAN_AVX2:
    case SCAN_AVX512:
    case SCAN_NEON:
        return false;
#endif
    }
    return false;
}

enum scan_level scan_best_level(void)
{
    /* Whoever comes first finds it, and all find the same; 0 is "not yet known". */
    static atomic_uint known;
    unsigned best = atomic_load_explicit(&known, memory_order_relaxed);
    if (best)
        return (enum scan_level)(best - 1);
    enum scan_level level = SCAN_NEON;
    while (!scan_has_level(level))
        level--;
    atomic_store_explicit(&known, (unsigned)level + 1, memory_order_relaxed);
    return level;
}

const char *scan_level_name(enum scan_level level)
{
    return levels[level].name;
}

struct scan_result scan_json_at(enum scan_level level, struct slice text, unsigned max_depth)
{
    CHECK(max_depth <= SCAN_MAX_DEPTH);
    struct slice value = scan_trim(text);
    if (levels[level].accepts && value.n > 0 && levels[level].accepts(value, max_depth))
        return (struct scan_result){.verdict = SCAN_OK, .value = value};
    return scan_scalar(text, max_depth); /* tells what is wrong */
}

struct scan_result scan_json(struct slice text, unsigned max_depth)
{
    return scan_json_at(scan_best_level(), text, max_depth);
}
