/* service_head_test.c - what is read of an answer's head */
#include <stdio.h>

#include "../unit.h"
#include "http/exchange.h"
#include "service/service_head.h"

#define NOW_MS UINT64_C(784111777250) /* Sun, 06 Nov 1994 08:49:37.25 GMT */

static void who_asks_to_be_left_alone_says_how_long_or_until_when(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        uint64_t ms;
    } cases[] = {
        {"0", 0},
        {"120", 120000},
        {"99999999999999999999", 3600000},
        {"Sun, 06 Nov 1994 08:49:47 GMT", 9750},
        {"Sunday, 06-Nov-94 08:49:47 GMT", 9750},
        {"Sun Nov  6 08:49:47 1994", 9750},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 0}, /* now */
        {"Sun, 06 Nov 1994 08:49:00 GMT", 0}, /* over */
        {"Fri, 31 Dec 1999 23:59:59 GMT", 3600000},
        {"Thu, 01 Jan 1950 00:00:00 GMT", 0},
        {"soon", 0},
        {"-1", 0},
        {"1.5", 0},
        {"", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(service_head_retry_ms(slice_of(cases[i].value), NOW_MS), cases[i].ms);
}

static void read_head(const char *text, struct h1_head *head)
{
    struct h1_reader reader;
    size_t used;
    h1_init(&reader, H1_RESPONSE, 4096, head);
    assert_int_equal(h1_read(&reader, text, 0, strlen(text), &used), H1_HEAD);
}

static uint64_t retry_after_of(const char *text)
{
    struct h1_head head;
    read_head(text, &head);
    return service_head_retry_after(&head, text, NOW_MS);
}

static void only_a_429_and_a_503_are_looked_at(void **state)
{
    (void)state;
    assert_int_equal(retry_after_of("HTTP/1.1 503 x\r\nA: b\r\nRetry-After: 3\r\n\r\n"), 3000);
    assert_int_equal(
        retry_after_of("HTTP/1.1 429 x\r\nretry-after: Sun, 06 Nov 1994 08:49:38 GMT\r\n\r\n"),
        750);
    assert_int_equal(retry_after_of("HTTP/1.1 500 x\r\nRetry-After: 3\r\n\r\n"), 0);
    assert_int_equal(retry_after_of("HTTP/1.1 503 x\r\n\r\n"), 0);
}

static void fields_are_taken_in_the_order_of_their_names_but_for_the_connections(void **state)
{
    (void)state;
    static struct slice names[] = {SLICE_INIT("x-b"), SLICE_INIT("x-a"), SLICE_INIT("x-none")};
    static const struct service_wanted wanted = {names, 3};
    static const struct {
        const char *options, *values;
    } cases[] = {
        {"keep-alive", "b1b2a1"},       {"x-a", "b1b2"},           {"close, X-B,x-other", "a1"},
        {"x-a\r\nConnection: x-b", ""}, {"x-aa, x-, x", "b1b2a1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256], values[16] = "";
        struct h1_head head;
        struct outcome o = {0};
        struct arena arena;
        snprintf(text, sizeof text,
                 "HTTP/1.1 200 x\r\nX-A: a1\r\nx-b: b1\r\nConnection: %s\r\nX-B: b2\r\n\r\n",
                 cases[i].options);
        read_head(text, &head);
        arena_init(&arena, 4096, 4096);
        service_head_take_fields(&o, &head, text, &wanted, &arena);
        for (unsigned k = 0; k < o.n_returned; k++)
            memcpy(values + 2 * k, o.returned[k].value.at, 2);
        assert_string_equal(values, cases[i].values);
        arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_asks_to_be_left_alone_says_how_long_or_until_when),
        cmocka_unit_test(only_a_429_and_a_503_are_looked_at),
        cmocka_unit_test(fields_are_taken_in_the_order_of_their_names_but_for_the_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
