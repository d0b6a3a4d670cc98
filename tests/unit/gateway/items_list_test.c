/* items_list_test.c - which elements a list has, what is wrong with it, and how long it may be */
#include <stdlib.h>
#include <unistd.h>

#include "shop.h"

static const char shop_yaml[] =
    "listen: 127.0.0.1:8080\n"
    "bounds: {memory: 1MiB, calls: 115}\n"
    "services:\n"
    "  lists: http://127.0.0.1:@0\n"
    "  items: http://127.0.0.1:@1\n"
    "endpoints:\n"
    "  - path: /plain\n"
    "    sources:\n"
    "      list: {get: \"lists:/list\", hide: true}\n"
    "      one: {each: list.ids, get: \"items:/{item}\", parallel: 1, max: 3}\n"
    "  - path: /through\n"
    "    sources:\n"
    "      list: {get: \"lists:/list\", hide: true}\n"
    "      one: {each: \"list.a[].b\", get: \"items:/{item}\", parallel: 1}\n"
    "  - path: /cells\n"
    "    sources:\n"
    "      list: {get: \"lists:/list\", hide: true}\n"
    "      one: {each: \"list.rows[][]\", get: \"items:/{item}\", parallel: 1}\n"
    "  - path: /members\n"
    "    sources:\n"
    "      list: {get: \"lists:/list\", hide: true}\n"
    "      one: {each: \"list.rows[][].id\", get: \"items:/{item}\", parallel: 1}\n"
    "  - path: /batch\n"
    "    timeout: 30s\n"
    "    sources:\n"
    "      list: {get: \"lists:/list\", hide: true}\n"
    "      one: {each: list.ids, batch: ids, get: \"items:/{ids}\", by: id, max: 600}\n"
    "  - path: /long\n"
    "    sources:\n"
    "      list: {get: \"lists:/list\", hide: true}\n"
    "      one: {each: list.ids, get: \"items:/{item}\", parallel: 1, max: 600}\n"
    "  - path: /required\n"
    "    timeout: 900ms\n"
    "    sources:\n"
    "      list: {get: \"lists:/list\", timeout: 100ms}\n"
    "      one: {each: list.ids, get: \"items:/{item}\", required: true}\n"
    "  - path: /two\n"
    "    sources:\n"
    "      list: {get: \"lists:/list\", hide: true}\n"
    "      all: {each: list.ids, batch: ids, get: \"items:/{ids}\", by: id, max: 600}\n"
    "      one: {each: list.one, get: \"items:/{item}\", parallel: 1, max: 600}\n"
    "      two: {each: list.two, get: \"items:/{item}\", parallel: 1, max: 600}\n"
    "  - path: /stale\n"
    "    sources:\n"
    "      list: {get: \"lists:/list\", timeout: 100ms, cache: {ttl: 1ms, stale_if_error: 1h}}\n"
    "      one: {each: list.ids, get: \"items:/{item}\", required: true}\n";

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

static void elements_are_called_as_they_stand(void **state)
{
    static const struct {
        const char *path, *list, *called[5], *one;
    } rows[] = {
        {"/plain", "{\"ids\":[1.50,true,\"x\"]}", {"/1.50", "/true", "/x"}, "[1,1,1]"},
        {"/plain", "{\"ids\":[\"\\u0061\\/b\",\"\",\"n\"]}", {"/a%2Fb", "/n"}, "[1,null,1]"},
        {"/through", "{\"a\":[{\"b\":1},{\"b\":[2,3]},{\"b\":[]}]}", {"/1", "/2", "/3"}, "[1,1,1]"},
        {"/cells", "{\"rows\":[[1,2],[],3,[4]]}", {"/1", "/2", "/3", "/4"}, "[1,1,1,1]"},
        {"/members", "{\"rows\":[[{\"id\":1}],{\"id\":2}]}", {"/1", "/2"}, "[1,1]"},
    };
    struct shop *s = *state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        shop_ask(s, rows[i].path);
        shop_serve(s, 0, rows[i].list);
        for (const char *const *target = rows[i].called; *target; target++)
            shop_serve_target(s, 1, *target, "1");
        shop_await(s);
        assert_ptr_equal(strstr(s->body, rows[i].one), s->body + strlen("{\"one\":"));
    }
}

