/* base64_test.c - the vectors of RFC 4648 section 10, and every byte */
#include "../unit.h"
#include "base/base64.h"

static void expect(struct slice bytes, const char *text)
{
    char out[512];
    size_t n = base64_into(out, bytes);
    assert_int_equal(n, base64_size(bytes.n));
    assert_true(slice_equal((struct slice){out, n}, slice_of(text)));
}

static void the_vectors_of_the_rfc_hold(void **state)
{
    (void)state;
    expect(SLICE_NONE, "");
    expect(SLICE("f"), "Zg==");
    expect(SLICE("fo"), "Zm8=");
    expect(SLICE("foo"), "Zm9v");
    expect(SLICE("foob"), "Zm9vYg==");
    expect(SLICE("fooba"), "Zm9vYmE=");
    expect(SLICE("foobar"), "Zm9vYmFy");
}

static void every_byte_is_taken_as_it_is(void **state)
{
    (void)state;
    expect(SLICE("\0"), "AA==");
    expect(SLICE("\xff"), "/w==");
    expect(SLICE("\xff\xff"), "//8=");
    expect(SLICE("\xfb\xef\xbe"), "++++");
    expect(SLICE("\0\x10\x83\x10\x51\x87"), "ABCDEFGH");
}

static void expect_read(const char *text, struct slice bytes)
{
    char out[64];
    size_t n;
    assert_true(base64_url_read(out, slice_of(text), &n));
    assert_in_range(n, 0, base64_url_size(strlen(text)));
    assert_true(slice_equal((struct slice){out, n}, bytes));
}

static void the_alphabet_of_urls_is_read(void **state)
{
    (void)state;
    expect_read("", SLICE_NONE);
    expect_read("Zg", SLICE("f"));
    expect_read("Zm8", SLICE("fo"));
    expect_read("Zm9v", SLICE("foo"));
    expect_read("Zm9vYg", SLICE("foob"));
    expect_read("-_-_", SLICE("\xfb\xff\xbf"));
    expect_read("AA", SLICE("\0"));
}

static void a_value_has_one_text(void **state)
{
    static const char *const bad[] = {"A",      "AAAAA",    "Zg==",  "Zh",   "Zm9",
                                      "Zm8=",   "Zm9v ",    "Zm\n8", "+/+/", "Z.g",
                                      "Zm9vYh", "\xc3\xa9", "=",     "AAA="};
    char out[64];
    size_t n;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (base64_url_read(out, slice_of(bad[i]), &n))
            fail_msg("%s is accepted", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_rfc_hold),
        cmocka_unit_test(every_byte_is_taken_as_it_is),
        cmocka_unit_test(the_alphabet_of_urls_is_read),
        cmocka_unit_test(a_value_has_one_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
