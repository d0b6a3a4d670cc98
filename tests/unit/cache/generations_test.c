/* generations_test.c - what began before a purge of its own is not good any more */
#include <stdio.h>

#include "../unit.h"
#include "cache/generations.h"

static uint16_t tag(const char *text)
{
    return generations_counter(GENERATIONS_TAG, slice_of(text));
}

static void what_began_before_a_purge_of_its_tag_is_not_good(void **unused)
{
    (void)unused;
    struct generations *g = generations_new();
    const uint16_t counters[] = {tag("product:7"), tag("shop")};
    uint64_t before = generations_now(g);
    assert_true(generations_is_good(g, before, counters, 2));
    generations_purge(g, tag("shop"));
    assert_false(generations_is_good(g, before, counters, 2));
    assert_true(generations_is_good(g, before, counters, 1));
    assert_true(generations_is_good(g, generations_now(g), counters, 2));
    generations_free(g);
}

static void one_text_is_three_things(void **unused)
{
    (void)unused;
    uint16_t name = generations_counter(GENERATIONS_NAME, SLICE("7"));
    uint16_t url = generations_counter(GENERATIONS_URL, SLICE("7"));
    /* Two of the three may meet, by chance; the seed is another in each process. */
    assert_false(name == tag("7") && url == tag("7"));
}

static void a_purge_of_all_is_of_what_has_no_tags_too(void **unused)
{
    (void)unused;
    struct generations *g = generations_new();
    uint64_t before = generations_now(g);
    generations_purge_all(g);
    assert_false(generations_is_good(g, before, NULL, 0));
    assert_true(generations_is_good(g, generations_now(g), NULL, 0));
    generations_free(g);
}

static void what_is_on_its_way_may_not_be_kept_and_what_is_there_stays(void **unused)
{
    (void)unused;
    struct generations *g = generations_new();
    uint64_t before = generations_now(g);
    assert_true(generations_may_keep(g, before));
    generations_purge_coming(g);
    assert_false(generations_may_keep(g, before));
    assert_true(generations_is_good(g, before, NULL, 0));
    assert_true(generations_may_keep(g, generations_now(g)));
    generations_free(g);
}

static void purge_tag(struct generations *g)
{
    generations_purge(g, tag("x"));
}

static void one_counter_is_of_every_purge(void **unused)
{
    (void)unused;
    static void (*const purges[])(struct generations * g) = {purge_tag, generations_purge_all,
                                                             generations_purge_coming};
    struct generations *g = generations_new();
    for (unsigned i = 0; i < sizeof purges / sizeof *purges; i++) {
        uint64_t before = generations_now(g);
        assert_true(generations_purged(g, GENERATIONS_EVERY) <= before);
        purges[i](g);
        assert_true(generations_purged(g, GENERATIONS_EVERY) > before);
    }
    generations_distrust(g, tag("x"), 5);
    assert_int_equal(generations_distrusted(g, GENERATIONS_EVERY), 5);
    generations_free(g);
}

static void no_text_has_that_counter(void **unused)
{
    (void)unused;
    char text[16];
    for (unsigned i = 0; i < 1000000; i++) {
        int n = snprintf(text, sizeof text, "%u", i);
        assert_int_not_equal(generations_counter(GENERATIONS_TAG, (struct slice){text, (size_t)n}),
                             GENERATIONS_EVERY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_counter_is_of_every_purge),
        cmocka_unit_test(no_text_has_that_counter),
        cmocka_unit_test(what_began_before_a_purge_of_its_tag_is_not_good),
        cmocka_unit_test(one_text_is_three_things),
        cmocka_unit_test(a_purge_of_all_is_of_what_has_no_tags_too),
        cmocka_unit_test(what_is_on_its_way_may_not_be_kept_and_what_is_there_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
