/* jwt_test.c - which tokens are believed; one row a token */
#include "../unit.h"
#include "signing.h"

enum {
    NOW = 1000000,
};

#define HEADER "{\"alg\":\"HS256\",\"kid\":\"k\"}"
#define EXP "\"exp\":1000100"
#define PARTIES "\"iss\":\"https://issuer\",\"aud\":\"shop\""
#define CLAIMS "{" PARTIES "," EXP "}"

static struct key_set *keys;
static struct arena arena;
static struct slice audiences[] = {SLICE_INIT("shop"), SLICE_INIT("other shop")};
static const struct jwt_expectation expected = {
    .issuer = SLICE_INIT("https://issuer"),
    .audiences = audiences,
    .n_audiences = 2,
    .algorithms = 1U << JWA_HS256 | 1U << JWA_RS256,
};

static enum jwt_verdict judge(struct slice token, struct arena *with, struct jwt *out)
{
    return jwt_check(&(struct jwt_question){keys, &expected, token, NOW}, with, out);
}

static enum jwt_verdict check(const char *header, const char *claims, struct jwt *out)
{
    arena_reset(&arena);
    out->why = "";
    return judge(signing_token(header, claims), &arena, out);
}

static void tokens_are_judged_by_their_headers(void **state)
{
    static const struct {
        const char *promise, *header;
        enum jwt_verdict verdict;
    } rows[] = {
        {"plain", HEADER, JWT_GOOD},
        {"no kid", "{\"alg\":\"HS256\"}", JWT_GOOD},
        {"embedded keys are not looked at",
         "{\"alg\":\"HS256\",\"kid\":\"k\",\"typ\":\"JWT\",\"jku\":\"http://127.0.0.1:1/"
         "\",\"jwk\":{\"kty\":"
         "\"oct\"},\"x5c\":[1],\"x5u\":7}",
         JWT_GOOD},
        {"an unknown kid", "{\"alg\":\"HS256\",\"kid\":\"x\"}", JWT_UNKNOWN_KEY},
        {"a kid that is a path", "{\"alg\":\"HS256\",\"kid\":\"../../dev/null\"}", JWT_UNKNOWN_KEY},
        {"an empty kid", "{\"alg\":\"HS256\",\"kid\":\"\"}", JWT_UNKNOWN_KEY},
        {"none", "{\"alg\":\"none\",\"kid\":\"k\"}", JWT_BAD},
        {"None", "{\"alg\":\"None\",\"kid\":\"k\"}", JWT_BAD},
        {"another spelling", "{\"alg\":\"hs256\",\"kid\":\"k\"}", JWT_BAD},
        {"an algorithm that the policy lacks", "{\"alg\":\"HS384\",\"kid\":\"k\"}", JWT_BAD},
        {"another key's algorithm", "{\"alg\":\"RS256\",\"kid\":\"k\"}", JWT_BAD},
        {"no algorithm", "{\"kid\":\"k\"}", JWT_BAD},
        {"an algorithm that is a list", "{\"alg\":[\"HS256\"],\"kid\":\"k\"}", JWT_BAD},
        {"two algorithms", "{\"alg\":\"HS256\",\"alg\":\"HS256\",\"kid\":\"k\"}", JWT_BAD},
        {"two kids", "{\"alg\":\"HS256\",\"kid\":\"k\",\"kid\":\"k\"}", JWT_BAD},
        {"a kid that is a number", "{\"alg\":\"HS256\",\"kid\":1}", JWT_BAD},
        {"a kid that is null", "{\"alg\":\"HS256\",\"kid\":null}", JWT_BAD},
        {"crit", "{\"alg\":\"HS256\",\"kid\":\"k\",\"crit\":[\"exp\"],\"exp\":1}", JWT_BAD},
        {"an empty crit", "{\"alg\":\"HS256\",\"kid\":\"k\",\"crit\":[]}", JWT_BAD},
        {"b64", "{\"alg\":\"HS256\",\"kid\":\"k\",\"b64\":true}", JWT_BAD},
        {"no object", "[\"HS256\"]", JWT_BAD},
        {"no JSON", "{\"alg\":\"HS256\"", JWT_BAD},
        {"not UTF-8", "{\"alg\":\"HS256\",\"kid\":\"\xff\"}", JWT_BAD},
    };
    struct jwt out;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum jwt_verdict v = check(rows[i].header, CLAIMS, &out);
        if (v != rows[i].verdict)
            fail_msg("%s: %d: %s", rows[i].promise, v, out.why);
    }
}

