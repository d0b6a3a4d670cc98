/* span_test.c - spans and batches as a collector reads them */
#include <jansson.h>
#include <stdlib.h>

#include "../unit.h"
#include "observe/span.h"

static const char trace[] = "0af7651916cd43dd8448eb211c80319c", id[] = "b7ad6b7169203331",
                  parent[] = "00f067aa0ba902b7";

static struct span attempt(void)
{
    return (struct span){
        .trace = trace,
        .id = id,
        .parent = parent,
        .name = SLICE("GET"),
        .object = SLICE("catalog"),
        .kind = SPAN_CLIENT,
        .start_ns = 1714564800123456789,
        .end_ns = 1714564800223456789,
        .method = SLICE("GET"),
        .service = SLICE("catalog"),
        .host = SLICE("127.0.0.1"),
        .port = 9001,
        .status = 503,
        .error = "status",
    };
}

static void a_span_is_written_as_otlp_has_it(void **state)
{
    (void)state;
    char line[SPAN_LINE_MAX + 1];
    struct span s = attempt();
    line[span_write(line, &s)] = '\0';
    assert_string_equal(
        line, "{\"traceId\":\"0af7651916cd43dd8448eb211c80319c\",\"spanId\":\"b7ad6b7169203331\","
              "\"parentSpanId\":\"00f067aa0ba902b7\",\"name\":\"GET catalog\",\"kind\":3,"
              "\"startTimeUnixNano\":\"1714564800123456789\","
              "\"endTimeUnixNano\":\"1714564800223456789\",\"attributes\":["
              "{\"key\":\"http.request.method\",\"value\":{\"stringValue\":\"GET\"}},"
              "{\"key\":\"http.response.status_code\",\"value\":{\"intValue\":\"503\"}},"
              "{\"key\":\"peer.service\",\"value\":{\"stringValue\":\"catalog\"}},"
              "{\"key\":\"server.address\",\"value\":{\"stringValue\":\"127.0.0.1\"}},"
              "{\"key\":\"server.port\",\"value\":{\"intValue\":\"9001\"}},"
              "{\"key\":\"error.type\",\"value\":{\"stringValue\":\"status\"}}],"
              "\"status\":{\"code\":2}}\n");
}

static json_t *read(const char *text, size_t n)
{
    json_t *parsed = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(parsed);
    return parsed;
}

static void a_span_may_have_next_to_nothing(void **state)
{
    (void)state;
    char line[SPAN_LINE_MAX];
    const struct span s = {.trace = trace, .id = id, .kind = SPAN_SERVER, .is_cancelled = true};
    json_t *parsed = read(line, span_write(line, &s));
    assert_null(json_object_get(parsed, "parentSpanId"));
    assert_int_equal(json_array_size(json_object_get(parsed, "attributes")), 1);
    assert_int_equal(json_object_size(json_object_get(parsed, "status")), 0);
    json_decref(parsed);
}

static void hostile_and_long_texts_keep_to_a_line(void **state)
{
    (void)state;
    char text[4096];
    const char bytes[] = "\"\\\n\x01\xffz";
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = bytes[i % (sizeof bytes - 1)];
    const struct slice all = {text, sizeof text};
    struct span s = attempt();
    s.name = s.object = s.method = s.route = s.service = s.host = all;
    s.start_ns = s.end_ns = UINT64_MAX;
    s.port = s.status = s.attempts = UINT32_MAX;
    s.cache = "revalidated";
    s.is_cancelled = true;
    char *line = malloc(SPAN_LINE_MAX);
    size_t n = span_write(line, &s);
    assert_in_range(n, 1, SPAN_LINE_MAX);
    assert_ptr_equal(memchr(line, '\n', n), line + n - 1);
    json_decref(read(line, n));
    free(line);
}

static void a_batch_has_all_its_lines(void **state)
{
    (void)state;
    char lines[3 * SPAN_LINE_MAX];
    size_t n = 0;
    struct span s = attempt();
    struct buffer out;
    buffer_init(&out, 64 * 1024);
    for (unsigned i = 0; i < 3; i++)
        n += span_write(lines + n, &s);
    assert_true(span_write_batch(&out, SLICE("a \"shop\""), (struct slice){lines, n}));
    json_t *parsed = read(out.at, out.n);
    json_t *one = json_array_get(json_object_get(parsed, "resourceSpans"), 0);
    json_t *scope = json_array_get(json_object_get(one, "scopeSpans"), 0);
    assert_int_equal(json_array_size(json_object_get(scope, "spans")), 3);
    json_t *name =
        json_array_get(json_object_get(json_object_get(one, "resource"), "attributes"), 0);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(name, "value"), "stringValue")),
        "a \"shop\"");
    json_decref(parsed);
    buffer_done(&out);
}

static void a_batch_has_a_bound(void **state)
{
    (void)state;
    char lines[2 * SPAN_LINE_MAX];
    struct span s = attempt();
    struct buffer out;
    buffer_init(&out, 512);
    size_t n = span_write(lines, &s);
    assert_false(span_write_batch(&out, SLICE("sheaf"), (struct slice){lines, n}));
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_span_is_written_as_otlp_has_it),
        cmocka_unit_test(a_span_may_have_next_to_nothing),
        cmocka_unit_test(hostile_and_long_texts_keep_to_a_line),
        cmocka_unit_test(a_batch_has_all_its_lines),
        cmocka_unit_test(a_batch_has_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
