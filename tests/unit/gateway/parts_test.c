/* parts_test.c - which part is next, where it stands, and what it says of failures */
#include <stdio.h>
#include <stdlib.h>

#include "shop.h"

static const char shop_yaml[] =
    "listen: 127.0.0.1:8080\n"
    "services: {s0: \"http://127.0.0.1:@0\", s1: \"http://127.0.0.1:@1\", s2: "
    "\"http://127.0.0.1:@2\"}\n"
    "endpoints:\n"
    "  - path: /flat\n"
    "    sources:\n"
    "      a: {get: \"s0:/\", required: true}\n"
    "      b: {get: \"s1:/\", fallback: {n: 1}}\n"
    "      c: {get: \"s2:/\"}\n"
    "  - path: /text\n"
    "    errors: text\n"
    "    sources:\n"
    "      a: {get: \"s0:/\"}\n"
    "  - path: /nested\n"
    "    sources:\n"
    "      a: {get: \"s0:/\"}\n"
    "      b: {get: \"s1:/\", into: a.x.b}\n"
    "      c: {get: \"s2:/\", into: m.c}\n"
    "  - path: /must\n"
    "    first: []\n"
    "    sources:\n"
    "      a: {get: \"s0:/\"}\n"
    "      b: {get: \"s1:/\", into: a.b, required: true}\n"
    "  - path: /first\n"
    "    first: [b]\n"
    "    sources:\n"
    "      a: {get: \"s0:/\"}\n"
    "      b: {get: \"s1:/\", into: a.b}\n"
    "      c: {get: \"s2:/\"}\n"
    "  - path: /joined\n"
    "    sources:\n"
    "      a: {get: \"s0:/\", into: .}\n"
    "      b: {get: \"s1:/\", into: m.b}\n"
    "      c: {get: \"s2:/\", into: .}\n"
    "  - path: /taken\n"
    "    sources:\n"
    "      a: {get: \"s0:/\", into: .}\n"
    "      b: {get: \"s1:/\"}\n"
    "      c: {get: \"s2:/\", into: b.c}\n"
    "  - path: /hidden\n"
    "    sources:\n"
    "      a: {get: \"s0:/\", hide: true}\n"
    "      b: {get: \"s1:/{a.id}\"}\n"
    "      c: {get: \"s2:/\", when: a.id == 2}\n"
    "  - path: /list\n"
    "    sources:\n"
    "      a: {get: \"s0:/\", hide: true}\n"
    "      b: {each: a, get: \"s1:/{item}\", parallel: 1, stream: items, into: m.b}\n"
    "      c: {get: \"s2:/\"}\n"
    "  - path: /gated\n"
    "    first: []\n"
    "    sources:\n"
    "      a: {get: \"s0:/\", hide: true}\n"
    "      b: {each: a, get: \"s1:/{item}\", parallel: 1, stream: items}\n"
    "      c: {get: \"s2:/\", required: true}\n"
    "  - path: /whole\n"
    "    sources:\n"
    "      a: {get: \"s0:/\", hide: true}\n"
    "      b: {each: a, get: \"s1:/{item}\", parallel: 1}\n"
    "  - path: /batch\n"
    "    sources:\n"
    "      a: {get: \"s0:/\", hide: true}\n"
    "      b: {each: a, batch: ids, get: \"s1:/{?ids}\", by: id, stream: items}\n"
    "  - path: /stale\n"
    "    first: [a]\n"
    "    sources:\n"
    "      a: {get: \"s0:/\", cache: 60s}\n"
    "      b: {get: \"s1:/\", cache: 60s}\n"
    "      c: {get: \"s2:/\", cache: 60s, hide: true}\n"
    "  - path: /stale-list\n"
    "    first: []\n"
    "    sources:\n"
    "      a: {get: \"s0:/list\", hide: true}\n"
    "      b: {each: a, get: \"s1:/{item}\", parallel: 1, stream: items, cache: 60s}\n"
    "      c: {get: \"s2:/list\", required: true}\n"
    "  - path: /lost\n"
    "    sources:\n"
    "      a: {get: \"s0:/\", hide: true}\n"
    "      c: {get: \"s2:/\", into: .}\n"
    "      b: {each: a, get: \"s1:/{item}\", parallel: 1, stream: items}\n";

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