struct row {
    const char *promise, *claims, *why; /* NULL: it is good */
};

static void judge_rows(const struct row *rows, size_t n)
{
    struct jwt out;
    for (size_t i = 0; i < n; i++) {
        enum jwt_verdict v = check(HEADER, rows[i].claims, &out);
        if (v != (rows[i].why ? JWT_BAD : JWT_GOOD) ||
            (rows[i].why && strcmp(rows[i].why, out.why) != 0))
            fail_msg("%s: %d: %s", rows[i].promise, v, out.why);
    }
}

static void tokens_are_judged_by_their_claims(void **state)
{
    static const struct row rows[] = {
        {"plain", CLAIMS, NULL},
        {"one of several audiences",
         "{\"iss\":\"https://issuer\",\"aud\":[1,\"x\",\"shop\"]," EXP "}", NULL},
        {"our other audience", "{\"iss\":\"https://issuer\",\"aud\":\"other shop\"," EXP "}", NULL},
        {"escapes mean what they say",
         "{\"iss\":\"https:\\/\\/issuer\",\"aud\":\"s\\u0068op\"," EXP "}", NULL},
        {"over, within the leeway", "{" PARTIES ",\"exp\":999941}", NULL},
        {"over", "{" PARTIES ",\"exp\":999940}", "the token has expired"},
        {"a fraction of a second", "{" PARTIES ",\"exp\":999940.5}", NULL},
        {"an exponent", "{" PARTIES ",\"exp\":2e6}", NULL},
        {"not yet, within the leeway", "{" PARTIES "," EXP ",\"nbf\":1000060}", NULL},
        {"not yet", "{" PARTIES "," EXP ",\"nbf\":1000061}", "the token is not good yet"},
        {"issued in the future", "{" PARTIES "," EXP ",\"iat\":2000000}", NULL},
        {"nothing at all", "{}", "the token has no exp"},
        {"no exp", "{" PARTIES "}", "the token has no exp"},
        {"an exp that is a text", "{" PARTIES ",\"exp\":\"1000100\"}",
         "the token's exp is not a date"},
        {"an exp below 0", "{" PARTIES ",\"exp\":-1}", "the token's exp is not a date"},
        {"an exp beyond all dates", "{" PARTIES ",\"exp\":1e400}", "the token's exp is not a date"},
        {"an exp of more than 64 bits", "{" PARTIES ",\"exp\":18446744073709551616}",
         "the token's exp is not a date"},
        {"an exp that is null", "{" PARTIES ",\"exp\":null}", "the token's exp is not a date"},
        {"an nbf that is a text", "{" PARTIES "," EXP ",\"nbf\":\"1\"}",
         "the token's nbf is not a date"},
        {"another issuer", "{\"iss\":\"https://issuer/\",\"aud\":\"shop\"," EXP "}",
         "the token is of another issuer"},
        {"no issuer", "{\"aud\":\"shop\"," EXP "}", "the token is of another issuer"},
        {"an issuer that is a list", "{\"iss\":[\"https://issuer\"],\"aud\":\"shop\"," EXP "}",
         "the token is of another issuer"},
        {"another audience", "{\"iss\":\"https://issuer\",\"aud\":\"shops\"," EXP "}",
         "the token is for another audience"},
        {"no audience", "{\"iss\":\"https://issuer\"," EXP "}",
         "the token is for another audience"},
        {"no audience in the list", "{\"iss\":\"https://issuer\",\"aud\":[]," EXP "}",
         "the token is for another audience"},
        {"a sub that is a number", "{" PARTIES "," EXP ",\"sub\":1}",
         "the token's sub is not a string"},
        {"a sub that is null", "{" PARTIES "," EXP ",\"sub\":null}",
         "the token's sub is not a string"},
        {"no object", "[]", "the token's claims are not an object, or repeat a member"},
        {"no JSON", "{", "the token's claims are not an object, or repeat a member"},
        {"nothing", "", "the token's claims are not an object, or repeat a member"},
    };
    (void)state;
    judge_rows(rows, sizeof rows / sizeof *rows);
}

