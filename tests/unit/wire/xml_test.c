/* xml_test.c - documents and what they become; and those that are refused */
#include <jansson.h>
#include <stdlib.h>

#include "../unit.h"
#include "base/check.h"
#include "wire/xml.h"

enum {
    OUT_LIMIT = 1 << 20
};

static const struct xml_bounds usual = {.depth = 64, .tree_bytes = 1 << 20};

static struct xml_result convert(struct slice xml, const char *charset, struct buffer *out)
{
    buffer_init(out, OUT_LIMIT);
    return xml_to_json(xml, slice_of(charset), &usual, out);
}

static void expect(struct slice xml, const char *charset, const char *json)
{
    struct buffer out;
    struct xml_result r = convert(xml, charset, &out);
    if (r.verdict != XML_GOOD || !slice_equal(buffer_slice(&out), slice_of(json)))
        print_error("%.*s\n  is %.*s (%s)\n  not %s\n", SLICE_ARG(xml), SLICE_ARG(out),
                    r.why ? r.why : "good", json);
    assert_int_equal(r.verdict, XML_GOOD);
    assert_true(slice_equal(buffer_slice(&out), slice_of(json)));
    json_t *parsed = json_loadb(out.at, out.n, 0, NULL);
    assert_non_null(parsed);
    json_decref(parsed);
    buffer_done(&out);
}

static void expect_refusal(struct slice xml, const char *charset, enum xml_verdict verdict)
{
    struct buffer out;
    struct xml_result r = convert(xml, charset, &out);
    if (r.verdict != verdict)
        print_error("%.*s\n  is %.*s\n", SLICE_ARG(xml), SLICE_ARG(out));
    assert_int_equal(r.verdict, verdict);
    assert_int_equal(out.n, 0);
    assert_non_null(r.why);
    buffer_done(&out);
}

