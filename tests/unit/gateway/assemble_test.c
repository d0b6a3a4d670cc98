/* assemble_test.c - values in each other, members that join, and what has no place to stand */
#include <stdio.h>
#include <stdlib.h>

#include "shop.h"

static const char shop_yaml[] = "listen: 127.0.0.1:8080\n"
                                "services: {s0: \"http://127.0.0.1:@0\", s1: "
                                "\"http://127.0.0.1:@1\", s2: \"http://127.0.0.1:@2\"}\n"
                                "endpoints:\n"
                                "  - path: /nested\n"
                                "    sources:\n"
                                "      a: {get: \"s0:/\"}\n"
                                "      b: {get: \"s1:/\", into: a.b}\n"
                                "      c: {get: \"s2:/\", into: a.x.y.c}\n"
                                "  - path: /chain\n"
                                "    sources:\n"
                                "      c: {get: \"s2:/\", into: a.b.c}\n"
                                "      a: {get: \"s0:/\"}\n"
                                "      b: {get: \"s1:/\", into: a.b}\n"
                                "  - path: /objects\n"
                                "    sources:\n"
                                "      a: {get: \"s0:/\", into: \"m.x\"}\n"
                                "      b: {get: \"s1:/\"}\n"
                                "      c: {get: \"s2:/\", into: 'm.\"q\".z'}\n"
                                "  - path: /joined\n"
                                "    sources:\n"
                                "      a: {get: \"s0:/\", into: .}\n"
                                "      b: {get: \"s1:/\"}\n"
                                "      c: {get: \"s2:/\", into: .}\n"
                                "  - path: /around\n"
                                "    sources:\n"
                                "      b: {get: \"s1:/\"}\n"
                                "      a: {get: \"s0:/\", into: .}\n"
                                "      c: {get: \"s2:/\", into: m.c}\n"
                                "  - path: /must\n"
                                "    sources:\n"
                                "      a: {get: \"s0:/\"}\n"
                                "      b: {get: \"s1:/\", into: a.b, required: true}\n"
                                "  - path: /hidden\n"
                                "    sources:\n"
                                "      a: {get: \"s0:/\", hide: true}\n"
                                "      b: {get: \"s1:/{a.id}\"}\n"
                                "  - path: /text\n"
                                "    errors: text\n"
                                "    sources:\n"
                                "      a: {get: \"s0:/\", fallback: {n: 1}}\n"
                                "      b: {get: \"s1:/\", into: a.b, fallback: []}\n";

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

struct row {
    const char *says[3]; /* by service; NULL: it is not asked */
    const char *wanted;
};

static void expect(struct shop *s, const char *target, const struct row *rows, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        shop_ask(s, target);
        for (unsigned k = 0; k < 3; k++)
            if (rows[i].says[k])
                shop_serve(s, k, rows[i].says[k]);
        shop_await(s);
        if (strcmp(s->body, rows[i].wanted) != 0)
            fail_msg("%s row %u:\n%s, not\n%s", target, i, s->body, rows[i].wanted);
        bool is_complete = !strstr(rows[i].wanted, "\"errors\"");
        assert_string_equal(shop_field(&s->answer, "sheaf-complete"), is_complete ? "?1" : "?0");
        assert_int_equal(s->status, 200);
    }
    rig_turns(&s->rig, 3);
    assert_int_equal(s->rig.n_held, 0);
}

#define EXPECT(s, target, rows) expect(s, target, rows, sizeof(rows) / sizeof *(rows))
#define MISSING(source, place)                                                                     \
    "{\"source\":\"" source "\",\"kind\":\"missing\",\"message\":\"" source ": " place             \
    " is no object\",\"status\":200}"