static void no_claim_stands_twice(void **state)
{
    static const struct row rows[] = {
        {"two exps", "{" PARTIES ",\"exp\":1," EXP "}",
         "the token's claims are not an object, or repeat a member"},
        {"two subs", "{" PARTIES "," EXP ",\"sub\":\"a\",\"s\\u0075b\":\"b\"}",
         "the token's claims are not an object, or repeat a member"},
        {"two of a claim that nobody reads here",
         "{\"t\":\"a\"," PARTIES "," EXP ",\"\\u0074\":\"b\"}",
         "the token's claims are not an object, or repeat a member"},
        {"two in a claim", "{\"t\":{\"a\":1,\"a\":2}," PARTIES "," EXP "}", NULL},
        {"two that differ by case", "{\"t\":1,\"T\":2," PARTIES "," EXP "}", NULL},
    };
    (void)state;
    judge_rows(rows, sizeof rows / sizeof *rows);
}

static void each_changed_byte_spoils_a_token(void **state)
{
    char changed[512];
    struct jwt out;
    struct slice token = signing_token(HEADER, CLAIMS);
    (void)state;
    assert_in_range(token.n, 1, sizeof changed);
    for (size_t i = 0; i < token.n; i++) {
        memcpy(changed, token.at, token.n);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        arena_reset(&arena);
        if (judge((struct slice){changed, token.n}, &arena, &out) == JWT_GOOD)
            fail_msg("byte %zu does not matter", i);
        if (judge((struct slice){token.at, i}, &arena, &out) == JWT_GOOD)
            fail_msg("%zu bytes are enough", i);
    }
}

static void a_good_token_tells_its_claims_and_its_end(void **state)
{
    struct jwt out;
    (void)state;
    assert_int_equal(check(HEADER, CLAIMS, &out), JWT_GOOD);
    assert_true(slice_equal(out.claims, SLICE(CLAIMS)));
    assert_int_equal(out.ends_s, 1000100 + JWT_LEEWAY_S);
}

static void a_full_arena_is_told(void **state)
{
    struct arena small;
    struct jwt out;
    (void)state;
    unsigned n_good = 0;
    for (size_t limit = 16; limit < 1024; limit += 16) {
        arena_init(&small, limit, limit);
        enum jwt_verdict verdict = judge(signing_token(HEADER, CLAIMS), &small, &out);
        arena_done(&small);
        n_good += verdict == JWT_GOOD;
        assert_int_equal(verdict, n_good ? JWT_GOOD : JWT_NO_ROOM);
    }
    assert_int_not_equal(n_good, 0);
}

static void scopes_are_looked_for_where_they_may_be(void **state)
{
    static const struct {
        const char *claims;
        bool has;
    } rows[] = {
        {"{\"scope\":\"read\"}", true},
        {"{\"scope\":\"a write b\"}", true},
        {"{\"scope\":\"r\\u0065ad\"}", true},
        {"{\"scp\":\"x read\"}", true},
        {"{\"scp\":[\"x\",\"read\"]}", true},
        {"{\"roles\":[\"write\"]}", true},
        {"{\"roles\":\"write\"}", false},
        {"{\"roles\":[\"admin,write\"]}", false},
        {"{\"roles\":{\"write\":true}}", false},
        {"{\"scope\":[\"read\"]}", false},
        {"{\"scope\":\"reader\"}", false},
        {"{\"scope\":\"read,write\"}", false},
        {"{\"scope\":\"\"}", false},
        {"{\"scope\":7}", false},
        {"{}", false},
    };
    static const struct slice scopes[] = {SLICE_INIT("read"), SLICE_INIT("write")};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (jwt_has_scope(slice_of(rows[i].claims), scopes, 2) != rows[i].has)
            fail_msg("%s", rows[i].claims);
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1024, 64 * 1024);
    return key_set_read(SLICE(SIGNING_KEYS), KEY_SET_OF_FILE, &keys) == KEY_SET_GOOD ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    key_set_release(keys);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_judged_by_their_headers),
        cmocka_unit_test(tokens_are_judged_by_their_claims),
        cmocka_unit_test(no_claim_stands_twice),
        cmocka_unit_test(each_changed_byte_spoils_a_token),
        cmocka_unit_test(a_good_token_tells_its_claims_and_its_end),
        cmocka_unit_test(a_full_arena_is_told),
        cmocka_unit_test(scopes_are_looked_for_where_they_may_be),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
