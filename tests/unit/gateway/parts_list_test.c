/* parts_list_test.c - how long elements are held that parts tell one by one */
#include "shop.h"

static const char shop_yaml[] =
    "listen: 127.0.0.1:8080\n"
    "services: {s0: \"http://127.0.0.1:@0\", s1: \"http://127.0.0.1:@1\", s2: "
    "\"http://127.0.0.1:@2\"}\n"
    "endpoints:\n"
    "  - path: /gated\n"
    "    first: []\n"
    "    sources:\n"
    "      a: {get: \"s0:/\", hide: true}\n"
    "      b: {each: a, get: \"s1:/{item}\", parallel: 1, stream: items}\n"
    "      c: {get: \"s2:/\", required: true}\n"
    "  - path: /seen\n"
    "    sources:\n"
    "      a: {get: \"s0:/\", hide: true}\n"
    "      b: {each: a, get: \"s1:/{item}\", parallel: 1, stream: items}\n"
    "      c: {get: \"s2:/{b[0].id}\"}\n";

static int setup(void **state)
{
    *state = shop_open(shop_yaml);
    return 0;
}

static int teardown(void **state)
{
    shop_close(*state);
    return 0;
}

/* So large that it does not lie in the arena. */
static const char *large(const char *id)
{
    static char text[20000];
    snprintf(text, sizeof text, "{\"id\":\"%s\",\"pad\":\"%018000u\"}", id, 0U);
    return text;
}

/* Turns until this has come so often. */
static void await_part(struct shop *s, const char *part, unsigned n)
{
    rig_begin(&s->rig);
    for (rig_read(s->client, &s->answer); rig_count_of(&s->answer, part) < n;
         rig_read(s->client, &s->answer))
        rig_go_on(&s->rig, part);
}

static void who_asks_for_no_parts_gets_a_list_whole(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/seen");
    shop_serve(s, 0, "[1,2]");
    shop_serve(s, 1, "{\"id\":1}");
    shop_serve(s, 1, "2");
    shop_serve(s, 2, "3");
    shop_expect(s, 200, "{\"b\":[{\"id\":1},2],\"c\":3}");
}

static void an_element_that_was_told_is_held_no_more(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/gated", "application/x-ndjson");
    shop_serve(s, 0, "[1,2]");
    shop_serve(s, 1, large("one"));
    await_part(s, "\"one\"", 1);
    RIG_UNTIL(&s->rig, s->rig.n_held < 18000);
    shop_serve(s, 1, "2");
    shop_serve(s, 2, "3");
    await_part(s, "\"done\"", 1);
}

static void one_that_others_read_is_held_until_then(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/seen", "application/x-ndjson");
    shop_serve(s, 0, "[1,2]");
    shop_serve(s, 1, large("one"));
    await_part(s, "\"one\"", 1);
    shop_serve(s, 1, large("two"));
    assert_non_null(strstr(shop_hear(s, 2), "GET /one "));
    shop_serve(s, 2, "3");
    await_part(s, "\"done\"", 1);
}

/* Which waits for its turn there. */
static void one_that_stands_twice_is_held_until_the_last(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/seen", "multipart/mixed");
    shop_serve(s, 0, "[1,2,1]");
    shop_serve(s, 1, large("one"));
    await_part(s, "\"one\"", 1);
    shop_serve(s, 1, large("two"));
    await_part(s, "\"two\"", 1);
    await_part(s, "\"one\"", 2);
    shop_serve(s, 2, "3");
    await_part(s, "--\r\n", 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_asks_for_no_parts_gets_a_list_whole),
        TEST(an_element_that_was_told_is_held_no_more),
        TEST(one_that_others_read_is_held_until_then),
        TEST(one_that_stands_twice_is_held_until_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
