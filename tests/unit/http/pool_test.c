/* pool_test.c - which connections are kept, for how long, and how calls get one */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "caller.h"

enum {
    SHORT_MS = 60,
};

#define OK_HI "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
#define HI_NOTES "head 200;body hi;end done;"

static uint64_t now_ms(void)
{
    return uv_hrtime() / 1000000;
}

static int64_t n_open(const struct caller *c)
{
    return rig_count(&c->rig, COUNT_UPSTREAM_OPEN);
}

static void a_connection_serves_call_after_call(void **state)
{
    struct caller *c = *state;
    caller_begin(c);
    caller_expect(c, OK_HI, HI_NOTES);
    for (unsigned i = 0; i < 5; i++) {
        caller_begin_again(c);
        caller_expect(c, OK_HI, HI_NOTES);
    }
    assert_int_equal(rig_count(&c->rig, COUNT_UPSTREAM_OPENED), 1);
}

static void the_connection_used_last_is_lent_first(void **state)
{
    struct caller *c = *state;
    caller_begin(c);
    caller_expect(c, OK_HI, HI_NOTES);
    int first = c->service;
    c->service = -1;
    c->request.fresh = true;
    caller_begin(c);
    caller_expect(c, OK_HI, HI_NOTES);
    c->request.fresh = false;
    assert_int_equal(n_open(c), 2);
    caller_begin_again(c); /* on the second, where it is heard */
    caller_expect(c, OK_HI, HI_NOTES);
    close(first);
}

static void a_fresh_call_takes_no_kept_connection(void **state)
{
    struct caller *c = *state;
    caller_begin(c);
    caller_expect(c, OK_HI, HI_NOTES);
    c->request.fresh = true;
    caller_start(c);
    assert_false(c->call.is_sent);
    assert_int_equal(rig_count(&c->rig, COUNT_UPSTREAM_OPENED), 1);
    caller_accept(c);
    rig_expect(&c->rig, c->service, &c->heard, CALLER_HEAD);
    assert_int_equal(rig_count(&c->rig, COUNT_UPSTREAM_OPENED), 2);
}

static void connections_that_may_not_be_kept_are_closed(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        OK_HI "more",
    };
    struct caller *c = *state;
    for (unsigned i = 0; i < sizeof answers / sizeof *answers; i++) {
        caller_begin(c);
        caller_expect(c, answers[i], HI_NOTES);
        rig_expect_end(&c->rig, c->service, &c->heard);
    }
    caller_begin(c);
    caller_expect(c, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi",
                  HI_NOTES);
    assert_true(caller_is_kept(c));
}

static void an_idle_connection_that_speaks_or_ends_is_not_lent(void **state)
{
    struct caller *c = *state;
    caller_begin(c);
    caller_expect(c, OK_HI, HI_NOTES);
    RIG_SAY(c->service, "HTTP/1.1 408 Request Timeout\r\n\r\n");
    rig_expect_end(&c->rig, c->service, &c->heard);
    assert_false(caller_is_kept(c));
    rig_turns(&c->rig, 2);
    caller_accept(c); /* of the call that has told */
    caller_begin(c);
    caller_expect(c, OK_HI, HI_NOTES);
    caller_close_service(c);
    RIG_UNTIL(&c->rig, n_open(c) == 0);
}

static void what_came_before_a_kept_connection_was_watched_is_no_answer(void **state)
{
    struct caller *c = *state;
    caller_begin(c);
    c->deed = CALLER_ASKS_OVER_UNASKED_BYTES_ON_END;
    caller_expect(c, OK_HI, HI_NOTES);
    c->notes[0] = '\0';
    caller_accept(c); /* the second call's own */
    caller_expect(c, OK_HI, HI_NOTES);
}

/* Asks from within an event. */
static void on_trigger(uv_poll_t *poll, int status, int events)
{
    struct caller *c = poll->data;
    assert_int_equal(status, 0);
    assert_int_equal(events, UV_READABLE);
    loop_note_time(&c->rig.loop);
    uv_poll_stop(poll);
    caller_start(c);
}

static void what_came_in_the_poll_of_the_request_is_no_answer(void **state)
{
    struct caller *c = *state;
    int fds[2];
    uv_poll_t trigger = {.data = c};
    rig_pair(fds);
    caller_begin(c);
    caller_expect(c, OK_HI, HI_NOTES);
    c->notes[0] = '\0';
    assert_int_equal(uv_poll_init(&c->rig.loop.uv, &trigger, fds[0]), 0);
    assert_int_equal(uv_poll_start(&trigger, UV_READABLE, on_trigger), 0);
    rig_turns(&c->rig, 1);
    RIG_SAY(fds[1], "now"); /* the kernel tells of it first */
    RIG_SAY(c->service, CALLER_UNASKED);
    RIG_UNTIL(&c->rig, c->notes[0]);
    assert_string_equal(c->notes, "end stale;");
    uv_close((uv_handle_t *)&trigger, NULL);
    rig_turns(&c->rig, 1);
    close(fds[0]);
    close(fds[1]);
}

