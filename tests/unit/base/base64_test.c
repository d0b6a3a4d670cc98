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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_rfc_hold),
        cmocka_unit_test(every_byte_is_taken_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
