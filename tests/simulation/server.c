/* server.c - the thread that is free first takes the call */
#include "server.h"

#include <math.h>

uint64_t server_serve(struct server *s, uint64_t now_us, uint64_t needs_us)
{
    unsigned first = 0;
    for (unsigned i = 1; i < s->n_threads; i++)
        if (s->free_at_us[i] < s->free_at_us[first])
            first = i;
    uint64_t begins = s->free_at_us[first] > now_us ? s->free_at_us[first] : now_us;
    s->free_at_us[first] = begins + needs_us;
    return begins + needs_us;
}

double server_draw(struct random *r)
{
    return (double)(random_next(r) >> 11) * 0x1p-53;
}

uint64_t server_draw_gap_us(struct random *r, double rate_per_second)
{
    return (uint64_t)(-log(1 - server_draw(r)) * 1e6 / rate_per_second);
}

/* Box and Muller's transform, of which one half is used. */
static double draw_normal(struct random *r)
{
    double radius = sqrt(-2 * log(1 - server_draw(r)));
    return radius * cos(2 * M_PI * server_draw(r));
}

uint64_t server_draw_time_us(struct random *r, double median_ms, double sigma)
{
    return (uint64_t)(median_ms * 1000 * exp(sigma * draw_normal(r))) + 1;
}
