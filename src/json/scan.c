/* scan.c - which level scans */
#include "json/scan.h"

#include "base/check.h"
#include "json/scan_internal.h"

bool scan_has_level(enum scan_level level)
{
    return level == SCAN_SCALAR;
}

enum scan_level scan_best_level(void)
{
    return SCAN_SCALAR;
}

const char *scan_level_name(enum scan_level level)
{
    static const char *const names[] = {
        [SCAN_SCALAR] = "scalar", [SCAN_SSE42] = "sse4.2", [SCAN_AVX2] = "avx2",
        [SCAN_AVX512] = "avx512", [SCAN_NEON] = "neon",
    };
    return names[level];
}

struct scan_result scan_json_at(enum scan_level level, struct slice text, unsigned max_depth)
{
    CHECK(scan_has_level(level) && max_depth <= SCAN_MAX_DEPTH);
    return scan_scalar(text, max_depth);
}

struct scan_result scan_json(struct slice text, unsigned max_depth)
{
    return scan_json_at(SCAN_SCALAR, text, max_depth);
}
