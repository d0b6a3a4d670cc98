/* service_format_test.c - what bodies become by a source's format and their Content-Type */
#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"

#define INVALID(detail) OUTCOME_INVALID, detail
#define MEDIA "the answer's media type is neither JSON, XML nor plain text"
#define CHARSET "the answer's charset is neither UTF-8 nor ISO-8859-1"

struct format_case {
    enum config_format format;
    const char *type; /* the Content-Type; NULL: none */
    struct slice body;
    enum outcome_kind kind;
    const char *text; /* the value, or the detail */
};

#define BODY(literal) SLICE_INIT(literal)

static const struct format_case cases[] = {
    /* By Content-Type. */
    {CONFIG_FORMAT_BY_TYPE, NULL, BODY(" [1.50] "), OUTCOME_OK, "[1.50]"},
    {CONFIG_FORMAT_BY_TYPE, "", BODY("{}"), OUTCOME_OK, "{}"},
    {CONFIG_FORMAT_BY_TYPE, "application/json", BODY("{}"), OUTCOME_OK, "{}"},
    {CONFIG_FORMAT_BY_TYPE, "application/hal+json", BODY("{}"), OUTCOME_OK, "{}"},
    {CONFIG_FORMAT_BY_TYPE, "application/xml", BODY("<a>1</a>"), OUTCOME_OK, "{\"a\":\"1\"}"},
    {CONFIG_FORMAT_BY_TYPE, "text/xml", BODY("<a/>\r\n"), OUTCOME_OK, "{\"a\":\"\"}"},
    {CONFIG_FORMAT_BY_TYPE, "application/atom+xml", BODY("<a/>"), OUTCOME_OK, "{\"a\":\"\"}"},
    {CONFIG_FORMAT_BY_TYPE, "text/plain", BODY("{}"), OUTCOME_OK, "\"{}\""},
    {CONFIG_FORMAT_BY_TYPE, "text/html", BODY("{}"), INVALID(MEDIA)},
    {CONFIG_FORMAT_BY_TYPE, "text/csv", BODY("1"), INVALID(MEDIA)},
    {CONFIG_FORMAT_BY_TYPE, "application/octet-stream", BODY("1"), INVALID(MEDIA)},
    {CONFIG_FORMAT_BY_TYPE, "application/xml", BODY("{}"),
     INVALID("the answer is not XML: line 1: not well-formed (invalid token)")},
    {CONFIG_FORMAT_BY_TYPE, "application/json", BODY("<a/>"), INVALID("the answer is not JSON")},

    /* The source says. */
    {CONFIG_FORMAT_JSON, "text/html", BODY("{}"), OUTCOME_OK, "{}"},
    {CONFIG_FORMAT_JSON, "text/plain", BODY("x"), INVALID("the answer is not JSON")},
    {CONFIG_FORMAT_XML, "application/json", BODY("<a/>"), OUTCOME_OK, "{\"a\":\"\"}"},
    {CONFIG_FORMAT_XML, NULL, BODY(" "),
     INVALID("the answer is not XML: line 1: no element found")},
    {CONFIG_FORMAT_TEXT, "application/json", BODY("{\"a\":1}\n"), OUTCOME_OK,
     "\"{\\\"a\\\":1}\\n\""},
    {CONFIG_FORMAT_TEXT, NULL, BODY(" \t"), OUTCOME_OK, "\" \\t\""},
    {CONFIG_FORMAT_TEXT, NULL, BODY("\0\x1f/\xe2\x82\xac"), OUTCOME_OK,
     "\"\\u0000\\u001f/\xe2\x82\xac\""},
    {CONFIG_FORMAT_TEXT, NULL, BODY("a\xff"), INVALID("the answer is not UTF-8")},
    {CONFIG_FORMAT_TEXT, NULL, BODY("a\xe2\x82"), INVALID("the answer is not UTF-8")},
    {CONFIG_FORMAT_BASE64, "image/png", BODY("\x89PNG\0"), OUTCOME_OK, "\"iVBORwA=\""},
    {CONFIG_FORMAT_BASE64, "application/json", BODY("{}"), OUTCOME_OK, "\"e30=\""},
    {CONFIG_FORMAT_BASE64, NULL, BODY(" "), OUTCOME_OK, "\"IA==\""},

    /* Charsets. */
    {CONFIG_FORMAT_BY_TYPE, "application/json; charset=utf-8", BODY("\"\xc3\xa9\""), OUTCOME_OK,
     "\"\xc3\xa9\""},
    {CONFIG_FORMAT_BY_TYPE, "application/json; charset=us-ascii", BODY("\"e\""), OUTCOME_OK,
     "\"e\""},
    {CONFIG_FORMAT_BY_TYPE, "application/json; charset=ISO-8859-1", BODY("\"\xe9\xff\x80\""),
     OUTCOME_OK, "\"\xc3\xa9\xc3\xbf\xc2\x80\""},
    {CONFIG_FORMAT_BY_TYPE, "application/json; charset=latin1", BODY(" 1 "), OUTCOME_OK, "1"},
    {CONFIG_FORMAT_BY_TYPE, "application/json", BODY("\"\xe9\""),
     INVALID("the answer is not JSON")},
    {CONFIG_FORMAT_BY_TYPE, "application/json; charset=utf-16", BODY("1"), INVALID(CHARSET)},
    {CONFIG_FORMAT_JSON, "text/html; charset=windows-1252", BODY("1"), INVALID(CHARSET)},
    {CONFIG_FORMAT_BY_TYPE, "text/plain; charset=iso-8859-1", BODY("caf\xe9"), OUTCOME_OK,
     "\"caf\xc3\xa9\""},
    {CONFIG_FORMAT_BY_TYPE, "text/plain; charset=koi8-r", BODY("x"), INVALID(CHARSET)},
    {CONFIG_FORMAT_BY_TYPE, "application/xml; charset=iso-8859-1", BODY("<a>\xe9</a>"), OUTCOME_OK,
     "{\"a\":\"\xc3\xa9\"}"},
    {CONFIG_FORMAT_BY_TYPE, "application/xml; charset=utf-8",
     BODY("<?xml version='1.0' encoding='iso-8859-1'?><a>\xc3\xa9</a>"), OUTCOME_OK,
     "{\"a\":\"\xc3\xa9\"}"},
    {CONFIG_FORMAT_BY_TYPE, "application/xml",
     BODY("<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9</a>"), OUTCOME_OK,
     "{\"a\":\"\xc3\xa9\"}"},
    {CONFIG_FORMAT_BY_TYPE, "text/xml; charset=utf-16", BODY("<a/>"), INVALID(CHARSET)},
    {CONFIG_FORMAT_BASE64, "text/plain; charset=koi8-r", BODY("\xc1"), OUTCOME_OK, "\"wQ==\""},

    /* Bounds; the depth of the fixture is 8. */
    {CONFIG_FORMAT_XML, NULL, BODY("<a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a>"),
     INVALID("the answer is nested deeper than 8")},
    {CONFIG_FORMAT_XML, NULL, BODY("<!DOCTYPE a><a/>"),
     INVALID("the answer is not XML: line 1: a DOCTYPE is not accepted")},

    /* No bytes are null, whatever they were to be. */
    {CONFIG_FORMAT_BY_TYPE, "text/html", BODY(""), OUTCOME_OK, "null"},
    {CONFIG_FORMAT_XML, NULL, BODY(""), OUTCOME_OK, "null"},
    {CONFIG_FORMAT_TEXT, NULL, BODY(""), OUTCOME_OK, "null"},
    {CONFIG_FORMAT_BASE64, NULL, BODY(""), OUTCOME_OK, "null"},
};

