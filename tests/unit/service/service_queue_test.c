/* service_queue_test.c - who has the next place, on one worker and between two */
#include <sys/socket.h>

#include "fixture.h"
#include "service/service_call_internal.h"
#include "service/service_queue.h"

enum {
    N = 8
};

/* Calls that are asked for one by one, on either of two workers. */
struct asked {
    struct service_call *call; /* NULL: it has ended */
    struct outcome outcome;
    struct service *next_at; /* whose service is called again when this one ends */
};

static struct fixture *f;
static struct asked asked[N], again;
static struct service *other; /* the same service on another worker */

static int setup(void **state)
{
    fixture_setup(state);
    f = *state;
    service_free(f->service);
    f->config.concurrency = (struct config_concurrency){
        .limit = {.is_on = true, .max = 1, .initial = 1, .least = 1, .most = 1}, .queue = 3};
    struct addresses a = {.n = 1};
    memcpy(&a.at[0], &f->at[0], sizeof f->at[0]);
    f->service = service_new(&f->context, &f->config, f->shared, NULL);
    other = service_new(&f->context, &f->config, f->shared, NULL);
    service_set_addresses(f->service, 0, &a);
    service_set_addresses(other, 0, &a);
    memset(asked, 0, sizeof asked);
    again = (struct asked){0};
    return 0;
}

static int teardown(void **state)
{
    for (unsigned i = 0; i < N; i++)
        if (asked[i].call)
            service_call_cancel(asked[i].call, SERVICE_CALL_UNWANTED);
    if (again.call)
        service_call_cancel(again.call, SERVICE_CALL_UNWANTED);
    assert_int_equal(atomic_load(&f->shared->shared->n_waiting), 0);
    assert_int_equal(atomic_load(&f->shared->shared->limit.in_flight), 0);
    assert_int_equal(f->service->n_placed + other->n_placed, 0);
    service_free(other);
    return fixture_teardown(state);
}

static void on_ended(void *owner, const struct outcome *outcome)
{
    struct asked *a = owner;
    a->call = NULL;
    a->outcome = *outcome;
    if (a->next_at)
        again.call = service_call_start(a->next_at, &f->request, on_ended, &again);
}

static void ask_at(struct service *s, unsigned i, bool is_required, int priority)
{
    f->request.is_required = is_required;
    f->request.priority = priority;
    f->request.timeout_ms = f->request.left_ms = 60000;
    asked[i].call = service_call_start(s, &f->request, on_ended, &asked[i]);
}

static void ask(unsigned i, bool is_required, int priority)
{
    ask_at(f->service, i, is_required, priority);
}

/* With so long to wait for a place. */
static void ask_for(uint64_t timeout_ms, unsigned i, bool is_required)
{
    f->request.is_required = is_required;
    f->request.timeout_ms = timeout_ms;
    f->request.left_ms = 60000;
    asked[i].call = service_call_start(f->service, &f->request, on_ended, &asked[i]);
}

static bool has_place(const struct asked *a)
{
    return a->call && a->call->tries[0].attempt;
}

static void assert_refused(unsigned i)
{
    rig_turns(&f->rig, 3);
    assert_null(asked[i].call);
    assert_string_equal(outcome_kind_name(asked[i].outcome.kind), "overloaded");
}

/* The call that has the place ends; the one that has it then. */
static void end(struct asked *a)
{
    assert_true(has_place(a));
    service_call_cancel(a->call, SERVICE_CALL_UNWANTED);
    a->call = NULL;
    rig_turns(&f->rig, 2);
}

static void those_that_wait_go_by_what_they_are_worth(void **state)
{
    (void)state;
    f->config.concurrency.queue = 10;
    ask(0, false, 0);
    ask(1, false, 0);
    ask(2, false, 5);
    ask(3, true, 0);
    ask(4, false, 5);
    ask(5, true, 0);
    static const unsigned order[] = {0, 3, 5, 2, 4, 1};
    for (unsigned i = 0; i < sizeof order / sizeof *order; i++)
        end(&asked[order[i]]);
}

static void where_no_more_may_wait_the_least_makes_room(void **state)
{
    (void)state;
    ask(0, false, 0);
    ask(1, false, 1);
    ask(2, false, 0);
    ask(3, false, 0);
    ask(4, false, 0);
    assert_refused(4); /* it is worth no more than the others */
    ask(5, false, 1);
    assert_refused(3);
    ask(6, true, 0);
    assert_refused(2);
    assert_int_equal(rig_count(&f->rig, COUNT_SHED_SOURCES_CONCURRENCY), 3);
    static const unsigned order[] = {0, 6, 1, 5};
    for (unsigned i = 0; i < sizeof order / sizeof *order; i++)
        end(&asked[order[i]]);
}

static void who_makes_room_may_be_given_up_before_it_hears(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        ask(i, false, 0);
    ask(4, true, 0);
    service_call_cancel(asked[3].call, SERVICE_CALL_UNWANTED);
    asked[3].call = NULL;
    rig_turns(&f->rig, 3);
    end(&asked[0]);
    assert_true(has_place(&asked[4]));
}

