/* breaker.c - one word says which state it is in, since when, and for the how many-th time
 *
 * The generation goes up with each change of state, so that what was asked before a change cannot
 * count after it.
 */
#include "policy/breaker.h"

enum {
    TIME_BITS = 40, /* ms: 34 years */
    GENERATION_BITS = 22,
};

#define MASK(bits) ((UINT64_C(1) << (bits)) - 1)

static uint64_t word_of(enum breaker_state state, uint64_t generation, uint64_t since_ms)
{
    return (uint64_t)state << (TIME_BITS + GENERATION_BITS) |
           (generation & MASK(GENERATION_BITS)) << TIME_BITS | (since_ms & MASK(TIME_BITS));
}

static enum breaker_state state_in(uint64_t word)
{
    return (enum breaker_state)(word >> (TIME_BITS + GENERATION_BITS));
}

static uint32_t generation_in(uint64_t word)
{
    return (uint32_t)(word >> TIME_BITS & MASK(GENERATION_BITS));
}

/* Of a thread whose clock was read a moment before another one made the change it is 0. */
static uint64_t age_ms(uint64_t word, uint64_t now_ms)
{
    uint64_t age = (now_ms - word) & MASK(TIME_BITS);
    return age >> (TIME_BITS - 1) ? 0 : age;
}

/* false: another thread was first, and *word is what it made. */
static bool change(struct breaker *b, uint64_t *word, enum breaker_state to, uint64_t now_ms)
{
    uint64_t next = word_of(to, generation_in(*word) + 1U, now_ms);
    bool is_done = atomic_compare_exchange_strong(&b->word, word, next);
    if (is_done)
        *word = next;
    return is_done;
}

/* The word of `probing`: a generation, probes let out, probes that ended well. */
enum {
    PROBES_BITS = 16
};

static uint64_t probing_of(uint32_t generation, uint64_t out, uint64_t good)
{
    return (uint64_t)generation << 2 * PROBES_BITS | out << PROBES_BITS | good;
}

static uint64_t out_in(uint64_t probing)
{
    return probing >> PROBES_BITS & MASK(PROBES_BITS);
}

static uint64_t good_in(uint64_t probing)
{
    return probing & MASK(PROBES_BITS);
}

/* Another generation's count is as good as none. */
static uint64_t probing_now(uint64_t probing, uint32_t generation)
{
    return probing >> 2 * PROBES_BITS == generation ? probing : probing_of(generation, 0, 0);
}

static bool take_probe(struct breaker *b, const struct breaker_settings *s, uint32_t generation)
{
    uint64_t old = atomic_load(&b->probing);
    uint64_t now;
    do {
        now = probing_now(old, generation);
        if (out_in(now) >= s->probes)
            return false;
    } while (!atomic_compare_exchange_weak(&b->probing, &old, now + probing_of(0, 1, 0)));
    return true;
}

static void give_probe_back(struct breaker *b, uint32_t generation)
{
    uint64_t old = atomic_load(&b->probing);
    while (old >> 2 * PROBES_BITS == generation && out_in(old) > 0 &&
           !atomic_compare_exchange_weak(&b->probing, &old, old - probing_of(0, 1, 0))) {
    }
}

/* How many have ended well, with this one. */
static uint64_t count_good(struct breaker *b, uint32_t generation)
{
    uint64_t old = atomic_load(&b->probing);
    uint64_t now;
    do {
        now = probing_now(old, generation) + probing_of(0, 0, 1);
    } while (!atomic_compare_exchange_weak(&b->probing, &old, now));
    return good_in(now);
}

static struct breaker_ticket ticket(enum breaker_pass pass, uint64_t word)
{
    return (struct breaker_ticket){pass, generation_in(word)};
}

