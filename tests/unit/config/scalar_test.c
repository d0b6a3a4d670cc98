/* scalar_test.c - from a byte of a text to the file that it was read from */
#include "../unit.h"
#include "config/scalar.h"

/* "^" in the source is where the byte of the text behind "^" stands; neither is part of them. */
static const struct {
    enum scalar_style style;
    const char *source, *text;
} cases[] = {
    /* as it stands */
    {SCALAR_PLAIN, "a ^b # c", "a ^b"},
    {SCALAR_PLAIN, "a b^\n", "a b^"},
    {SCALAR_PLAIN, "a  ^b", "a  ^b"},
    {SCALAR_PLAIN, "a ^ b", "a ^ b"},
    /* folded */
    {SCALAR_PLAIN, "a\n   ^b", "a ^b"},
    {SCALAR_PLAIN, "a^ \t \n   b", "a^ b"},
    {SCALAR_PLAIN, "a  \r\n\r\n  \r\n  b ^c", "a\n\nb ^c"},
    {SCALAR_PLAIN, "a\r\r  ^b", "a\n^b"},
    {SCALAR_PLAIN, "a\n  b^\n", "a b^"},
    {SCALAR_DOUBLE_QUOTED, "a \n  ^b\"", "a ^b"},
    {SCALAR_SINGLE_QUOTED, " a\n\n  ^b '", " a\n^b "},
    /* quoted */
    {SCALAR_SINGLE_QUOTED, "''a''''^b'", "'a''^b"},
    {SCALAR_SINGLE_QUOTED, "a^''b'", "a^'b"},
    {SCALAR_SINGLE_QUOTED, "\\^n'", "\\^n"},
    {SCALAR_DOUBLE_QUOTED, "\\\"a\\\" ^b\"", "\"a\" ^b"},
    {SCALAR_DOUBLE_QUOTED, "a^\\\"b\"", "a^\"b"},
    {SCALAR_DOUBLE_QUOTED, "a\\\"^\"", "a\"^"},
    {SCALAR_DOUBLE_QUOTED, "\\x41\\u00e9\\U0001F600^b\"", "A\xc3\xa9\xf0\x9f\x98\x80^b"},
    {SCALAR_DOUBLE_QUOTED, "\\ud83d\\ude00^b\"", "\xf0\x9f\x98\x80^b"},
    {SCALAR_DOUBLE_QUOTED, "\\N\\_\\L\\P^b\"", "\xc2\x85\xc2\xa0\xe2\x80\xa8\xe2\x80\xa9^b"},
    {SCALAR_DOUBLE_QUOTED, "a\\n\\\\\\\\^b\"", "a\n\\\\^b"},
    {SCALAR_DOUBLE_QUOTED, "a \\\n   ^b\"", "a ^b"},
    {SCALAR_DOUBLE_QUOTED, "a\\\n \n  \\ ^b\"", "a\n ^b"},
    {SCALAR_DOUBLE_QUOTED, "a\n\n\\n^b\"", "a\n\n^b"},
    {SCALAR_DOUBLE_QUOTED, "a\\ \n  ^b\"", "a  ^b"},
    /* blocks */
    {SCALAR_LITERAL, "  ^a\n", "^a\n"},
    {SCALAR_LITERAL, "  a^\n", "a^\n"},
    {SCALAR_LITERAL, "  a^\n", "a\n^"},
    {SCALAR_LITERAL, "  a^\n\n\nb:", "a\n\n^\n"},
    {SCALAR_LITERAL, "  a\n    ^b\n", "a\n  ^b\n"},
    {SCALAR_LITERAL, "    a\n  ^b\n", "  a\n^b\n"},
    {SCALAR_LITERAL, "\n \n  a\n\n  b ^c\n", "\n\na\n\nb ^c\n"},
    {SCALAR_LITERAL, "\n  ^a\n", "^\na\n"},
    {SCALAR_LITERAL, "  a \r\n   \r\n  ^b\r\n", "a \n \n^b\n"},
    {SCALAR_LITERAL, "\ta\n^b", "\ta\n^b"},
    {SCALAR_LITERAL, " a\n \\^n", "a\n\\^n"},
    {SCALAR_FOLDED, "  a\n  ^b\n", "a ^b\n"},
    {SCALAR_FOLDED, "  a^\n  b\n", "a^ b\n"},
    {SCALAR_FOLDED, "  a\n  b^", "a b^"},
    {SCALAR_FOLDED, "\n  a\n\n\n  ^b\n", "\na\n\n^b\n"},
    {SCALAR_FOLDED, "  a\n    b\n  ^c\n", "a\n  b\n^c\n"},
    {SCALAR_FOLDED, "  a \n  ^b\n", "a  ^b\n"},
    /* they cannot be brought together, or there is nothing */
    {SCALAR_PLAIN, "^a\n b", "a c ^b"},
    {SCALAR_PLAIN, "^", "a^b"},
    {SCALAR_DOUBLE_QUOTED, "^a\\u00", "a\xc3\xa9^b"},
    {SCALAR_DOUBLE_QUOTED, "^a\\", "a\"^b"},
    {SCALAR_LITERAL, "\n  ^***\n  b\n", "\na\n^b\n"},
    {SCALAR_LITERAL, "^\n", "^"},
    {SCALAR_LITERAL, "^  \n", "\n^"},
};

/* Takes the sign out, and gives where it was. */
static size_t take_sign(const char *text, char *out)
{
    size_t at = strcspn(text, "^");
    memcpy(out, text, at);
    memcpy(out + at, text + at + 1, strlen(text) - at);
    return at;
}

static void a_byte_of_a_text_stands_where_it_was_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char source[128];
        char text[128];
        struct scalar s;
        size_t due = take_sign(cases[i].source, source);
        size_t offset = take_sign(cases[i].text, text);
        scalar_init(&s, cases[i].style, slice_of(source), slice_of(text));
        size_t found = scalar_find(&s, offset);
        if (found != due)
            print_message("of '%s' it is %zu\n", cases[i].source, found);
        assert_int_equal(found, due);
    }
}

/* Asked in any order, and never outside. */
static void a_place_does_not_depend_on_those_asked_before(void **state)
{
    (void)state;
    const struct slice source = SLICE("a\\\"b\n\n  c\\x41d\" e");
    const struct slice text = SLICE("a\"b\ncAd");
    struct scalar in_order;
    struct scalar backwards;
    scalar_init(&in_order, SCALAR_DOUBLE_QUOTED, source, text);
    scalar_init(&backwards, SCALAR_DOUBLE_QUOTED, source, text);
    size_t places[16];
    for (size_t i = 0; i <= text.n + 1; i++)
        places[i] = scalar_find(&in_order, i);
    for (size_t i = text.n + 2; i-- > 0;)
        assert_int_equal(scalar_find(&backwards, i), places[i]);
    assert_int_equal(places[text.n], source.n - 3);
    assert_int_equal(places[text.n + 1], source.n - 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_byte_of_a_text_stands_where_it_was_written),
        cmocka_unit_test(a_place_does_not_depend_on_those_asked_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