static void what_comes_of_a_call_does_not_overtake_those_that_wait(void **state)
{
    (void)state;
    ask(0, false, 0);
    ask(1, false, 0);
    asked[0].next_at = f->service;
    fixture_accept(f);
    rig_expect(&f->rig, f->fd, &f->heard, "\r\n\r\n");
    f->request.is_required = false;
    RIG_SAY(f->fd, FIXTURE_OK "Content-Length: 1\r\n\r\n1");
    RIG_UNTIL(&f->rig, again.call);
    rig_turns(&f->rig, 2);
    assert_true(has_place(&asked[1]));
    assert_false(has_place(&again));
}

static void those_that_come_do_not_put_the_look_off(void **state)
{
    (void)state;
    ask(0, false, 0);
    ask(1, false, 0);
    uint64_t due_ms = f->service->look.due_ms;
    f->rig.loop.now_ms++;
    ask(2, false, 0);
    assert_int_equal(f->service->look.due_ms, due_ms);
}

static void a_place_that_another_worker_gives_back_is_found(void **state)
{
    (void)state;
    ask_at(other, 0, false, 0);
    ask(1, false, 0);
    end(&asked[0]);
    RIG_UNTIL(&f->rig, has_place(&asked[1]));
}

static void a_required_call_has_the_seat_of_an_optional_one_elsewhere(void **state)
{
    (void)state;
    f->config.concurrency.queue = 2;
    ask(0, false, 0);
    ask_at(other, 1, false, 0);
    ask_at(other, 2, false, 1);
    ask(3, true, 0);
    RIG_UNTIL(&f->rig, !asked[1].call);
    assert_string_equal(outcome_kind_name(asked[1].outcome.kind), "overloaded");
    ask(4, true, 0);
    RIG_UNTIL(&f->rig, !asked[2].call);
    assert_int_equal(atomic_load(&f->shared->shared->n_waiting), 2);
    ask_at(other, 5, true, 0); /* only required ones are left */
    assert_refused(5);
    assert_int_equal(rig_count(&f->rig, COUNT_SHED_SOURCES_CONCURRENCY), 3);
    end(&asked[0]);
    end(&asked[3]);
    assert_true(has_place(&asked[4]));
}

static void who_is_raised_counts_among_the_required_ones_while_it_waits(void **state)
{
    (void)state;
    atomic_uint *n_required = &f->shared->shared->n_required;
    f->config.concurrency.queue = 10;
    ask(0, false, 0);
    ask(1, false, 5);
    ask(2, false, 0);
    service_call_raise(asked[2].call, 3);
    assert_int_equal(atomic_load(n_required), 0);
    for (unsigned i = 0; i < 2; i++) {
        service_call_raise(asked[2].call, SERVICE_RANK_REQUIRED);
        assert_int_equal(atomic_load(n_required), 1);
        assert_int_equal(f->service->n_required, 1);
    }
    end(&asked[0]);
    assert_true(has_place(&asked[2]));
    assert_int_equal(atomic_load(n_required), 0);
    assert_int_equal(f->service->n_required, 0);
    service_call_raise(asked[2].call, SERVICE_RANK_REQUIRED);
    assert_int_equal(atomic_load(n_required), 0);
    end(&asked[2]);
    assert_true(has_place(&asked[1]));
}

static void optional_calls_leave_the_place_to_required_ones_elsewhere(void **state)
{
    (void)state;
    ask(0, false, 0);
    ask_at(other, 1, true, 0);
    ask(2, false, 9);
    rig_turns(&f->rig, 2); /* what comes next wakes the worker that has the place */
    end(&asked[0]);
    ask(3, false, 0); /* nor does one that has just come take it */
    RIG_UNTIL(&f->rig, has_place(&asked[1]) || has_place(&asked[2]) || has_place(&asked[3]));
    assert_true(has_place(&asked[1]));
    end(&asked[1]);
    RIG_UNTIL(&f->rig, has_place(&asked[2]));
}

static void a_required_call_does_not_wait_for_optional_ones_elsewhere(void **state)
{
    (void)state;
    f->config.concurrency.limit.max = 4;
    for (unsigned i = 0; i < 4; i++)
        ask(i, false, 0);
    ask_at(other, 4, false, 0);
    service_call_cancel(asked[0].call, SERVICE_CALL_UNWANTED);
    asked[0].call = NULL;
    ask(5, true, 0);
    assert_true(has_place(&asked[5]));
}

/* One worker has the place, and calls that want it again and again. */
static void a_worker_does_not_keep_its_places_while_others_wait(void **state)
{
    (void)state;
    unsigned n = 0;
    ask(0, false, 0);
    ask_at(other, 1, false, 0);
    for (; n < 100 && !has_place(&asked[1]); n++) {
        unsigned now = n % 2 ? 2 : 0, next = n % 2 ? 0 : 2;
        ask(next, false, 0);
        RIG_UNTIL(&f->rig, has_place(&asked[now]) || has_place(&asked[1]));
        if (has_place(&asked[now]))
            end(&asked[now]);
    }
    assert_in_range(n, 1, 10);
}

