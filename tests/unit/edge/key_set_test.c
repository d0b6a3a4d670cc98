/* key_set_test.c - of the keys that somebody serves, those that we may use */
#include <stdio.h>

#include "../unit.h"
#include "edge/key_set.h"

/* Of RFC 7517, 8037 and 7515: public keys that everybody knows. */
#define RSA_N                                                                                      \
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"      \
    "BJECPeb"                                                                                      \
    "WKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"            \
    "FDW2QvzqY368QQ"                                                                               \
    "MicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-"                          \
    "bFTWhAI4vMQFh6WeZu0fM4lFd2NcR"                                                                \
    "wr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
#define RSA "\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\""
#define EC_X "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"
#define EC_Y "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
#define EC "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\""
#define ED                                                                                         \
    "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""
#define OCT "\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""

static enum key_set_verdict read_from(const char *text, enum key_set_origin origin, unsigned *n)
{
    struct key_set *s;
    enum key_set_verdict v = key_set_read(slice_of(text), origin, &s);
    *n = 0;
    if (v != KEY_SET_GOOD)
        return v;
    *n = key_set_count(s);
    key_set_release(s);
    return v;
}

static const struct {
    const char *promise, *key;
    bool is_used;
} rows[] = {
    {"RSA", RSA, true},
    {"RSA for signatures", RSA ",\"use\":\"sig\",\"alg\":\"PS384\"", true},
    {"a curve", EC, true},
    {"a curve with its algorithm", EC ",\"alg\":\"ES256\",\"key_ops\":[\"verify\"]", true},
    {"Ed25519", ED ",\"alg\":\"EdDSA\"", true},
    {"a secret", OCT, true},
    {"an unknown type", "\"kty\":\"PQ\",\"x\":\"AA\"", false},
    {"no type", "\"n\":\"" RSA_N "\",\"e\":\"AQAB\"", false},
    {"for encryption", RSA ",\"use\":\"enc\"", false},
    {"use of another kind", RSA ",\"use\":1", false},
    {"not to verify", RSA ",\"key_ops\":[\"sign\"]", false},
    {"operations that are no list", RSA ",\"key_ops\":\"verify\"", false},
    {"an unknown algorithm", RSA ",\"alg\":\"RS1\"", false},
    {"no algorithm for signatures", RSA ",\"alg\":\"RSA-OAEP\"", false},
    {"another type's algorithm", RSA ",\"alg\":\"ES256\"", false},
    {"another curve's algorithm", EC ",\"alg\":\"ES384\"", false},
    {"a public key as a secret", RSA ",\"alg\":\"HS256\"", false},
    {"a private key", RSA ",\"d\":\"AQAB\"", false},
    {"RSA of 512 bits",
     "\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"wmJhZ_____________________________________________"
     "____"
     "_________________________________1\"",
     false},
    {"an exponent of 1", "\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQ\"", false},
    {"an even exponent", "\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAA\"", false},
    {"no exponent", "\"kty\":\"RSA\",\"n\":\"" RSA_N "\"", false},
    {"a padded number", "\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB==\"", false},
    {"a point beside the curve",
     "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_X "\"", false},
    {"another curve's point",
     "\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"", false},
    {"a curve that we do not use",
     "\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"", false},
    {"half a point", "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\"", false},
    {"Ed25519 of 31 bytes",
     "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
     false},
    {"X25519",
     "\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"",
     false},
    {"a short secret", "\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAA\"", false},
    {"a secret too short for its algorithm", OCT ",\"alg\":\"HS512\"", false},
    {"a repeated member", RSA ",\"kty\":\"RSA\"", false},
    {"a kid that is no text", RSA ",\"kid\":7", false},
};

static void keys_are_used_or_passed_over(void **state)
{
    char text[2048];
    unsigned n;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(text, sizeof text, "{\"keys\":[{%s}]}", rows[i].key);
        enum key_set_verdict v = read_from(text, KEY_SET_OF_FILE, &n);
        if (v != (rows[i].is_used ? KEY_SET_GOOD : KEY_SET_EMPTY))
            fail_msg("%s: %s", rows[i].promise, key_set_why(v));
    }
}

static void a_key_that_is_passed_over_does_not_harm_the_others(void **state)
{
    unsigned n;
    (void)state;
    assert_int_equal(read_from("{\"x\":1,\"keys\":[7,{},{\"kty\":\"PQ\"},{" RSA "},{" EC "}]}",
                               KEY_SET_OF_URL, &n),
                     KEY_SET_GOOD);
    assert_int_equal(n, 2);
}

static void what_is_no_set_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "<html>",
                                      "[]",
                                      "{}",
                                      "{\"keys\":{}}",
                                      "{\"keys\":[}",
                                      "{\"keys\":[],\"keys\":[]}",
                                      "{" RSA "}",
                                      "{\"keys\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}"};
    unsigned n;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (read_from(bad[i], KEY_SET_OF_FILE, &n) != KEY_SET_INVALID)
            fail_msg("%s is accepted", bad[i]);
    assert_int_equal(read_from("{\"keys\":[]}", KEY_SET_OF_FILE, &n), KEY_SET_EMPTY);
}

