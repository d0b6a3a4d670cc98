/* srv_test.c - what the records of an answer say, and answers that say nothing of use */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "name_server.h"
#include "net/srv.h"

enum {
    HEADER = 12,
    ROOM = 64 * 1024,
    MANY = 500
};

static const char asked[] = "_http._tcp.shop.test";

static uint8_t message[ROOM];
static size_t n_message;
static struct srv_answer answer;

static void begin(void)
{
    memset(message, 0, sizeof message);
    message[5] = 1;
    n_message = HEADER + name_server_put_name(message + HEADER, asked);
    message[n_message + 1] = 33;
    message[n_message + 3] = 1;
    n_message += 4;
}

static void add(unsigned priority, unsigned weight, unsigned port, const char *host)
{
    const struct name_server_srv r = {priority, weight, port, host, 30};
    name_server_begin(message, 0, (unsigned)(message[6] << 8 | message[7]) + 1);
    n_message += name_server_put_srv(message + n_message, &r);
}

static void add_with_ttl(uint32_t ttl_s)
{
    const struct name_server_srv r = {0, 0, 80, "a.test", ttl_s};
    name_server_begin(message, 0, message[7] + 1U);
    n_message += name_server_put_srv(message + n_message, &r);
}

static void read_answer(void)
{
    assert_true(srv_read(message, n_message, &answer));
}

static void expect(unsigned i, const char *host, unsigned port, unsigned weight)
{
    assert_true(i < answer.n);
    assert_string_equal(answer.at[i].host, host);
    assert_int_equal(answer.at[i].port, port);
    assert_int_equal(answer.at[i].weight, weight);
}

static int setup(void **state)
{
    (void)state;
    begin();
    return 0;
}

static void targets_come_sorted_in_lower_case(void **state)
{
    (void)state;
    add(1, 5, 8002, "b.test");
    add(1, 5, 8001, "b.test");
    add(1, 5, 9000, "A-1.Shop_2.TEST");
    read_answer();
    assert_int_equal(answer.n, 3);
    expect(0, "a-1.shop_2.test", 9000, 1);
    expect(1, "b.test", 8001, 1);
    expect(2, "b.test", 8002, 1);
}

static void only_the_lowest_priority_counts(void **state)
{
    (void)state;
    add(20, 1, 80, "a.test");
    add(10, 1, 80, "c.test");
    add(65535, 1, 80, "d.test");
    add(10, 1, 80, "b.test");
    read_answer();
    assert_int_equal(answer.n, 2);
    expect(0, "b.test", 80, 1);
    expect(1, "c.test", 80, 1);
}

static void weights_are_shares(void **state)
{
    (void)state;
    static const struct {
        unsigned said[3], shown[3];
    } rows[] = {
        {{0, 0, 0}, {1, 1, 1}},
        {{7, 7, 7}, {1, 1, 1}},
        {{0, 10, 10}, {1, 1000, 1000}},
        {{10, 20, 40}, {250, 500, 1000}},
        {{65535, 65535, 1}, {1000, 1000, 1}},
        {{1, 2, 65535}, {1, 1, 1000}},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin();
        add(0, rows[i].said[0], 80, "a.test");
        add(0, rows[i].said[1], 80, "b.test");
        add(0, rows[i].said[2], 80, "c.test");
        read_answer();
        expect(0, "a.test", 80, rows[i].shown[0]);
        expect(1, "b.test", 80, rows[i].shown[1]);
        expect(2, "c.test", 80, rows[i].shown[2]);
    }
}

static void a_target_that_stands_twice_counts_once(void **state)
{
    (void)state;
    add(0, 1, 80, "a.test");
    add(0, 1, 80, "A.test");
    add(1, 1, 80, "a.test");
    read_answer();
    assert_int_equal(answer.n, 1);
    expect(0, "a.test", 80, 1);
}

static void the_shortest_time_to_live_counts(void **state)
{
    (void)state;
    static const uint32_t rows[][3] = {{30, 20, 20}, {5, 90000, 5}, {0, 1, 0}};
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin();
        add_with_ttl(rows[i][0]);
        add_with_ttl(rows[i][1]);
        read_answer();
        assert_int_equal(answer.ttl_s, rows[i][2]);
    }
    begin();
    read_answer();
    assert_int_equal(answer.n, 0);
    assert_int_equal(answer.ttl_s, UINT32_MAX);
}

/* Nothing that could break a request's head, and nothing that leads nowhere. */
static void what_is_no_target_is_left_out(void **state)
{
    (void)state;
    static const char *const hosts[] = {"",    "a b.test",      "a\r\nb.test", "a/b",
                                        "a@b", "\xc3\xa4.test", "a:1",         "a\x7f"};
    for (unsigned i = 0; i < sizeof hosts / sizeof *hosts; i++)
        add(0, 1, 80, hosts[i]);
    add(0, 1, 0, "port.test");
    add(7, 1, 80, "good.test");
    read_answer();
    assert_int_equal(answer.n, 1);
    expect(0, "good.test", 80, 1);
}

/* Read as the end of a text it would make another host of this one. */
static void a_host_with_a_nul_in_it_is_left_out(void **state)
{
    (void)state;
    add(0, 1, 80, "good.test#bad");
    *(char *)memchr(message, '#', n_message) = '\0';
    add(0, 1, 80, "other.test");
    read_answer();
    assert_int_equal(answer.n, 1);
    expect(0, "other.test", 80, 1);
}

static void add_many(unsigned first, int step, unsigned n)
{
    char host[16];
    for (unsigned i = 0; i < n; i++) {
        snprintf(host, sizeof host, "h%03u.test", first + i * (unsigned)step);
        add(1, 1, 80, host);
    }
}

