/* token_suite_test.c - Wycheproof's vectors of JSON Web Signatures and keys
 *
 * The vectors' payloads are no claims: each is checked as jwt_check() does until there.
 */
#include <jansson.h>
#include <stdlib.h>

#include "../suites.h"
#include "../unit.h"
#include "edge/jwt.h"

/* Of the vectors that are refused here although their authors take them, and the other way round.
 */
static const struct {
    const char *comment, *reason;
} apart[] = {
    {"Figure20", "the key is bound to PS256, the token says PS384"},
    {"Figure27", "the key is bound to ES521, which is no algorithm"},
    {"rejectsDuplicateKid", "one of its two keys is no base64url, so there is one key"},
    {"invalidBase64Padding", "the token is that of ValidMac, byte by byte: no padding"},
    {"invalidBase64PaddingInPayload", "the same"},
    {"InvalidCharacterInsertedInHeader", "strict where the vectors let one be lax"},
    {"InvalidCharacterInsertedInPayload", "the same"},
    {"rejectsKeyWithRocaVulnerability", "the weakness of one maker's chips is not looked for"},
};

static bool is_apart(const char *comment)
{
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
        if (strcmp(comment, apart[i].comment) == 0)
            return true;
    return false;
}

/* A signed payload that is no object is the last thing that can be wrong. */
static bool is_accepted(const struct key_set *keys, const char *token)
{
    struct jwt_expectation e = {.algorithms = (1U << JWA_N) - 1};
    struct arena arena;
    struct jwt out = {.why = ""};
    arena_init(&arena, 1024, 64 * 1024);
    enum jwt_verdict v =
        jwt_check(&(struct jwt_question){keys, &e, slice_of(token), 1}, &arena, &out);
    arena_done(&arena);
    return v == JWT_GOOD || (v == JWT_BAD && (strstr(out.why, "claims") || strstr(out.why, "exp")));
}

static struct key_set *keys_of(const json_t *group)
{
    struct key_set *keys;
    json_t *key = json_object_get(group, "public");
    if (!key)
        key = json_object_get(group, "private");
    json_t *set =
        json_object_get(key, "keys") ? json_incref(key) : json_pack("{s:[O]}", "keys", key);
    char *text = json_dumps(set, 0);
    if (key_set_read(slice_of(text), KEY_SET_OF_FILE, &keys) != KEY_SET_GOOD)
        keys = NULL;
    free(text);
    json_decref(set);
    return keys;
}

/* The number of vectors; how many are as their authors say is counted. */
static size_t check_group(const json_t *group, size_t *n_valid)
{
    struct key_set *keys = keys_of(group);
    json_t *tests = json_object_get(group, "tests");
    size_t i;
    json_t *test;
    json_array_foreach(tests, i, test)
    {
        const char *comment = json_string_value(json_object_get(test, "comment"));
        const char *token = json_string_value(json_object_get(test, "jws"));
        bool is_valid = strcmp(json_string_value(json_object_get(test, "result")), "valid") == 0;
        bool accepted = token && keys && is_accepted(keys, token);
        *n_valid += accepted;
        if (accepted != is_valid && !is_apart(comment))
            fail_msg("%lld %s: %s", json_integer_value(json_object_get(test, "tcId")), comment,
                     accepted ? "accepted" : "refused");
    }
    key_set_release(keys);
    return i;
}

static void check_suite(const char *name, size_t n_min, size_t n_valid_min)
{
    size_t n, i, n_checked = 0, n_valid = 0;
    json_t *group;
    char *text = suites_read(name, &n);
    if (!text)
        skip();
    json_t *suite = json_loadb(text, n, 0, NULL);
    assert_non_null(suite);
    json_array_foreach(json_object_get(suite, "testGroups"), i, group) n_checked +=
        check_group(group, &n_valid);
    json_decref(suite);
    free(text);
    assert_in_range(n_checked, n_min, 10000);
    assert_in_range(n_valid, n_valid_min, n_checked);
}

static void signatures_get_their_verdicts(void **state)
{
    (void)state;
    check_suite("wycheproof-jose/json_web_signature_test.json", 400, 40);
}

static void keys_get_their_verdicts(void **state)
{
    (void)state;
    check_suite("wycheproof-jose/json_web_key_test.json", 26, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_get_their_verdicts),
        cmocka_unit_test(keys_get_their_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
