/* jws_test.c - the compact form: three parts, one way to write each */
#include <stdlib.h>

#include "../unit.h"
#include "wire/jws.h"

static char room[JWS_TOKEN_MAX];
static struct jws jws;

static void a_token_has_three_parts(void **state)
{
    (void)state;
    assert_true(jws_read(SLICE("e30.Zm9v.AAEC"), room, &jws));
    assert_true(slice_equal(jws.header, SLICE("{}")));
    assert_true(slice_equal(jws.payload, SLICE("foo")));
    assert_true(slice_equal(jws.signature, SLICE("\0\1\2")));
    assert_true(slice_equal(jws.signed_part, SLICE("e30.Zm9v")));
}

static void a_payload_may_be_empty(void **state)
{
    (void)state;
    assert_true(jws_read(SLICE("e30..AAEC"), room, &jws));
    assert_int_equal(jws.payload.n, 0);
}

static void another_form_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        ".",
        "..",
        "e30",
        "e30.Zm9v",
        "e30.Zm9v.",
        ".Zm9v.AAEC",
        "e30.Zm9v.AAEC.",
        "e30.Zm9v.AAEC.AAEC.AAEC",
        "e30=.Zm9v.AAEC",
        "e30.Zm9v.AAEC=",
        "e30.Zm9v.AA C",
        " e30.Zm9v.AAEC",
        "e30.Zm9v.AAF",
        "e31.Zm9v.AAEC",
        "e30.Zm9v.+AEC",
        "{}.foo.bar",
        "e30\n.Zm9v.AAEC",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (jws_read(slice_of(bad[i]), room, &jws))
            fail_msg("%s is accepted", bad[i]);
}

static bool read_lengths(size_t header, size_t payload, size_t signature)
{
    size_t n = header + payload + signature + 2;
    char *token = malloc(n);
    assert_non_null(token);
    memset(token, 'A', n);
    token[header] = token[header + 1 + payload] = '.';
    bool good = jws_read((struct slice){token, n}, room, &jws);
    free(token);
    return good;
}

static void lengths_are_bounded(void **state)
{
    (void)state;
    assert_true(read_lengths(1366, 4, 4)); /* 1024 bytes */
    assert_false(read_lengths(1368, 4, 4));
    assert_true(read_lengths(4, 4, 1366));
    assert_false(read_lengths(4, 4, 1368));
    assert_true(read_lengths(4, JWS_TOKEN_MAX - 10, 4));
    assert_false(read_lengths(4, JWS_TOKEN_MAX - 9, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_has_three_parts),
        cmocka_unit_test(a_payload_may_be_empty),
        cmocka_unit_test(another_form_is_refused),
        cmocka_unit_test(lengths_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