static void documents_become_json(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        /* An element with text alone is a string, an empty one "". */
        {"<a>x</a>", "{\"a\":\"x\"}"},
        {"<a/>", "{\"a\":\"\"}"},
        {"<a></a>", "{\"a\":\"\"}"},
        {"<a>007</a>", "{\"a\":\"007\"}"},
        /* Attributes and text beside them. */
        {"<a x='1'/>", "{\"a\":{\"@x\":\"1\"}}"},
        {"<a z='1' y='' x='3'>t</a>",
         "{\"a\":{\"@z\":\"1\",\"@y\":\"\",\"@x\":\"3\",\"#text\":\"t\"}}"},
        {"<a x=' 1\n2 '/>", "{\"a\":{\"@x\":\" 1 2 \"}}"},
        /* Children, repeated ones as arrays, in the order of first appearance. */
        {"<a><b>1</b><c>2</c></a>", "{\"a\":{\"b\":\"1\",\"c\":\"2\"}}"},
        {"<a><b>1</b><c>2</c><b>3</b><b/></a>", "{\"a\":{\"b\":[\"1\",\"3\",\"\"],\"c\":\"2\"}}"},
        {"<a><b><b>1</b><b>2</b></b><b x='1'/></a>",
         "{\"a\":{\"b\":[{\"b\":[\"1\",\"2\"]},{\"@x\":\"1\"}]}}"},
        {"<a><a><a>x</a></a></a>", "{\"a\":{\"a\":{\"a\":\"x\"}}}"},
        {"<a><B/><b/></a>", "{\"a\":{\"B\":\"\",\"b\":\"\"}}"},
        /* White space alone is dropped, other text is kept as it is. */
        {"<a>\n  <b> 1 </b>\n\t<c>\r\n</c>\n</a>\n", "{\"a\":{\"b\":\" 1 \",\"c\":\"\"}}"},
        {"<a x='1'> \n </a>", "{\"a\":{\"@x\":\"1\"}}"},
        {"<a>1\r\n2\r3</a>", "{\"a\":\"1\\n2\\n3\"}"},
        /* Mixed text is joined, at the place of the first. */
        {"<p>Hello <b>big</b> world</p>", "{\"p\":{\"#text\":\"Hello  world\",\"b\":\"big\"}}"},
        {"<p><b>big</b> end <i/>of <b/> it</p>",
         "{\"p\":{\"b\":[\"big\",\"\"],\"#text\":\" end of  it\",\"i\":\"\"}}"},
        {"<p>\n one\n <b/>\n \n<b/> two</p>",
         "{\"p\":{\"#text\":\"\\n one\\n  two\",\"b\":[\"\",\"\"]}}"},
        {"<p>a<b/></p>", "{\"p\":{\"#text\":\"a\",\"b\":\"\"}}"},
        /* Comments and instructions are nothing, and part no text. */
        {"<?xml version='1.0'?><!-- c --><?pi x?><a>x<!-- <b/> -->y<?pi?>z</a><!-- d -->",
         "{\"a\":\"xyz\"}"},
        {"<a> <!-- c --> </a>", "{\"a\":\"\"}"},
        {"<a><![CDATA[<b>&amp;]]> c</a>", "{\"a\":\"<b>&amp; c\"}"},
        {"<a><![CDATA[]]></a>", "{\"a\":\"\"}"},
        /* The five entities, and characters by number. */
        {"<a q='&quot;&apos;'>&lt;&amp;&gt;&#65;&#x1F600;</a>",
         "{\"a\":{\"@q\":\"\\\"'\",\"#text\":\"<&>A\xf0\x9f\x98\x80\"}}"},
        {"<a>\"\\/\t&#9;&#127;</a>", "{\"a\":\"\\\"\\\\/\\t\\t\x7f\"}"},
        /* Prefixes are kept, and nobody asks what they stand for. */
        {"<n:a xmlns:n='urn:x' n:y='1'><n:b/><m:b/></n:a>",
         "{\"n:a\":{\"@xmlns:n\":\"urn:x\",\"@n:y\":\"1\",\"n:b\":\"\",\"m:b\":\"\"}}"},
        {"<r\xc3\xa9sum\xc3\xa9 \xc3\xbc='\xe2\x82\xac'/>",
         "{\"r\xc3\xa9sum\xc3\xa9\":{\"@\xc3\xbc\":\"\xe2\x82\xac\"}}"},
        {"\xef\xbb\xbf<a>x</a>", "{\"a\":\"x\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(slice_of(cases[i][0]), "", cases[i][1]);
}

#define LATIN1_DECLARED "<?xml version='1.0' encoding='ISO-8859-1'?>"

static void encodings_are_read_as_the_head_or_the_document_says(void **state)
{
    (void)state;
    expect(SLICE(LATIN1_DECLARED "<a>\xe9</a>"), "", "{\"a\":\"\xc3\xa9\"}");
    expect(SLICE("<a>\xe9</a>"), "ISO-8859-1", "{\"a\":\"\xc3\xa9\"}");
    expect(SLICE(LATIN1_DECLARED "<a>\xc3\xa9</a>"), "UTF-8", "{\"a\":\"\xc3\xa9\"}");
    expect(SLICE("<?xml version='1.0' encoding='us-ascii'?><a>e</a>"), "", "{\"a\":\"e\"}");
    expect(SLICE("<?xml version='1.0' encoding='koi8-r'?><a>\xc3\xa9</a>"), "UTF-8",
           "{\"a\":\"\xc3\xa9\"}");
    expect(SLICE("<?xml version='1.0' encoding='UTF-16'?><a>\xe9</a>"), "ISO-8859-1",
           "{\"a\":\"\xc3\xa9\"}");
}

static void bad_encodings_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct slice xml;
        const char *charset;
    } cases[] = {
        {SLICE_INIT("<a>\xe9</a>"), ""},
        {SLICE_INIT("<a>\xc0\xaf</a>"), ""},
        {SLICE_INIT("<a>\xed\xa0\x80</a>"), "UTF-8"},
        {SLICE_INIT("<a>\xf4\x90\x80\x80</a>"), ""},
        {SLICE_INIT("<a>\xe9</a>"), "US-ASCII"},
        {SLICE_INIT("<a>\xc3"), ""},
        {SLICE_INIT("<?xml version='1.0' encoding='windows-1252'?><a/>"), ""},
        {SLICE_INIT("<?xml version='1.0' encoding='UTF-7'?><a/>"), ""},
        {SLICE_INIT("<?xml version='1.0' encoding='UTF-16'?><a/>"), ""},
        {SLICE_INIT("<a/>"), "koi8-r"},
        {SLICE_INIT("<a/>"), "a-name-of-a-charset-that-is-longer-than-any"},
        {SLICE_INIT("\xff\xfe<\0a"), ""},
        {SLICE_INIT("\xff\xfe<\0r\0/\0>\0"), ""},
        {SLICE_INIT("\xff\xfe<\0r\0/\0>\0"), "UTF-8"},
        {SLICE_INIT("\xff\xfe<\0r\0/\0>\0"), "ISO-8859-1"},
        {SLICE_INIT("\xfe\xff\0<\0r\0/\0>"), ""},
        {SLICE_INIT("\xfe\xff\0<\0r\0/\0>"), "UTF-8"},
        {SLICE_INIT("<\0r\0/\0>\0"), ""},
        {SLICE_INIT("<\0r\0/\0>\0"), "UTF-8"},
        {SLICE_INIT("\0<\0r\0/\0>"), ""},
        {SLICE_INIT("\n\0<\0r\0/\0>\0"), ""},
        {SLICE_INIT("\0\0\xfe\xff\0\0\0<\0\0\0r\0\0\0/\0\0\0>"), ""},
        {SLICE_INIT("\xff\xfe\0\0<\0\0\0r\0\0\0/\0\0\0>\0\0\0"), ""},
        {SLICE_INIT("\x4c\x99\x61\x6e"), ""}, /* <r/> in EBCDIC */
        {SLICE_INIT("<"), ""},
        {SLICE_INIT("<a>\0</a>"), ""},
        {SLICE_INIT("<a/>\0"), ""},
        {SLICE_INIT("<a>\x01</a>"), ""},
        {SLICE_INIT("<a>\xef\xbf\xbf</a>"), ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_refusal(cases[i].xml, cases[i].charset, XML_INVALID);
}

static void what_is_not_well_formed_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        " \n ",
        "x",
        "<a>",
        "<a></b>",
        "<a></a",
        "<a/><b/>",
        "<a/>x",
        "x<a/>",
        "<a x=1/>",
        "<a x='1' x='2'/>",
        "<a x='<'/>",
        "<a>&</a>",
        "<a>&nbsp;</a>",
        "<a>&#0;</a>",
        "<a>&#xD800;</a>",
        "<a>]]></a>",
        "<a><!-- -- --></a>",
        "<1a/>",
        "< a/>",
        " <?xml version='1.0'?><a/>",
        "{\"a\":1}",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_refusal(slice_of(cases[i]), "", XML_INVALID);
}