/* What the chunks of a body have said so far; is_over: the last one too. */
static char *read_chunks(const char *at, bool *is_over)
{
    static char text[1 << 16];
    size_t n = 0;
    *is_over = false;
    while (strstr(at, "\r\n")) {
        size_t size = strtoul(at, NULL, 16);
        at = strstr(at, "\r\n") + 2;
        *is_over |= size == 0;
        if (size == 0 || strlen(at) < size + 2)
            break;
        assert_true(n + size < sizeof text);
        memcpy(text + n, at, size);
        n += size;
        at += size + 2;
    }
    text[n] = '\0';
    return text;
}

/* Turns until the parts so far are these. */
static void expect(struct shop *s, const char *wanted, bool is_over)
{
    const char *text = "";
    bool has_ended = false;
    rig_begin(&s->rig);
    while (strlen(text) < strlen(wanted) || has_ended != is_over) {
        rig_go_on(&s->rig, wanted);
        rig_read(s->client, &s->answer);
        const char *body = strstr(s->answer.at, "\r\n\r\n");
        text = body ? read_chunks(body + 4, &has_ended) : "";
    }
    assert_string_equal(text, wanted);
}

static void expect_whole(struct shop *s, const char *wanted)
{
    expect(s, wanted, true);
    rig_turns(&s->rig, 3);
    assert_int_equal(s->rig.n_held, 0);
}

#define LINES "application/x-ndjson"
#define INITIAL(data) "{\"event\":\"initial\",\"data\":" data "}\n"
#define PART(source, path, rest)                                                                   \
    "{\"event\":\"part\",\"source\":\"" source "\",\"path\":[" path "],\"value\":" rest "}\n"
#define DONE "{\"event\":\"done\",\"complete\":true}\n"
#define DONE_WITH(errors) "{\"event\":\"done\",\"complete\":false,\"errors\":[" errors "]}\n"
#define ERROR(source, kind, message, more)                                                         \
    "{\"source\":\"" source "\",\"kind\":\"" kind "\",\"message\":\"" source ": " message          \
    "\"" more "}"

static void parts_come_as_they_become_known(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/flat", LINES);
    shop_serve(s, 2, "3.0");
    assert_true(shop_is_silent(s, 3));
    shop_serve(s, 0, "{\"id\":1}");
    expect(s, INITIAL("{\"a\":{\"id\":1}}") PART("c", "\"c\"", "3.0"), false);
    shop_hear(s, 1);
    shop_say(s, 1, SHOP_STATUS("500 No"));
#define NO ERROR("b", "status", "answered 500", ",\"status\":500")
    expect_whole(s, INITIAL("{\"a\":{\"id\":1}}") PART("c", "\"c\"", "3.0")
                        PART("b", "\"b\"", "{\"n\":1},\"error\":" NO) DONE_WITH(NO));
#undef NO
}

static void errors_may_be_texts(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/text", LINES);
    shop_hear(s, 0);
    shop_say(s, 0, SHOP_STATUS("500 No"));
    expect_whole(s, INITIAL("{}") PART("a", "\"a\"", "null,\"error\":\"a: answered 500\"")
                        DONE_WITH("\"a: answered 500\""));
}

static void line_breaks_become_spaces(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/text", LINES);
    shop_serve(s, 0, "{\r\n\"a\":\n[1,\r2]}\n");
    expect_whole(s, INITIAL("{}") PART("a", "\"a\"", "{  \"a\": [1, 2]}") DONE);
}

static void a_part_waits_for_what_it_lies_in(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/nested", LINES);
    shop_serve(s, 1, "2");
    shop_serve(s, 2, "3");
    expect(s, INITIAL("{}") PART("c", "\"m\",\"c\"", "3"), false);
    shop_serve(s, 0, "{\"x\":{\"y\":1}}");
    expect_whole(s,
                 INITIAL("{}") PART("c", "\"m\",\"c\"", "3") PART("a", "\"a\"", "{\"x\":{\"y\":1}}")
                     PART("b", "\"a\",\"x\",\"b\"", "2") DONE);
}

