/* bounds_test.c - what happens to requests for which there is not enough memory */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "http/collector.h"
#include "shop.h"

static const char shop_yaml[] =
    "listen: 127.0.0.1:8080\n"
    "bounds: {memory: 1MiB, response_body: 512KiB}\n"
    "trusted_proxies: [127.0.0.1]\n"
    "services:\n"
    "  a: http://127.0.0.1:@0\n"
    "  b: http://127.0.0.1:@1\n"
    "endpoints:\n"
    "  - path: /p/{id}\n"
    "    query: {tags: {list: true}, q: {}}\n"
    "    response_headers: {x-frame-options: DENY}\n"
    "    sources:\n"
    "      a: {get: \"a:/{id}{?tags*}\", return_headers: [set-cookie], fallback: {n: 1}}\n"
    "      b: {get: \"b:/{a.n}/{q}\"}\n";

static int setup(void **state)
{
    *state = shop_open(shop_yaml);
    return 0;
}

static int teardown(void **state)
{
    shop_close(*state);
    return 0;
}

/* The services refuse: their sockets are closed. */
static void close_services(struct shop *s)
{
    for (unsigned i = 0; i < 2; i++) {
        close(s->services[i].listening);
        s->services[i].listening = dup(s->services[7].listening);
    }
}

/* A whole answer (its status), or the connection was cut (0). */
static unsigned ask(struct shop *s, const char *line)
{
    s->answer.n = 0;
    shop_connect(s);
    shop_ask_with(s, line,
                  "Connection: close\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 1.2.3.5\r\n"
                  "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
                  "tracestate: a=1\r\ntracestate: b=1\r\n");
    rig_begin(&s->rig);
    for (rig_read(s->client, &s->answer); !s->answer.is_ended && !s->answer.is_reset;
         rig_read(s->client, &s->answer))
        rig_go_on(&s->rig, "the end of an answer");
    return s->answer.n > 9 ? (unsigned)strtoul(s->answer.at + 9, NULL, 10) : 0;
}

static void any_limit_of_an_exchange_is_survived(void **state)
{
    static const char *const lines[] = {"GET /p/1?tags=a,b,%20,d&q=%41", "GET /p/1?tags=%zz",
                                        "PUT /p/1", "GET /p/1?%71=1&q=2"};
    static const unsigned wanted[] = {200, 400, 405, 400};
    struct shop *s = *state;
    close_services(s);
    for (unsigned i = 0; i < 4; i++) {
        unsigned last = 0;
        for (size_t limit = 256; limit < 16000; limit += 96) {
            shop_set_arena(s, limit);
            last = ask(s, lines[i]);
            if (last != 431 && last != 503 && last != wanted[i])
                fail_msg("%s with %zu bytes: %u", lines[i], limit, last);
        }
        assert_int_equal(last, wanted[i]);
    }
    shop_set_arena(s, 1 << 20);
}

static bool is_collected;

static void on_collected(void *owner, const struct collected *answer)
{
    (void)owner;
    (void)answer;
    is_collected = true;
}

/* Asks as the URL of a WebSocket does, for what its handshake paid. */
static void ask_paid(struct shop *s, struct exchange_pool *pool, size_t limit,
                     struct rate_limit *paid)
{
    static const struct visit_ask ask_of_url = {SLICE_INIT(""), SLICE_INIT("/p/{id}")};
    struct collector *c = collector_open(&(struct collector_settings){
        .loop = &s->rig.loop,
        .pool = pool,
        .handlers = &gateway_handlers,
        .arena_limit = limit,
        .done = on_collected,
    });
    struct exchange *e = collector_exchange(c);
    e->context = &s->front;
    e->request = (struct request){
        .method = SLICE("GET"),
        .target = SLICE("/p/1?tags=a,b"),
        .minor = 1,
        .host = SLICE("shop.example"),
        .peer = SLICE("127.0.0.1"),
    };
    is_collected = false;
    gateway_ask(e, &ask_of_url, paid);
    RIG_UNTIL(&s->rig, is_collected);
}

static void what_was_paid_for_an_ask_is_given_back_at_any_limit(void **state)
{
    struct shop *s = *state;
    struct exchange_pool pool;
    struct rate_slot slot = {0};
    exchange_pool_init(&pool);
    close_services(s);
    for (size_t limit = 256; limit < 16000; limit += 96) {
        assert_true(rate_slot_enter(&slot, 1));
        struct rate_limit paid = {.entered = &slot};
        ask_paid(s, &pool, limit, &paid);
        if (atomic_load(&slot.n_active))
            fail_msg("with %zu bytes the place was kept", limit);
    }
    exchange_pool_done(&pool);
}

static void a_body_for_which_no_memory_is_left_is_overloaded(void **state)
{
    struct shop *s = *state;
    shop_ask(s, "/p/1?q=1");
    s->rig.n_held += 800 << 10; /* others hold it */
    shop_hear(s, 0);
    shop_say(s, 0, "HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n");
    shop_serve(s, 1, "1");
    shop_await(s);
    s->rig.n_held -= 800 << 10;
    assert_non_null(strstr(s->body, "{\"source\":\"a\",\"kind\":\"overloaded\",\"message\":\"a: no "
                                    "memory is left for the answer\",\"status\":200}"));
}

static void a_value_may_be_too_long_for_a_request(void **state)
{
    enum {
        N = 450000
    };
    struct shop *s = *state;
    char *value = malloc(N + 1);
    memset(value, ' ', N); /* three bytes each in a path */
    memcpy(value, "{\"n\":\"", 6);
    memcpy(value + N - 2, "\"}", 3);
    shop_ask(s, "/p/1?q=1");
    shop_serve(s, 0, value);
    shop_await(s);
    assert_non_null(strstr(s->body,
                           "\"b\":null,\"errors\":[{\"source\":\"b\",\"kind\":\"too_large\""
                           ",\"message\":\"b: the request is too long\"}]}"));
    free(value);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(any_limit_of_an_exchange_is_survived),
        TEST(what_was_paid_for_an_ask_is_given_back_at_any_limit),
        TEST(a_body_for_which_no_memory_is_left_is_overloaded),
        TEST(a_value_may_be_too_long_for_a_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
