/* ejection.c - rows of failures, and how long each costs */
#include "policy/ejection.h"

enum {
    DOUBLINGS_MAX = 10
};

bool ejection_is_out(const struct ejection_target *t, uint64_t now_ms)
{
    return now_ms < atomic_load_explicit(&t->out_until_ms, memory_order_relaxed);
}

unsigned ejection_clear(struct ejection_target *t, bool is_empty)
{
    unsigned era = atomic_fetch_add(&t->era, 1) + 1;
    atomic_store(&t->failures, 0);
    atomic_store(&t->times, 0);
    atomic_store(&t->out_until_ms, 0);
    atomic_store(&t->is_empty, is_empty);
    return era;
}

/* Would more than half be out with one more? */
static bool is_too_much(const struct ejection_target *targets, unsigned n, uint64_t now_ms)
{
    unsigned n_out = 1, n_there = 0;
    for (unsigned i = 0; i < n; i++) {
        n_out += ejection_is_out(&targets[i], now_ms);
        n_there += !atomic_load_explicit(&targets[i].is_empty, memory_order_relaxed);
    }
    return n_out * 2 > n_there;
}

static uint64_t time_out_ms(unsigned times)
{
    uint64_t ms = (uint64_t)EJECTION_BASE_MS << (times < DOUBLINGS_MAX ? times : DOUBLINGS_MAX);
    return ms < EJECTION_CAP_MS ? ms : EJECTION_CAP_MS;
}

/* Of threads that eject one target at the same moment one does; of threads that eject two, both
 * may, and one more than half is out. */
static void eject(struct ejection_target *targets, unsigned n, unsigned target, uint64_t now_ms)
{
    struct ejection_target *t = &targets[target];
    uint64_t until = atomic_load(&t->out_until_ms);
    unsigned times = atomic_load(&t->times);
    if (now_ms < until || is_too_much(targets, n, now_ms) ||
        !atomic_compare_exchange_strong(&t->out_until_ms, &until, now_ms + time_out_ms(times)))
        return;
    atomic_store(&t->times, times + 1);
    atomic_store(&t->failures, 0);
}

static void forgive(struct ejection_target *t)
{
    unsigned times = atomic_load_explicit(&t->times, memory_order_relaxed);
    atomic_store_explicit(&t->failures, 0, memory_order_relaxed);
    if (times > 0)
        atomic_compare_exchange_strong(&t->times, &times, times - 1);
}

void ejection_tell(struct ejection_target *targets, unsigned n, unsigned target,
                   struct ejection_call call)
{
    struct ejection_target *t = &targets[target];
    bool is_anothers = call.era != atomic_load_explicit(&t->era, memory_order_relaxed);
    if (is_anothers || ejection_is_out(t, call.began_ms))
        return;
    if (call.failed) {
        if (atomic_fetch_add(&t->failures, 1) + 1 >= EJECTION_FAILURES)
            eject(targets, n, target, call.ended_ms);
    } else if (atomic_load_explicit(&t->failures, memory_order_relaxed) ||
               atomic_load_explicit(&t->times, memory_order_relaxed)) {
        forgive(t);
    }
}