/* a.x is no object, then a itself is none. */
static void what_has_no_object_to_lie_in_has_no_part(void **state)
{
    static const char *const hosts[] = {"{\"x\":1}", "[]"}, *const places[] = {"a.x", "a"};
    struct shop *s = *state;
    for (unsigned i = 0; i < 2; i++) {
        char wanted[1024];
        shop_ask_for(s, "/nested", LINES);
        shop_serve(s, 2, "3");
        shop_serve(s, 1, "2");
        expect(s, INITIAL("{}") PART("c", "\"m\",\"c\"", "3"), false);
        shop_serve(s, 0, hosts[i]);
        snprintf(wanted, sizeof wanted,
                 INITIAL("{}") PART("c", "\"m\",\"c\"", "3") PART("a", "\"a\"", "%s")
                     DONE_WITH(ERROR("b", "missing", "%s is no object", ",\"status\":200")),
                 hosts[i], places[i]);
        expect_whole(s, wanted);
    }
}

static void a_required_one_without_a_place_ends_it(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/must", LINES);
    shop_serve(s, 1, "2");
    shop_serve(s, 0, "[]");
    expect_whole(s, INITIAL("{}") PART("a", "\"a\"", "[]")
                        DONE_WITH(ERROR("b", "missing", "a is no object", ",\"status\":200")));
}

static void the_first_part_has_what_its_sources_lie_in(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/first", LINES);
    shop_serve(s, 1, "2");
    shop_serve(s, 2, "3");
    shop_serve(s, 0, "{\"id\":1}");
    expect_whole(s, INITIAL("{\"a\":{\"id\":1,\"b\":2}}") PART("c", "\"c\"", "3") DONE);
}

static void the_first_part_ends_with_its_errors(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/first", LINES);
    shop_serve(s, 1, "2");
    shop_serve(s, 0, "1");
#define NO ERROR("b", "missing", "a is no object", ",\"status\":200")
    expect(s, INITIAL("{\"a\":1,\"errors\":[" NO "]}"), false);
    shop_serve(s, 2, "3");
    expect_whole(s, INITIAL("{\"a\":1,\"errors\":[" NO "]}") PART("c", "\"c\"", "3") DONE_WITH(NO));
#undef NO
}

/* Of equal names the earlier declared source's counts, whatever came first. */
static void members_join_and_the_earlier_declared_name_counts(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/joined", LINES);
    shop_serve(s, 2, "{\"x\":3,\"m\":4,\"z\":5,\"errors\":6}");
    expect(s, INITIAL("{}") PART("c", "", "{\"x\":3,\"m\":4,\"z\":5}"), false);
    shop_serve(s, 1, "2");
    expect(s,
           INITIAL("{}") PART("c", "", "{\"x\":3,\"m\":4,\"z\":5}") PART("b", "\"m\"", "{\"b\":2}"),
           false);
    shop_serve(s, 0, "{\"x\":1,\"m\":7}");
    expect_whole(s, INITIAL("{}") PART("c", "", "{\"x\":3,\"m\":4,\"z\":5}")
                        PART("b", "\"m\"", "{\"b\":2}") PART("a", "", "{\"x\":1,\"m\":7}") DONE);
    shop_ask_for(s, "/joined", LINES);
    shop_serve(s, 0, "{\"m\":7,\"x\":1}");
    expect(s, INITIAL("{}") PART("a", "", "{\"m\":7,\"x\":1}"), false);
    shop_serve(s, 1, "2");
    shop_serve(s, 2, "{\"x\":3,\"m\":4}");
    expect_whole(s, INITIAL("{}") PART("a", "", "{\"m\":7,\"x\":1}") PART("c", "", "{}") DONE);
}

static void what_loses_its_name_is_not_missed(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/taken", LINES);
    shop_serve(s, 1, "[2]");
    shop_serve(s, 2, "3");
    expect(s, INITIAL("{}") PART("b", "\"b\"", "[2]"), false);
    shop_serve(s, 0, "{\"b\":1}");
    expect_whole(s, INITIAL("{}") PART("b", "\"b\"", "[2]") PART("a", "", "{\"b\":1}") DONE);
    shop_ask_for(s, "/taken", LINES);
    shop_serve(s, 1, "[2]");
    shop_serve(s, 2, "3");
    shop_serve(s, 0, "{\"d\":1}");
    expect_whole(s, INITIAL("{}") PART("b", "\"b\"", "[2]") PART("a", "", "{\"d\":1}")
                        DONE_WITH(ERROR("c", "missing", "b is no object", ",\"status\":200")));
}

static void hidden_and_skipped_ones_have_none(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/hidden", LINES);
    shop_serve(s, 0, "{\"id\":1}");
    shop_serve(s, 1, "2");
    expect_whole(s, INITIAL("{}") PART("b", "\"b\"", "2") DONE);
}