static void serve(struct fixture *f, const char *status, const char *type, struct slice body)
{
    char head[256];
    snprintf(head, sizeof head, "HTTP/1.1 %s\r\n%s%s%sContent-Length: %zu\r\n\r\n", status,
             type ? "Content-Type: " : "", type ? type : "", type ? "\r\n" : "", body.n);
    fixture_begin(f);
    fixture_say(f, slice_of(head));
    fixture_say(f, body);
    fixture_await(f);
}

static void a_body_becomes_what_its_format_says(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct format_case *c = &cases[i];
        f->request.format = c->format;
        serve(f, "200 OK", c->type, c->body);
        if (f->outcome.kind != c->kind)
            print_error("%zu: %s\n", i, c->text);
        if (c->kind == OUTCOME_OK)
            fixture_expect_value(f, c->text);
        else
            fixture_expect_failure(f, c->kind, c->text);
    }
}

static void content_types_that_disagree_are_refused(void **state)
{
    struct fixture *f = *state;
    fixture_serve(f, FIXTURE_OK "Content-Type: application/json\r\nContent-Type: text/html\r\n"
                                "Content-Length: 2\r\n\r\n{}");
    fixture_expect_failure(f, OUTCOME_INVALID, MEDIA);
    fixture_serve(f, FIXTURE_OK "Content-Type: application/json\r\nContent-Type: text/a+json\r\n"
                                "Content-Length: 2\r\n\r\n{}");
    fixture_expect_value(f, "{}");
    f->request.format = CONFIG_FORMAT_JSON;
    fixture_serve(f, FIXTURE_OK "Content-Type: application/json\r\nContent-Type: text/html\r\n"
                                "Content-Length: 2\r\n\r\n{}");
    fixture_expect_failure(f, OUTCOME_INVALID, CHARSET);
}

