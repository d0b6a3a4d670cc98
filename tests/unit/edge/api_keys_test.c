/* api_keys_test.c - names by keys */
#include <stdio.h>

#include "../unit.h"
#include "config/keys.h"
#include "edge/api_keys.h"

/* SHA-256 of "abc" (FIPS 180-2, B.1) */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static struct slice find(const struct api_keys *k, const char *key)
{
    struct slice scopes;
    return api_keys_find(k, slice_of(key), &scopes);
}

static void add(struct api_keys *k, const char *name, const char *key)
{
    assert_null(api_keys_add(k, slice_of(name), slice_of(key), SLICE_NONE));
}

static void a_key_has_a_name_and_no_other_has(void **state)
{
    (void)state;
    struct api_keys *k = api_keys_new();
    add(k, "acme", "first-key");
    add(k, "other", "second-key");
    assert_true(api_keys_finish(k));
    assert_true(slice_equal(find(k, "first-key"), SLICE("acme")));
    assert_true(slice_equal(find(k, "second-key"), SLICE("other")));
    static const char *const strangers[] = {"",     "first-ke",      "first-keyy", "First-key",
                                            "acme", ("sha256:" ABC), "first-key ", "third-key"};
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        assert_null(find(k, strangers[i]).at);
    api_keys_release(k);
}

static void a_digest_stands_for_its_key_and_is_no_key_itself(void **state)
{
    (void)state;
    struct api_keys *k = api_keys_new();
    add(k, "acme", "sha256:" ABC);
    assert_true(api_keys_finish(k));
    assert_true(slice_equal(find(k, "abc"), SLICE("acme")));
    assert_null(find(k, ABC).at);
    assert_null(find(k, "sha256:" ABC).at);
    api_keys_release(k);
}

static void digits_of_either_case_are_the_same(void **state)
{
    (void)state;
    struct api_keys *k = api_keys_new();
    add(k, "acme", "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
    assert_true(api_keys_finish(k));
    assert_true(slice_equal(find(k, "abc"), SLICE("acme")));
    api_keys_release(k);
}

static void what_is_no_key_is_refused(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "",
        " a",
        "a ",
        "a\nb",
        "a\x7f",
        "sha256:",
        ("sha256:" ABC "0"),
        ("sha256:g" ABC),
        "sha256:ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"};
    struct api_keys *k = api_keys_new();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_non_null(api_keys_add(k, SLICE("acme"), slice_of(keys[i]), SLICE_NONE));
    assert_non_null(api_keys_add(k, SLICE_NONE, SLICE("key"), SLICE_NONE));
    assert_true(api_keys_finish(k));
    api_keys_release(k);
}

static void lengths_have_bounds(void **state)
{
    (void)state;
    static char long_text[API_KEYS_KEY_MAX + 1];
    memset(long_text, 'k', sizeof long_text);
    struct api_keys *k = api_keys_new();
    const struct slice too_long = {long_text, API_KEYS_KEY_MAX + 1};
    const struct slice longest = {long_text, API_KEYS_KEY_MAX};
    assert_non_null(api_keys_add(k, SLICE("a"), too_long, SLICE_NONE));
    struct slice name = {long_text, API_KEYS_NAME_MAX + 1}, scopes;
    assert_non_null(api_keys_add(k, name, SLICE("k"), SLICE_NONE));
    name.n = API_KEYS_NAME_MAX;
    assert_null(api_keys_add(k, name, longest, SLICE("a b")));
    assert_true(api_keys_finish(k));
    assert_int_equal(api_keys_find(k, longest, &scopes).n, API_KEYS_NAME_MAX);
    assert_true(slice_equal(scopes, SLICE("a b")));
    assert_null(api_keys_find(k, too_long, &scopes).at);
    api_keys_release(k);
}

static void one_key_is_not_of_two_names(void **state)
{
    (void)state;
    struct api_keys *k = api_keys_new();
    add(k, "acme", "abc");
    add(k, "other", "sha256:" ABC);
    assert_false(api_keys_finish(k));
    api_keys_release(k);
}