#define ELEMENT(i, rest) PART("b", "\"m\",\"b\"," i, rest)
#define LIST PART("b", "\"m\",\"b\"", "[null,null,null,null]")
#define NO_ITEM ERROR("b", "dependency", "item is null", ",\"path\":[\"m\",\"b\",1]")

static void elements_come_behind_the_array_that_they_stand_in(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/list", LINES);
    shop_serve(s, 0, "[1,null,1,2]");
    expect(s, INITIAL("{}") LIST, false);
    shop_serve(s, 1, "{\n\"n\":1.0}");
#define SO_FAR                                                                                     \
    INITIAL("{}")                                                                                  \
    LIST ELEMENT("0", "{ \"n\":1.0}") ELEMENT("2", "{ \"n\":1.0}")                                 \
        ELEMENT("1", "null,\"error\":" NO_ITEM)
    expect(s, SO_FAR, false);
    shop_serve(s, 2, "3");
    expect(s, SO_FAR PART("c", "\"c\"", "3"), false);
    shop_serve(s, 1, "2");
    expect_whole(s, SO_FAR PART("c", "\"c\"", "3") ELEMENT("3", "2") DONE_WITH(NO_ITEM));
#undef SO_FAR
}

/* Elements that nobody looked at have not failed yet. */
static void a_list_that_is_interrupted_tells_of_what_was_known(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/gated", LINES);
    shop_serve(s, 0, "[1,2,null]");
    shop_hear(s, 1);
    shop_say(s, 1, SHOP_STATUS("500 No"));
#define NO ERROR("b", "status", "answered 500", ",\"status\":500,\"path\":[\"b\",0]")
#define NO_GATE ERROR("c", "status", "answered 500", ",\"status\":500")
#define SO_FAR                                                                                     \
    INITIAL("{}")                                                                                  \
    PART("b", "\"b\"", "[null,null,null]") PART("b", "\"b\",0", "null,\"error\":" NO)
    expect(s, SO_FAR, false);
    shop_hear(s, 1);
    shop_hear(s, 2);
    shop_say(s, 2, SHOP_STATUS("500 No"));
    expect_whole(s, SO_FAR PART("c", "\"c\"", "null,\"error\":" NO_GATE) DONE_WITH(NO "," NO_GATE));
#undef NO
#undef NO_GATE
#undef SO_FAR
    shop_await_hangup(s, 1);
}

static void an_empty_list_and_one_that_is_none_are_one_part(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/list?fields=m", LINES);
    shop_serve(s, 0, "[]");
    expect_whole(s, INITIAL("{}") PART("b", "\"m\",\"b\"", "[]") DONE);
    shop_ask_for(s, "/list?fields=m", LINES);
    shop_serve(s, 0, "7");
#define NO ERROR("b", "dependency", "a is no array", "")
    expect_whole(s, INITIAL("{}") PART("b", "\"m\",\"b\"", "null,\"error\":" NO) DONE_WITH(NO));
#undef NO
}

static void without_streaming_it_is_one_part_with_its_errors(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/whole", LINES);
    shop_serve(s, 0, "[1,null]");
    shop_serve(s, 1, "1");
#define NO ERROR("b", "dependency", "item is null", ",\"path\":[\"b\",1]")
    expect_whole(s, INITIAL("{}") PART("b", "\"b\"", "[1,null],\"errors\":[" NO "]") DONE_WITH(NO));
#undef NO
}

static void line_breaks_of_elements_become_spaces(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/whole", LINES);
    shop_serve(s, 0, "[1,2]");
    shop_serve(s, 1, "{\n\"n\":1}");
    shop_serve(s, 1, "[\n2]");
    expect_whole(s, INITIAL("{}") PART("b", "\"b\"", "[{ \"n\":1},[ 2]]") DONE);
}