static void a_doctype_is_refused_before_it_is_read(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a SYSTEM 'http://127.0.0.1/x.dtd'><a/>",
        "<!DOCTYPE a PUBLIC '-//x' 'x'><a/>",
        "<!DOCTYPE a []><a/>",
        /* a file of the system */
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        /* by way of a parameter entity */
        "<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://127.0.0.1/'> %p;]><a/>",
        /* laughs that would multiply */
        "<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'><!ENTITY c '&b;&b;'>]><a>&c;</a>",
        /* an attribute by default */
        "<!DOCTYPE a [<!ATTLIST a x CDATA 'y'>]><a/>",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out;
        struct xml_result r = convert(slice_of(cases[i]), "", &out);
        assert_int_equal(r.verdict, XML_INVALID);
        assert_string_equal(r.why, "a DOCTYPE is not accepted");
        assert_int_equal(r.line, 1);
        buffer_done(&out);
    }
    expect(SLICE("<a>&lt;!DOCTYPE a></a>"), "", "{\"a\":\"<!DOCTYPE a>\"}");
}

static void the_line_of_a_mistake_is_told(void **state)
{
    (void)state;
    struct buffer out;
    struct xml_result r = convert(SLICE("<a>\n<b>\n</a>"), "", &out);
    assert_int_equal(r.verdict, XML_INVALID);
    assert_int_equal(r.line, 3);
    assert_string_equal(r.why, "mismatched tag");
    buffer_done(&out);
}

