/* rate_table.c - shards of small sets; a caller stands in one of two of them
 *
 * With the choice of two sets of eight, half of all slots can be taken before callers push each
 * other out (Azar, Broder, Karlin, Upfal: Balanced Allocations, 1994).
 */
#include "edge/rate_table.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"

enum {
    SHARDS = 64,
    SHARD_SHIFT = 58, /* the shard is the topmost bits of the digest */
    WAYS = 8          /* slots of a set */
};

struct rate_table {
    uint64_t seed;
    size_t n_sets;                 /* of a shard */
    pthread_mutex_t locks[SHARDS]; /* for new callers */
    struct rate_slot *slots;
};

/* The two sets that a caller may stand in; they may be one. */
struct places {
    size_t shard;
    struct rate_slot *sets[2];
};

struct rate_table *rate_table_new(size_t n_slots, uint64_t seed)
{
    struct rate_table *t = calloc(1, sizeof *t);
    CHECK(t && n_slots >= SHARDS * WAYS * 2 && (n_slots & (n_slots - 1)) == 0);
    t->seed = seed;
    t->n_sets = n_slots / SHARDS / WAYS;
    t->slots = memory_take_zero(n_slots, sizeof *t->slots);
    for (unsigned i = 0; i < SHARDS; i++)
        CHECK(pthread_mutex_init(&t->locks[i], NULL) == 0);
    return t;
}

void rate_table_free(struct rate_table *t)
{
    if (!t)
        return;
    for (unsigned i = 0; i < SHARDS; i++)
        pthread_mutex_destroy(&t->locks[i]);
    free(t->slots);
    free(t);
}

struct digest rate_table_key(const struct rate_table *t, const struct slice *parts, size_t n)
{
    struct digest key = digest_seeded(parts, n, t->seed);
    key.low |= 1; /* 0 is nobody */
    return key;
}

void rate_table_name(const struct slice *parts, size_t n, char out[DIGEST_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char hash[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool is_good = c && EVP_DigestInit_ex(c, EVP_sha256(), NULL);
    for (size_t i = 0; i < n && is_good; i++)
        is_good = EVP_DigestUpdate(c, parts[i].at ? parts[i].at : "", parts[i].n);
    CHECK(is_good && EVP_DigestFinal_ex(c, hash, NULL));
    EVP_MD_CTX_free(c);
    for (unsigned i = 0; i < DIGEST_SIZE; i++)
        out[i] = digits[i % 2 ? hash[i / 2] & 15 : hash[i / 2] >> 4];
}

static struct places places_of(const struct rate_table *t, struct digest key)
{
    size_t shard = (size_t)(key.high >> SHARD_SHIFT);
    struct rate_slot *first = t->slots + shard * t->n_sets * WAYS;
    return (struct places){
        .shard = shard,
        .sets = {first + (size_t)(key.low >> 1 & (t->n_sets - 1)) * WAYS,
                 first + (size_t)(key.high & (t->n_sets - 1)) * WAYS},
    };
}

static struct rate_slot *look_up(const struct places *p, struct digest key)
{
    for (unsigned i = 0; i < 2; i++)
        for (struct rate_slot *s = p->sets[i]; s < p->sets[i] + WAYS; s++)
            if (atomic_load_explicit(&s->low, memory_order_acquire) == key.low &&
                atomic_load_explicit(&s->high, memory_order_relaxed) == key.high)
                return s;
    return NULL;
}

static bool is_free(const struct rate_slot *s)
{
    return atomic_load_explicit(&s->low, memory_order_relaxed) == 0;
}

static unsigned count_free(const struct rate_slot *set)
{
    unsigned n = 0;
    for (const struct rate_slot *s = set; s < set + WAYS; s++)
        n += is_free(s);
    return n;
}

/* A free slot of the emptier set; NULL: there is none. */
static struct rate_slot *choose_free(const struct places *p)
{
    struct rate_slot *set = p->sets[count_free(p->sets[1]) > count_free(p->sets[0])];
    for (struct rate_slot *s = set; s < set + WAYS; s++)
        if (is_free(s))
            return s;
    return NULL;
}

/* The lower its word, the longer its allowance has been whole, or the sooner it will be. NULL: all
 * have requests under way. */
static struct rate_slot *choose_oldest(const struct places *p)
{
    struct rate_slot *found = NULL;
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < 2 * WAYS; i++) {
        struct rate_slot *s = &p->sets[i / WAYS][i % WAYS];
        uint64_t word = atomic_load_explicit(&s->word, memory_order_relaxed);
        if (atomic_load_explicit(&s->n_active, memory_order_relaxed) || word >= least)
            continue;
        least = word;
        found = s;
    }
    return found;
}

/* Nobody finds it half written: its lower half comes last. */
static struct rate_slot *settle(struct rate_slot *s, struct digest key)
{
    atomic_store_explicit(&s->low, 0, memory_order_relaxed);
    atomic_store_explicit(&s->high, key.high, memory_order_release);
    atomic_store_explicit(&s->word, 0, memory_order_relaxed);
    atomic_store_explicit(&s->held, 0, memory_order_relaxed);
    atomic_store_explicit(&s->low, key.low, memory_order_release);
    return s;
}

static struct rate_slot *add(const struct places *p, struct digest key)
{
    struct rate_slot *s = look_up(p, key); /* another thread may have been faster */
    if (s)
        return s;
    s = choose_free(p);
    if (!s)
        s = choose_oldest(p);
    return s ? settle(s, key) : p->sets[0];
}

struct rate_slot *rate_table_find(struct rate_table *t, struct digest key)
{
    struct places p = places_of(t, key);
    struct rate_slot *s = look_up(&p, key);
    if (s)
        return s;
    CHECK(pthread_mutex_lock(&t->locks[p.shard]) == 0);
    s = add(&p, key);
    CHECK(pthread_mutex_unlock(&t->locks[p.shard]) == 0);
    return s;
}

bool rate_slot_enter(struct rate_slot *s, unsigned max)
{
    if (atomic_fetch_add_explicit(&s->n_active, 1, memory_order_relaxed) < max)
        return true;
    rate_slot_leave(s);
    return false;
}

void rate_slot_leave(struct rate_slot *s)
{
    unsigned before = atomic_fetch_sub_explicit(&s->n_active, 1, memory_order_relaxed);
    CHECK(before > 0);
}