static void a_batch_begins_with_its_answer(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/batch", LINES);
    shop_serve(s, 0, "[1,2]");
    shop_hear(s, 1);
    expect(s, INITIAL("{}"), false);
    shop_serve(s, 1, "[{\"id\":2}]");
#define NO ERROR("b", "missing", "the answer has nothing for this element", ",\"path\":[\"b\",0]")
    expect_whole(s, INITIAL("{}") PART("b", "\"b\"", "[null,null]")
                        PART("b", "\"b\",0", "null,\"error\":" NO)
                            PART("b", "\"b\",1", "{\"id\":2}") DONE_WITH(NO));
#undef NO
    shop_ask_for(s, "/batch", LINES);
    shop_serve(s, 0, "[1,2]");
    shop_serve(s, 1, "{}");
#define NO ERROR("b", "invalid", "the answer is no array", ",\"status\":200")
    expect_whole(s, INITIAL("{}") PART("b", "\"b\"", "null,\"error\":" NO) DONE_WITH(NO));
#undef NO
}

static void elements_of_a_list_that_lost_its_name_are_not_told(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/lost", LINES);
    shop_serve(s, 0, "[1,2]");
    shop_serve(s, 1, "1");
    shop_hear(s, 1);
#define SO_FAR INITIAL("{}") PART("b", "\"b\"", "[null,null]") PART("b", "\"b\",0", "1")
    expect(s, SO_FAR, false);
    shop_serve(s, 2, "{\"b\":\"mine\"}");
    expect(s, SO_FAR PART("c", "", "{\"b\":\"mine\"}"), false);
    shop_serve(s, 1, "2");
    expect_whole(s, SO_FAR PART("c", "", "{\"b\":\"mine\"}") DONE);
#undef SO_FAR
}

/* Kept, and good for a failure alone. */
static void serve_old(struct shop *s, unsigned service)
{
    shop_hear(s, service);
    shop_say(s, service,
             "HTTP/1.1 200 OK\r\nCache-Control: max-age=0, stale-if-error=60\r\n"
             "Content-Type: application/json\r\nContent-Length: 1\r\n\r\n7");
}

static void fail_to_serve(struct shop *s, unsigned service)
{
    shop_hear(s, service);
    shop_say(s, service, SHOP_STATUS("500 No"));
}

#define NO(source) ERROR(source, "status", "answered 500", ",\"status\":500")
#define OLD_FIRST INITIAL("{\"a\":7,\"errors\":[" NO("a") "]}")
#define OLD_PART PART("b", "\"b\"", "7,\"stale\":true,\"error\":" NO("b"))

/* In its part, and all together at the end, in declared order. */
static void what_is_stale_is_told(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/stale", LINES);
    serve_old(s, 2);
    serve_old(s, 1);
    serve_old(s, 0);
    expect_whole(s, INITIAL("{\"a\":7}") PART("b", "\"b\"", "7") DONE);
    shop_ask_for(s, "/stale", LINES);
    fail_to_serve(s, 0);
    expect(s, OLD_FIRST, false);
    fail_to_serve(s, 1);
    expect(s, OLD_FIRST OLD_PART, false);
    fail_to_serve(s, 2);
    expect_whole(s, OLD_FIRST OLD_PART "{\"event\":\"done\",\"complete\":false,\"errors\":[" NO(
                        "a") "," NO("b") "," NO("c") "],\"stale\":[\"a\",\"b\",\"c\"]}\n");
}

#undef NO
#undef OLD_FIRST
#undef OLD_PART

/* Its element was told to be stale, whatever became of the others. */
static void an_interrupted_list_was_stale(void **state)
{
    struct shop *s = *state;
#define LIST_OF_OLD                                                                                \
    INITIAL("{}")                                                                                  \
    PART("b", "\"b\"", "[null,null]") PART("b", "\"b\",0", "7") PART("b", "\"b\",1", "7")
    shop_ask_for(s, "/stale-list", LINES);
    shop_serve(s, 0, "[1,2]");
    serve_old(s, 1);
    serve_old(s, 1);
    expect(s, LIST_OF_OLD, false);
    shop_serve(s, 2, "3");
    expect_whole(s, LIST_OF_OLD PART("c", "\"c\"", "3") DONE);
#undef LIST_OF_OLD
    shop_ask_for(s, "/stale-list", LINES);
    shop_serve(s, 0, "[1,2]");
    fail_to_serve(s, 1);
#define NO ERROR("b", "status", "answered 500", ",\"status\":500,\"path\":[\"b\",0]")
#define NO_GATE ERROR("c", "status", "answered 500", ",\"status\":500")
#define SO_FAR                                                                                     \
    INITIAL("{}")                                                                                  \
    PART("b", "\"b\"", "[null,null]") PART("b", "\"b\",0", "7,\"stale\":true,\"error\":" NO)
    expect(s, SO_FAR, false);
    shop_hear(s, 1);
    fail_to_serve(s, 2);
    expect_whole(s, SO_FAR PART("c", "\"c\"",
                                "null,\"error\":" NO_GATE) "{\"event\":\"done\","
                                                           "\"complete\":false,\"errors\":[" NO
                                                           "," NO_GATE "],\"stale\":[\"b\"]}\n");
#undef NO
#undef NO_GATE
#undef SO_FAR
    shop_await_hangup(s, 1);
}

