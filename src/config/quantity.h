/* quantity.h - numbers as people write them: 300ms, 64KiB, 20%, 100/s, 12 */
#pragma once

#include <stdint.h>

#include "base/slice.h"

enum quantity_unit {
    QUANTITY_COUNT,    /* 12 */
    QUANTITY_DURATION, /* 300ms 2s 5m 1h, in milliseconds */
    QUANTITY_SIZE,     /* 512B 64KiB 8MiB 1GiB, in bytes */
    QUANTITY_SHARE,    /* 20% 0.5%, in thousandths of the whole */
    QUANTITY_RATE,     /* 100/s 6000/m 10/h, in an hour */
};

enum quantity_verdict {
    QUANTITY_GOOD,
    QUANTITY_MALFORMED,
    QUANTITY_TOO_LARGE, /* for any machine: it does not fit 64 bits */
};

enum quantity_verdict quantity_read(struct slice text, enum quantity_unit unit, uint64_t *value);
/* The value in the largest unit that divides it, into room for n bytes: "300ms", "2s", "64KiB". */
void quantity_write(char *out, size_t n, enum quantity_unit unit, uint64_t value);
