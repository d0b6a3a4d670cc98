/* map_test.c - values by name */
#include <stdio.h>

#include "../unit.h"
#include "base/map.h"

enum {
    MANY = 5000
};

static void names_find_their_values(void **state)
{
    (void)state;
    struct map m;
    int one = 1, two = 2;
    map_init(&m, 10);
    assert_null(map_get(&m, SLICE("a")));
    assert_null(map_find(&m, SLICE("a")));
    assert_int_equal(map_add(&m, SLICE("a"), &one), MAP_ADDED);
    assert_int_equal(map_add(&m, SLICE(""), &two), MAP_ADDED);
    assert_int_equal(map_add(&m, SLICE("a"), &two), MAP_PRESENT);
    assert_ptr_equal(map_get(&m, SLICE("a")), &one);
    assert_ptr_equal(map_get(&m, SLICE_NONE), &two); /* the empty name, without a pointer */
    assert_null(map_get(&m, SLICE("A")));
    assert_null(map_get(&m, SLICE("a\0")));
    map_find(&m, SLICE("a"))->value = &two;
    assert_ptr_equal(map_get(&m, SLICE("a")), &two);
    map_done(&m);
    assert_null(map_get(&m, SLICE("a")));
}

static void many_names_keep_their_order(void **state)
{
    (void)state;
    static char names[MANY][8];
    struct map m;
    map_init(&m, MANY);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "n%zu", i);
        assert_int_equal(map_add(&m, slice_of(names[i]), names[i]), MAP_ADDED);
    }
    assert_int_equal(m.n, MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_ptr_equal(map_get(&m, slice_of(names[i])), names[i]);
        assert_ptr_equal(m.entries[i].value, names[i]);
    }
    assert_int_equal(map_add(&m, SLICE("one more"), NULL), MAP_FULL);
    assert_int_equal(map_add(&m, SLICE("n7"), NULL), MAP_PRESENT);
    map_done(&m);
}

static void a_map_of_none_is_full(void **state)
{
    (void)state;
    struct map m;
    map_init(&m, 0);
    assert_int_equal(map_add(&m, SLICE("a"), NULL), MAP_FULL);
    map_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_find_their_values),
        cmocka_unit_test(many_names_keep_their_order),
        cmocka_unit_test(a_map_of_none_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