static void what_is_wrong_with_a_list_is_told(void **state)
{
    static const struct {
        const char *path, *list, *body;
    } rows[] = {
        {"/plain", "{}",
         "null,\"errors\":[{\"source\":\"one\",\"kind\":\"dependency\",\"message\":"
         "\"one: list.ids is missing\"}]}"},
        {"/plain", "{\"ids\":null}",
         "null,\"errors\":[{\"source\":\"one\",\"kind\":\"dependency\",\"message\":"
         "\"one: list.ids is null\"}]}"},
        {"/plain", "{\"ids\":\"null\"}",
         "null,\"errors\":[{\"source\":\"one\",\"kind\":\"dependency\",\"message\":"
         "\"one: list.ids is no array\"}]}"},
        {"/plain", "{\"ids\":[1,1,1,1]}",
         "null,\"errors\":[{\"source\":\"one\",\"kind\":\"too_large\",\"message\":"
         "\"one: the list has more than 3 elements\"}]}"},
        {"/plain", "{\"ids\":[]}", "[]}"},
        {"/through", "{\"a\":[{}]}",
         "[null],\"errors\":[{\"source\":\"one\",\"kind\":\"dependency\",\"message\":\"one: item "
         "is "
         "missing\",\"path\":[\"one\",0]}]}"},
        {"/plain", "{\"ids\":[null]}",
         "[null],\"errors\":[{\"source\":\"one\",\"kind\":\"dependency\",\"message\":\"one: item "
         "is "
         "null\",\"path\":[\"one\",0]}]}"},
        {"/cells", "{\"rows\":[[[1]]]}",
         "[null],\"errors\":[{\"source\":\"one\",\"kind\":\"dependency\",\"message\":\"one: item "
         "is "
         "an array\",\"path\":[\"one\",0]}]}"},
        {"/batch", "{\"ids\":[{\"a\":1}]}",
         "[null],\"errors\":[{\"source\":\"one\",\"kind\":\"dependency\",\"message\":\"one: item "
         "is "
         "an object\",\"path\":[\"one\",0]}]}"},
        {"/batch", "{\"ids\":[null]}",
         "[null],\"errors\":[{\"source\":\"one\",\"kind\":\"dependency\",\"message\":\"one: item "
         "is "
         "null\",\"path\":[\"one\",0]}]}"},
        {"/batch", "{\"ids\":[[1]]}",
         "[null],\"errors\":[{\"source\":\"one\",\"kind\":\"dependency\",\"message\":\"one: item "
         "is "
         "an array\",\"path\":[\"one\",0]}]}"},
    };
    struct shop *s = *state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        shop_ask(s, rows[i].path);
        shop_serve(s, 0, rows[i].list);
        shop_await(s);
        assert_ptr_equal(strstr(s->body, "{\"one\":"), s->body);
        assert_string_equal(s->body + strlen("{\"one\":"), rows[i].body);
    }
    assert_true(shop_is_silent(s, 1));
}

static void a_batch_that_cannot_be_asked_for_fails(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/batch");
    shop_serve(s, 0, "{\"ids\":[\"..\"]}");
    shop_await(s);
    assert_non_null(strstr(s->body, "{\"one\":null,\"errors\":[{\"source\":\"one\",\"kind\":"
                                    "\"dependency\",\"message\":\"one: ids leaves a segment"));
    assert_true(shop_is_silent(s, 1));
}

static void a_list_that_is_not_there_is_its_sources_fault(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/required");
    shop_serve(s, 0, "{}");
    shop_await(s);
    assert_int_equal(s->status, 502);
    assert_non_null(strstr(s->body, "\"detail\":\"one: list.ids is missing\""));
    shop_ask(s, "/required");
    shop_hear(s, 0);
    shop_pass_ms(s, 102);
    shop_await(s);
    assert_int_equal(s->status, 504);
    assert_non_null(strstr(s->body, "\"detail\":\"one: list.ids is missing\""));
}

/* One that stands in has no such list; it is not its source's failure that is told. */
static void what_a_stale_answer_lacks_is_not_its_sources_fault(void **state)
{
    struct shop *s = *state;
    for (unsigned i = 0; i < 2; i++) {
        shop_ask(s, "/stale");
        shop_hear(s, 0);
        if (i == 0)
            shop_serve(s, 0, "{}");
        shop_await(s);
        assert_int_equal(s->status, 502);
        shop_wait_ms(s, 5);
    }
    assert_int_equal(rig_count_of(&s->answer, "\"list: no answer within 100 ms\""), 1);
}

static void put_numbers(FILE *out, const char *name, unsigned n)
{
    fprintf(out, "\"%s\":[", name);
    for (unsigned i = 0; i < n; i++)
        fprintf(out, i ? ",%u" : "%u", i);
    fputs("]", out);
}

/* {"ids":[0,1,...],"one":[0,...],"two":[0,...]}, so long. */
static void serve_numbers(struct shop *s, unsigned ids, unsigned one, unsigned two)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    fputs("{", out);
    put_numbers(out, "ids", ids);
    fputs(",", out);
    put_numbers(out, "one", one);
    fputs(",", out);
    put_numbers(out, "two", two);
    fputs("}", out);
    fclose(out);
    shop_serve(s, 0, text);
    free(text);
}

