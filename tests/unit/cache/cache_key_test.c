/* cache_key_test.c - two lists of parts have one key only where they are the same */
#include "../unit.h"
#include "cache/cache_key.h"

enum {
    PARTS_MAX = 4,
    LIMIT = 1 << 20
};

struct parts {
    struct slice at[PARTS_MAX];
    unsigned n;
};

static struct cache_key key_of(struct buffer *text, const struct parts *parts)
{
    buffer_init(text, LIMIT);
    for (unsigned i = 0; i < parts->n; i++)
        assert_true(cache_key_add(text, parts->at[i]));
    return cache_key_of(buffer_slice(text));
}

#define PARTS(...)                                                                                 \
    {                                                                                              \
        {__VA_ARGS__}, sizeof((struct slice[]){__VA_ARGS__}) / sizeof(struct slice)                \
    }

static void parts_are_told_apart_wherever_they_end(void **state)
{
    (void)state;
    char longest[200];
    memset(longest, 'a', sizeof longest);
    const struct parts cases[] = {
        {.n = 0},
        PARTS(SLICE("")),
        PARTS(SLICE(""), SLICE("")),
        PARTS(SLICE("a")),
        PARTS(SLICE("ab"), SLICE("c")),
        PARTS(SLICE("a"), SLICE("bc")),
        PARTS(SLICE("abc")),
        PARTS(SLICE("abc"), SLICE("")),
        PARTS(SLICE(""), SLICE("abc")),
        PARTS(SLICE("\1a")),
        PARTS(SLICE("\1"), SLICE("a")),
        PARTS((struct slice){longest, 127}),
        PARTS((struct slice){longest, 128}),
        PARTS((struct slice){longest, 200}),
    };
    enum {
        N = sizeof cases / sizeof *cases
    };
    struct buffer texts[2];
    for (unsigned i = 0; i < N; i++) {
        struct cache_key a = key_of(&texts[0], &cases[i]);
        for (unsigned k = 0; k < N; k++) {
            struct cache_key b = key_of(&texts[1], &cases[k]);
            assert_int_equal(cache_key_equal(&a, &b), i == k);
            buffer_done(&texts[1]);
        }
        buffer_done(&texts[0]);
    }
}

static void a_hash_that_two_keys_share_is_not_enough(void **state)
{
    (void)state;
    const struct cache_key a = {SLICE("a"), 7};
    const struct cache_key b = {SLICE("b"), 7};
    assert_false(cache_key_equal(&a, &b));
}

static void a_part_that_does_not_fit_adds_nothing(void **state)
{
    (void)state;
    struct buffer text;
    buffer_init(&text, 8);
    assert_true(cache_key_add(&text, SLICE("abc")));
    assert_false(cache_key_add(&text, SLICE("defg")));
    assert_int_equal(text.n, 4);
    assert_true(cache_key_add(&text, SLICE("def")));
    buffer_done(&text);
}

/* Instances of other processes and releases look for the same name. */
static void the_digest_is_the_same_everywhere(void **state)
{
    (void)state;
    char digest[CACHE_KEY_DIGEST];
    const struct cache_key none = cache_key_of(SLICE_NONE);
    cache_key_digest(&none, digest);
    assert_memory_equal(digest, "99aa06d3014798d86001c324468d497f", CACHE_KEY_DIGEST);
    const struct cache_key key = cache_key_of(SLICE("\7catalog\3GET"));
    char again[CACHE_KEY_DIGEST];
    cache_key_digest(&key, digest);
    cache_key_digest(&key, again);
    assert_memory_equal(digest, again, CACHE_KEY_DIGEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_told_apart_wherever_they_end),
        cmocka_unit_test(a_hash_that_two_keys_share_is_not_enough),
        cmocka_unit_test(a_part_that_does_not_fit_adds_nothing),
        cmocka_unit_test(the_digest_is_the_same_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