#define HEAD "Content-Type: application/json; charset=utf-8\r\n\r\n"
#define NEXT "\r\n---\r\n"
#define MERGED(path, data)                                                                         \
    HEAD "{\"incremental\":[{\"path\":[" path "]," data "}],\"hasNext\":true}" NEXT

/* As deep as there are objects already. */
static void data_is_merged_into_what_is_there(void **state)
{
    struct shop *s = *state;
    shop_ask_for(s, "/nested", "multipart/mixed");
    shop_serve(s, 2, "3");
    expect(s,
           NEXT HEAD "{\"data\":{},\"hasNext\":true}" NEXT MERGED("", "\"data\":{\"m\":{\"c\":3}}"),
           false);
    shop_serve(s, 1, "2");
    shop_serve(s, 0, "{\"id\":1}");
    expect_whole(s, NEXT HEAD
                 "{\"data\":{},\"hasNext\":true}" NEXT MERGED("", "\"data\":{\"m\":{\"c\":3}}")
                     MERGED("", "\"data\":{\"a\":{\"id\":1}}")
                         MERGED("\"a\"", "\"data\":{\"x\":{\"b\":2}}") HEAD
                 "{\"hasNext\":false,\"extensions\":{\"complete\":true}}\r\n-----\r\n");
}

/* However little memory an exchange has, what is missing is seen, and nothing is kept. */
static void without_memory_it_is_broken_off(void **state)
{
    struct shop *s = *state;
    unsigned n_whole = 0;
    for (size_t bytes = 2048; bytes < 12 * 1024; bytes += 120) {
        bool is_over = false;
        shop_set_arena(s, bytes);
        shop_connect(s);
        shop_ask_for(s, "/list", LINES);
        for (rig_begin(&s->rig); !is_over;) {
            shop_serve_heard(s, 0, "[1,2]");
            shop_serve_heard(s, 1, "\n\"x\"");
            shop_serve_heard(s, 2, "3");
            rig_go_on(&s->rig, "the end");
            rig_read(s->client, &s->answer);
            is_over = s->answer.is_ended || s->answer.is_reset ||
                      strstr(s->answer.at, "\"status\":503}") || strstr(s->answer.at, "0\r\n\r\n");
        }
        n_whole += strstr(s->answer.at, "complete\":true") != NULL;
        for (unsigned i = 0; i < 3; i++)
            shop_hang_up(s, i);
        rig_turns(&s->rig, 4);
        assert_int_equal(s->rig.n_held, 0);
    }
    assert_true(n_whole > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(parts_come_as_they_become_known),
        TEST(errors_may_be_texts),
        TEST(line_breaks_become_spaces),
        TEST(a_part_waits_for_what_it_lies_in),
        TEST(what_has_no_object_to_lie_in_has_no_part),
        TEST(a_required_one_without_a_place_ends_it),
        TEST(the_first_part_has_what_its_sources_lie_in),
        TEST(the_first_part_ends_with_its_errors),
        TEST(members_join_and_the_earlier_declared_name_counts),
        TEST(what_loses_its_name_is_not_missed),
        TEST(hidden_and_skipped_ones_have_none),
        TEST(elements_come_behind_the_array_that_they_stand_in),
        TEST(a_list_that_is_interrupted_tells_of_what_was_known),
        TEST(an_empty_list_and_one_that_is_none_are_one_part),
        TEST(without_streaming_it_is_one_part_with_its_errors),
        TEST(line_breaks_of_elements_become_spaces),
        TEST(a_batch_begins_with_its_answer),
        TEST(elements_of_a_list_that_lost_its_name_are_not_told),
        TEST(what_is_stale_is_told),
        TEST(an_interrupted_list_was_stale),
        TEST(data_is_merged_into_what_is_there),
        TEST(without_memory_it_is_broken_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
