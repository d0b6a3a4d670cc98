/* service_tags_test.c - three ways to write a list of tags */
#include <stdio.h>

#include "../unit.h"
#include "service/service_tags.h"

struct row {
    const char *name, *value, *tags; /* one behind the other, a bar behind each */
};

static const struct row rows[] = {
    {"cache-groups", "\"a\", \"b c\";p=1 ,\"d\"", "a|b c|d|"},
    {"Cache-Groups", "\"a \\\" \\\\\"", "a \" \\|"},
    {"cache-groups", "\"a\", \"a\"", "a|"},
    {"cache-groups", "\"a\", b", ""},
    {"cache-groups", "\"a\",", ""},
    {"cache-groups", "\"a", ""},
    {"cache-groups", "\"a\\x\"", ""},
    {"cache-groups", "\"a\"b", ""},
    {"cache-groups", "\"\"", ""},
    {"cache-groups", "", ""},
    {"surrogate-key", "a  b\tc ", "a|b|c|"},
    {"surrogate-key", "a,b", "a,b|"},
    {"cache-tag", "a, b c ,,d", "a|b c|d|"},
    {"etag", "\"a\"", ""},
};

static void tags_are_read_as_their_fields_write_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct service_tags t = {0};
        struct arena arena;
        char said[256];
        size_t n = 0;
        arena_init(&arena, 1024, 1 << 16);
        service_tags_read(&t, slice_of(rows[i].name), slice_of(rows[i].value), &arena);
        for (unsigned k = 0; k < t.n; k++)
            n += (size_t)snprintf(said + n, sizeof said - n, "%.*s|", SLICE_ARG(t.at[k]));
        said[n] = 0;
        assert_string_equal(said, rows[i].tags);
        arena_done(&arena);
    }
}

static void there_are_so_many_and_no_more(void **state)
{
    (void)state;
    struct service_tags t = {0};
    static char texts[SERVICE_TAGS_MAX + 1][8];
    static char longest[SERVICE_TAG_MAX + 1];
    memset(longest, 'x', sizeof longest);
    assert_false(service_tags_add(&t, (struct slice){longest, sizeof longest}));
    assert_true(service_tags_add(&t, (struct slice){longest, sizeof longest - 1}));
    for (unsigned i = 1; i < SERVICE_TAGS_MAX; i++) {
        snprintf(texts[i], sizeof texts[i], "%u", i);
        assert_true(service_tags_add(&t, slice_of(texts[i])));
    }
    assert_false(service_tags_add(&t, SLICE("another")));
    assert_int_equal(t.n, SERVICE_TAGS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_are_read_as_their_fields_write_them),
        cmocka_unit_test(there_are_so_many_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