static void idle_connections_end_in_time(void **state)
{
    struct caller *c = *state;
    c->settings.idle_timeout_ms = SHORT_MS;
    caller_use_settings(c);
    caller_begin(c);
    caller_expect(c, OK_HI, HI_NOTES);
    for (unsigned i = 0; i < 3; i++) { /* each use gives it its time again */
        for (uint64_t until = now_ms() + SHORT_MS / 2; now_ms() < until;)
            rig_turn(&c->rig);
        caller_begin_again(c);
        caller_expect(c, OK_HI, HI_NOTES);
    }
    uint64_t began_ms = now_ms();
    rig_expect_end(&c->rig, c->service, &c->heard);
    assert_true(now_ms() - began_ms >= SHORT_MS / 2 && now_ms() - began_ms < SHORT_MS * 3);
}

static void no_more_than_max_idle_are_kept(void **state)
{
    struct caller *c = *state;
    int fds[3];
    c->settings.max_idle = 2;
    c->request.fresh = true;
    caller_use_settings(c);
    for (unsigned i = 0; i < 3; i++) {
        caller_begin(c);
        caller_expect(c, OK_HI, HI_NOTES);
        fds[i] = c->service;
        c->service = -1;
    }
    RIG_UNTIL(&c->rig, n_open(c) == 2);
    rig_expect_end(&c->rig, fds[0], &c->heard); /* the one used least recently */
    for (unsigned i = 0; i < 3; i++)
        close(fds[i]);
}

static void warm_connections_are_there_before_a_call(void **state)
{
    struct caller *c = *state;
    c->settings.warm = 3;
    caller_use_settings(c);
    RIG_UNTIL(&c->rig, n_open(c) == 3);
    caller_start(c);
    assert_true(c->call.is_sent);
    assert_int_equal(rig_count(&c->rig, COUNT_UPSTREAM_OPENED), 3);
}

static void a_lost_warm_connection_is_replaced(void **state)
{
    struct caller *c = *state;
    c->settings.warm = 1;
    caller_use_settings(c);
    caller_accept(c);
    RIG_UNTIL(&c->rig, n_open(c) == 1);
    caller_close_service(c);
    RIG_UNTIL(&c->rig, n_open(c) == 0);
    RIG_UNTIL(&c->rig, n_open(c) == 1);
}

static void without_an_address_there_is_no_connection(void **state)
{
    struct caller *c = *state;
    struct addresses none = {.n = 0};
    pool_set_addresses(c->pool, &none);
    caller_start(c); /* on_end does not come inside */
    assert_string_equal(c->notes, "");
    rig_turn(&c->rig);
    assert_string_equal(c->notes, "end no connection;");
    caller_start(c);
    call_cancel(&c->call);
    rig_turns(&c->rig, 2);
    assert_string_equal(c->notes, "end no connection;");
}

/* Nobody listens there. */
static struct sockaddr_in dead_address(void)
{
    struct sockaddr_in at;
    close(rig_listen(&at, 1));
    return at;
}

static void a_refused_connect_is_no_connection(void **state)
{
    struct caller *c = *state;
    struct sockaddr_in dead = dead_address();
    caller_use_address(c, &dead);
    caller_start(c);
    RIG_UNTIL(&c->rig, c->notes[0]);
    assert_string_equal(c->notes, "end no connection;");
    assert_false(c->call.is_sent);
    assert_int_equal(rig_count(&c->rig, COUNT_UPSTREAM_OPENED), 0);
}

static void the_next_address_is_tried(void **state)
{
    struct caller *c = *state;
    struct sockaddr_in dead = dead_address();
    struct addresses a = {.n = 3};
    memcpy(&a.at[0], &dead, sizeof dead);
    memcpy(&a.at[1], &dead, sizeof dead);
    memcpy(&a.at[2], &c->at, sizeof c->at);
    pool_set_addresses(c->pool, &a);
    for (unsigned i = 0; i < 3; i++) { /* whichever is first */
        c->request.fresh = true;
        caller_begin(c);
        caller_expect(c, OK_HI, HI_NOTES);
    }
}

/* A listening socket whose queue is full lets no connect come to an end. */
struct deaf {
    struct sockaddr_in at;
    int fds[4];
};

static void make_deaf(struct deaf *d)
{
    d->fds[0] = rig_listen(&d->at, 0);
    for (unsigned i = 1; i < 4; i++) {
        d->fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(d->fds[i], (struct sockaddr *)&d->at, sizeof d->at);
    }
}

static void end_deaf(struct deaf *d)
{
    for (unsigned i = 0; i < 4; i++)
        close(d->fds[i]);
}

static void a_slow_connect_is_no_connection(void **state)
{
    struct caller *c = *state;
    struct deaf deaf;
    make_deaf(&deaf);
    c->settings.connect_timeout_ms = SHORT_MS;
    caller_use_settings(c);
    caller_use_address(c, &deaf.at);
    uint64_t began_ms = now_ms();
    caller_start(c);
    RIG_UNTIL(&c->rig, c->notes[0]);
    assert_string_equal(c->notes, "end no connection;");
    assert_true(now_ms() - began_ms >= SHORT_MS / 2 && now_ms() - began_ms < SHORT_MS * 3);
    caller_start(c);
    rig_turn(&c->rig);
    call_cancel(&c->call);
    end_deaf(&deaf);
}

