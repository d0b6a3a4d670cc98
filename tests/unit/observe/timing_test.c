/* timing_test.c - Server-Timing: what is said of each source, and that the room is enough */
#include <stdlib.h>

#include "../unit.h"
#include "observe/timing.h"

static void each_source_has_its_time_and_what_came_of_it(void **state)
{
    (void)state;
    static const struct access_source sources[] = {
        {.name = {"product", 7}, .status = 200, .us = 12300, .attempts = 1},
        {.name = {"reviews", 7}, .kind = "timeout", .us = 300000, .attempts = 1},
        {.name = {"stock", 5}, .status = 200, .cache = "hit"},
        {.name = {"late", 4}, .kind = "status", .status = 503, .us = 1, .cache = "stale"},
    };
    char text[512];
    size_t n = timing_write(text, sources, 4, 301234);
    assert_in_range(n, 1, timing_size(sources, 4));
    text[n] = '\0';
    assert_string_equal(text, "product;dur=12.3, reviews;dur=300;desc=\"timeout\", "
                              "stock;dur=0;desc=\"hit\", late;dur=0.001;desc=\"status\", "
                              "total;dur=301.234");
}

static void without_a_source_the_whole_is_told(void **state)
{
    (void)state;
    char text[64];
    size_t n = timing_write(text, NULL, 0, 40);
    assert_memory_equal(text, "total;dur=0.04", n);
    assert_int_equal(n, strlen("total;dur=0.04"));
}

static void the_longest_has_room(void **state)
{
    (void)state;
    struct access_source s[64];
    for (unsigned i = 0; i < 64; i++)
        s[i] = (struct access_source){.name = {"n", 1}, .kind = "unreachable", .us = UINT64_MAX};
    size_t size = timing_size(s, 64);
    char *text = malloc(size); /* as large as is said: the sanitizer watches */
    assert_in_range(timing_write(text, s, 64, UINT64_MAX), 64, size);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_source_has_its_time_and_what_came_of_it),
        cmocka_unit_test(without_a_source_the_whole_is_told),
        cmocka_unit_test(the_longest_has_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
