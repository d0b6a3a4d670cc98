/* ask_test.c - messages of a WebSocket's client, and what they ask for */
#include "../unit.h"
#include "gateway/ask.h"

static struct config_parameter parameters[] = {
    {.name = SLICE_INIT("id")},
    {.name = SLICE_INIT("part")},
    {.name = SLICE_INIT("q")},
};
static struct config_segment segments[] = {
    {.kind = CONFIG_LITERAL, .text = SLICE_INIT("a")},
    {.kind = CONFIG_PARAMETER, .parameter = 0},
    {.kind = CONFIG_LITERAL, .text = SLICE_INIT("b")},
    {.kind = CONFIG_PARAMETER, .parameter = 1},
};
static struct config_endpoint endpoint = {
    .segments = segments,
    .n_segments = 4,
    .parameters = parameters,
    .n_parameters = 3,
    .select = SLICE_INIT("only"),
};

struct asking {
    struct arena arena;
    struct ask ask;
    struct slice target;
    const char *why;
};

static int setup(void **state)
{
    static struct asking a;
    a = (struct asking){0};
    arena_init(&a.arena, 1024, 1 << 20);
    *state = &a;
    return 0;
}

static int teardown(void **state)
{
    struct asking *a = *state;
    arena_done(&a->arena);
    return 0;
}

static bool read(struct asking *a, const char *text)
{
    return ask_read(slice_of(text), 16, &a->ask, &a->why);
}

static void assert_slice(struct slice s, const char *text)
{
    assert_int_equal(s.n, strlen(text));
    assert_memory_equal(s.at, text, s.n);
}

static void members_are_json_as_it_came(void **state)
{
    struct asking *a = *state;
    assert_true(read(a, " {\"params\" : {\"id\":\"7\"}, \"id\":1.50,\"fields\":\"a\\u0062\"} "));
    assert_slice(a->ask.id, "1.50");
    assert_slice(a->ask.params, "{\"id\":\"7\"}");
    assert_slice(a->ask.fields, "\"a\\u0062\"");
    assert_int_equal(a->ask.cancel.n, 0);
    assert_true(read(a, "{\"cancel\":\"x\"}"));
    assert_slice(a->ask.cancel, "\"x\"");
    assert_true(read(a, "{\"\\u0069d\":2,\"fields\":null,\"params\":null}"));
    assert_slice(a->ask.id, "2");
    assert_int_equal(a->ask.fields.n + a->ask.params.n, 0);
    assert_true(read(a, "{}"));
}