/* Elements inside of each other, `n` of them; the innermost has an attribute where asked. */
static char *nested(unsigned n, bool has_attribute)
{
    char *xml = malloc(n * 8 + 32);
    CHECK(xml);
    size_t at = 0;
    for (unsigned i = 0; i < n; i++) {
        bool is_last = i + 1 == n;
        const char *tag = is_last && has_attribute ? "<a x=''>" : "<a>";
        memcpy(xml + at, tag, strlen(tag));
        at += strlen(tag);
    }
    for (unsigned i = 0; i < n; i++, at += 4)
        memcpy(xml + at, "</a>", 4);
    xml[at] = '\0';
    return xml;
}

static enum xml_verdict verdict_at_depth(const char *xml, unsigned depth)
{
    const struct xml_bounds bounds = {.depth = depth, .tree_bytes = 1 << 20};
    struct buffer out;
    buffer_init(&out, OUT_LIMIT);
    struct xml_result r = xml_to_json(slice_of(xml), SLICE_NONE, &bounds, &out);
    assert_true((r.verdict == XML_GOOD) == (out.n > 0));
    buffer_done(&out);
    return r.verdict;
}

static void depth_is_that_of_the_json(void **state)
{
    (void)state;
    static const struct {
        unsigned n, depth;
        bool has_attribute;
        enum xml_verdict verdict;
    } cases[] = {
        {8, 8, false, XML_GOOD},    {9, 8, false, XML_TOO_DEEP},      {7, 8, true, XML_GOOD},
        {8, 8, true, XML_TOO_DEEP}, {10000, 64, false, XML_TOO_DEEP}, {1, 0, false, XML_TOO_DEEP},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *xml = nested(cases[i].n, cases[i].has_attribute);
        assert_int_equal(verdict_at_depth(xml, cases[i].depth), cases[i].verdict);
        free(xml);
    }
    /* {"a":{"b":["",""]}} */
    assert_int_equal(verdict_at_depth("<a><b/><b/></a>", 3), XML_GOOD);
    assert_int_equal(verdict_at_depth("<a><b/><b/></a>", 2), XML_TOO_DEEP);
}

static char *repeated(const char *before, const char *what, size_t n, const char *after)
{
    size_t size = strlen(what);
    char *xml = malloc(strlen(before) + n * size + strlen(after) + 1);
    CHECK(xml);
    size_t at = strlen(before);
    memcpy(xml, before, at);
    for (size_t i = 0; i < n; i++, at += size)
        memcpy(xml + at, what, size);
    memcpy(xml + at, after, strlen(after) + 1);
    return xml;
}

