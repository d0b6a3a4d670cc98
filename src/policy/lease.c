/* lease.c - what is held, taken and put back; what is known, moved on */
#include "policy/lease.h"

enum {
    WANTED = 1 << 30, /* of `held`: more are asked for */
    COUNT = WANTED - 1
};

static uint64_t load_known(struct lease l)
{
    return atomic_load_explicit(l.known, memory_order_relaxed);
}

uint64_t lease_ahead(struct lease l, uint64_t now_ns)
{
    uint64_t known = load_known(l);
    return known > now_ns ? known - now_ns : 0;
}

static unsigned count_held(struct lease l)
{
    return atomic_load_explicit(l.held, memory_order_relaxed) & COUNT;
}

/* Up to n of them; all are dropped where they are too old. */
static uint64_t take_held(struct lease l, uint64_t n, uint64_t now_ns)
{
    bool is_old = load_known(l) + LEASE_KEPT_NS <= now_ns;
    unsigned before = atomic_load_explicit(l.held, memory_order_relaxed), taken, left;
    do {
        unsigned count = before & COUNT;
        taken = is_old ? 0 : n < count ? (unsigned)n : count;
        left = is_old ? 0 : count - taken;
    } while (before & COUNT &&
             !atomic_compare_exchange_weak_explicit(l.held, &before, (before & WANTED) | left,
                                                    memory_order_relaxed, memory_order_relaxed));
    return taken;
}

static void add_held(struct lease l, unsigned n)
{
    atomic_fetch_add_explicit(l.held, n, memory_order_relaxed);
}

void lease_put_back(struct lease l, const struct lease_wish *w)
{
    add_held(l, (unsigned)(w->n - w->rest));
}

/* To the client what is held is as good as there. */
static struct gcra_verdict judge(struct lease l, const struct gcra_settings *s, bool passes,
                                 uint64_t wanted, uint64_t now_ns)
{
    uint64_t ahead = lease_ahead(l, now_ns);
    uint64_t held = count_held(l) * s->interval_ns;
    return gcra_judge(s, passes, wanted, ahead > held ? ahead - held : 0);
}

static struct gcra_verdict refuse(struct lease l, const struct gcra_settings *s,
                                  const struct lease_wish *w, uint64_t now_ns)
{
    lease_put_back(l, w);
    return judge(l, s, false, w->n, now_ns);
}

enum lease_answer lease_take(struct lease l, const struct gcra_settings *s, struct lease_wish *w,
                             uint64_t now_ns, struct gcra_verdict *verdict)
{
    uint64_t taken = take_held(l, w->n, now_ns);
    w->rest = w->n - taken;
    if (w->rest == 0 && taken) {
        *verdict = judge(l, s, true, w->n, now_ns);
        return LEASE_PASSES;
    }
    if (w->n <= s->burst &&
        lease_ahead(l, now_ns) + w->rest * s->interval_ns <= s->burst * s->interval_ns)
        return LEASE_ASKS;
    *verdict = refuse(l, s, w, now_ns);
    return LEASE_REFUSES;
}

unsigned lease_want(struct lease l, const struct gcra_settings *s)
{
    unsigned most = (unsigned)(s->burst / LEASE_SHARE);
    unsigned before = atomic_load_explicit(l.held, memory_order_relaxed);
    do {
        if (before & WANTED || before >= most)
            return 0;
    } while (!atomic_compare_exchange_weak_explicit(l.held, &before, before | WANTED,
                                                    memory_order_relaxed, memory_order_relaxed));
    return most - before;
}

void lease_hear_nothing(struct lease l)
{
    atomic_fetch_and_explicit(l.held, COUNT, memory_order_relaxed);
}

static void move_on(struct lease l, uint64_t to)
{
    uint_fast64_t before = load_known(l);
    while (before < to && !atomic_compare_exchange_weak_explicit(
                              l.known, &before, to, memory_order_relaxed, memory_order_relaxed))
        continue;
}

struct gcra_verdict lease_hear(struct lease l, const struct gcra_settings *s,
                               const struct lease_wish *w, const struct lease_told *told,
                               uint64_t now_ns)
{
    move_on(l, told->asked_ns + told->ahead_ns);
    if (told->was_wanted) {
        lease_hear_nothing(l);
        add_held(l, told->extra);
    }
    return told->passes ? judge(l, s, true, w->n, now_ns) : refuse(l, s, w, now_ns);
}

struct gcra_verdict lease_take_alone(struct lease l, const struct gcra_settings *s,
                                     const struct lease_wish *w, uint64_t now_ns, uint64_t *untold)
{
    struct gcra_verdict v = gcra_take(l.known, s, w->rest, now_ns);
    *untold = v.passes ? w->rest : 0;
    return v.passes ? judge(l, s, true, w->n, now_ns) : refuse(l, s, w, now_ns);
}

uint64_t lease_give_back(struct lease l, const struct gcra_settings *s, uint64_t n)
{
    uint64_t most = s->burst / LEASE_SHARE, held = count_held(l);
    uint64_t room = held < most ? most - held : 0;
    uint64_t kept = n < room ? n : room;
    add_held(l, (unsigned)kept);
    return kept;
}
