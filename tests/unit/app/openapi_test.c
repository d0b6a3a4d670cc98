/* openapi_test.c - which patterns of ours others understand */
#include "../unit.h"
#include "app/openapi_internal.h"

static const struct {
    const char *pattern;
    const char *expected; /* NULL: only PCRE2 understands it */
} patterns[] = {
    {"[a-z]{1,3}", "^(?:[a-z]{1,3})$"},
    {"a|b", "^(?:a|b)$"},
    {"\\d+(?:\\.\\d+)?", "^(?:\\d+(?:\\.\\d+)?)$"},
    {"(?=a)(?!b).*", "^(?:(?=a)(?!b).*)$"},
    {"", "^(?:)$"},
    {"(?i)a", NULL},
    {"(?<name>a)", NULL},
    {"(*UTF)a", NULL},
    {"a++", NULL},
    {"a{2}+", NULL},
    {"[[:alpha:]]", NULL},
    {"\\Aa\\z", NULL},
    {"\\p{L}", NULL},
    {"\\\\p", "^(?:\\\\p)$"},
};

static void a_pattern_is_given_where_others_understand_it(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 4096, SIZE_MAX / 2);
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct slice found = openapi_pattern(slice_of(patterns[i].pattern), &arena);
        if (patterns[i].expected)
            assert_true(slice_equal(found, slice_of(patterns[i].expected)));
        else
            assert_null(found.at);
    }
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_is_given_where_others_understand_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