static void memory_and_output_are_bounded(void **state)
{
    (void)state;
    static const struct {
        const char *before, *what;
        size_t n;
        const char *after;
        size_t tree_bytes, limit;
        enum xml_verdict verdict;
    } cases[] = {
        {"<a>", "<b/>", 20000, "</a>", 1 << 24, 1 << 20, XML_GOOD},
        {"<a>", "<b/>", 20000, "</a>", 1 << 20, 1 << 20, XML_TOO_LARGE},
        {"<a>", "<b/>", 20000, "</a>", 1 << 24, 50000, XML_TOO_LARGE},
        {"<a x='", "y", 100000, "'/>", 1 << 20, 1 << 20, XML_GOOD},
        {"<a x='", "y", 100000, "'/>", 90000, 1 << 20, XML_TOO_LARGE},
        {"<a>", "y", 100000, "</a>", 1 << 20, 1 << 20, XML_GOOD},
        {"<a>", "y", 100000, "</a>", 90000, 1 << 20, XML_TOO_LARGE},
        {"<a>", "y", 100000, "</a>", 1 << 20, 100000, XML_TOO_LARGE},
        {"<a>", "y<b/>", 10000, "</a>", 1 << 20, 1 << 20, XML_TOO_LARGE},
        {"<", "n", 100000, "/>", 1 << 20, 1 << 20, XML_GOOD},
        {"<", "n", 100000, "/>", 90000, 1 << 20, XML_TOO_LARGE},
        {"<a/>", "\n", 100000, "", 4096, 1 << 20, XML_GOOD},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct xml_bounds bounds = {.depth = 64, .tree_bytes = cases[i].tree_bytes};
        struct buffer out;
        char *xml = repeated(cases[i].before, cases[i].what, cases[i].n, cases[i].after);
        buffer_init(&out, cases[i].limit);
        struct xml_result r = xml_to_json(slice_of(xml), SLICE_NONE, &bounds, &out);
        if (r.verdict != cases[i].verdict)
            print_error("case %zu\n", i);
        assert_int_equal(r.verdict, cases[i].verdict);
        assert_true(r.verdict == XML_GOOD || out.n == 0);
        buffer_done(&out);
        free(xml);
    }
}

/* Linking children by name is linear: this would take minutes otherwise. */
static void many_names_are_told_apart_quickly(void **state)
{
    (void)state;
    enum {
        N = 100000
    };
    const struct xml_bounds bounds = {.depth = 64, .tree_bytes = 64 << 20};
    struct buffer xml;
    struct buffer out;
    buffer_init(&xml, 4 << 20);
    buffer_init(&out, 4 << 20);
    assert_true(buffer_append(&xml, SLICE("<a>")));
    for (unsigned i = 0; i < N; i++)
        assert_true(buffer_print(&xml, "<n%u/>", i));
    assert_true(buffer_append(&xml, SLICE("<n0/></a>")));
    struct xml_result r = xml_to_json(buffer_slice(&xml), SLICE_NONE, &bounds, &out);
    assert_int_equal(r.verdict, XML_GOOD);
    json_t *parsed = json_loadb(out.at, out.n, 0, NULL);
    const json_t *a = json_object_get(parsed, "a");
    assert_int_equal(json_object_size(a), N);
    assert_int_equal(json_array_size(json_object_get(a, "n0")), 2);
    json_decref(parsed);
    buffer_done(&out);
    buffer_done(&xml);
}

static void the_result_is_appended(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 10);
    assert_true(buffer_append(&out, SLICE("x")));
    struct xml_result r = xml_to_json(SLICE("<a>b</a>"), SLICE_NONE, &usual, &out);
    assert_int_equal(r.verdict, XML_GOOD);
    assert_true(slice_equal(buffer_slice(&out), SLICE("x{\"a\":\"b\"}")));
    r = xml_to_json(SLICE("<a>b</a>"), SLICE_NONE, &usual, &out);
    assert_int_equal(r.verdict, XML_TOO_LARGE);
    assert_int_equal(out.n, 10);
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_become_json),
        cmocka_unit_test(encodings_are_read_as_the_head_or_the_document_says),
        cmocka_unit_test(bad_encodings_are_refused),
        cmocka_unit_test(what_is_not_well_formed_is_refused),
        cmocka_unit_test(a_doctype_is_refused_before_it_is_read),
        cmocka_unit_test(the_line_of_a_mistake_is_told),
        cmocka_unit_test(depth_is_that_of_the_json),
        cmocka_unit_test(memory_and_output_are_bounded),
        cmocka_unit_test(many_names_are_told_apart_quickly),
        cmocka_unit_test(the_result_is_appended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
