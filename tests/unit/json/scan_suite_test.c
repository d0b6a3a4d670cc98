/* scan_suite_test.c - what others think is JSON: JSONTestSuite, round trips, naughty strings */
#include <dirent.h>
#include <string.h>

#include "../suites.h"
#include "../unit.h"
#include "levels.h"

/* Calls `check` with each file of a folder of the suites; how many there were. */
static int each_file(const char *folder, void (*check)(const char *name, struct slice text))
{
    const char *root = getenv("SHEAF_SUITES");
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", root ? root : SHEAF_SOURCE_ROOT "/../shared/suites",
             folder);
    DIR *dir = opendir(path);
    if (!dir) {
        print_message("skipped: no %s\n", path);
        skip();
        return 0;
    }
    int n_files = 0;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (entry->d_name[0] == '.')
            continue;
        char name[sizeof(entry->d_name) + 64];
        snprintf(name, sizeof(name), "%.60s/%s", folder, entry->d_name);
        size_t n;
        char *bytes = suites_read(name, &n);
        assert_non_null(bytes);
        check(entry->d_name, (struct slice){bytes, n});
        free(bytes);
        n_files++;
    }
    closedir(dir);
    return n_files;
}

static void check_parsing(const char *name, struct slice text)
{
    enum scan_verdict verdict = levels_check(text, LEVELS_DEPTH);
    if (name[1] != '_')
        return;
    if (name[0] == 'y' && verdict != SCAN_OK)
        fail_msg("%s is refused", name);
    if (name[0] == 'n' && verdict == SCAN_OK)
        fail_msg("%s is accepted", name);
}

static void check_good(const char *name, struct slice text)
{
    if (levels_check(text, LEVELS_DEPTH) != SCAN_OK)
        fail_msg("%s is refused", name);
}

static void the_parsing_tests_get_their_verdicts(void **state)
{
    (void)state;
    assert_in_range(each_file("JSONTestSuite/test_parsing", check_parsing), 300, 400);
}

static void the_transform_tests_get_one_verdict(void **state)
{
    (void)state;
    assert_in_range(each_file("JSONTestSuite/test_transform", check_parsing), 10, 100);
}

static void round_trips_are_accepted(void **state)
{
    (void)state;
    assert_in_range(each_file("json-roundtrip/roundtrip", check_good), 20, 100);
}

static void naughty_strings_are_accepted(void **state)
{
    (void)state;
    size_t n;
    char *bytes = suites_read("blns/blns.json", &n);
    if (!bytes)
        skip();
    check_good("blns.json", (struct slice){bytes, n});
    for (size_t i = 0; i < n; i += 17) /* cut off anywhere: the levels agree */
        levels_check((struct slice){bytes, i}, LEVELS_DEPTH);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parsing_tests_get_their_verdicts),
        cmocka_unit_test(the_transform_tests_get_one_verdict),
        cmocka_unit_test(round_trips_are_accepted),
        cmocka_unit_test(naughty_strings_are_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
