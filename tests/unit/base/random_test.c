/* random_test.c - the generator of the paper, evenly spread */
#include "../unit.h"
#include "base/random.h"

static void numbers_are_those_of_the_reference(void **state)
{
    (void)state;
    /* The authors' code, begun with the state 1, 2, 3, 4. */
    static const uint64_t expected[] = {11520u, 0u, 1509978240u, 1215971899390074240u};
    struct random r = {{1, 2, 3, 4}};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(random_next(&r), expected[i]);
}

static void a_seed_gives_the_same_numbers_again(void **state)
{
    (void)state;
    struct random one, again, other;
    random_init_seeded(&one, 0);
    random_init_seeded(&again, 0);
    random_init_seeded(&other, 1);
    /* splitmix64 of 0 begins with this number. */
    assert_int_equal(one.s[0], UINT64_C(0xe220a8397b1dcdaf));
    for (int i = 0; i < 100; i++) {
        uint64_t n = random_next(&one);
        assert_int_equal(n, random_next(&again));
        assert_int_not_equal(n, random_next(&other));
    }
}

static void the_kernel_seeds_each_generator_anew(void **state)
{
    (void)state;
    struct random one, other;
    random_init(&one);
    random_init(&other);
    assert_memory_not_equal(&one, &other, sizeof one);
}

static void choices_are_even(void **state)
{
    (void)state;
    struct random r;
    unsigned counts[7] = {0};
    random_init_seeded(&r, 42);
    for (int i = 0; i < 70000; i++)
        counts[random_below(&r, 7)]++;
    for (size_t i = 0; i < 7; i++)
        assert_in_range(counts[i], 9500, 10500);
    assert_int_equal(random_below(&r, 1), 0);
    uint64_t half = UINT64_C(1) << 63;
    assert_true(random_below(&r, half + 1) <= half);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_those_of_the_reference),
        cmocka_unit_test(a_seed_gives_the_same_numbers_again),
        cmocka_unit_test(the_kernel_seeds_each_generator_anew),
        cmocka_unit_test(choices_are_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