static void of_very_many_the_first_count_whatever_their_order(void **state)
{
    (void)state;
    static struct srv_answer forwards;
    add_many(0, 1, MANY);
    read_answer();
    forwards = answer;
    assert_int_equal(forwards.n, SRV_MAX);
    assert_true(forwards.is_cut);
    expect(0, "h000.test", 80, 1);
    expect(SRV_MAX - 1, "h255.test", 80, 1);
    begin();
    add_many(MANY - 1, -1, MANY);
    read_answer();
    assert_true(srv_is_same(&answer, &forwards));
    add(0, 1, 443, "best.test");
    read_answer();
    assert_int_equal(answer.n, 1);
    assert_false(answer.is_cut);
    expect(0, "best.test", 443, 1);
}

/* Twice what may be kept, and more that are not wanted. */
static void an_answer_is_cut_only_where_targets_are_left_out(void **state)
{
    (void)state;
    static struct srv_answer whole;
    add_many(0, 1, SRV_MAX);
    add_many(SRV_MAX - 1, -1, SRV_MAX);
    for (unsigned i = 0; i < SRV_MAX; i++)
        add(2, 1, 1000 + i, "backup.test");
    read_answer();
    assert_int_equal(answer.n, SRV_MAX);
    assert_false(answer.is_cut);
    whole = answer;
    add(1, 1, 80, "h300.test");
    read_answer();
    assert_int_equal(answer.n, SRV_MAX);
    assert_true(answer.is_cut);
    assert_false(srv_is_same(&whole, &answer));
}

static void hosts_may_be_compressed(void **state)
{
    (void)state;
    add(0, 1, 80, "x.test");
    /* the rest of the question's name: _http is 5 bytes, _tcp 4 */
    message[n_message - 6] = 0xc0;
    message[n_message - 5] = HEADER + 6 + 5;
    n_message -= 4;
    message[n_message - 11] = 10; /* bytes of the record's data */
    read_answer();
    assert_int_equal(answer.n, 1);
    expect(0, "x.shop.test", 80, 1);
}

static void pointers_that_lead_round_are_refused(void **state)
{
    (void)state;
    static const int rows[] = {-2, 0, 2}; /* where from the pointer's own place it leads */
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin();
        add(0, 1, 80, "xx");
        uint8_t *at = message + n_message - 4;
        size_t to = n_message - 4 + (size_t)rows[i] + 2;
        at[0] = 1; /* a label, and then a pointer to it or behind it */
        at[2] = (uint8_t)(0xc0 | to >> 8);
        at[3] = (uint8_t)to;
        assert_false(srv_read(message, n_message, &answer));
    }
}

static void names_that_are_too_long_are_refused(void **state)
{
    (void)state;
    char host[400] = "";
    for (unsigned i = 0; i < 127; i++)
        strncat(host, "a.", sizeof host - strlen(host) - 1);
    host[253] = '\0';
    add(0, 1, 80, host);
    read_answer();
    assert_int_equal(answer.n, 1);
    assert_int_equal(strlen(answer.at[0].host), 253);
    begin();
    strncat(host, ".aaaa", sizeof host - strlen(host) - 1);
    add(0, 1, 80, host);
    assert_false(srv_read(message, n_message, &answer));
}

/* In memory of just that size, for a sanitizer to see a step beyond it. */
static void an_answer_that_breaks_off_is_refused_wherever_it_does(void **state)
{
    (void)state;
    add(0, 1, 80, "first.test");
    add(0, 1, 80, "second.test");
    for (size_t n = 0; n < n_message; n++) {
        uint8_t *cut = malloc(n ? n : 1);
        assert_non_null(cut);
        memcpy(cut, message, n);
        assert_false(srv_read(cut, n, &answer));
        free(cut);
    }
    read_answer();
    assert_int_equal(answer.n, 2);
}

static void answers_are_the_same_where_targets_and_weights_are(void **state)
{
    (void)state;
    static struct srv_answer first;
    add(0, 1, 80, "a.test");
    add(0, 2, 80, "b.test");
    read_answer();
    first = answer;
    begin();
    add(0, 2, 80, "b.test");
    add(0, 1, 80, "a.test");
    read_answer();
    assert_true(srv_is_same(&first, &answer));
    add(0, 1, 80, "c.test");
    read_answer();
    assert_false(srv_is_same(&first, &answer));
    begin();
    add(0, 1, 80, "a.test");
    add(0, 4, 80, "b.test");
    read_answer();
    assert_false(srv_is_same(&first, &answer));
    begin();
    add(0, 1, 80, "a.test");
    add(0, 2, 81, "b.test");
    read_answer();
    assert_false(srv_is_same(&first, &answer));
}

int main(void)
{
#define SRV_TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        SRV_TEST(targets_come_sorted_in_lower_case),
        SRV_TEST(only_the_lowest_priority_counts),
        SRV_TEST(weights_are_shares),
        SRV_TEST(a_target_that_stands_twice_counts_once),
        SRV_TEST(the_shortest_time_to_live_counts),
        SRV_TEST(what_is_no_target_is_left_out),
        SRV_TEST(a_host_with_a_nul_in_it_is_left_out),
        SRV_TEST(of_very_many_the_first_count_whatever_their_order),
        SRV_TEST(an_answer_is_cut_only_where_targets_are_left_out),
        SRV_TEST(hosts_may_be_compressed),
        SRV_TEST(pointers_that_lead_round_are_refused),
        SRV_TEST(names_that_are_too_long_are_refused),
        SRV_TEST(an_answer_that_breaks_off_is_refused_wherever_it_does),
        SRV_TEST(answers_are_the_same_where_targets_and_weights_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
