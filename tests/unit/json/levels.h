/* levels.h - one text, each level that this processor has, one verdict */
#pragma once

#include "../unit.h"
#include "json/scan_internal.h"

enum {
    LEVELS_DEPTH = 512
};

/* The levels by blocks have a say of their own about arrays and objects: nobody corrects them. */
static inline void levels_check_one(enum scan_level level, struct slice text, unsigned max_depth,
                                    const struct scan_result *scalar)
{
    struct scan_result r = scan_json_at(level, text, max_depth);
    assert_int_equal(r.verdict, scalar->verdict);
    assert_ptr_equal(r.value.at, scalar->value.at);
    assert_int_equal(r.value.n, scalar->value.n);
    struct slice value = scan_trim(text);
    if (level == SCAN_SCALAR || value.n == 0)
        return;
    bool is_container = value.at[0] == '{' || value.at[0] == '[';
    bool is_good = scalar->verdict == SCAN_OK && is_container;
    assert_int_equal(scan_accepts(level, value, max_depth), is_good);
}

/* The verdict of all levels. */
static inline enum scan_verdict levels_check(struct slice text, unsigned max_depth)
{
    struct scan_result scalar = scan_json_at(SCAN_SCALAR, text, max_depth);
    for (enum scan_level level = SCAN_SCALAR; level <= SCAN_NEON; level++) {
        if (scan_has_level(level))
            levels_check_one(level, text, max_depth, &scalar);
    }
    return scalar.verdict;
}
