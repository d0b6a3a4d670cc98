/* pressure.h - how near a worker is to its bounds, and what is left out because of it
 *
 * From four fifths of a bound on optional sources are left out, the lowest priorities first, all of
 * them when a tenth is left; in the last thirtieth whole requests are refused, as nothing else
 * helps any more. The number of clients alone never refuses a request: one that is there may as
 * well be answered, and idle ones are no pressure at all. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pressure_signs {
    uint64_t lag_us;                 /* how long an event waits until it is seen */
    size_t held, memory;             /* bytes, and their bound */
    unsigned in_flight, connections; /* requests, and how many clients there may be */
};

enum pressure_reason {
    PRESSURE_NONE,
    PRESSURE_LAG,
    PRESSURE_MEMORY,
    PRESSURE_CONNECTIONS,
};

struct pressure {
    enum pressure_reason reason;  /* the greatest */
    unsigned optional_permille;   /* of the optional sources are left out, rounded up */
    enum pressure_reason refusal; /* why whole requests are refused; PRESSURE_NONE: they are not */
};

struct pressure pressure_judge(const struct pressure_signs *signs);
