/* compare.h - how two JSON values stand to each other
 *
 * Numbers by their worth, however they are written and with all their digits; strings by their code
 * points, unescaped; arrays by their elements; objects by their members, in any order, of equal
 * names the last. Values of different types are different, and so are arrays and objects that are
 * not equal: none is before the other. Objects past the bounds below count as different, as
 * comparing them takes the square of their size.
 *
 * Works on text that scan_json() has accepted. Pure.
 */
#pragma once

#include "json/find.h"

enum {
    COMPARE_MEMBERS_MAX = 256,
    COMPARE_BYTES_MAX = 16 * 1024
};

enum compare_order {
    COMPARE_EQUAL,
    COMPARE_LESS,
    COMPARE_GREATER,
    COMPARE_DIFFERENT, /* unequal, and that is all */
};

enum compare_order compare_json(struct slice a, struct slice b);