static void a_deaf_address_leaves_time_for_the_next(void **state)
{
    struct caller *c = *state;
    struct deaf deaf;
    struct addresses a = {.n = 2};
    make_deaf(&deaf);
    c->settings.connect_timeout_ms = SHORT_MS * 4;
    caller_use_settings(c);
    memcpy(&a.at[0], &deaf.at, sizeof deaf.at);
    memcpy(&a.at[1], &c->at, sizeof c->at);
    pool_set_addresses(c->pool, &a);
    for (unsigned i = 0; i < 2; i++) {
        c->request.fresh = true;
        caller_begin(c);
        caller_expect(c, OK_HI, HI_NOTES);
    }
    end_deaf(&deaf);
}

static void connections_to_addresses_that_are_gone_end(void **state)
{
    struct caller *c = *state;
    struct sockaddr_in dead = dead_address();
    caller_begin(c);
    caller_expect(c, OK_HI, HI_NOTES);
    caller_use_address(c, &c->at); /* the same: it stays */
    rig_turns(&c->rig, 3);
    assert_int_equal(n_open(c), 1);
    caller_begin_again(c);
    caller_use_address(c, &dead); /* busy: it ends when it is free */
    rig_turns(&c->rig, 3);
    caller_expect(c, OK_HI, HI_NOTES);
    RIG_UNTIL(&c->rig, n_open(c) == 0);
    caller_use_address(c, &c->at);
    caller_begin(c);
    caller_expect(c, OK_HI, HI_NOTES);
    caller_use_address(c, &dead); /* idle: at once */
    RIG_UNTIL(&c->rig, n_open(c) == 0);
}

static void a_retired_pool_keeps_nothing_and_serves_calls(void **state)
{
    struct caller *c = *state;
    c->settings.warm = 1;
    caller_use_settings(c);
    caller_accept(c);
    RIG_UNTIL(&c->rig, n_open(c) == 1);
    pool_retire(c->pool);
    rig_expect_end(&c->rig, c->service, &c->heard);
    for (unsigned i = 0; i < 2; i++) {
        caller_begin(c);
        caller_expect(c, OK_HI, HI_NOTES);
        rig_expect_end(&c->rig, c->service, &c->heard);
    }
    RIG_UNTIL(&c->rig, n_open(c) == 0);
    assert_int_equal(rig_count(&c->rig, COUNT_UPSTREAM_OPENED), 3);
}

static void a_closed_pool_lets_its_last_call_end(void **state)
{
    struct caller *c = *state;
    caller_begin(c);
    pool_close(c->pool);
    c->pool = NULL;
    rig_turns(&c->rig, 2);
    caller_expect(c, OK_HI, HI_NOTES);
    rig_expect_end(&c->rig, c->service, &c->heard);
}

static void a_pool_may_be_closed_at_any_stage(void **state)
{
    struct caller *c = *state;
    struct sockaddr_in dead = dead_address();
    struct addresses none = {.n = 0};
    c->settings.warm = 2;
    for (unsigned stage = 0; stage < 5; stage++) {
        caller_use_settings(c); /* closes the one before: connecting, warm, dead, without address */
        if (stage == 1)
            RIG_UNTIL(&c->rig, n_open(c) == 2);
        if (stage == 2)
            caller_use_address(c, &dead);
        if (stage == 3)
            pool_set_addresses(c->pool, &none);
        if (stage >= 2) {
            caller_start(c);
            pool_close(c->pool);
            c->pool = NULL;
            RIG_UNTIL(&c->rig, strstr(c->notes, "end") || stage == 4);
            call_cancel(&c->call);
        }
        c->notes[0] = '\0';
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, caller_setup, caller_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_connection_serves_call_after_call),
        TEST(the_connection_used_last_is_lent_first),
        TEST(a_fresh_call_takes_no_kept_connection),
        TEST(connections_that_may_not_be_kept_are_closed),
        TEST(an_idle_connection_that_speaks_or_ends_is_not_lent),
        TEST(what_came_before_a_kept_connection_was_watched_is_no_answer),
        TEST(what_came_in_the_poll_of_the_request_is_no_answer),
        TEST(idle_connections_end_in_time),
        TEST(no_more_than_max_idle_are_kept),
        TEST(warm_connections_are_there_before_a_call),
        TEST(a_lost_warm_connection_is_replaced),
        TEST(without_an_address_there_is_no_connection),
        TEST(a_refused_connect_is_no_connection),
        TEST(the_next_address_is_tried),
        TEST(a_slow_connect_is_no_connection),
        TEST(a_deaf_address_leaves_time_for_the_next),
        TEST(connections_to_addresses_that_are_gone_end),
        TEST(a_retired_pool_keeps_nothing_and_serves_calls),
        TEST(a_closed_pool_lets_its_last_call_end),
        TEST(a_pool_may_be_closed_at_any_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
