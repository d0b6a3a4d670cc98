/* cache_bench.c - what the memory store costs: a lookup, an entry, a put while it grows, one hot
 * key
 *
 * usage: cache_bench
 *
 * A lookup: with 1,000 and with 1,000,000 entries, of the same 1,000 keys in a random order (what
 * the table itself costs), and of all keys (what the memory of the machine adds to that). One hot
 * key: by one thread, and by two at once. Short rounds of the two alternate, so that both see the
 * same machine: the figure is the median of the neighbours' ratios, beside it the least of each.
 * The most of a put: while the table grows to a million, and while each put evicts. An entry: what
 * malloc() has given beyond keys and bodies.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cache/cache.h"
#include "cache/record.h"
#include "kit.h"

enum {
    FEW = 1000,
    MANY = 1000000,
    LOOKUPS = 200000, /* of a round */
    ROUNDS = 31,
    HOT_LOOKUPS = 100000, /* the same, of each thread */
    HOT_ROUNDS = 1000,    /* at most, as not all of them count */
    BODY_MAX = 64,
    SECONDS_TO_COME = 3600,
    KEY_SIZE = 32
};
#define MEMORY ((size_t)1 << 30)
#define MAY_GROW 1.5
#define MAY_TAKE 160
#define MAY_WAIT 1.1

struct key {
    char text[KEY_SIZE];
    struct cache_key key;
};

static struct key *keys;
static size_t n_payload; /* bytes of keys and bodies */

static uint64_t draw(uint64_t n)
{
    static uint64_t state = 88172645463325252U;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % n;
}

static uint64_t cpu_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void write_keys(void)
{
    keys = kit_memory(MANY, sizeof *keys);
    for (unsigned i = 0; i < MANY; i++) {
        int n = snprintf(keys[i].text, KEY_SIZE, "product:%06u:EUR:fields:id", i);
        keys[i].key = cache_key_of((struct slice){keys[i].text, (size_t)n});
    }
}

static void put(struct cache *c, const struct key *k, size_t n_body)
{
    static char body[BODY_MAX];
    struct record r = {.status = 200,
                       .freshness = {.lifetime_ms = SECONDS_TO_COME * 1000ULL},
                       .key = k->key.text,
                       .name = {k->text, sizeof "product:000000" - 1},
                       .body = {body, n_body}};
    struct blob *b = record_write(&r, MEMORY);
    struct cache_entry e = {
        .record = b, .until_ms = SECONDS_TO_COME * 1000ULL, .url = SLICE("catalog:/products/7")};
    n_payload += k->key.text.n + r.name.n + n_body;
    if (!b || !cache_put(c, &e))
        kit_die("not kept");
}

static void find(struct cache *c, const struct cache_key *k)
{
    struct blob *b = memory_store_find(c->memory, k, 1000);
    if (!b)
        kit_die("not found");
    blob_release(NULL, b);
}

static uint32_t order[LOOKUPS];

static void shuffle(unsigned n)
{
    for (unsigned i = 0; i < LOOKUPS; i++)
        order[i] = (uint32_t)draw(n);
}

/* Nanoseconds a lookup, of one round in that order. */
static double lookup_ns(struct cache *c)
{
    uint64_t began = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
    for (unsigned i = 0; i < LOOKUPS; i++)
        find(c, &keys[order[i]].key);
    return (double)(cpu_ns(CLOCK_THREAD_CPUTIME_ID) - began) / (double)LOOKUPS;
}

/* Two that are measured by turns. */
struct pair {
    double least[2], ratios[ROUNDS];
    unsigned n;
};

static void add_round(struct pair *p, double one, double other)
{
    const double both[2] = {one, other};
    for (unsigned i = 0; i < 2; i++)
        p->least[i] = p->n && p->least[i] < both[i] ? p->least[i] : both[i];
    p->ratios[p->n++] = other / one;
}

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

static double median(struct pair *p)
{
    qsort(p->ratios, p->n, sizeof *p->ratios, compare);
    return p->ratios[p->n / 2];
}

