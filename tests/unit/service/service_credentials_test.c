/* service_credentials_test.c - what a service's requests carry, and whose refusal is told */
#include "fixture.h"

struct told {
    unsigned n;
    uint64_t generation;
};

static struct told told;

static void on_refused(void *owner, uint64_t generation)
{
    struct told *t = owner;
    t->n++;
    t->generation = generation;
}

static int setup(void **state)
{
    int failed = fixture_setup(state);
    struct fixture *f = *state;
    told = (struct told){0};
    f->context.on_refused = on_refused;
    f->context.refused_owner = &told;
    f->config.credentials.kind = CONFIG_OAUTH2;
    return failed;
}

static bool was_heard(const struct fixture *f, const char *text)
{
    return memmem(f->heard.at, f->heard.n, text, strlen(text));
}

static void serve(struct fixture *f, const char *answer)
{
    fixture_serve(f, answer);
    fixture_drop(f);
}

static void serve_401(struct fixture *f)
{
    serve(f, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
}

static void requests_carry_the_line(void **state)
{
    struct fixture *f = *state;
    service_set_credentials(f->service, SLICE("authorization: Bearer abc\r\n"), 1);
    serve(f, FIXTURE_OK "Content-Length: 2\r\n\r\n{}");
    assert_true(was_heard(f, "\r\nauthorization: Bearer abc\r\n"));
}

static void a_new_line_takes_the_place_of_the_old_one(void **state)
{
    struct fixture *f = *state;
    service_set_credentials(f->service, SLICE("authorization: Bearer abc\r\n"), 1);
    service_set_credentials(f->service, SLICE("authorization: Bearer def\r\n"), 2);
    serve(f, FIXTURE_OK "Content-Length: 2\r\n\r\n{}");
    assert_true(was_heard(f, "authorization: Bearer def\r\n"));
    assert_false(was_heard(f, "abc"));
}

static void without_a_line_calls_are_denied(void **state)
{
    struct fixture *f = *state;
    service_set_credentials(f->service, SLICE("authorization: Bearer abc\r\n"), 1);
    service_set_credentials(f->service, SLICE_NONE, 0);
    fixture_start(f);
    fixture_await(f);
    fixture_expect_failure(f, OUTCOME_DENIED, "no credentials for the service");
}

static void a_refusal_is_told_once_a_token(void **state)
{
    struct fixture *f = *state;
    service_set_credentials(f->service, SLICE("authorization: Bearer abc\r\n"), 7);
    serve_401(f);
    serve_401(f);
    assert_int_equal(told.n, 1);
    assert_int_equal(told.generation, 7);
    service_set_credentials(f->service, SLICE("authorization: Bearer def\r\n"), 8);
    serve_401(f);
    assert_int_equal(told.n, 2);
    assert_int_equal(told.generation, 8);
}

static void other_statuses_tell_nothing(void **state)
{
    struct fixture *f = *state;
    service_set_credentials(f->service, SLICE("authorization: Bearer abc\r\n"), 7);
    serve(f, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    serve(f, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(told.n, 0);
}

static void what_is_no_token_is_never_told_of(void **state)
{
    struct fixture *f = *state;
    service_set_credentials(f->service, SLICE("authorization: Basic YTpi\r\n"), 0);
    serve_401(f);
    assert_int_equal(told.n, 0);
}

static void an_answer_to_the_old_token_says_nothing_of_the_new_one(void **state)
{
    struct fixture *f = *state;
    service_set_credentials(f->service, SLICE("authorization: Bearer abc\r\n"), 7);
    fixture_begin(f);
    f->rig.loop.now_ns++; /* in a later turn */
    service_set_credentials(f->service, SLICE("authorization: Bearer def\r\n"), 8);
    fixture_say(f, SLICE("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"));
    fixture_await(f);
    assert_int_equal(told.n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_carry_the_line),
        TEST(a_new_line_takes_the_place_of_the_old_one),
        TEST(without_a_line_calls_are_denied),
        TEST(a_refusal_is_told_once_a_token),
        TEST(other_statuses_tell_nothing),
        TEST(what_is_no_token_is_never_told_of),
        TEST(an_answer_to_the_old_token_says_nothing_of_the_new_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
