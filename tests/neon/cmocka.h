/* cmocka.h - enough of cmocka to run a pure unit test where the library is not to be had
 *
 * Debian has no cmocka for a foreign architecture without more of that architecture. The tests of
 * json/ need little of it: assertions, skipping, one group. A failure ends its test.
 */
#pragma once

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): cmocka's name */
struct CMUnitTest {
    const char *name;
    void (*run)(void **state);
};

/* NOLINTBEGIN(readability-identifier-naming): cmocka's macros are lower case */
static jmp_buf cmocka_next; /* where a test that failed or was skipped goes on */

#define cmocka_unit_test(f) ((struct CMUnitTest){#f, f})
#define print_message(...) printf(__VA_ARGS__)
#define skip() longjmp(cmocka_next, 2)
#define fail_msg(...) (printf(__VA_ARGS__), printf("\n"), fail())
#define fail() (printf("%s:%d: failed\n", __FILE__, __LINE__), longjmp(cmocka_next, 1))

#define assert_true(is) ((is) ? (void)0 : fail_msg("not so: %s", #is))
#define assert_false(is) assert_true(!(is))
#define assert_null(p) assert_true((p) == NULL)
#define assert_non_null(p) assert_true((p) != NULL)
#define assert_ptr_equal(a, b) assert_true((a) == (b))
#define assert_int_equal(a, b) assert_true((a) == (b))
#define assert_int_not_equal(a, b) assert_true((a) != (b))
#define assert_in_range(v, low, high) assert_true((v) >= (low) && (v) <= (high))
#define assert_string_equal(a, b) assert_true(strcmp(a, b) == 0)
#define assert_memory_equal(a, b, n) assert_true(memcmp(a, b, n) == 0)

static inline int cmocka_run(const struct CMUnitTest *tests, size_t n)
{
    volatile int n_failed = 0;
    volatile int n_passed = 0;
    for (volatile size_t i = 0; i < n; i++) {
        void *state = NULL;
        int how = setjmp(cmocka_next);
        if (how == 0)
            tests[i].run(&state);
        n_failed += how == 1;
        n_passed += how == 0;
        printf("[ %s ] %s\n", how == 0 ? "OK" : how == 1 ? "FAILED" : "SKIPPED", tests[i].name);
    }
    printf("[  PASSED  ] %d test(s).\n", n_passed);
    if (n_failed)
        printf("[  FAILED  ] %d test(s)\n", n_failed);
    return n_failed;
}

#define cmocka_run_group_tests(tests, before, after)                                               \
    cmocka_run(tests, sizeof(tests) / sizeof((tests)[0]))
#define cmocka_run_group_tests_name(name, tests, before, after)                                    \
    cmocka_run_group_tests(tests, before, after)
/* NOLINTEND(readability-identifier-naming) */