struct breaker_ticket breaker_ask(struct breaker *b, const struct breaker_settings *s,
                                  uint64_t now_ms)
{
    unsigned forced = atomic_load_explicit(&b->forced, memory_order_relaxed);
    uint64_t word = atomic_load_explicit(&b->word, memory_order_acquire);
    if (forced == BREAKER_FORCED_OPEN)
        return ticket(BREAKER_REFUSED, word);
    if (!s->is_on || forced == BREAKER_FORCED_CLOSED || state_in(word) == BREAKER_CLOSED)
        return ticket(BREAKER_PASS, word);
    if (state_in(word) == BREAKER_OPEN && age_ms(word, now_ms) >= s->open_ms)
        change(b, &word, BREAKER_HALF_OPEN, now_ms);
    if (state_in(word) == BREAKER_CLOSED)
        return ticket(BREAKER_PASS, word);
    bool is_probe = state_in(word) == BREAKER_HALF_OPEN && take_probe(b, s, generation_in(word));
    return ticket(is_probe ? BREAKER_PROBE : BREAKER_REFUSED, word);
}

static uint64_t turn_of(const struct breaker_settings *s, uint64_t now_ms)
{
    uint64_t bucket_ms = s->window_ms / WINDOW_BUCKETS;
    return now_ms / (bucket_ms ? bucket_ms : 1);
}

static bool fails_too_often(const struct breaker *b, const struct breaker_settings *s,
                            uint64_t now_ms)
{
    struct window_sums sums = window_sum(&b->window, turn_of(s, now_ms));
    return sums.first >= s->min_calls && sums.second * 1000 >= sums.first * s->failures_permille;
}

static void tell_closed(struct breaker *b, const struct breaker_settings *s, uint64_t word,
                        enum breaker_result result, uint64_t now_ms)
{
    bool failed = result == BREAKER_FAILED;
    if (result == BREAKER_NEITHER)
        return;
    window_add(&b->window, turn_of(s, now_ms), 1, failed);
    if (failed && fails_too_often(b, s, now_ms))
        change(b, &word, BREAKER_OPEN, now_ms);
}

static void tell_probe(struct breaker *b, const struct breaker_settings *s, uint64_t word,
                       enum breaker_result result, uint64_t now_ms)
{
    switch (result) {
    case BREAKER_GOOD:
        if (count_good(b, generation_in(word)) < s->probes)
            return;
        window_clear(&b->window);
        change(b, &word, BREAKER_CLOSED, now_ms);
        break;
    case BREAKER_FAILED:
        change(b, &word, BREAKER_OPEN, now_ms);
        break;
    case BREAKER_NEITHER:
        give_probe_back(b, generation_in(word));
        break;
    }
}

void breaker_tell(struct breaker *b, const struct breaker_settings *s, struct breaker_ticket ticket,
                  enum breaker_result result, uint64_t now_ms)
{
    uint64_t word = atomic_load_explicit(&b->word, memory_order_acquire);
    if (!s->is_on || ticket.generation != generation_in(word))
        return;
    if (ticket.pass == BREAKER_PASS && state_in(word) == BREAKER_CLOSED)
        tell_closed(b, s, word, result, now_ms);
    else if (ticket.pass == BREAKER_PROBE && state_in(word) == BREAKER_HALF_OPEN)
        tell_probe(b, s, word, result, now_ms);
}

void breaker_force(struct breaker *b, enum breaker_force how)
{
    atomic_store(&b->forced, how);
}

enum breaker_state breaker_state_of(const struct breaker *b, const struct breaker_settings *s,
                                    uint64_t now_ms)
{
    unsigned forced = atomic_load(&b->forced);
    uint64_t word = atomic_load(&b->word);
    if (forced != BREAKER_AUTOMATIC)
        return forced == BREAKER_FORCED_OPEN ? BREAKER_OPEN : BREAKER_CLOSED;
    if (state_in(word) == BREAKER_OPEN && age_ms(word, now_ms) >= s->open_ms)
        return BREAKER_HALF_OPEN;
    return state_in(word);
}

uint64_t breaker_open_for_ms(const struct breaker *b, const struct breaker_settings *s,
                             uint64_t now_ms)
{
    uint64_t word = atomic_load(&b->word);
    uint64_t age = age_ms(word, now_ms);
    return state_in(word) == BREAKER_OPEN && age < s->open_ms ? s->open_ms - age : 0;
}