/* What is said of a list of n where an exchange may take so much. */
static const char *open_long(struct shop *s, const char *path, unsigned n, size_t arena)
{
    shop_set_arena(s, arena);
    shop_connect(s);
    shop_ask(s, path);
    serve_numbers(s, n, 0, 0);
    rig_turns(&s->rig, 4);
    for (unsigned i = 0; i < n && shop_is_silent(s, 0) && !shop_is_silent(s, 1); i++) {
        bool is_batch = *path == '/' && path[1] == 'b';
        shop_serve(s, 1, is_batch ? "[]" : "1");
        rig_turns(&s->rig, 4);
    }
    shop_await(s);
    return s->body;
}

/* Where an exchange's memory is too small for the usual length. */
static void a_list_of_more_than_64_brings_its_room(void **state)
{
    struct shop *s = *state;
    static const char none[] = "one: no memory is left for the list";
    assert_non_null(strstr(open_long(s, "/long", 64, 20000), none));
    assert_null(strstr(open_long(s, "/long", 65, 20000), none));
    assert_non_null(strstr(open_long(s, "/batch", 64, 20000), none));
    assert_null(strstr(open_long(s, "/batch", 65, 20000), none));
    shop_set_arena(s, 1 << 20);
}

/* 8 KiB an element, and 2 KiB in a batch. */
static void no_more_than_the_memory_that_is_left(void **state)
{
    struct shop *s = *state;
    static const char none[] = "one: no memory is left for the list";
    assert_null(strstr(open_long(s, "/long", 110, 1 << 20), none));
    assert_non_null(strstr(open_long(s, "/long", 130, 1 << 20), none));
    assert_null(strstr(open_long(s, "/batch", 450, 1 << 20), none));
    assert_non_null(strstr(open_long(s, "/batch", 530, 1 << 20), none));
}

static void ask_for_two(struct shop *s, unsigned one, unsigned two)
{
    shop_connect(s);
    shop_ask(s, "/two");
    serve_numbers(s, 1, one, two);
    rig_turns(&s->rig, 4);
    shop_leave(s);
    rig_turns(&s->rig, 4);
}

/* A list, a batch, and elements: of 115. */
static void calls_of_all_lists_count_together(void **state)
{
    static const struct {
        unsigned one, two, n_too_large;
    } rows[] = {{66, 47, 0}, {66, 48, 1}, {113, 0, 0}, {114, 1, 1}, {114, 114, 2}};
    struct shop *s = *state;
    struct gateway_source_stats *stats = s->stats->endpoints[7].sources;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t before =
            stats[2].outcomes[OUTCOME_TOO_LARGE] + stats[3].outcomes[OUTCOME_TOO_LARGE];
        ask_for_two(s, rows[i].one, rows[i].two);
        uint64_t after =
            stats[2].outcomes[OUTCOME_TOO_LARGE] + stats[3].outcomes[OUTCOME_TOO_LARGE];
        assert_int_equal(after - before, rows[i].n_too_large);
    }
}

/* Services answer until the client has all of it, or its connection was cut. */
static void ask_to_the_end(struct shop *s, const char *list)
{
    shop_connect(s);
    shop_ask_with(s, "GET /plain", "Connection: close\r\n");
    rig_begin(&s->rig);
    for (rig_read(s->client, &s->answer); !s->answer.is_ended && !s->answer.is_reset;
         rig_read(s->client, &s->answer)) {
        shop_serve_heard(s, 0, list);
        shop_serve_heard(s, 1, "1");
        rig_go_on(&s->rig, "the end of an answer");
    }
}

/* What they mean has room of its own, as long as it is; without it the list has failed. */
static void texts_with_escapes_need_room(void **state)
{
    enum {
        LENGTH = 3000
    };
    struct shop *s = *state;
    unsigned n_good = 0, n_failed = 0;
    char *list = NULL;
    assert_true(asprintf(&list, "{\"ids\":[\"\\u0030%0*u\",\"0%0*u\"]}", LENGTH, 1U, LENGTH, 1U) >
                0);
    for (size_t limit = 2000; limit < 24000; limit += 500) {
        shop_set_arena(s, limit);
        ask_to_the_end(s, list);
        n_failed += rig_count_of(&s->answer, "one: no memory is left for the list");
        n_good += rig_count_of(&s->answer, "{\"one\":[1,1]}");
    }
    assert_in_range(n_good, 1, 40);
    assert_in_range(n_failed, LENGTH / 500, 40);
    shop_set_arena(s, 1 << 20);
    free(list);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(elements_are_called_as_they_stand),
        TEST(what_is_wrong_with_a_list_is_told),
        TEST(a_batch_that_cannot_be_asked_for_fails),
        TEST(a_list_that_is_not_there_is_its_sources_fault),
        TEST(what_a_stale_answer_lacks_is_not_its_sources_fault),
        TEST(a_list_of_more_than_64_brings_its_room),
        TEST(no_more_than_the_memory_that_is_left),
        TEST(texts_with_escapes_need_room),
        TEST(calls_of_all_lists_count_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
