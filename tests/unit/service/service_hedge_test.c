/* service_hedge_test.c - what is remembered of two attempts of one call */
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"

enum {
    AFTER_MS = 20,
    ALL = 1000, /* permille */
};

/* Two targets that take turns; a call that is late by AFTER_MS is hedged. */
static int setup(void **state)
{
    fixture_setup(state);
    struct fixture *f = *state;
    f->config.n_targets = 2;
    f->config.balance = CONFIG_ROUND_ROBIN;
    f->config.hedge = (struct config_hedge){
        .is_on = true, .after_ms = AFTER_MS, .budget = {.permille = 50, .reserve_per_second = 1}};
    fixture_remake(f);
    for (unsigned i = 0; i < 2; i++) {
        struct addresses a = {.n = 1};
        memcpy(&a.at[0], &f->at[i], sizeof f->at[i]);
        service_set_addresses(f->service, i, &a);
    }
    return 0;
}

/* The connection to a target, once the whole head of a request is there. */
static int await_request(struct fixture *f, unsigned target)
{
    int fd = accept4(f->listening[target], NULL, NULL, SOCK_NONBLOCK);
    rig_begin(&f->rig);
    while (fd < 0) {
        rig_go_on(&f->rig, "a connection");
        fd = accept4(f->listening[target], NULL, NULL, SOCK_NONBLOCK);
    }
    f->heard = (struct rig_text){0};
    rig_expect(&f->rig, fd, &f->heard, "\r\n\r\n");
    return fd;
}

static void answer(struct fixture *f, int fd)
{
    RIG_SAY(fd, FIXTURE_OK "Content-Length: 1\r\n\r\n1");
    fixture_await(f);
    assert_int_equal(f->outcome.kind, OUTCOME_OK);
    assert_int_equal(f->outcome.n_attempts, 2);
}

static unsigned n_known(const struct fixture *f)
{
    return f->service->latency->n[0] + f->service->latency->n[1];
}

/* Else each call that a hedge has saved would be missing from the quantile, which would sink, and
 * more and more calls would be late by it. */
static void a_first_attempt_that_lost_took_at_least_so_long(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    int first = await_request(f, 0), hedge = await_request(f, 1);
    answer(f, hedge);
    assert_int_equal(n_known(f), 2);
    assert_true(quantile_us(f->service->latency, ALL, 1, f->rig.loop.now_ms) >= AFTER_MS * 1000);
    close(first);
    close(hedge);
}

static void a_hedge_that_lost_tells_nothing(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    int first = await_request(f, 0), hedge = await_request(f, 1);
    answer(f, first);
    assert_int_equal(n_known(f), 1);
    close(first);
    close(hedge);
}

static void an_attempt_that_is_given_up_tells_nothing(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    int first = await_request(f, 0), hedge = await_request(f, 1);
    service_call_cancel(f->call, SERVICE_CALL_UNWANTED);
    assert_int_equal(n_known(f), 0);
    close(first);
    close(hedge);
}

/* Else a burst of wrong ids would make the quantile short, and hedge all that follows. */
static void an_answer_that_is_no_good_one_tells_nothing(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    int first = await_request(f, 0);
    RIG_SAY(first, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    fixture_await(f);
    assert_int_equal(f->outcome.status, 404);
    assert_int_equal(n_known(f), 0);
    close(first);
}

static void a_target_that_is_outrun_looks_slow(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    int first = await_request(f, 0), hedge = await_request(f, 1);
    answer(f, hedge);
    assert_true(f->service->loads[0].latency_us >= AFTER_MS * 1000);
    assert_int_equal(f->shared->ejections[0].failures, 0);
    close(first);
    close(hedge);
}

/* `attempts` counts them all. */
static void no_hedge_is_sent_beyond_the_attempts(void **state)
{
    struct fixture *f = *state;
    service_free(f->service);
    f->config.retry = (struct config_retry){
        .attempts = 2, .after_unreachable = true, .budget = {.permille = 1000}};
    f->config.retry.budget.reserve_per_second = 1;
    f->service = service_new(&f->context, &f->config, f->shared, NULL);
    for (unsigned i = 0; i < 2; i++) {
        struct addresses a = {.n = 1};
        memcpy(&a.at[0], &f->at[i], sizeof f->at[i]);
        service_set_addresses(f->service, i, &a);
    }
    fixture_start(f);
    int first = await_request(f, 0);
    close(first);
    int second = await_request(f, 1);
    fixture_await(f);
    assert_string_equal(outcome_kind_name(f->outcome.kind), "timeout");
    assert_int_equal(f->outcome.n_attempts, 2);
    assert_int_equal(rig_count(&f->rig, COUNT_CALLS_HEDGED), 0);
    close(second);
}

/* Long enough for a hedge, if one is to come; then the first target answers. */
static void expect_no_hedge(struct fixture *f, int first)
{
    uint64_t until_ms = f->rig.loop.now_ms + 3 * AFTER_MS;
    RIG_UNTIL(&f->rig, f->rig.loop.now_ms >= until_ms);
    assert_int_equal(rig_count(&f->rig, COUNT_CALLS_HEDGED), 0);
    RIG_SAY(first, FIXTURE_OK "Content-Length: 1\r\n\r\n1");
    fixture_await(f);
    assert_int_equal(f->outcome.kind, OUTCOME_OK);
    assert_int_equal(f->outcome.n_attempts, 1);
}

/* Its 401 would be an answer that the service means, and end the attempt that had them. */
static void no_hedge_is_sent_without_credentials(void **state)
{
    struct fixture *f = *state;
    f->config.credentials.kind = CONFIG_OAUTH2;
    service_set_credentials(f->service, SLICE("authorization: Bearer abc\r\n"), 1);
    fixture_start(f);
    int first = await_request(f, 0);
    service_set_credentials(f->service, SLICE_NONE, 0);
    expect_no_hedge(f, first);
    close(first);
}

static void on_other_ended(void *owner, const struct outcome *outcome)
{
    (void)owner;
    (void)outcome;
    assert_true(false); /* it is cancelled before */
}

/* A place is free for a moment, and somebody waits for it. */
static void no_hedge_goes_before_calls_that_wait(void **state)
{
    struct fixture *f = *state;
    f->config.concurrency = (struct config_concurrency){
        .limit = {.is_on = true, .max = 2, .initial = 2, .least = 2, .most = 2}, .queue = 3};
    fixture_start(f);
    struct service_call *other = service_call_start(f->service, &f->request, on_other_ended, f);
    struct service_call *waiting = service_call_start(f->service, &f->request, on_other_ended, f);
    loop_disarm(&f->rig.loop, &f->service->look);
    service_call_cancel(other, SERVICE_CALL_UNWANTED);
    fixture_pass_ms(f, 2 * AFTER_MS);
    assert_int_equal(rig_count(&f->rig, COUNT_CALLS_HEDGED), 0);
    rig_turns(&f->rig, 2);
    assert_int_equal(service_call_n_attempts(waiting), 1);
    service_call_cancel(waiting, SERVICE_CALL_UNWANTED);
    service_call_cancel(f->call, SERVICE_CALL_UNWANTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_first_attempt_that_lost_took_at_least_so_long),
        TEST(a_hedge_that_lost_tells_nothing),
        TEST(an_attempt_that_is_given_up_tells_nothing),
        TEST(an_answer_that_is_no_good_one_tells_nothing),
        TEST(a_target_that_is_outrun_looks_slow),
        TEST(no_hedge_is_sent_beyond_the_attempts),
        TEST(no_hedge_is_sent_without_credentials),
        TEST(no_hedge_goes_before_calls_that_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
