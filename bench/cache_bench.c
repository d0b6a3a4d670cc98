/* cache_bench.c - what the memory store costs: a lookup, an entry, a put while it grows, one hot
 * key
 *
 * usage: cache_bench
 *
 * A lookup: with 1,000 and with 1,000,000 entries, of the same 1,000 keys in a random order (what
 * the table itself costs), and of all keys (what the memory of the machine adds to that). The most
 * of a put: while the table grows to a million, and while each put evicts. An entry: what malloc()
 * has given beyond keys and bodies. One hot key: finds by one thread, and by two at once.
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
    LOOKUPS = 1000000,
    ROUNDS = 7,
    BODY_MAX = 64,
    SECONDS_TO_COME = 3600,
    KEY_SIZE = 32
};
#define MEMORY ((size_t)1 << 30)
#define MAY_GROW 1.5
#define MAY_TAKE 160

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

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
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

/* Nanoseconds a lookup, the least of some rounds, of n of the keys. */
static double lookup_ns(struct cache *c, unsigned n)
{
    static uint32_t order[LOOKUPS];
    double least = 1e9;
    for (unsigned i = 0; i < LOOKUPS; i++)
        order[i] = (uint32_t)draw(n);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t began = cpu_ns();
        for (unsigned i = 0; i < LOOKUPS; i++)
            find(c, &keys[order[i]].key);
        double ns = (double)(cpu_ns() - began) / (double)LOOKUPS;
        least = ns < least ? ns : least;
    }
    return least;
}

static size_t allocated(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

static struct cache *filled(size_t memory, unsigned n, uint64_t *longest_ns)
{
    struct cache *c = cache_new(memory);
    *longest_ns = 0;
    n_payload = 0;
    for (unsigned i = 0; i < n; i++) {
        uint64_t began = cpu_ns();
        put(c, &keys[i], draw(BODY_MAX));
        uint64_t ns = cpu_ns() - began;
        *longest_ns = ns > *longest_ns ? ns : *longest_ns;
    }
    return c;
}

static const char *verdict(bool is_met)
{
    return is_met ? "met" : "NOT MET";
}

static void measure_size(void)
{
    uint64_t longest;
    struct cache *few = filled(MEMORY, FEW, &longest);
    double few_ns = lookup_ns(few, FEW);
    cache_free(few);
    size_t before = allocated();
    struct cache *many = filled(MEMORY, MANY, &longest);
    double beyond = (double)(allocated() - before - n_payload) / (double)MANY;
    double same_ns = lookup_ns(many, FEW);
    double all_ns = lookup_ns(many, MANY);
    struct memory_store_count count;
    memory_store_count(many->memory, &count);
    printf("a lookup: %.0f ns of 1,000 entries; %.0f ns of the same 1,000 among 1,000,000: x %.2f, "
           "goal %.1f %s; %.0f ns of any of them\n",
           few_ns, same_ns, same_ns / few_ns, MAY_GROW, verdict(same_ns <= few_ns * MAY_GROW),
           all_ns);
    printf(
        "an entry: %.0f bytes beyond key, name and body, goal %d %s (%zu entries, %.1f MiB by our "
        "own count)\n",
        beyond, MAY_TAKE, verdict(beyond <= MAY_TAKE), count.n_entries,
        (double)count.n_bytes / (1 << 20));
    printf("a put while the table grows to 1,000,000: at most %.0f us\n", (double)longest / 1000);
    cache_free(many);
    struct cache *full = filled((size_t)64 << 20, MANY, &longest);
    memory_store_count(full->memory, &count);
    printf("a put in 64 MiB, %llu evicted: at most %.0f us\n", (unsigned long long)count.n_evicted,
           (double)longest / 1000);
    cache_free(full);
}

static void *find_one(void *cache)
{
    for (unsigned i = 0; i < 5 * LOOKUPS; i++)
        find(cache, &keys[0].key);
    return NULL;
}

static double finds_per_us(struct cache *c, unsigned n_threads)
{
    pthread_t threads[2];
    uint64_t began = kit_now_ns();
    for (unsigned i = 0; i < n_threads; i++)
        if (pthread_create(&threads[i], NULL, find_one, c) != 0)
            kit_die("thread");
    for (unsigned i = 0; i < n_threads; i++)
        pthread_join(threads[i], NULL);
    return 5.0 * (double)LOOKUPS * n_threads * 1000 / (double)(kit_now_ns() - began);
}

static void measure_hot_key(void)
{
    uint64_t longest;
    struct cache *c = filled(MEMORY, FEW, &longest);
    double one = finds_per_us(c, 1);
    double two = finds_per_us(c, 2);
    printf("one hot key and nothing else: %.1f finds a microsecond by one thread, %.1f by two\n",
           one, two);
    cache_free(c);
}

int main(void)
{
    write_keys();
    measure_size();
    measure_hot_key();
    free(keys);
    return 0;
}
