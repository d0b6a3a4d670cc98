/* prefer_test.c - wait=N and plain numbers */
#include "../unit.h"
#include "wire/prefer.h"

static void a_wait_is_found_among_preferences(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_found;
        uint32_t seconds;
    } cases[] = {
        {"wait=10", true, 10},
        {"respond-async, WAIT = \"3\" ; x=1", true, 3},
        {"foo=\"wait=1, wait=2\", wait=0", true, 0},
        {"wait=99999999999999999999", true, UINT32_MAX},
        {"", false, 0},
        {"wait", false, 0},
        {"wait=", false, 0},
        {"wait=-1", false, 0},
        {"wait=1.5", false, 0},
        {"wait=x, wait=5", false, 0}, /* only the first instance counts */
        {"waiting=5", false, 0},
        {"return=minimal;wait=5", false, 0}, /* a parameter */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t seconds = 0;
        assert_int_equal(prefer_wait(slice_of(cases[i].text), &seconds), cases[i].is_found);
        if (cases[i].is_found)
            assert_int_equal(seconds, cases[i].seconds);
    }
}

static void integers_are_digits_alone(void **state)
{
    (void)state;
    uint32_t n;
    assert_true(prefer_integer(SLICE("0"), &n) && n == 0);
    assert_true(prefer_integer(SLICE("00250"), &n) && n == 250);
    assert_true(prefer_integer(SLICE("4294967295"), &n) && n == UINT32_MAX);
    assert_true(prefer_integer(SLICE("4294967296"), &n) && n == UINT32_MAX);
    static const char *const bad[] = {"", "+1", "-1", " 1", "1 ", "1ms", "0x1", "1.0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(prefer_integer(slice_of(bad[i]), &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_is_found_among_preferences),
        cmocka_unit_test(integers_are_digits_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
