/* handshake_test.c - which requests open a WebSocket, and which pages may */
#include "../unit.h"
#include "http/handshake.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

enum {
    N_FIELDS = 6
};

/* A good one; the tests change it. */
struct opening {
    struct request request;
    struct field fields[N_FIELDS];
    struct slice key;
    const char *why;
};

static int setup(void **state)
{
    static struct opening o;
    o = (struct opening){
        .request = {.method = SLICE_INIT("GET"), .minor = 1, .fields = o.fields, .n_fields = 4},
        .fields =
            {
                {SLICE_INIT("Connection"), SLICE_INIT("keep-alive, Upgrade")},
                {SLICE_INIT("UPGRADE"), SLICE_INIT("WebSocket")},
                {SLICE_INIT("Sec-WebSocket-Version"), SLICE_INIT("13")},
                {SLICE_INIT("Sec-WebSocket-Key"), SLICE_INIT(KEY)},
            },
    };
    *state = &o;
    return 0;
}

static enum handshake_verdict judge(struct opening *o)
{
    return handshake_read(&o->request, &o->key, &o->why);
}

static void a_good_one_has_a_key(void **state)
{
    struct opening *o = *state;
    assert_int_equal(judge(o), HANDSHAKE_GOOD);
    assert_true(slice_equal(o->key, SLICE(KEY)));
}

static void another_upgrade_is_none(void **state)
{
    struct opening *o = *state;
    o->fields[1].value = SLICE("h2c");
    assert_int_equal(judge(o), HANDSHAKE_NONE);
    o->fields[1].value = SLICE("h2c, websocket");
    assert_int_equal(judge(o), HANDSHAKE_GOOD);
    o->request.minor = 0;
    assert_int_equal(judge(o), HANDSHAKE_NONE);
}

static void a_bad_one_says_why(void **state)
{
    struct opening *o = *state;
    o->request.method = SLICE("POST");
    assert_int_equal(judge(o), HANDSHAKE_BAD);
    o->request.method = SLICE("GET");
    o->request.has_body = true;
    assert_int_equal(judge(o), HANDSHAKE_BAD);
    o->request.has_body = false;
    o->fields[0].value = SLICE("keep-alive");
    assert_int_equal(judge(o), HANDSHAKE_BAD);
    o->fields[0].value = SLICE("upgrade");
    o->fields[3].value = SLICE("short");
    assert_int_equal(judge(o), HANDSHAKE_BAD);
    o->request.n_fields = 3;
    assert_int_equal(judge(o), HANDSHAKE_BAD);
    o->fields[3] = o->fields[4] = (struct field){SLICE("sec-websocket-key"), SLICE(KEY)};
    o->request.n_fields = 5;
    assert_int_equal(judge(o), HANDSHAKE_BAD);
    assert_non_null(strstr(o->why, "Sec-WebSocket-Key"));
}

static void another_version_is_told_apart(void **state)
{
    struct opening *o = *state;
    o->fields[2].value = SLICE("8");
    assert_int_equal(judge(o), HANDSHAKE_OTHER_VERSION);
    o->fields[2].name = SLICE("x");
    assert_int_equal(judge(o), HANDSHAKE_OTHER_VERSION);
}

static void a_page_is_of_the_host_that_it_names(void **state)
{
    struct opening *o = *state;
    struct slice host = SLICE("shop.test:8080");
    assert_true(handshake_is_of_host(&o->request, host));
    o->request.n_fields = 5;
    o->fields[4] = (struct field){SLICE("Origin"), SLICE("http://Shop.test:8080")};
    assert_true(handshake_is_of_host(&o->request, host));
    static const char *const foreign[] = {
        "http://shop.test", "http://shop.test:80800", "http://a.shop.test:8080", "null", "",
        "shop.test:8080",   "http://shop.test:8080/",
    };
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        o->fields[4].value = slice_of(foreign[i]);
        assert_false(handshake_is_of_host(&o->request, host));
    }
    o->fields[4].value = SLICE("http://");
    assert_false(handshake_is_of_host(&o->request, SLICE("")));
    o->fields[4].value = SLICE("http://shop.test:8080");
    o->fields[5] = o->fields[4];
    o->request.n_fields = 6;
    assert_false(handshake_is_of_host(&o->request, host));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(a_good_one_has_a_key),
        TEST(another_upgrade_is_none),
        TEST(a_bad_one_says_why),
        TEST(another_version_is_told_apart),
        TEST(a_page_is_of_the_host_that_it_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
