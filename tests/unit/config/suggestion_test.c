/* suggestion_test.c - which name was meant */
#include "../unit.h"
#include "config/suggestion.h"
#include "slices.h"

static void the_distance_counts_slips(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"timeout", "timeout", 0},
        {"timout", "timeout", 1},
        {"timeeout", "timeout", 1},
        {"timeput", "timeout", 1},
        {"tiemout", "timeout", 1},
        {"requierd", "required", 1},
        {"pin", "query", 5},
        {"ab", "ba", 1},
        {"abc", "cab", 2},
        {"TIMEOUT", "timeout", 0},
        {"TIEMOUT", "timeout", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice a = slice_of(cases[i].a);
        struct slice b = slice_of(cases[i].b);
        assert_int_equal(suggestion_distance(a, b), cases[i].distance);
        assert_int_equal(suggestion_distance(b, a), cases[i].distance);
    }
}

static struct suggestion best_of(const char *wanted, const char *const *names)
{
    struct suggestion s;
    suggestion_begin(&s, slice_of(wanted));
    for (; *names; names++)
        suggestion_offer(&s, slice_of(*names));
    return s;
}

static const char *const keys[] = {"get", "post", "timeout", "required", "forward", NULL};

static void the_nearest_name_is_suggested(void **state)
{
    (void)state;
    struct suggestion s = best_of("forwrad", keys);
    assert_true(suggestion_is_near(&s));
    ASSERT_SLICE(s.best, "forward");
}

static void what_is_far_from_all_is_not_guessed(void **state)
{
    (void)state;
    struct suggestion s = best_of("colour", keys);
    assert_false(suggestion_is_near(&s));
    s = best_of("put", keys); /* of three letters, one may be wrong */
    assert_false(suggestion_is_near(&s) && s.distance > 1);
}

static void names_without_a_common_letter_are_no_slips_of_each_other(void **state)
{
    (void)state;
    static const char *const one[] = {"a", NULL}, *const two[] = {"id", NULL};
    struct suggestion s = best_of("b", one);
    assert_false(suggestion_is_near(&s));
    s = best_of("", one);
    assert_false(suggestion_is_near(&s));
    s = best_of("A", one);
    assert_true(suggestion_is_near(&s));
    s = best_of("ip", two);
    assert_true(suggestion_is_near(&s));
}

static void where_nothing_was_offered_nothing_is_near(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    struct suggestion s = best_of("timeout", none);
    assert_false(suggestion_is_near(&s));
}

static void a_very_long_name_is_far_from_all(void **state)
{
    (void)state;
    char name[300];
    memset(name, 'x', sizeof name);
    struct suggestion s;
    suggestion_begin(&s, (struct slice){name, sizeof name});
    suggestion_offer(&s, SLICE("timeout"));
    assert_false(suggestion_is_near(&s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_distance_counts_slips),
        cmocka_unit_test(the_nearest_name_is_suggested),
        cmocka_unit_test(what_is_far_from_all_is_not_guessed),
        cmocka_unit_test(names_without_a_common_letter_are_no_slips_of_each_other),
        cmocka_unit_test(where_nothing_was_offered_nothing_is_near),
        cmocka_unit_test(a_very_long_name_is_far_from_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
