/* credentials_test.c - header lines, the request for a token, and what is read of its answer */
#include "../unit.h"
#include "service/credentials.h"
#include "service/credentials_life.h"

struct texts {
    struct buffer line;
    char large[CREDENTIALS_SECRET_MAX + 1];
};

static int setup(void **state)
{
    static struct texts t;
    buffer_init(&t.line, CREDENTIALS_LIMIT);
    memset(t.large, 'x', sizeof t.large);
    *state = &t;
    return 0;
}

static int teardown(void **state)
{
    credentials_forget(&((struct texts *)*state)->line);
    return 0;
}

static void assert_text(struct slice got, const char *wanted)
{
    assert_int_equal(got.n, strlen(wanted));
    assert_memory_equal(got.at, wanted, got.n);
}

static void a_bearer_line_has_the_token(void **state)
{
    struct texts *t = *state;
    assert_true(credentials_write_bearer(&t->line, SLICE("abc.DEF-1~+/=")));
    assert_text(buffer_slice(&t->line), "authorization: Bearer abc.DEF-1~+/=\r\n");
    assert_true(credentials_write_bearer(&t->line, SLICE("other")));
    assert_text(buffer_slice(&t->line), "authorization: Bearer other\r\n");
}

static void a_token_that_no_header_takes_is_refused_and_the_old_line_stays(void **state)
{
    struct texts *t = *state;
    static const struct slice bad[] = {
        SLICE_INIT(""),     SLICE_INIT(" a"),    SLICE_INIT("a "),      SLICE_INIT("a\r\nx: y"),
        SLICE_INIT("a\0b"), SLICE_INIT("a\x7f"), SLICE_INIT("token\n"), SLICE_INIT("\ta"),
    };
    assert_true(credentials_write_bearer(&t->line, SLICE("old")));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(credentials_write_bearer(&t->line, bad[i]));
        assert_text(buffer_slice(&t->line), "authorization: Bearer old\r\n");
    }
}

static void a_token_is_bounded(void **state)
{
    struct texts *t = *state;
    struct slice token = {t->large, CREDENTIALS_SECRET_MAX};
    assert_true(credentials_write_bearer(&t->line, token));
    token.n++;
    assert_false(credentials_write_bearer(&t->line, token));
}

/* RFC 7617 sections 2 and 2.1. */
static void basic_lines_are_those_of_the_standard(void **state)
{
    struct texts *t = *state;
    assert_true(credentials_write_basic(&t->line, SLICE("Aladdin"), SLICE("open sesame")));
    assert_text(buffer_slice(&t->line), "authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n");
    assert_true(credentials_write_basic(&t->line, SLICE("test"), SLICE("123\xc2\xa3")));
    assert_text(buffer_slice(&t->line), "authorization: Basic dGVzdDoxMjPCow==\r\n");
    assert_true(credentials_write_basic(&t->line, SLICE("a"), SLICE_NONE));
    assert_text(buffer_slice(&t->line), "authorization: Basic YTo=\r\n");
}

static struct config_credentials oauth2(const char *id, const char *scopes)
{
    return (struct config_credentials){
        .kind = CONFIG_OAUTH2,
        .token_target = {.authority = SLICE("issuer:8443")},
        .token_path = SLICE("/oauth/token?tenant=1"),
        .client_id = slice_of(id),
        .scopes = slice_of(scopes),
    };
}

/* The id and the secret of RFC 6749's own example (section 4.4.2). */
static void a_token_is_asked_for_as_the_standard_shows(void **state)
{
    struct texts *t = *state;
    size_t body_at;
    struct config_credentials c = oauth2("s6BhdRkqt3", "");
    assert_true(credentials_write_ask(&t->line, &c, SLICE("gX1fBat3bV"), &body_at));
    assert_text(buffer_slice(&t->line), "POST /oauth/token?tenant=1 HTTP/1.1\r\n"
                                        "host: issuer:8443\r\n"
                                        "authorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW\r\n"
                                        "accept: application/json\r\n"
                                        "content-type: application/x-www-form-urlencoded\r\n"
                                        "content-length: 29\r\n\r\n"
                                        "grant_type=client_credentials");
    assert_text(slice_after(buffer_slice(&t->line), body_at), "grant_type=client_credentials");
}