static void of_many_keys_each_is_found(void **state)
{
    (void)state;
    enum {
        MANY = 1000
    };
    char text[32];
    struct api_keys *k = api_keys_new();
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "%d", i);
        add(k, text, text);
    }
    assert_true(api_keys_finish(k));
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "%d", i);
        assert_true(slice_equal(find(k, text), slice_of(text)));
    }
    assert_null(find(k, "1000").at);
    api_keys_release(k);
}

static void nobody_has_a_key_where_there_are_none(void **state)
{
    (void)state;
    struct api_keys *k = api_keys_new();
    assert_true(api_keys_finish(k));
    struct api_keys *share = api_keys_share(k);
    api_keys_release(k);
    assert_null(find(share, "key").at);
    api_keys_release(share);
    api_keys_release(NULL);
}

static const char *take(void *context, const struct keys_pair *p)
{
    return api_keys_add(context, p->name, p->key, p->scopes);
}

/* A file as it is read, and what is told of it. */
static void a_wrong_file_is_told_with_its_place_and_without_a_key(void **state)
{
    (void)state;
    static const struct {
        const char *text, *place; /* NULL: nothing is wrong */
    } rows[] = {
        {"acme: SECRET\nother: \"SECRET 2\"\n", NULL},
        {"# nobody yet\n", NULL},
        {"{acme: 12345}", NULL},
        {"- SECRET\n", "keys.yaml:1:1: "},
        {"SECRET\n", "keys.yaml:1:1: "},
        {"acme: one\nother: {SECRET: 1}\n", "keys.yaml:2:8: "},
        {"acme: one\nother:\n", "keys.yaml:2:1: "},
        {"acme: {key: SECRET}\nother: {key: SECRET2, scopes: [a.b, c]}\n", NULL},
        {"acme: {scopes: [SECRET]}\n", "keys.yaml:1:7: "},
        {"acme: {key: SECRET, scope: [a]}\n", "keys.yaml:1:7: "},
        {"acme: {key: SECRET, scopes: []}\n", "keys.yaml:1:7: "},
        {"acme: {key: SECRET, scopes: a}\n", "keys.yaml:1:7: "},
        {"acme: {key: SECRET, scopes: [a b]}\n", "keys.yaml:1:7: "},
        {"acme: {key: [SECRET], scopes: [a]}\n", "keys.yaml:1:7: "},
        {"acme: one\nother: \"SECRET\nthird: 1\n", "keys.yaml:"},
        {"acme: one\nother: ' SECRET'\n", "keys.yaml:2:1: "},
        {"acme: one\nother: sha256:SECRET\n", "keys.yaml:2:1: "},
        {"acme: one\nacme: SECRET\n", "keys.yaml:2:1: "},
        {"acme: ${SHEAF_NOT_SET_SECRET}\n", "keys.yaml:1:"},
        {"acme: SECRET\x01\n", "keys.yaml:1:13: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct api_keys *k = api_keys_new();
        struct buffer wrong;
        buffer_init(&wrong, 1024);
        bool good = keys_read(slice_of(rows[i].text), "keys.yaml", take, k, &wrong);
        assert_int_equal(good, rows[i].place == NULL);
        assert_int_equal(wrong.n > 0, !good);
        if (!good && rows[i].place) {
            assert_true(slice_starts(buffer_slice(&wrong), slice_of(rows[i].place)));
            assert_null(memmem(wrong.at, wrong.n, "SECRET", 6));
        }
        buffer_done(&wrong);
        api_keys_release(k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_has_a_name_and_no_other_has),
        cmocka_unit_test(a_digest_stands_for_its_key_and_is_no_key_itself),
        cmocka_unit_test(digits_of_either_case_are_the_same),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(lengths_have_bounds),
        cmocka_unit_test(one_key_is_not_of_two_names),
        cmocka_unit_test(of_many_keys_each_is_found),
        cmocka_unit_test(nobody_has_a_key_where_there_are_none),
        cmocka_unit_test(a_wrong_file_is_told_with_its_place_and_without_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
