/* media_test.c - which bodies are JSON, and in which charset */
#include "../unit.h"
#include "wire/media.h"

static void content_types_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum media_kind kind;
        bool is_foreign;
    } cases[] = {
        {"", MEDIA_NONE, false},
        {"  ", MEDIA_NONE, false},
        {"application/json", MEDIA_JSON, false},
        {"Application/JSON", MEDIA_JSON, false},
        {"application/json ; charset=utf-8", MEDIA_JSON, false},
        {"application/json;charset=\"UTF-8\"", MEDIA_JSON, false},
        {"application/json; charset=US-ASCII", MEDIA_JSON, false},
        {"application/json; charset=iso-8859-1", MEDIA_JSON, true},
        {"application/json; q=\";charset=latin1\"; charset=utf-8", MEDIA_JSON, false},
        {"application/json; CharSet=UTF-16;a=b", MEDIA_JSON, true},
        {"application/json;", MEDIA_JSON, false},
        {"application/problem+json", MEDIA_JSON, false},
        {"application/vnd.x+JSON;profile=\"a;b\"", MEDIA_JSON, false},
        {"text/json", MEDIA_OTHER, false},
        {"application/+json", MEDIA_OTHER, false},
        {"application/jsonp", MEDIA_OTHER, false},
        {"application/json-seq", MEDIA_OTHER, false},
        {"application/xml+jsonx", MEDIA_OTHER, false},
        {"text/html; charset=utf-8", MEDIA_OTHER, false},
        {"application", MEDIA_OTHER, false},
        {"/json", MEDIA_OTHER, false},
        {"application/json, text/html", MEDIA_OTHER, false},
        {"application /json", MEDIA_OTHER, false},
        {"; charset=utf-8", MEDIA_OTHER, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct media m = media_of(slice_of(cases[i].text));
        if (m.kind != cases[i].kind || m.is_foreign != cases[i].is_foreign)
            print_error("%s\n", cases[i].text);
        assert_int_equal(m.kind, cases[i].kind);
        assert_int_equal(m.is_foreign, cases[i].is_foreign);
    }
    assert_int_equal(media_of(SLICE_NONE).kind, MEDIA_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(content_types_are_told_apart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