static void values_lie_in_each_other(void **state)
{
    static const struct row rows[] = {
        {{"{}", "1", "2"}, "{\"a\":{\"b\":1,\"x\":{\"y\":{\"c\":2}}}}"},
        {{" { \"i\" : 1.0 , \"j\":[] } ", "1", "2"},
         "{\"a\":{\"i\" : 1.0 , \"j\":[],\"b\":1,\"x\":{\"y\":{\"c\":2}}}}"},
        {{"{\"x\":{\"i\":1},\"j\":2}", "1", "2"},
         "{\"a\":{\"x\":{\"i\":1,\"y\":{\"c\":2}},\"j\":2,\"b\":1}}"},
        {{"{\"i\":1, \"x\" : {\"y\":{\"c\":0,\"k\":3}} , \"j\":2}", "1", "2"},
         "{\"a\":{\"i\":1,\"x\" : {\"y\":{\"k\":3,\"c\":2}},\"j\":2,\"b\":1}}"},
        {{"{\"x\":{\"y\":{}}}", "1", "2"}, "{\"a\":{\"x\":{\"y\":{\"c\":2}},\"b\":1}}"},
        /* What is placed stands in for members of the host, however they are written. */
        {{"{\"b\":0,\"i\":1,\"\\u0062\":{}}", "1", "2"},
         "{\"a\":{\"i\":1,\"b\":1,\"x\":{\"y\":{\"c\":2}}}}"},
        /* Of repeated names the last goes on. */
        {{"{\"x\":{\"n\":1},\"x\":{\"n\":2},\"i\":3}", "1", "2"},
         "{\"a\":{\"x\":{\"n\":1},\"x\":{\"n\":2,\"y\":{\"c\":2}},\"i\":3,\"b\":1}}"},
    };
    EXPECT(*state, "/nested", rows);
}

static void what_has_no_object_to_stand_in_is_missing(void **state)
{
    static const struct row rows[] = {
        {{"[1]", "1", "2"}, "{\"a\":[1],\"errors\":[" MISSING("b", "a") "," MISSING("c", "a") "]}"},
        {{"null", "1", "2"},
         "{\"a\":null,\"errors\":[" MISSING("b", "a") "," MISSING("c", "a") "]}"},
        {{"{\"x\":null}", "1", "2"},
         "{\"a\":{\"x\":null,\"b\":1},\"errors\":[" MISSING("c", "a.x") "]}"},
        {{"{\"x\":{\"y\":\"{\"}}", "1", "2"},
         "{\"a\":{\"x\":{\"y\":\"{\"},\"b\":1},\"errors\":[" MISSING("c", "a.x.y") "]}"},
        {{"{\"x\":{},\"x\":[]}", "1", "2"},
         "{\"a\":{\"x\":{},\"x\":[],\"b\":1},\"errors\":[" MISSING("c", "a.x") "]}"},
    };
    EXPECT(*state, "/nested", rows);
}

static void a_failed_value_is_no_object_either_unless_a_fallback_is(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/nested");
    shop_hear(s, 0);
    shop_say(s, 0, SHOP_STATUS("500 Oh"));
    shop_hear(s, 1);
    shop_say(s, 1, SHOP_STATUS("503 Oh"));
    shop_serve(s, 2, "2");
    shop_expect(s, 200,
                "{\"a\":null,\"errors\":[{\"source\":\"a\",\"kind\":\"status\",\"message\":\"a: "
                "answered 500\",\"status\":500},{\"source\":\"b\",\"kind\":\"status\",\"message\":"
                "\"b: answered 503\",\"status\":503}," MISSING("c", "a") "]}");
    shop_ask(s, "/text");
    shop_hear(s, 0);
    shop_say(s, 0, SHOP_STATUS("500 Oh"));
    shop_serve(s, 1, "2");
    shop_expect(s, 200, "{\"a\":{\"n\":1,\"b\":2},\"errors\":[\"a: answered 500\"]}");
    shop_ask(s, "/text");
    shop_serve(s, 0, "{}");
    shop_hear(s, 1);
    shop_say(s, 1, SHOP_STATUS("500 Oh"));
    shop_expect(s, 200, "{\"a\":{\"b\":[]},\"errors\":[\"b: answered 500\"]}");
}

static void one_inside_the_other_inside_the_third(void **state)
{
    static const struct row rows[] = {
        {{"{\"i\":1}", "{\"j\":2}", "3"}, "{\"a\":{\"i\":1,\"b\":{\"j\":2,\"c\":3}}}"},
        {{"{\"b\":{\"k\":0}}", "{}", "3"}, "{\"a\":{\"b\":{\"c\":3}}}"},
        {{"{}", "7", "3"}, "{\"a\":{\"b\":7},\"errors\":[" MISSING("c", "a.b") "]}"},
        {{"7", "{}", "3"}, "{\"a\":7,\"errors\":[" MISSING("c", "a") "," MISSING("b", "a") "]}"},
    };
    EXPECT(*state, "/chain", rows);
}

