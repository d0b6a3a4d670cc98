/* service_key_test.c - which requests meet at one place in the cache */
#include "../unit.h"
#include "service/service_key.h"

struct keys {
    struct buffer a, b;
    struct config_cache settings;
    struct service_caching ann, bob;
};

static int setup(void **state)
{
    static struct keys k;
    static int compiled; /* a template, of which only is asked whether there is one */
    k = (struct keys){.settings.key.compiled = (struct template *)(void *)&compiled,
                      .settings.respects_origin = true};
    buffer_init(&k.a, 4096);
    buffer_init(&k.b, 4096);
    k.ann = k.bob = (struct service_caching){
        .settings = &k.settings, .key = SLICE("\1k"), .is_impersonal = true};
    k.ann.credentials = SLICE("authorization: ann");
    k.bob.credentials = SLICE("authorization: bob");
    *state = &k;
    return 0;
}

static int teardown(void **state)
{
    struct keys *k = *state;
    buffer_done(&k->a);
    buffer_done(&k->b);
    return 0;
}

static bool is_equal(const struct keys *k)
{
    return slice_equal(buffer_slice(&k->a), buffer_slice(&k->b));
}

static void credentials_part_what_is_not_public(void **state)
{
    struct keys *k = *state;
    assert_true(service_key_put_base(&k->a, &k->ann, true));
    assert_true(service_key_put_base(&k->b, &k->bob, true));
    assert_false(is_equal(k));
    k->a.n = k->b.n = 0;
    assert_true(service_key_put_base(&k->a, &k->ann, false));
    assert_true(service_key_put_base(&k->b, &k->bob, false));
    assert_true(is_equal(k));
}

static void only_a_key_without_credentials_has_a_public_place(void **state)
{
    struct keys *k = *state;
    assert_true(service_key_has_public(&k->ann));
    k->ann.is_impersonal = false;
    assert_false(service_key_has_public(&k->ann));
    k->ann.is_impersonal = true;
    k->settings.respects_origin = false; /* nobody says that it is public */
    assert_false(service_key_has_public(&k->ann));
    k->settings.respects_origin = true;
    k->ann.credentials = SLICE_NONE;
    assert_false(service_key_has_public(&k->ann)); /* it is the same place */
}

static void an_answer_may_vary_by_fields_of_credentials(void **state)
{
    static const struct {
        const char *vary;
        bool is_so;
    } rows[] = {
        {"", false},      {"accept, author, ann", false},  {"x-other", false},
        {"value", false}, {"accept, authorization", true}, {"x-named", true},
        {"cookie", true},
    };
    struct keys *k = *state;
    assert_true(cache_key_add(&k->a, SLICE("authorization: ann")));
    assert_true(cache_key_add(&k->a, SLICE("cookie: x-other: 1")));
    assert_true(cache_key_add(&k->a, SLICE("x-named")));
    assert_true(cache_key_add(&k->a, SLICE("a value")));
    k->ann.credentials = buffer_slice(&k->a);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(service_key_is_varied_by_credentials(&k->ann, slice_of(rows[i].vary)),
                         rows[i].is_so);
}

static void fields_part_by_the_values_that_are_named(void **state)
{
    static const struct {
        const char *one, *other;
        bool is_equal;
    } rows[] = {
        {"x-a: 1\r\nx-b: 2\r\n", "x-b: 3\r\nX-A: 1\r\n", false}, /* names as they were written */
        {"x-a: 1\r\nx-b: 2\r\n", "x-b: 3\r\nx-a: 1\r\n", true},
        {"x-a: 1\r\n", "x-a: 2\r\n", false},
        {"x-a: 1\r\n", "", false},
        {"x-a: \r\n", "", false},
        {"x-a: 1\r\nx-a: 2\r\n", "x-a: 1, 2\r\n", false},
        {"x-ab: 1\r\n", "", true},
    };
    struct keys *k = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        k->a.n = k->b.n = 0;
        assert_true(service_key_put_vary(&k->a, SLICE("x-a"), slice_of(rows[i].one)));
        assert_true(service_key_put_vary(&k->b, SLICE("x-a"), slice_of(rows[i].other)));
        assert_int_equal(is_equal(k), rows[i].is_equal);
    }
}

static void an_answer_is_for_who_sends_the_same(void **state)
{
    struct keys *k = *state;
    const struct slice names = SLICE("x-a, x-b"), red = SLICE("x-a: red\r\n");
    assert_true(service_key_put_base(&k->a, &k->ann, false));
    assert_true(service_key_put_vary(&k->a, names, red));
    const struct slice key = buffer_slice(&k->a);
    assert_true(service_key_is_of(key, &k->bob, names, red, &k->b));
    assert_false(service_key_is_of(key, &k->bob, names, SLICE("x-a: blue\r\n"), &k->b));
    k->bob.is_impersonal = false;
    assert_false(service_key_is_of(key, &k->bob, names, red, &k->b));
}

static void conditions_that_a_key_leaves_out_are_ones_own(void **state)
{
    static const struct {
        const char *fields;
        bool may_share;
    } rows[] = {
        {"", true},
        {"accept: a\r\nx-range: 1\r\nranges: 1\r\n", true},
        {"accept: a\r\nRange: bytes=0-1\r\n", false},
        {"if-none-match: \"a\"\r\n", false},
        {"if-match: \"a\"\r\n", false},
        {"if-modified-since: x\r\n", false},
        {"if-unmodified-since: x\r\n", false},
        {"if-range: x\r\n", false},
    };
    struct keys *k = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        k->settings.key.compiled = (struct template *)(void *)k;
        assert_int_equal(service_key_may_share(&k->ann, slice_of(rows[i].fields)),
                         rows[i].may_share);
        k->settings.key.compiled = NULL; /* they are part of the key then */
        assert_true(service_key_may_share(&k->ann, slice_of(rows[i].fields)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(credentials_part_what_is_not_public, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_may_vary_by_fields_of_credentials, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(only_a_key_without_credentials_has_a_public_place, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(fields_part_by_the_values_that_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_is_for_who_sends_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(conditions_that_a_key_leaves_out_are_ones_own, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
