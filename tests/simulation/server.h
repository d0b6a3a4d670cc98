/* server.h - the other side of a call: drawn times, and threads that can all be busy */
#pragma once

#include <stdint.h>

#include "base/random.h"

enum {
    SERVER_THREADS_MAX = 64
};

struct server {
    unsigned n_threads;
    uint64_t free_at_us[SERVER_THREADS_MAX];
};

/* A call comes and needs a thread for needs_us; first come, first served. When it is answered. */
uint64_t server_serve(struct server *s, uint64_t now_us, uint64_t needs_us);

/* Evenly in [0, 1). */
double server_draw(struct random *r);
/* Calls that know nothing of each other come at such distances. In us. */
uint64_t server_draw_gap_us(struct random *r, double rate_per_second);
/* Lognormal, as latencies are: most are near the median, some far above it. In us. */
uint64_t server_draw_time_us(struct random *r, double median_ms, double sigma);