static void a_failure_is_passed_on_as_json_alone(void **state)
{
    static const unsigned statuses[] = {409};
    struct fixture *f = *state;
    f->request.passed = (struct service_passed){statuses, 1};
    f->request.format = CONFIG_FORMAT_XML;
    serve(f, "409 Conflict", "application/json", SLICE("{\"a\":1}"));
    assert_int_equal(f->outcome.kind, OUTCOME_STATUS);
    assert_true(slice_equal(f->outcome.value, SLICE("{\"a\":1}")));
    static const char *const others[] = {"application/xml", "text/plain", "text/html",
                                         "application/json; charset=utf-16"};
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
        serve(f, "409 Conflict", others[i], SLICE("<a/>"));
        fixture_expect_failure(f, OUTCOME_STATUS, "answered 409");
    }
}

/* Everything that is kept beyond the arena's share is counted, and goes back. */
static void large_values_lie_in_a_blob(void **state)
{
    static const struct {
        enum config_format format;
        const char *type;
        size_t n;
    } large[] = {
        {CONFIG_FORMAT_TEXT, NULL, 100000 + 2},
        {CONFIG_FORMAT_TEXT, "text/plain; charset=latin1", 200000 + 2},
        {CONFIG_FORMAT_BASE64, NULL, 133336 + 2},
    };
    struct fixture *f = *state;
    char *body = malloc(100000);
    assert_non_null(body);
    for (unsigned i = 0; i < sizeof large / sizeof *large; i++) {
        bool is_latin1 = large[i].type;
        memset(body, is_latin1 ? 0xe9 : 'a', 100000);
        f->request.format = large[i].format;
        serve(f, "200 OK", large[i].type, (struct slice){body, 100000});
        assert_int_equal(f->outcome.kind, OUTCOME_OK);
        assert_int_equal(f->outcome.value.n, large[i].n);
        assert_non_null(f->outcome.blob);
        assert_ptr_equal(f->outcome.value.at, f->outcome.blob->at);
        assert_in_range(f->rig.n_held, large[i].n, large[i].n + large[i].n / 3);
        fixture_drop(f);
        assert_int_equal(f->rig.n_held, 0);
    }
    free(body);
}

static char *many_elements(size_t n)
{
    char *xml = malloc(n * 4 + 8);
    assert_non_null(xml);
    memcpy(xml, "<a>", 3);
    for (size_t i = 0; i < n; i++)
        memcpy(xml + 3 + i * 4, "<b/>", 4);
    memcpy(xml + 3 + n * 4, "</a>", 5);
    return xml;
}

static void xml_is_bounded_as_json_too(void **state)
{
    struct fixture *f = *state;
    f->request.format = CONFIG_FORMAT_XML;
    f->bounds.response_body = 60000;
    char *xml = many_elements(14000);
    serve(f, "200 OK", NULL, slice_of(xml));
    fixture_expect_failure(f, OUTCOME_TOO_LARGE, "the answer is too large as JSON");
    assert_int_equal(f->rig.n_held, 0);
    f->bounds.response_body = 1 << 20;
    serve(f, "200 OK", NULL, slice_of(xml));
    assert_int_equal(f->outcome.kind, OUTCOME_OK);
    assert_int_equal(f->outcome.value.n, strlen("{\"a\":{\"b\":[]}}") + 14000 * 3 - 1);
    free(xml);
}

static void no_memory_is_told_as_such(void **state)
{
    static const enum config_format formats[] = {CONFIG_FORMAT_TEXT, CONFIG_FORMAT_BASE64};
    struct fixture *f = *state;
    char *body = malloc(50000);
    assert_non_null(body);
    memset(body, 'a', 50000);
    f->bounds.memory = 80000;
    for (unsigned i = 0; i < 2; i++) {
        f->request.format = formats[i];
        serve(f, "200 OK", NULL, (struct slice){body, 50000});
        fixture_expect_failure(f, OUTCOME_OVERLOADED, "no memory is left for the answer");
        assert_int_equal(f->rig.n_held, 0);
    }
    free(body);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_body_becomes_what_its_format_says),  TEST(content_types_that_disagree_are_refused),
        TEST(a_failure_is_passed_on_as_json_alone), TEST(large_values_lie_in_a_blob),
        TEST(xml_is_bounded_as_json_too),           TEST(no_memory_is_told_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
