/* openapi_test.c - which patterns of ours others understand */
#include "../unit.h"
#include "app/openapi_internal.h"

static const struct {
    const char *pattern;
    const char *expected; /* NULL: only PCRE2 understands it */
} patterns[] = {
    {"[a-z]{1,3}", "^(?:[a-z]{1,3})$"},
    {"a|b", "^(?:a|b)$"},
    {"", "^(?:)$"},
    {"[0-9]+(?:\\.[0-9]{2,})?", "^(?:[0-9]+(?:\\.[0-9]{2,})?)$"},
    {"(?=a)(?!b)(c|\\n*?)", "^(?:(?=a)(?!b)(c|\\n*?))$"},
    {"^a$|^b$", "^(?:^a$|^b$)$"},
    {"\\\\p", "^(?:\\\\p)$"},
    {"\\++\\/\\$", "^(?:\\++\\/\\$)$"},
    {"[*+?{}()$.|^[]*", "^(?:[*+?{}()$.|^[]*)$"},
    {"[a\\-z\\]]", "^(?:[a\\-z\\]])$"},
    {"\xc3\xa4+", "^(?:\xc3\xa4+)$"},
    {"a.*[.]\\.", "^(?:a[^\\n]*[.]\\.)$"}, /* there a dot stops at more than \n */
    {"\\d", NULL},                         /* Unicode's here, ASCII's there */
    {"\\D", NULL},
    {"\\w+", NULL},
    {"\\W", NULL},
    {"\\s", NULL},
    {"\\S", NULL},
    {"\\ba", NULL},
    {"\\B", NULL},
    {"[\\d]", NULL},
    {"[\\w-]+", NULL},
    {"\\v", NULL}, /* any vertical space here, one there */
    {"[\\v]", NULL},
    {"\\h", NULL},
    {"a\\-b", NULL}, /* none there with the flag u, but in classes */
    {"\\a", NULL},
    {"\\_", NULL},
    {"\\x{41}", NULL},
    {"(a)\\1", NULL},
    {"\\p{L}", NULL},
    {"\\Qa\\E", NULL},
    {"\\Aa", NULL},
    {"a\\z", NULL},
    {"a\\Z", NULL},
    {"\\Ga", NULL},
    {"(?i)a", NULL},
    {"(?i:a)", NULL},
    {"(?<name>a)", NULL},
    {"(?P<name>a)", NULL},
    {"(?'name'a)", NULL},
    {"(?>a)", NULL},
    {"(?|a)", NULL},
    {"(?#a)", NULL},
    {"(?<=a)b", NULL},
    {"(*UTF)a", NULL},
    {"a++", NULL},
    {"a*+", NULL},
    {"a?+", NULL},
    {"a{2}+", NULL},
    {"a{2}{3}", NULL},
    {"[[:alpha:]]", NULL},
    {"[[:^digit:]]", NULL},
    {"[]a]", NULL}, /* an empty class there */
    {"[^]a]", NULL},
    {"a{", NULL}, /* itself here, wrong there */
    {"a{,3}", NULL},
    {"a{1,2,3}", NULL},
    {"a}", NULL},
    {"a]", NULL},
    {"{a", NULL},
    {"(?=a)*b", NULL},
    {"^*a", NULL},
    {"a$\\n", NULL}, /* before a last line's end, too */
    {"(?!a$)[^b]*", NULL},
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
