/* access_test.c - the access line: its shape, its bounds, and that nobody forges one */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "../unit.h"
#include "observe/access.h"

static const struct access_source sources[] = {
    {.name = {"product", 7}, .status = 200, .us = 412, .attempts = 1},
    {.name = {"reviews", 7}, .kind = "timeout", .us = 300100, .attempts = 1},
    {.name = {"stock", 5}, .kind = "status", .status = 503, .us = 2000, .attempts = 2},
    {.name = {"items", 5}, .status = 200, .us = 3500, .attempts = 9, .has_calls = true, .calls = 8},
};

static struct access_entry entry(void)
{
    return (struct access_entry){
        .wall_us = 1714564800123456,
        .client = SLICE("10.0.0.1"),
        .method = SLICE("GET"),
        .path = SLICE("/p?id=1"),
        .request_id = SLICE("r-1"),
        .trace_id = SLICE("0af7651916cd43dd8448eb211c80319c"),
        .status = 200,
        .bytes = 812,
        .us = 1234,
        .sources = sources,
        .n_sources = sizeof sources / sizeof *sources,
    };
}

/* What follows a formatted line is left alone. */
static json_t *format(const struct access_entry *e)
{
    char line[ACCESS_LINE_MAX + 8];
    memset(line, '#', sizeof line);
    size_t n = access_format(line, ACCESS_LINE_MAX, e);
    assert_in_range(n, 1, ACCESS_LINE_MAX);
    assert_memory_equal(line + n, "########", 8);
    assert_int_equal(line[n - 1], '\n');
    assert_null(memchr(line, '\n', n - 1));
    json_t *parsed = json_loadb(line, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    assert_non_null(parsed);
    return parsed;
}

static void a_line_is_written_as_documented(void **state)
{
    (void)state;
    char line[ACCESS_LINE_MAX];
    struct access_entry e = entry();
    size_t n = access_format(line, sizeof line, &e);
    const char *expected =
        "{\"time\":\"2024-05-01T12:00:00.123Z\",\"client\":\"10.0.0.1\",\"method\":\"GET\","
        "\"path\":\"/p?id=1\",\"status\":200,\"bytes\":812,\"ms\":1.234,\"request_id\":\"r-1\","
        "\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\",\"sources\":{"
        "\"product\":{\"status\":200,\"ms\":0.412,\"attempts\":1},"
        "\"reviews\":{\"kind\":\"timeout\",\"ms\":300.1,\"attempts\":1},"
        "\"stock\":{\"status\":503,\"kind\":\"status\",\"ms\":2,\"attempts\":2},"
        "\"items\":{\"status\":200,\"ms\":3.5,\"attempts\":9,\"calls\":8}}}\n";
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(line, expected, n);
}

static void who_the_client_has_proved_to_be_is_told(void **state)
{
    (void)state;
    struct access_entry e = entry();
    e.policy = SLICE("partner");
    e.identity = SLICE("acme \"& sons");
    json_t *line = format(&e);
    assert_string_equal(json_string_value(json_object_get(line, "policy")), "partner");
    assert_string_equal(json_string_value(json_object_get(line, "identity")), "acme \"& sons");
    json_decref(line);
    struct access_entry nobody = entry();
    line = format(&nobody);
    assert_null(json_object_get(line, "policy"));
    assert_null(json_object_get(line, "identity"));
    json_decref(line);
}

static void what_the_cache_had_to_do_with_it_is_told(void **state)
{
    (void)state;
    struct access_source source = {.name = SLICE("product"), .status = 200, .cache = "hit"};
    struct access_entry e = entry();
    e.cache = "miss";
    e.sources = &source;
    e.n_sources = 1;
    json_t *line = format(&e);
    json_t *told = json_object_get(json_object_get(line, "sources"), "product");
    assert_string_equal(json_string_value(json_object_get(line, "cache")), "miss");
    assert_string_equal(json_string_value(json_object_get(told, "cache")), "hit");
    json_decref(line);
}

static void time_goes_on_with_each_line(void **state)
{
    (void)state;
    static const struct {
        uint64_t us;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {999999, "1970-01-01T00:00:00.999Z"},
        {1000000, "1970-01-01T00:00:01.000Z"},
        {951827696005000, "2000-02-29T12:34:56.005Z"},
        {4102444799999999, "2099-12-31T23:59:59.999Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct access_entry e = entry();
        e.wall_us = cases[i].us;
        json_t *line = format(&e);
        assert_string_equal(json_string_value(json_object_get(line, "time")), cases[i].text);
        json_decref(line);
    }
}

static void nothing_from_outside_forges_a_line(void **state)
{
    (void)state;
    struct access_entry e = entry();
    e.path = SLICE("/\"},\n{\"status\":1\r\xff\x00\x1b[31m\\");
    e.request_id = SLICE("a\"b\n");
    e.client = SLICE("\x7f\t");
    e.method = SLICE("G\"\\u0000");
    json_t *line = format(&e);
    assert_int_equal(json_integer_value(json_object_get(line, "status")), 200);
    assert_string_equal(json_string_value(json_object_get(line, "request_id")), "a\"b\n");
    assert_string_equal(json_string_value(json_object_get(line, "method")), "G\"\\u0000");
    json_decref(line);
}

static void empty_texts_and_no_sources_are_fine(void **state)
{
    (void)state;
    struct access_entry e = {.status = 400};
    json_t *line = format(&e);
    assert_string_equal(json_string_value(json_object_get(line, "path")), "");
    assert_int_equal(json_object_size(json_object_get(line, "sources")), 0);
    json_decref(line);
}

static void the_longest_line_stays_within_its_bound(void **state)
{
    (void)state;
    static const char fillers[] = {'a', '"', '\n', '\xff'};
    for (size_t i = 0; i < sizeof fillers; i++) {
        char *text = malloc(100000);
        memset(text, fillers[i], 100000);
        struct slice all = {text, 100000};
        struct access_source many[100];
        for (size_t s = 0; s < 100; s++)
            many[s] = (struct access_source){{text, s < 64 ? s + 1 : 64},
                                             "unreachable",
                                             599,
                                             INT64_MAX,
                                             "revalidated",
                                             UINT32_MAX,
                                             true,
                                             UINT32_MAX};
        struct access_entry e = {UINT64_C(4102444799999999),
                                 all,
                                 all,
                                 all,
                                 all,
                                 all,
                                 all,
                                 all,
                                 999,
                                 INT64_MAX,
                                 INT64_MAX,
                                 "stale",
                                 many,
                                 100};
        char line[ACCESS_LINE_MAX + 8];
        memset(line, '#', sizeof line);
        size_t n = access_format(line, ACCESS_LINE_MAX, &e);
        assert_in_range(n, ACCESS_LINE_MAX / 2, ACCESS_LINE_MAX);
        assert_memory_equal(line + ACCESS_LINE_MAX, "########", 8);
        json_t *parsed = json_loadb(line, n, 0, NULL);
        assert_non_null(parsed);
        assert_true(json_object_size(json_object_get(parsed, "sources")) >= 1);
        json_decref(parsed);
        free(text);
    }
}

static void a_target_is_cut_at_2_kib(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'a', sizeof text);
    struct access_entry e = entry();
    e.path = (struct slice){text, sizeof text};
    json_t *line = format(&e);
    assert_int_equal(json_string_length(json_object_get(line, "path")), 2048);
    json_decref(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_written_as_documented),
        cmocka_unit_test(who_the_client_has_proved_to_be_is_told),
        cmocka_unit_test(what_the_cache_had_to_do_with_it_is_told),
        cmocka_unit_test(time_goes_on_with_each_line),
        cmocka_unit_test(nothing_from_outside_forges_a_line),
        cmocka_unit_test(empty_texts_and_no_sources_are_fine),
        cmocka_unit_test(the_longest_line_stays_within_its_bound),
        cmocka_unit_test(a_target_is_cut_at_2_kib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