static void a_set_has_bounds(void **state)
{
    static char text[KEY_SET_TEXT_MAX + 2];
    struct key_set *s;
    (void)state;
    memset(text, ' ', sizeof text);
    assert_int_equal(key_set_read((struct slice){text, KEY_SET_TEXT_MAX + 1}, KEY_SET_OF_URL, &s),
                     KEY_SET_TOO_LARGE);
    int n = snprintf(text, sizeof text, "{\"keys\":[1");
    for (unsigned i = 0; i < KEY_SET_KEYS_MAX; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, ",1");
    n += snprintf(text + n, sizeof text - (size_t)n, "]}");
    assert_int_equal(key_set_read((struct slice){text, (size_t)n}, KEY_SET_OF_URL, &s),
                     KEY_SET_TOO_LARGE);
}

static void secrets_come_from_files_and_stand_alone(void **state)
{
    unsigned n;
    (void)state;
    assert_int_equal(read_from("{\"keys\":[{" OCT "}]}", KEY_SET_OF_URL, &n), KEY_SET_EMPTY);
    assert_int_equal(read_from("{\"keys\":[{" OCT "},{" RSA "}]}", KEY_SET_OF_URL, &n),
                     KEY_SET_GOOD);
    assert_int_equal(n, 1);
    assert_int_equal(read_from("{\"keys\":[{" OCT "},{" RSA "}]}", KEY_SET_OF_FILE, &n),
                     KEY_SET_MIXED);
}

static void keys_of_one_kid_are_ambiguous(void **state)
{
    unsigned n;
    (void)state;
    assert_int_equal(read_from("{\"keys\":[{" RSA ",\"kid\":\"a\"},{" EC ",\"kid\":\"a\"},{" ED
                               ",\"kid\":\"b\"},{" ED "},{" ED "}]}",
                               KEY_SET_OF_URL, &n),
                     KEY_SET_GOOD);
    assert_int_equal(n, 3);
    assert_int_equal(read_from("{\"keys\":[{" RSA ",\"kid\":\"a\"},{" EC
                               ",\"kid\":\"a\",\"use\":\"enc\"}]}",
                               KEY_SET_OF_URL, &n),
                     KEY_SET_GOOD);
}

static unsigned find(const struct key_set *s, enum jwa a, const char *kid)
{
    const struct jwa_key *found[KEY_SET_FOUND_MAX];
    return key_set_find(s, a, kid, kid ? slice_of(kid) : SLICE_NONE, found);
}

static void keys_are_found_by_kid_and_algorithm(void **state)
{
    struct key_set *s;
    (void)state;
    assert_int_equal(key_set_read(SLICE("{\"keys\":[{" RSA ",\"kid\":\"r\",\"alg\":\"RS256\"},{" EC
                                        ",\"kid\":\"e\"},{" EC "}]}"),
                                  KEY_SET_OF_URL, &s),
                     KEY_SET_GOOD);
    assert_int_equal(find(s, JWA_RS256, "r"), 1);
    assert_int_equal(find(s, JWA_RS384, "r"), 0);
    assert_int_equal(find(s, JWA_ES256, "r"), 0);
    assert_int_equal(find(s, JWA_HS256, "r"), 0);
    assert_int_equal(find(s, JWA_ES256, "e"), 1);
    assert_int_equal(find(s, JWA_ES256, "x"), 1); /* the one without a kid */
    assert_int_equal(find(s, JWA_RS256, "x"), 0);
    assert_int_equal(find(s, JWA_ES256, NULL), 2);
    assert_int_equal(find(s, JWA_RS256, NULL), 1);
    assert_true(key_set_has(s, SLICE("e")));
    assert_false(key_set_has(s, SLICE("")));
    key_set_release(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_used_or_passed_over),
        cmocka_unit_test(a_key_that_is_passed_over_does_not_harm_the_others),
        cmocka_unit_test(what_is_no_set_is_refused),
        cmocka_unit_test(a_set_has_bounds),
        cmocka_unit_test(secrets_come_from_files_and_stand_alone),
        cmocka_unit_test(keys_of_one_kid_are_ambiguous),
        cmocka_unit_test(keys_are_found_by_kid_and_algorithm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