static void objects_of_ours_hold_what_is_put_into_them(void **state)
{
    static const struct row rows[] = {
        {{"1", "2", "3"}, "{\"m\":{\"x\":1,\"\\\"q\\\"\":{\"z\":3}},\"b\":2}"},
    };
    EXPECT(*state, "/objects", rows);
    struct shop *s = *state;
    shop_ask(s, "/objects?fields=b");
    shop_serve(s, 1, "2");
    shop_expect(s, 200, "{\"b\":2}");
}

static void what_joins_stands_at_its_sources_place(void **state)
{
    static const struct row rows[] = {
        {{"{\"i\":1}", "2", "{\"j\":3}"}, "{\"i\":1,\"b\":2,\"j\":3}"},
        {{"{ }", "2", "{ \"j\" : 3 , \"k\":4 }"}, "{\"b\":2,\"j\" : 3 , \"k\":4}"},
        {{"null", "2", "null"}, "{\"b\":2}"},
        /* Of equal names the earlier declared source's counts. */
        {{"{\"i\":1,\"j\":1}", "2", "{\"j\":3,\"k\":4,\"i\":5}"},
         "{\"i\":1,\"j\":1,\"b\":2,\"k\":4}"},
        {{"{\"i\":1,\"i\":2}", "2", "{\"\\u0069\":3,\"k\":4,\"k\":5}"},
         "{\"i\":1,\"i\":2,\"b\":2,\"k\":4,\"k\":5}"},
        {{"{\"b\":1}", "2", "{\"b\":3}"}, "{\"b\":1}"},
        {{"{}", "2", "{\"b\":3,\"j\":4}"}, "{\"b\":2,\"j\":4}"},
        {{"{\"errors\":1,\"i\":2,\"err\\u006frs\":3}", "2", "{\"errors\":[]}"},
         "{\"i\":2,\"b\":2}"},
    };
    EXPECT(*state, "/joined", rows);
}

static void what_came_first_makes_no_difference(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/joined");
    shop_serve(s, 2, "{\"i\":3,\"j\":3}");
    shop_serve(s, 1, "2");
    shop_serve(s, 0, "{\"i\":1}");
    shop_expect(s, 200, "{\"i\":1,\"b\":2,\"j\":3}");
}

static void what_joins_has_to_be_an_object(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/joined");
    shop_serve(s, 0, "[1]");
    shop_serve(s, 1, "2");
    shop_serve(s, 2, "{\"j\":3}");
    shop_await(s);
    assert_non_null(
        strstr(s->body, "{\"b\":2,\"j\":3,\"errors\":[{\"source\":\"a\",\"kind\":\"invalid\""));
}

static void members_that_join_meet_places(void **state)
{
    static const struct row rows[] = {
        {{"{\"b\":1,\"i\":1}", "2", "3"}, "{\"b\":2,\"i\":1,\"m\":{\"c\":3}}"},
        {{"{\"m\":1,\"i\":1}", "2", "3"}, "{\"b\":2,\"m\":1,\"i\":1}"},
    };
    EXPECT(*state, "/around", rows);
}

static void a_required_source_without_a_place_is_a_bad_gateway(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/must");
    shop_serve(s, 0, "[]");
    shop_serve(s, 1, "1");
    shop_expect(s, 502,
                "{\"type\":\"about:blank\",\"title\":\"Bad Gateway\",\"status\":502,\"detail\":"
                "\"b: a is no object\",\"errors\":[" MISSING("b", "a") "]}");
    assert_null(shop_field(&s->answer, "sheaf-complete"));
    shop_ask(s, "/must");
    shop_serve(s, 0, "{}");
    shop_serve(s, 1, "1");
    shop_expect(s, 200, "{\"a\":{\"b\":1}}");
}

