/* quantile.h - how long calls took lately, by quantile, without keeping them
 *
 * Buckets grow by an eighth, so a quantile is right within 12.5 %; two windows take turns, so that
 * it is of the last one to two windows. A worker's own. Pure: time is an argument.
 */
#pragma once

#include <stdint.h>

enum {
    QUANTILE_BUCKETS = 256
};

struct quantile {
    uint64_t window_ms;
    uint64_t turn; /* now / window_ms of the newer window */
    uint32_t counts[2][QUANTILE_BUCKETS];
    uint32_t n[2];
};

void quantile_init(struct quantile *q, uint64_t window_ms);
void quantile_add(struct quantile *q, uint64_t took_us, uint64_t now_ms);
/* permille 950 is p95. 0 where fewer than `least` calls are known. */
uint64_t quantile_us(struct quantile *q, unsigned permille, unsigned least, uint64_t now_ms);
