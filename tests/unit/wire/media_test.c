/* media_test.c - what bodies are, and in which charset */
#include "../unit.h"
#include "wire/media.h"

static void content_types_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum media_kind kind;
        enum media_charset charset;
    } cases[] = {
        {"", MEDIA_NONE, MEDIA_NO_CHARSET},
        {"  ", MEDIA_NONE, MEDIA_NO_CHARSET},
        {"application/json", MEDIA_JSON, MEDIA_NO_CHARSET},
        {"Application/JSON", MEDIA_JSON, MEDIA_NO_CHARSET},
        {"application/json ; charset=utf-8", MEDIA_JSON, MEDIA_UTF8},
        {"application/json;charset=\"UTF-8\"", MEDIA_JSON, MEDIA_UTF8},
        {"application/json; charset=US-ASCII", MEDIA_JSON, MEDIA_UTF8},
        {"application/json; charset=iso-8859-1", MEDIA_JSON, MEDIA_LATIN1},
        {"application/json; charset=\"Latin1\"", MEDIA_JSON, MEDIA_LATIN1},
        {"application/json; charset=iso-8859-15", MEDIA_JSON, MEDIA_FOREIGN},
        {"application/json; charset=windows-1252", MEDIA_JSON, MEDIA_FOREIGN},
        {"application/json; charset=", MEDIA_JSON, MEDIA_FOREIGN},
        {"application/json; q=\";charset=latin1\"; charset=utf-8", MEDIA_JSON, MEDIA_UTF8},
        {"application/json; CharSet=UTF-16;a=b", MEDIA_JSON, MEDIA_FOREIGN},
        {"application/json;", MEDIA_JSON, MEDIA_NO_CHARSET},
        {"application/problem+json", MEDIA_JSON, MEDIA_NO_CHARSET},
        {"application/vnd.x+JSON;profile=\"a;b\"", MEDIA_JSON, MEDIA_NO_CHARSET},
        {"application/xml", MEDIA_XML, MEDIA_NO_CHARSET},
        {"text/XML; charset=utf8", MEDIA_XML, MEDIA_UTF8},
        {"application/soap+xml;charset=iso_8859-1", MEDIA_XML, MEDIA_LATIN1},
        {"image/svg+xml", MEDIA_XML, MEDIA_NO_CHARSET},
        {"text/plain", MEDIA_TEXT, MEDIA_NO_CHARSET},
        {"Text/Plain; format=flowed; charset=ISO8859-1", MEDIA_TEXT, MEDIA_LATIN1},
        {"text/json", MEDIA_OTHER, MEDIA_NO_CHARSET},
        {"application/+json", MEDIA_OTHER, MEDIA_NO_CHARSET},
        {"application/+xml", MEDIA_OTHER, MEDIA_NO_CHARSET},
        {"application/xmlx", MEDIA_OTHER, MEDIA_NO_CHARSET},
        {"text/plainer", MEDIA_OTHER, MEDIA_NO_CHARSET},
        {"application/jsonp", MEDIA_OTHER, MEDIA_NO_CHARSET},
        {"application/json-seq", MEDIA_OTHER, MEDIA_NO_CHARSET},
        {"application/xml+jsonx", MEDIA_OTHER, MEDIA_NO_CHARSET},
        {"text/html; charset=utf-8", MEDIA_OTHER, MEDIA_UTF8},
        {"application", MEDIA_OTHER, MEDIA_NO_CHARSET},
        {"/json", MEDIA_OTHER, MEDIA_NO_CHARSET},
        {"application/json, text/html", MEDIA_OTHER, MEDIA_NO_CHARSET},
        {"application /json", MEDIA_OTHER, MEDIA_NO_CHARSET},
        {"; charset=utf-8", MEDIA_OTHER, MEDIA_UTF8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct media m = media_of(slice_of(cases[i].text));
        if (m.kind != cases[i].kind || m.charset != cases[i].charset)
            print_error("%s\n", cases[i].text);
        assert_int_equal(m.kind, cases[i].kind);
        assert_int_equal(m.charset, cases[i].charset);
    }
    assert_int_equal(media_of(SLICE_NONE).kind, MEDIA_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(content_types_are_told_apart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
