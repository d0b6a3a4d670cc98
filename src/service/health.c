/* health.c - rows of good and bad checks, and when to check */
#include "service/health.h"

void health_init(struct health *h, const struct config_health *c, uint64_t random, uint64_t now_ms)
{
    *h = (struct health){.due_ms = now_ms + random % c->every_ms};
}

void health_begin(struct health *h, const struct config_health *c, uint64_t now_ms)
{
    uint64_t n_missed = now_ms > h->due_ms ? (now_ms - h->due_ms) / c->every_ms : 0;
    h->due_ms += (n_missed + 1) * c->every_ms;
}

bool health_tell(struct health *h, const struct config_health *c, bool is_good)
{
    bool agrees = is_good != h->is_bad;
    if (agrees) {
        h->n_against = 0;
        return false;
    }
    h->n_against++;
    if (h->n_against < (h->is_bad ? c->rise : c->fall))
        return false;
    h->is_bad = !h->is_bad;
    h->n_against = 0;
    return true;
}

bool health_is_alike(const struct config_health *a, const struct config_health *b)
{
    return a->is_on == b->is_on && slice_equal(a->path, b->path) && a->every_ms == b->every_ms &&
           a->timeout_ms == b->timeout_ms && a->fall == b->fall && a->rise == b->rise;
}