static void a_host_that_is_not_asked_for_is_an_object_of_ours(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/nested?fields=a(b(i),x)");
    shop_serve(s, 0, "{\"j\":1,\"x\":{\"k\":2}}");
    shop_serve(s, 1, "{\"i\":1,\"j\":2}");
    shop_serve(s, 2, "3");
    shop_expect(s, 200, "{\"a\":{\"x\":{\"k\":2,\"y\":{\"c\":3}},\"b\":{\"i\":1}}}");
    shop_ask(s, "/nested?fields=a/b");
    shop_serve(s, 1, "{\"i\":1,\"j\":2}");
    shop_expect(s, 200, "{\"a\":{\"b\":{\"i\":1,\"j\":2}}}");
    assert_true(shop_is_silent(s, 0));
    shop_ask(s, "/chain?fields=a/b/c");
    shop_serve(s, 2, "3");
    shop_expect(s, 200, "{\"a\":{\"b\":{\"c\":3}}}");
}

static void what_is_hidden_is_called_and_not_shown(void **state)
{
    static const struct row rows[] = {
        {{"{\"id\":7}", "2", NULL}, "{\"b\":2}"},
    };
    EXPECT(*state, "/hidden", rows);
}

static void a_cut_value_reaches_a_slow_client_whole(void **state)
{
    enum {
        N = 400000
    };
    static const char head[] = "{\"s\":\"", tail[] = "\",\"b\":0,\"t\":1}";
    struct shop *s = *state;
    char *value = malloc(sizeof head + N + sizeof tail);
    assert_non_null(value);
    memcpy(value, head, sizeof head);
    memset(value + strlen(head), 'x', N);
    memcpy(value + strlen(head) + N, tail, sizeof tail);
    shop_ask(s, "/nested");
    shop_serve(s, 0, value);
    shop_serve(s, 1, value);
    shop_serve(s, 2, "2");
    shop_await(s);
    assert_int_equal(s->status, 200);
    assert_int_equal(strlen(s->body), 2 * strlen(value) - strlen("\"b\":0,") +
                                          strlen("{\"a\":,\"b\":,\"x\":{\"y\":{\"c\":2}}}"));
    rig_turns(&s->rig, 3);
    assert_int_equal(s->rig.n_held, 0);
    free(value);
}

/* Services answer whatever comes; the status, or 0 where the connection just ends. */
static unsigned ask_anyhow(struct shop *s)
{
    shop_connect(s);
    shop_ask(s, "/nested");
    s->answer.at[0] = '\0';
    rig_begin(&s->rig);
    while (!s->answer.is_ended && !s->answer.is_reset && !strstr(s->answer.at, "\r\n\r\n")) {
        for (unsigned k = 0; k < 3; k++)
            if (!shop_is_silent(s, k))
                shop_serve(s, k, "{\"x\":{},\"b\":1}");
        rig_read(s->client, &s->answer);
        s->answer.at[s->answer.n] = '\0';
        rig_go_on(&s->rig, "an answer or an end");
    }
    return s->answer.n ? (unsigned)strtoul(s->answer.at + strlen("HTTP/1.1 "), NULL, 10) : 0;
}

static void a_small_arena_gives_up_cleanly(void **state)
{
    struct shop *s = *state;
    unsigned last = 0, n_refused = 0;
    for (size_t arena = 1024; arena < 24 * 1024; arena += 768) {
        shop_set_arena(s, arena);
        last = ask_anyhow(s);
        if (last && last != 200 && last != 431 && last != 503)
            fail_msg("%u with %zu bytes", last, arena);
        n_refused += last != 200;
        rig_turns(&s->rig, 3);
        assert_int_equal(s->rig.n_held, 0);
    }
    assert_int_equal(last, 200);
    assert_true(n_refused > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_lie_in_each_other),
        TEST(what_has_no_object_to_stand_in_is_missing),
        TEST(a_failed_value_is_no_object_either_unless_a_fallback_is),
        TEST(one_inside_the_other_inside_the_third),
        TEST(objects_of_ours_hold_what_is_put_into_them),
        TEST(what_joins_stands_at_its_sources_place),
        TEST(what_came_first_makes_no_difference),
        TEST(what_joins_has_to_be_an_object),
        TEST(members_that_join_meet_places),
        TEST(a_required_source_without_a_place_is_a_bad_gateway),
        TEST(a_host_that_is_not_asked_for_is_an_object_of_ours),
        TEST(what_is_hidden_is_called_and_not_shown),
        TEST(a_cut_value_reaches_a_slow_client_whole),
        TEST(a_small_arena_gives_up_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
