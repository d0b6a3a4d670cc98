/* token_cache_test.c - verified tokens are known until they end, and not too many of them */
#include <stdio.h>

#include "../unit.h"
#include "edge/token_cache.h"

enum {
    GENERATION = 7,
    ENDS = 1000
};

static struct token_cache *cache;

static bool find(const char *token, uint64_t generation, uint64_t now_s, struct slice *claims)
{
    *claims = token_cache_find(cache, generation, slice_of(token), now_s);
    return claims->at;
}

static void put(const char *token, const char *claims)
{
    token_cache_put(cache, GENERATION, slice_of(token),
                    &(struct jwt){.claims = slice_of(claims), .ends_s = ENDS});
}

static void a_token_is_known_by_all_of_it(void **state)
{
    struct slice claims;
    (void)state;
    put("a.b.c", "{\"a\":1}");
    assert_true(find("a.b.c", GENERATION, 1, &claims));
    assert_true(slice_equal(claims, SLICE("{\"a\":1}")));
    assert_false(find("a.b.d", GENERATION, 1, &claims));
    assert_false(find("a.b.", GENERATION, 1, &claims));
}

static void a_token_is_not_known_after_its_end(void **state)
{
    struct slice claims;
    (void)state;
    put("a.b.c", "{}");
    assert_true(find("a.b.c", GENERATION, ENDS - 1, &claims));
    assert_false(find("a.b.c", GENERATION, ENDS, &claims));
}

static void other_keys_know_nothing_of_it(void **state)
{
    struct slice claims;
    (void)state;
    put("a.b.c", "{}");
    assert_false(find("a.b.c", GENERATION + 1, 1, &claims));
}

static void a_token_that_says_too_much_is_not_kept(void **state)
{
    static char claims[TOKEN_CACHE_CLAIMS_MAX + 2];
    struct slice found;
    (void)state;
    memset(claims, ' ', TOKEN_CACHE_CLAIMS_MAX + 1);
    put("a.b.c", claims);
    assert_false(find("a.b.c", GENERATION, 1, &found));
    claims[TOKEN_CACHE_CLAIMS_MAX] = '\0';
    put("a.b.c", claims);
    assert_true(find("a.b.c", GENERATION, 1, &found));
}

static void many_tokens_take_bounded_places_and_the_newest_is_known(void **state)
{
    char token[32];
    struct slice claims;
    unsigned n_known = 0;
    (void)state;
    for (unsigned i = 0; i < 3 * TOKEN_CACHE_ENTRIES; i++) {
        snprintf(token, sizeof token, "token %u", i);
        put(token, "{\"n\":12345}");
        assert_true(find(token, GENERATION, 1, &claims));
    }
    for (unsigned i = 0; i < 3 * TOKEN_CACHE_ENTRIES; i++) {
        snprintf(token, sizeof token, "token %u", i);
        n_known += find(token, GENERATION, 1, &claims);
    }
    assert_in_range(n_known, TOKEN_CACHE_ENTRIES / 2, TOKEN_CACHE_ENTRIES);
}

static int set_up(void **state)
{
    (void)state;
    cache = token_cache_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    token_cache_free(cache);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_token_is_known_by_all_of_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_token_is_not_known_after_its_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_keys_know_nothing_of_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_token_that_says_too_much_is_not_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_tokens_take_bounded_places_and_the_newest_is_known,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
