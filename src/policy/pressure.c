/* pressure.c - the greatest share of a bound decides */
#include "policy/pressure.h"

enum {
    LAG_BOUND_US = 500000, /* a worker that is so late answers nobody in time */
    WHOLE = 1000,
    FROM = 800,   /* permille of a bound: the first optional source is left out, */
    ALL = 900,    /* all are, */
    REFUSE = 970, /* requests are refused */
};

static unsigned share(uint64_t n, uint64_t bound)
{
    if (bound == 0 || n >= bound)
        return WHOLE;
    return (unsigned)((double)n * (double)WHOLE / (double)bound);
}

static void consider(unsigned *greatest, struct pressure *p, unsigned permille,
                     enum pressure_reason reason)
{
    if (permille < FROM || permille <= *greatest)
        return;
    *greatest = permille;
    p->reason = reason;
}

struct pressure pressure_judge(const struct pressure_signs *signs)
{
    struct pressure p = {.reason = PRESSURE_NONE, .refusal = PRESSURE_NONE};
    unsigned greatest = 0;
    consider(&greatest, &p, share(signs->lag_us, LAG_BOUND_US), PRESSURE_LAG);
    consider(&greatest, &p, share(signs->held, signs->memory), PRESSURE_MEMORY);
    p.refusal = greatest >= REFUSE ? p.reason : PRESSURE_NONE;
    consider(&greatest, &p, share(signs->in_flight, signs->connections), PRESSURE_CONNECTIONS);
    if (p.reason == PRESSURE_NONE)
        return p;
    unsigned permille = (greatest - FROM + 1) * WHOLE / (ALL - FROM);
    p.optional_permille = permille < WHOLE ? permille : WHOLE;
    return p;
}
