/* config_table.h - what the tables of options are written with
 *
 * Rows are shown in their order and read in it, so what others need stands before them, or has
 * OPTION_EARLY where it would be in a reader's way there.
 */
#pragma once

#include "config/config_internal.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define MINUTES(n) ((uint64_t)(n)*60 * 1000)
#define HOURS(n) (MINUTES(n) * 60)
#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)
