/* limits_test.c - whatever memory an exchange may take, it ends in an answer, and no call is bent
 */
#include <stdlib.h>

#include "shop.h"

static const char shop_yaml[] =
    "listen: 127.0.0.1:8080\n"
    "services:\n"
    "  lists: http://127.0.0.1:@0\n"
    "  items: http://127.0.0.1:@1\n"
    "  batch: http://127.0.0.1:@2\n"
    "  last: http://127.0.0.1:@3\n"
    "endpoints:\n"
    "  - path: /p\n"
    "    query: {flag: {default: \"yes\"}, more: {list: true}}\n"
    "    sources:\n"
    "      list: {get: \"lists:/list\", unwrap: data, pick: [ids], rename: {ids: names}}\n"
    "      each:\n"
    "        each: \"list.of[].ids\"\n"
    "        get: items:/{item}\n"
    "        parallel: 1\n"
    "        unwrap: data\n"
    "        omit: [x]\n"
    "        return_headers: [x-one]\n"
    "      batch: {each: more, batch: ids, get: \"batch:/all{?ids}\", by: id, pick: [n]}\n"
    "      last: {get: \"last:/{each[0].n}\", when: flag == \"yes\", fallback: {a: 1, b: 2}}\n"
    "  - path: /noted\n"
    "    method: POST\n"
    "    sources:\n"
    "      notes: {each: body.ids, get: \"lists:/{item}\", set_headers: {x-note: "
    "\"{body.note}\"}}\n";

static const char *const answers[] = {
    "{\"data\":{\"ids\":[1],\"x\":[],\"of\":[{\"ids\":[1,\"2\"]},{\"ids\":[1,\"\\u0033\"]}]}}",
    "{\"data\":{\"n\":1,\"x\":[1,2,3],\"y\":{\"x\":1}}}",
    "[{\"id\":\"\\u0061\",\"n\":1},{\"id\":\"b\",\"n\":2}]",
    "{\"a\":1,\"b\":{\"c\":[1,2]}}",
};

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

/* What services have heard by now is answered. */
static void answer_heard(struct shop *s)
{
    for (unsigned i = 0; i < sizeof answers / sizeof *answers; i++)
        shop_serve_heard(s, i, answers[i]);
}

/* Services answer until the client has all of it. The status; 0: the connection was cut. */
static unsigned end_with(struct shop *s, void (*answer)(struct shop *))
{
    rig_begin(&s->rig);
    for (rig_read(s->client, &s->answer); !s->answer.is_ended && !s->answer.is_reset;
         rig_read(s->client, &s->answer)) {
        answer(s);
        rig_go_on(&s->rig, "the end of an answer");
    }
    s->answer.at[s->answer.n] = '\0';
    return s->answer.n > 9 ? (unsigned)strtoul(s->answer.at + 9, NULL, 10) : 0;
}

static unsigned ask(struct shop *s, const char *target)
{
    shop_connect(s);
    shop_ask_with(s, target, "Connection: close\r\n");
    return end_with(s, answer_heard);
}

static void any_limit_ends_in_an_answer(void **state)
{
    static const struct {
        const char *target, *body;
    } rows[] = {
        {"GET /p?more=a,b,a",
         "{\"list\":{\"names\":[1]},\"each\":[{\"n\":1,\"y\":{\"x\":1}},{\"n\":1,\"y\":{\"x\":1}},"
         "{\"n\":1,\"y\":{\"x\":1}},{\"n\":1,\"y\":{\"x\":1}}],\"batch\":[{\"n\":1},{\"n\":2},{"
         "\"n\":1}],\"last\":{\"a\":1,\"b\":{\"c\":[1,2]}}}"},
        {"GET /p?more=a,z&fields=each/y,batch/n,last/b",
         "{\"each\":[{\"y\":{\"x\":1}},{\"y\":{\"x\":1}},{\"y\":{\"x\":1}},{\"y\":{\"x\":1}}],"
         "\"batch\":[{\"n\":1},null],\"last\":{\"b\":{\"c\":[1,2]}},\"errors\":["},
    };
    struct shop *s = *state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned last = 0;
        for (size_t limit = 1024; limit < 24000; limit += 56) {
            shop_set_arena(s, limit);
            last = ask(s, rows[i].target);
            if (last && last != 431 && last != 503 && last != 200)
                fail_msg("%s with %zu bytes: %u", rows[i].target, limit, last);
        }
        assert_int_equal(last, 200);
        const char *body = strstr(s->answer.at, "\r\n\r\n");
        assert_non_null(body);
        assert_ptr_equal(strstr(body, rows[i].body), body + 4);
    }
    shop_set_arena(s, 1 << 20);
}

/* Each call has the note, as the client meant it. */
static void answer_noted(struct shop *s)
{
    shop_serve_heard(s, 0, "1");
    const struct rig_text *heard = &s->services[0].heard;
    if (heard->n == 0 || !strstr(heard->at, "\r\n\r\n"))
        return;
    assert_non_null(shop_field(heard, "x-note"));
    assert_string_equal(shop_field(heard, "x-note"), "A b");
}

static void no_call_is_bent(void **state)
{
    static const char body[] = "{\"ids\":[1,2,3,4,5,6,7,8],\"note\":\"\\u0041 b\"}";
    struct shop *s = *state;
    unsigned last = 0;
    char headers[128];
    snprintf(headers, sizeof headers,
             "Connection: close\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n",
             strlen(body));
    for (size_t limit = 1024; limit < 16000; limit += 56) {
        shop_set_arena(s, limit);
        shop_connect(s);
        shop_ask_with(s, "POST /noted", headers);
        rig_send(s->client, slice_of(body));
        last = end_with(s, answer_noted);
    }
    assert_int_equal(last, 200);
    shop_set_arena(s, 1 << 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(any_limit_ends_in_an_answer),
        TEST(no_call_is_bent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
