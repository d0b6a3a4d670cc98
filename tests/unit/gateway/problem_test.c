/* problem_test.c - problem documents as text */
#include "../unit.h"
#include "gateway/problem.h"

static void expect(const struct problem *p, const char *wanted)
{
    struct arena arena;
    arena_init(&arena, 1024, 1 << 20);
    struct slice text = problem_write(p, &arena);
    assert_int_equal(text.n, strlen(wanted));
    assert_memory_equal(text.at, wanted, text.n);
    arena_done(&arena);
}

static void a_problem_says_what_is_known(void **state)
{
    (void)state;
    expect(&(struct problem){.status = 504},
           "{\"type\":\"about:blank\",\"title\":\"Gateway Timeout\",\"status\":504}");
    expect(&(struct problem){.status = 404, .detail = SLICE("no \"x\"\n")},
           "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
           "\"detail\":\"no \\\"x\\\"\\n\"}");
    expect(&(struct problem){.status = 502, .errors = SLICE("[1]")},
           "{\"type\":\"about:blank\",\"title\":\"Bad Gateway\",\"status\":502,\"errors\":[1]}");
}

static void violations_are_listed_and_escaped(void **state)
{
    (void)state;
    const struct parameters_violation second = {SLICE("q\xff"), SLICE("must match \"a\\d\""), NULL};
    struct parameters_violation first = {SLICE("id"), SLICE("required"), NULL};
    first.next = (struct parameters_violation *)&second;
    expect(&(struct problem){.status = 400, .violations = &first},
           "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,\"violations\":["
           "{\"parameter\":\"id\",\"message\":\"required\"},"
           "{\"parameter\":\"q\xef\xbf\xbd\",\"message\":\"must match \\\"a\\\\d\\\"\"}]}");
}

static void every_status_has_a_title(void **state)
{
    (void)state;
    assert_true(slice_equal(problem_title(422), SLICE("Unprocessable Content")));
    assert_true(slice_equal(problem_title(503), SLICE("Service Unavailable")));
    assert_true(slice_equal(problem_title(499), SLICE("Error")));
}

static void a_full_arena_is_told(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, 64, 128);
    assert_null(problem_write(&(struct problem){.status = 400}, &arena).at);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_problem_says_what_is_known),
        cmocka_unit_test(violations_are_listed_and_escaped),
        cmocka_unit_test(every_status_has_a_title),
        cmocka_unit_test(a_full_arena_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
