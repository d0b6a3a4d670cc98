/* verify_bench.c - what a token costs that was never seen before
 *
 * usage: verify_bench
 *
 * For each kind of signature: the look into the cache, the whole check, the entry in the cache, as
 * a worker does them for one request; beside it the look that finds a token. The median and p99.9,
 * in microseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "edge/token_cache.h"
#include "issuer.h"
#include "kit.h"

enum {
    TOKENS = 1000,
    ROUNDS = 20,
    ARENA_FIRST = 16 * 1024,
    ARENA_LIMIT = 1024 * 1024
};

static char texts[TOKENS][ISSUER_TOKEN_MAX];
static uint64_t taken_ns[TOKENS * ROUNDS];

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static double us(size_t at)
{
    return (double)taken_ns[at] / 1000;
}

static void print(const char *what)
{
    size_t n = TOKENS * ROUNDS;
    qsort(taken_ns, n, sizeof *taken_ns, by_value);
    printf("%-28s median %7.2f us, p99.9 %7.2f us\n", what, us(n / 2), us(n - 1 - n / 1000));
}

static uint64_t verify(const struct key_set *keys, struct token_cache *cache, struct slice token,
                       struct arena *arena)
{
    struct slice audience = SLICE(ISSUER_AUDIENCE);
    const struct jwt_expectation expected = {SLICE(ISSUER_NAME), &audience, 1,
                                             1U << JWA_ES256 | 1U << JWA_RS256 | 1U << JWA_EDDSA};
    uint64_t generation = key_set_generation(keys), now_s = (uint64_t)time(NULL);
    const struct jwt_question q = {keys, &expected, token, now_s};
    struct jwt jwt;
    uint64_t began = kit_now_ns();
    if (token_cache_find(cache, generation, token, now_s).at)
        kit_die("a token that is known");
    if (jwt_check(&q, arena, &jwt) != JWT_GOOD)
        kit_die("a token that is not good");
    token_cache_put(cache, generation, token, &jwt);
    return kit_now_ns() - began;
}

static void measure_new(const struct key_set *keys, struct arena *arena)
{
    size_t n = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct token_cache *cache = token_cache_new();
        for (unsigned k = 0; k < TOKENS; k++) {
            taken_ns[n++] = verify(keys, cache, slice_of(texts[k]), arena);
            arena_reset(arena);
        }
        token_cache_free(cache);
    }
}

static void measure_known(const struct key_set *keys, struct arena *arena)
{
    struct token_cache *cache = token_cache_new();
    struct slice token = slice_of(texts[0]);
    verify(keys, cache, token, arena);
    for (unsigned n = 0; n < TOKENS * ROUNDS; n++) {
        uint64_t began = kit_now_ns();
        if (!token_cache_find(cache, key_set_generation(keys), token, 0).at)
            kit_die("a token that is not known");
        taken_ns[n] = kit_now_ns() - began;
    }
    token_cache_free(cache);
}

static struct key_set *issue(const char *algorithm)
{
    char text[ISSUER_KEYS_MAX];
    struct key_set *keys;
    struct issuer *i = issuer_new(algorithm);
    size_t n = issuer_write_keys(i, text);
    if (key_set_read((struct slice){text, n}, KEY_SET_OF_FILE, &keys) != KEY_SET_GOOD)
        kit_die("a key set");
    for (unsigned k = 0; k < TOKENS; k++)
        issuer_write_token(i, k, texts[k]);
    issuer_free(i);
    return keys;
}

int main(void)
{
    static const char *const algorithms[] = {"ES256", "RS256", "EdDSA"};
    struct arena arena;
    arena_init(&arena, ARENA_FIRST, ARENA_LIMIT);
    for (unsigned k = 0; k < sizeof algorithms / sizeof *algorithms; k++) {
        struct key_set *keys = issue(algorithms[k]);
        measure_new(keys, &arena);
        print(algorithms[k]);
        measure_known(keys, &arena);
        print("the same, once it is known");
        key_set_release(keys);
    }
    arena_done(&arena);
    return 0;
}