static uint64_t n_deposited(const struct budget *b)
{
    return window_sum(&b->window, f->rig.loop.now_ms / 1000).first;
}

/* Else an outage that nobody is let into would save up calls for its end. */
static void only_calls_that_are_made_allow_others_beside_them(void **state)
{
    (void)state;
    f->config.retry.attempts = 2;
    f->config.hedge.is_on = true;
    f->config.concurrency.queue = 1;
    ask(0, false, 0);
    ask(1, false, 0);
    ask(2, false, 0);
    assert_refused(2);
    assert_int_equal(n_deposited(&f->shared->shared->retries), 1);
    assert_int_equal(n_deposited(&f->shared->shared->hedges), 1);
    end(&asked[0]);
    assert_true(has_place(&asked[1]));
    assert_int_equal(n_deposited(&f->shared->shared->retries), 2);
    f->config.credentials.kind = CONFIG_BEARER;
    service_set_credentials(f->service, SLICE_NONE, 0);
    ask(3, false, 0);
    rig_turns(&f->rig, 3);
    assert_string_equal(outcome_kind_name(asked[3].outcome.kind), "denied");
    assert_int_equal(n_deposited(&f->shared->shared->retries), 2);
}

static void who_waits_in_vain_is_counted_as_shed(void **state)
{
    (void)state;
    ask(0, false, 0);
    ask_for(20, 1, false);
    ask_for(20, 2, true);
    RIG_UNTIL(&f->rig, !asked[1].call && !asked[2].call);
    assert_string_equal(outcome_kind_name(asked[1].outcome.kind), "overloaded");
    assert_string_equal(outcome_kind_name(asked[2].outcome.kind), "overloaded");
    assert_int_equal(rig_count(&f->rig, COUNT_SHED_SOURCES_CONCURRENCY), 2);
}

static void who_is_required_and_refused_is_counted_too(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++)
        ask(i, true, 0);
    assert_refused(4);
    assert_int_equal(rig_count(&f->rig, COUNT_SHED_SOURCES_CONCURRENCY), 1);
}

static void waiting_ends_with_its_time_and_costs_no_retry(void **state)
{
    (void)state;
    f->config.retry = (struct config_retry){
        .attempts = 3,
        .after_unreachable = true,
        .budget = {.permille = 1000, .reserve_per_second = 1},
    };
    service_free(f->service);
    f->service = service_new(&f->context, &f->config, f->shared, NULL);
    struct addresses a = {.n = 1};
    memcpy(&a.at[0], &f->at[0], sizeof f->at[0]);
    service_set_addresses(f->service, 0, &a);
    ask(0, false, 0);
    asked[0].call->request.timeout_ms = 20; /* of a later wait */
    fixture_accept(f);
    rig_expect(&f->rig, f->fd, &f->heard, "\r\n\r\n");
    ask_at(other, 1, false, 0); /* takes the place that the first one's back-off leaves */
    shutdown(f->fd, SHUT_RDWR);
    RIG_UNTIL(&f->rig, has_place(&asked[1]));
    RIG_UNTIL(&f->rig, !asked[0].call);
    assert_string_equal(outcome_kind_name(asked[0].outcome.kind), "unreachable");
    assert_int_equal(asked[0].outcome.n_attempts, 1);
    assert_int_equal(rig_count(&f->rig, COUNT_CALLS_RETRIED), 0);
    assert_int_equal(rig_count(&f->rig, COUNT_SHED_SOURCES_CONCURRENCY), 0); /* it was called */
    uint64_t now_ms = f->rig.loop.now_ms;
    assert_int_equal(window_sum(&f->shared->shared->retries.window, now_ms / 1000).second, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(those_that_wait_go_by_what_they_are_worth),
        TEST(where_no_more_may_wait_the_least_makes_room),
        TEST(who_makes_room_may_be_given_up_before_it_hears),
        TEST(what_comes_of_a_call_does_not_overtake_those_that_wait),
        TEST(those_that_come_do_not_put_the_look_off),
        TEST(a_place_that_another_worker_gives_back_is_found),
        TEST(a_required_call_has_the_seat_of_an_optional_one_elsewhere),
        TEST(who_is_raised_counts_among_the_required_ones_while_it_waits),
        TEST(optional_calls_leave_the_place_to_required_ones_elsewhere),
        TEST(a_required_call_does_not_wait_for_optional_ones_elsewhere),
        TEST(a_worker_does_not_keep_its_places_while_others_wait),
        TEST(only_calls_that_are_made_allow_others_beside_them),
        TEST(who_waits_in_vain_is_counted_as_shed),
        TEST(who_is_required_and_refused_is_counted_too),
        TEST(waiting_ends_with_its_time_and_costs_no_retry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
