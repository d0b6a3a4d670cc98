/* tier_text_test.c - how purges are told to other instances, and how names are looked for */
#include "../unit.h"
#include "store/tier_text.h"

static void what_is_told_of_a_purge_is_read_back(void **state)
{
    (void)state;
    static const struct {
        const char *told;
        enum cache_purge_kind kind;
        const char *what;
        uint64_t time;
    } cases[] = {
        {"1 k:product:7", CACHE_PURGE_KEY, "product:7", 1},
        {"1764380000000000 t:a b", CACHE_PURGE_TAG, "a b", 1764380000000000},
        {"2 u:catalog:/x?y", CACHE_PURGE_URL, "catalog:/x?y", 2},
        {"2 p:product:", CACHE_PURGE_PREFIX, "product:", 2},
        {"3 a:", CACHE_PURGE_ALL, "", 3},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cache_purge p;
        uint64_t time;
        assert_true(tier_text_read(slice_of(cases[i].told), &p, &time));
        assert_int_equal(p.kind, cases[i].kind);
        assert_true(slice_equal(p.what, slice_of(cases[i].what)));
        assert_int_equal(time, cases[i].time);
        assert_true(slice_equal(tier_text_kind(p.kind),
                                (struct slice){strchr(cases[i].told, ' ') + 1, TIER_TEXT_KIND}));
    }
}

static void what_nobody_of_us_says_is_not_heard(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",     "1",     "1 ",     "k:x",  " k:x",   "1 k",
        "1 k:", "1 z:x", "1x k:x", "1 p:", "-1 k:x", "1234567890123456789012 k:x",
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cache_purge p;
        uint64_t time;
        assert_false(tier_text_read(slice_of(cases[i]), &p, &time));
    }
}

static void a_prefix_is_looked_for_as_it_stands(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 100);
    assert_true(tier_text_pattern(&out, SLICE("a*b?[c]\\:{}")));
    assert_true(slice_equal(buffer_slice(&out), SLICE("sheaf:t:k:a\\*b\\?\\[c\\]\\\\:{}*")));
    buffer_done(&out);
    for (size_t limit = 0; limit < sizeof "sheaf:t:k:\\**" - 1; limit++) {
        buffer_init(&out, limit);
        assert_false(tier_text_pattern(&out, SLICE("*")));
        buffer_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_of_a_purge_is_read_back),
        cmocka_unit_test(what_nobody_of_us_says_is_not_heard),
        cmocka_unit_test(a_prefix_is_looked_for_as_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