static size_t allocated(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

static struct cache *filled(size_t memory, unsigned n, uint64_t *longest_ns)
{
    struct cache *c = cache_new(memory, NULL);
    *longest_ns = 0;
    n_payload = 0;
    for (unsigned i = 0; i < n; i++) {
        uint64_t began = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
        put(c, &keys[i], draw(BODY_MAX));
        uint64_t ns = cpu_ns(CLOCK_THREAD_CPUTIME_ID) - began;
        *longest_ns = ns > *longest_ns ? ns : *longest_ns;
    }
    return c;
}

static const char *verdict(bool is_met)
{
    return is_met ? "met" : "NOT MET";
}

static void tell_lookups(struct cache *few, struct cache *many)
{
    struct pair p = {.n = 0};
    double any_ns = 1e9;
    for (unsigned i = 0; i < ROUNDS; i++) {
        shuffle(FEW);
        double few_ns = lookup_ns(few);
        add_round(&p, few_ns, lookup_ns(many));
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        shuffle(MANY);
        double ns = lookup_ns(many);
        any_ns = ns < any_ns ? ns : any_ns;
    }
    double ratio = median(&p);
    printf("a lookup among 1,000,000 entries: x %.2f of one among 1,000, goal %.1f %s (the same "
           "1,000 keys; at least %.0f and %.0f ns); %.0f ns of any of them\n",
           ratio, MAY_GROW, verdict(ratio <= MAY_GROW), p.least[1], p.least[0], any_ns);
}

static void tell_entries(const struct cache *many, double beyond)
{
    struct memory_store_count count;
    memory_store_count(many->memory, &count);
    printf(
        "an entry: %.0f bytes beyond key, name and body, goal %d %s (%zu entries, %.1f MiB by our "
        "own count)\n",
        beyond, MAY_TAKE, verdict(beyond <= MAY_TAKE), count.n_entries,
        (double)count.n_bytes / (1 << 20));
}

static void measure_size(void)
{
    uint64_t longest;
    struct cache *few = filled(MEMORY, FEW, &longest);
    size_t before = allocated();
    struct cache *many = filled(MEMORY, MANY, &longest);
    tell_entries(many, (double)(allocated() - before - n_payload) / (double)MANY);
    tell_lookups(few, many);
    cache_free(few);
    cache_free(many);
    printf("a put while the table grows to 1,000,000: at most %.0f us\n", (double)longest / 1000);
}

static void measure_eviction(void)
{
    struct memory_store_count count;
    uint64_t longest;
    struct cache *full = filled((size_t)64 << 20, MANY, &longest);
    memory_store_count(full->memory, &count);
    printf("a put in 64 MiB, %llu evicted: at most %.0f us\n", (unsigned long long)count.n_evicted,
           (double)longest / 1000);
    cache_free(full);
}

/* Who finds the hot key, on a CPU of its own. */
struct finder {
    struct cache *cache;
    pthread_barrier_t *start;
    unsigned cpu;
    double ns; /* of CPU, a find */
};

static void *find_one(void *finder)
{
    struct finder *f = finder;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(f->cpu, &set);
    (void)pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    pthread_barrier_wait(f->start);
    uint64_t began = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
    for (unsigned i = 0; i < HOT_LOOKUPS; i++)
        find(f->cache, &keys[0].key);
    f->ns = (double)(cpu_ns(CLOCK_THREAD_CPUTIME_ID) - began) / (double)HOT_LOOKUPS;
    return NULL;
}

/* Nanoseconds of CPU a find, of one round. *is_alone: no CPU did anything else meanwhile. */
static double hot_ns(struct cache *c, unsigned n_threads, bool *is_alone)
{
    pthread_t threads[2];
    pthread_barrier_t start;
    struct finder finders[2];
    double most = 0;
    pthread_barrier_init(&start, NULL, n_threads + 1);
    for (unsigned i = 0; i < n_threads; i++) {
        finders[i] = (struct finder){.cache = c, .start = &start, .cpu = i};
        if (pthread_create(&threads[i], NULL, find_one, &finders[i]) != 0)
            kit_die("thread");
    }
    pthread_barrier_wait(&start);
    uint64_t began = kit_now_ns();
    for (unsigned i = 0; i < n_threads; i++) {
        pthread_join(threads[i], NULL);
        most = finders[i].ns > most ? finders[i].ns : most;
    }
    *is_alone = (double)(kit_now_ns() - began) < most * HOT_LOOKUPS * MAY_WAIT;
    pthread_barrier_destroy(&start);
    return most;
}

/* Its lock and its count are words that the threads share. Rounds in which they did not run at the
 * same time say nothing. */
static void measure_hot_key(void)
{
    struct pair p = {.n = 0};
    uint64_t longest;
    struct cache *c = filled(MEMORY, FEW, &longest);
    for (unsigned i = 0; i < HOT_ROUNDS && p.n < ROUNDS; i++) {
        bool is_alone, are_alone;
        double one = hot_ns(c, 1, &is_alone), two = hot_ns(c, 2, &are_alone);
        if (is_alone && are_alone)
            add_round(&p, one, two);
    }
    if (p.n)
        printf("one hot key and nothing else: a find by two threads at once takes x %.2f the CPU "
               "of one by one (%u rounds; at least %.0f and %.0f ns)\n",
               median(&p), p.n, p.least[1], p.least[0]);
    else
        printf("one hot key and nothing else: no two CPUs were idle at once\n");
    cache_free(c);
}

int main(void)
{
    write_keys();
    measure_size();
    measure_eviction();
    measure_hot_key();
    free(keys);
    return 0;
}