static void scopes_and_secrets_are_encoded_as_in_forms(void **state)
{
    struct texts *t = *state;
    size_t body_at;
    struct config_credentials c = oauth2("a:b", "read:all write*");
    assert_true(credentials_write_ask(&t->line, &c, SLICE("p @ss%\xc3\xa9"), &body_at));
    assert_text(slice_after(buffer_slice(&t->line), body_at),
                "grant_type=client_credentials&scope=read%3Aall+write*");
    /* a%3Ab:p+%40ss%25%C3%A9 */
    assert_non_null(
        memmem(t->line.at, t->line.n, "Basic YSUzQWI6cCslNDBzcyUyNSVDMyVBOQ==\r\n", 40));
}

static void a_secret_that_is_too_long_is_not_sent(void **state)
{
    struct texts *t = *state;
    size_t body_at;
    struct config_credentials c = oauth2("id", "");
    assert_true(credentials_write_ask(&t->line, &c, (struct slice){t->large, 4096}, &body_at));
    assert_false(
        credentials_write_ask(&t->line, &c, (struct slice){t->large, sizeof t->large}, &body_at));
}

static void answers_are_read(void **state)
{
    struct texts *t = *state;
    static const struct {
        const char *body, *line;
        uint64_t life_ms;
    } table[] = {
        {"{\"access_token\":\"2YotnFZFEjr1zCsicMWpAA\",\"token_type\":\"Bearer\",\"expires_in\":"
         "3600,"
         "\"example_parameter\":\"example_value\"}",
         "authorization: Bearer 2YotnFZFEjr1zCsicMWpAA\r\n", 3600000},
        {" {\"token_type\":\"bEaReR\",\"expires_in\":\"60\",\"access_token\":\"a\"} ",
         "authorization: Bearer a\r\n", 60000},
        {"{\"access_token\":\"a\\/b\\u0063\"}", "authorization: Bearer a/bc\r\n",
         CREDENTIALS_NO_END},
        {"{\"access_token\":\"a\",\"expires_in\":null,\"token_type\":null}",
         "authorization: Bearer a\r\n", CREDENTIALS_NO_END},
        {"{\"access_token\":\"a\",\"expires_in\":1.5e1}", "authorization: Bearer a\r\n", 15000},
        {"{\"access_token\":\"a\",\"access_token\":\"last\"}", "authorization: Bearer last\r\n", 0},
        {"{\"access_token\":\"a\",\"expires_in\":1e300}", "authorization: Bearer a\r\n",
         UINT64_C(315360000000)},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        uint64_t life_ms = 1;
        assert_int_equal(credentials_read_token(slice_of(table[i].body), &t->line, &life_ms),
                         CREDENTIALS_GOOD);
        assert_text(buffer_slice(&t->line), table[i].line);
        assert_true(life_ms == table[i].life_ms);
    }
}

static void bad_answers_leave_the_old_line(void **state)
{
    struct texts *t = *state;
    static const struct {
        const char *body;
        enum credentials_verdict verdict;
    } table[] = {
        {"", CREDENTIALS_NOT_JSON},
        {"access_token=a&token_type=bearer", CREDENTIALS_NOT_JSON},
        {"{\"access_token\":\"a\"", CREDENTIALS_NOT_JSON},
        {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", CREDENTIALS_NOT_JSON},
        {"[]", CREDENTIALS_NO_TOKEN},
        {"\"a\"", CREDENTIALS_NO_TOKEN},
        {"{}", CREDENTIALS_NO_TOKEN},
        {"{\"access_token\":null}", CREDENTIALS_NO_TOKEN},
        {"{\"access_token\":7}", CREDENTIALS_NO_TOKEN},
        {"{\"access_token\":\"\"}", CREDENTIALS_NO_TOKEN},
        {"{\"access_token\":\"a\\r\\nx: y\"}", CREDENTIALS_NO_TOKEN},
        {"{\"access_token\":\"a\\u0000\"}", CREDENTIALS_NO_TOKEN},
        {"{\"access_token\":\"a\",\"token_type\":\"mac\"}", CREDENTIALS_FOREIGN_TYPE},
        {"{\"access_token\":\"a\",\"token_type\":1}", CREDENTIALS_FOREIGN_TYPE},
        {"{\"access_token\":\"a\",\"expires_in\":0}", CREDENTIALS_BAD_LIFE},
        {"{\"access_token\":\"a\",\"expires_in\":-5}", CREDENTIALS_BAD_LIFE},
        {"{\"access_token\":\"a\",\"expires_in\":1e999}", CREDENTIALS_BAD_LIFE},
        {"{\"access_token\":\"a\",\"expires_in\":true}", CREDENTIALS_BAD_LIFE},
        {"{\"access_token\":\"a\",\"expires_in\":\"soon\"}", CREDENTIALS_BAD_LIFE},
        {"{\"access_token\":\"a\",\"expires_in\":\"nan\"}", CREDENTIALS_BAD_LIFE},
        {"{\"access_token\":\"a\",\"expires_in\":\"\"}", CREDENTIALS_BAD_LIFE},
    };
    assert_true(credentials_write_bearer(&t->line, SLICE("old")));
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        uint64_t life_ms;
        assert_int_equal(credentials_read_token(slice_of(table[i].body), &t->line, &life_ms),
                         table[i].verdict);
        assert_text(buffer_slice(&t->line), "authorization: Bearer old\r\n");
    }
}

