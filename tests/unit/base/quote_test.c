/* quote_test.c - any text as a JSON string */
#include <stdlib.h>

#include "../unit.h"
#include "base/quote.h"

/* Quotes from and into memory of exactly the promised size. */
static void expect(struct slice text, const char *quoted)
{
    char *from = malloc(text.n + 1);
    memcpy(from, text.at, text.n);
    from = realloc(from, text.n ? text.n : 1);
    char *to = malloc(QUOTE_GROWTH * text.n + 2);
    size_t n = quote_json_into(to, (struct slice){from, text.n});
    assert_int_equal(n, strlen(quoted));
    assert_memory_equal(to, quoted, n);
    assert_int_equal(quote_json_size((struct slice){from, text.n}), n);
    free(from);
    free(to);
}

static void plain_text_stays_as_it_is(void **state)
{
    (void)state;
    expect(SLICE(""), "\"\"");
    expect(SLICE("a b/c<>&'\x7f"), "\"a b/c<>&'\x7f\"");
    expect(SLICE("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
           "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
    assert_int_equal(quote_json_size(SLICE_NONE), 2);
}

static void what_json_forbids_is_escaped(void **state)
{
    (void)state;
    expect(SLICE("\"\\\b\f\n\r\t"), "\"\\\"\\\\\\b\\f\\n\\r\\t\"");
    expect(SLICE("a\0\x01\x1f"
                 "b"),
           "\"a\\u0000\\u0001\\u001fb\"");
}

static void what_is_no_utf8_is_replaced(void **state)
{
    (void)state;
    expect(SLICE("\x80"), "\"\xef\xbf\xbd\"");
    expect(SLICE("a\xff\xfe"
                 "b"),
           "\"a\xef\xbf\xbd\xef\xbf\xbd"
           "b\"");
    expect(SLICE("\xe2\x82"), "\"\xef\xbf\xbd\"");       /* a maximal subpart */
    expect(SLICE("\xe2\x82\""), "\"\xef\xbf\xbd\\\"\""); /* that swallows nothing */
    expect(SLICE("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* a surrogate */
}

static void a_byte_is_treated_the_same_wherever_it_stands(void **state)
{
    (void)state;
    enum {
        LENGTH = 19
    };
    for (unsigned c = 0; c < 256; c++) {
        const char byte = (char)c;
        char alone[QUOTE_GROWTH + 2];
        size_t n_alone = quote_json_into(alone, (struct slice){&byte, 1}) - 2;
        for (size_t i = 0; i < LENGTH; i++) {
            char text[LENGTH], quoted[QUOTE_GROWTH * LENGTH + 3] = "\"";
            memset(text, 'x', LENGTH);
            memset(quoted + 1, 'x', i);
            text[i] = byte;
            memcpy(quoted + 1 + i, alone + 1, n_alone);
            memset(quoted + 1 + i + n_alone, 'x', LENGTH - 1 - i);
            quoted[LENGTH + n_alone] = '"';
            expect((struct slice){text, LENGTH}, quoted);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stays_as_it_is),
        cmocka_unit_test(what_json_forbids_is_escaped),
        cmocka_unit_test(what_is_no_utf8_is_replaced),
        cmocka_unit_test(a_byte_is_treated_the_same_wherever_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
