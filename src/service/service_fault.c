/* service_fault.c - each fault takes its share of the calls */
#include "service/service_fault.h"

enum {
    WHOLE = 1000
};

const struct config_fault *service_fault_draw(const struct service *s)
{
    const struct service_context *c = s->context;
    for (unsigned i = 0; i < c->n_faults; i++) {
        const struct config_fault *f = &c->faults[i];
        if (f->service == s->config && random_below(c->random, WHOLE) < f->share_permille)
            return f;
    }
    return NULL;
}