static void only_words_of_the_standard_are_shown(void **state)
{
    (void)state;
    assert_string_equal(credentials_read_error(SLICE("{\"error\":\"invalid_client\"}")),
                        "invalid_client");
    assert_string_equal(credentials_read_error(SLICE("{\"error\":\"invalid\\u005fscope\"}")),
                        "invalid_scope");
    static const char *const others[] = {"",
                                         "{}",
                                         "{\"error\":\"my-secret\"}",
                                         "{\"error\":1}",
                                         "<html>",
                                         "{\"error\":\"invalid_clients\"}"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_null(credentials_read_error(slice_of(others[i])));
}

static struct config_service service(void)
{
    struct config_service s = {.name = SLICE("catalog"), .credentials = oauth2("id", "a b")};
    s.credentials.token_target.host = "issuer";
    s.credentials.client_secret.text = SLICE("secret");
    return s;
}

static void the_same_settings_are_alike(void **state)
{
    (void)state;
    struct config_service a = service(), b = service();
    char host[] = "issuer";
    b.credentials.token_target.host = host; /* another place in memory */
    assert_true(credentials_are_alike(&a, &b));
    b.timeout_ms = 7;
    assert_true(credentials_are_alike(&a, &b));
}

static void any_other_setting_makes_others_of_them(void **state)
{
    (void)state;
    struct config_service a = service(), others[10];
    for (size_t i = 0; i < 10; i++)
        others[i] = service();
    others[0].name = SLICE("stock");
    others[1].credentials.kind = CONFIG_BEARER;
    others[2].credentials.token_target.host = "elsewhere";
    others[3].credentials.token_target.port = 1;
    others[4].credentials.token_target.is_tls = true;
    others[5].credentials.token_path = SLICE("/other");
    others[6].credentials.client_id = SLICE("other");
    others[7].credentials.client_secret = (struct config_secret){.file = "secret"};
    others[8].credentials.scopes = SLICE("a");
    others[9].tls.ca = "ca.pem";
    for (size_t i = 0; i < 10; i++)
        assert_false(credentials_are_alike(&a, &others[i]));
}

static void a_forgotten_buffer_is_empty(void **state)
{
    struct texts *t = *state;
    assert_true(credentials_write_bearer(&t->line, SLICE("abc")));
    credentials_forget(&t->line);
    assert_int_equal(t->line.n, 0);
    credentials_forget(&t->line);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bearer_line_has_the_token),
        TEST(a_token_that_no_header_takes_is_refused_and_the_old_line_stays),
        TEST(a_token_is_bounded),
        TEST(basic_lines_are_those_of_the_standard),
        TEST(a_token_is_asked_for_as_the_standard_shows),
        TEST(scopes_and_secrets_are_encoded_as_in_forms),
        TEST(a_secret_that_is_too_long_is_not_sent),
        TEST(answers_are_read),
        TEST(bad_answers_leave_the_old_line),
        TEST(only_words_of_the_standard_are_shown),
        TEST(the_same_settings_are_alike),
        TEST(any_other_setting_makes_others_of_them),
        TEST(a_forgotten_buffer_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