static void what_is_no_ask_is_refused_with_its_id(void **state)
{
    struct asking *a = *state;
    static const struct {
        const char *text, *id;
    } bad[] = {
        {"", ""},
        {"[]", ""},
        {"{", ""},
        {"{\"id\":[]}", ""},
        {"{\"id\":true}", ""},
        {"{\"id\":1,\"id\":2}", "1"},
        {"{\"more\":1,\"id\":3}", "3"},
        {"{\"fields\":[],\"id\":4}", "4"},
        {"{\"params\":\"x\",\"id\":5}", "5"},
        {"{\"cancel\":6,\"id\":6}", "6"},
        {"{\"cancel\":6,\"fields\":\"a\"}", ""},
        {"{\"cancel\":null}", ""},
        {"{\"cancel\":{}}", ""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(read(a, bad[i].text));
        assert_slice(a->ask.id, bad[i].id);
        assert_true(strlen(a->why) > 0);
    }
}

static unsigned compose(struct asking *a, const char *text, const char *from, size_t limit)
{
    const struct ask_handshake of = {&endpoint, slice_of(from), limit};
    assert_true(read(a, text));
    return ask_target(&a->ask, &of, &a->arena, &a->target, &a->why);
}

static void a_target_has_the_new_values_and_the_other_old_ones(void **state)
{
    struct asking *a = *state;
    static const struct {
        const char *ask, *from, *to;
    } cases[] = {
        {"{}", "/a/1/b/2", "/a/1/b/2"},
        {"{}", "/a/1/b/2?q=1&only=x", "/a/1/b/2?q=1&only=x"},
        {"{}", "http://host/a/1/b/2?q", "/a/1/b/2?q="},
        {"{\"params\":{\"id\":\"7\"}}", "/a/1/b/2", "/a/7/b/2"},
        {"{\"params\":{\"part\":8,\"id\":7}}", "/a/1/b/2", "/a/7/b/8"},
        {"{\"params\":{\"id\":\"x/y z\"}}", "/a/1/b/2", "/a/x%2Fy%20z/b/2"},
        {"{\"params\":{\"q\":\"7\"}}", "/a/1/b/2", "/a/1/b/2?q=7"},
        {"{\"params\":{\"q\":\"7\"}}", "/a/1/b/2?x=1&q=2&y=3&q=4", "/a/1/b/2?x=1&y=3&q=7"},
        {"{\"params\":{\"q\":null}}", "/a/1/b/2?q=2", "/a/1/b/2"},
        {"{\"params\":{\"q\":\"7\"}}", "/a/1/b/2?%71=2&r%71=3", "/a/1/b/2?r%71=3&q=7"},
        {"{\"params\":{\"\\u0071\":true}}", "/a/1/b/2?q=2", "/a/1/b/2?q=true"},
        {"{\"params\":{\"q\":\"1,2\"}}", "/a/1/b/2", "/a/1/b/2?q=1,2"},
        {"{\"params\":{\"q\":[\"1,2\",3]}}", "/a/1/b/2", "/a/1/b/2?q=1%2C2&q=3"},
        {"{\"params\":{\"q\":[]}}", "/a/1/b/2?q=2", "/a/1/b/2"},
        {"{\"params\":{\"q\":1e+5}}", "/a/1/b/2", "/a/1/b/2?q=1e%2B5"},
        {"{\"fields\":\"a(b),c\"}", "/a/1/b/2?only=x", "/a/1/b/2?only=a%28b%29%2Cc"},
        {"{\"fields\":\"\"}", "/a/1/b/2?only=x", "/a/1/b/2?only="},
        {"{\"fields\":\"\\u00e9&\"}", "/a/1/b/2", "/a/1/b/2?only=%C3%A9%26"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(compose(a, cases[i].ask, cases[i].from, 1000), 0);
        assert_slice(a->target, cases[i].to);
    }
}

static void what_can_be_no_parameter_is_400(void **state)
{
    struct asking *a = *state;
    assert_int_equal(compose(a, "{\"params\":{\"q\":{}}}", "/a/1/b/2", 1000), 400);
    assert_int_equal(compose(a, "{\"params\":{\"q\":[null]}}", "/a/1/b/2", 1000), 400);
    assert_int_equal(compose(a, "{\"params\":{\"q\":[[]]}}", "/a/1/b/2", 1000), 400);
    assert_int_equal(compose(a, "{\"params\":{\"id\":[1]}}", "/a/1/b/2", 1000), 400);
    endpoint.select = SLICE_NONE;
    assert_int_equal(compose(a, "{\"fields\":\"a\"}", "/a/1/b/2", 1000), 400);
    endpoint.select = SLICE("only");
}

static void a_target_has_a_limit(void **state)
{
    struct asking *a = *state;
    assert_int_equal(compose(a, "{\"params\":{\"q\":\"7\"}}", "/a/1/b/2", 12), 0);
    assert_int_equal(compose(a, "{\"params\":{\"q\":\"7\"}}", "/a/1/b/2", 11), 414);
    assert_int_equal(compose(a, "{\"params\":{\"q\":\"77777777777777777777\"}}", "/a/1/b/2", 11),
                     414);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(members_are_json_as_it_came),
        TEST(what_is_no_ask_is_refused_with_its_id),
        TEST(a_target_has_the_new_values_and_the_other_old_ones),
        TEST(what_can_be_no_parameter_is_400),
        TEST(a_target_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
