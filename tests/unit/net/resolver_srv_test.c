/* resolver_srv_test.c - the targets of a name, asked of a server of the test's own */
#include <string.h>

#include "../unit.h"
#include "name_server.h"
#include "net/resolver_srv.c"
#include "side.h"

static struct loop loop;
static struct resolver *resolver;

static struct {
    struct name_server server;
    unsigned code; /* 0: these records are answered */
    bool is_silent;
    unsigned n_records;
    struct name_server_srv records[4];
} stub;

static struct {
    unsigned n;
    struct srv_answer last;
    struct resolver_srv *unwatches;
} told;

static size_t answer(uint8_t *at, size_t n)
{
    assert_memory_equal(at + 12, "\x05_http\x04_tcp\x04shop\x04test", 22);
    assert_int_equal(at[n - 3], 33);
    unsigned n_records = stub.code ? 0 : stub.n_records;
    name_server_begin(at, stub.code, n_records);
    for (unsigned i = 0; i < n_records; i++)
        n += name_server_put_srv(at + n, &stub.records[i]);
    return stub.is_silent ? 0 : n;
}

static void on_change(void *context, const struct srv_answer *a)
{
    assert_ptr_equal(context, &told);
    assert_true(a->n > 0);
    told.n++;
    told.last = *a;
    if (told.unwatches)
        resolver_srv_unwatch(told.unwatches);
    told.unwatches = NULL;
}

static void say(unsigned i, unsigned port, const char *host)
{
    stub.records[i] = (struct name_server_srv){1, 1, port, host, 30};
    stub.n_records = i + 1;
}

static int setup(void **state)
{
    (void)state;
    memset(&told, 0, sizeof told);
    memset(&stub, 0, sizeof stub);
    say(0, 8001, "one.test");
    say(1, 8002, "two.test");
    loop_init(&loop, NULL, 0, NULL);
    name_server_open(&stub.server, &loop, answer);
    resolver = resolver_new(&loop);
    resolver->servers = stub.server.servers;
    resolver->timeout_ms = 20;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    resolver_close(resolver);
    name_server_close(&stub.server);
    side_finish(&loop);
    name_server_end(&stub.server);
    return 0;
}

static struct resolver_srv *watch(void)
{
    struct resolver_srv *s =
        resolver_srv_watch(resolver, "_http._tcp.shop.test.", on_change, &told);
    assert_int_equal(told.n, 0);
    return s;
}

static void ask_again(struct resolver_srv *s)
{
    struct resolver_question *q = &s->question;
    loop_arm(&loop, &q->again, loop.now_ms);
    SIDE_RUN_UNTIL(&loop, q->is_asking);
    SIDE_RUN_UNTIL(&loop, !q->is_asking && wheel_is_armed(&q->again));
}

static void targets_are_told_and_asked_for_again_at_their_time_to_live(void **state)
{
    (void)state;
    static const struct {
        uint32_t ttl_s, asked_after_s;
    } rows[] = {{30, 30}, {0, 1}, {86400, 60}};
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        told.n = 0;
        stub.records[1].ttl_s = rows[i].ttl_s;
        stub.records[0].ttl_s = 90000;
        struct resolver_srv *s = watch();
        SIDE_RUN_UNTIL(&loop, told.n);
        assert_int_equal(told.last.n, 2);
        assert_string_equal(told.last.at[0].host, "one.test");
        assert_string_equal(told.last.at[1].host, "two.test");
        uint64_t expected_ms = rows[i].asked_after_s * UINT64_C(1000);
        assert_in_range(s->question.again.due_ms - loop.now_ms, expected_ms - 500, expected_ms);
        resolver_srv_unwatch(s);
    }
}

static void a_change_is_told_and_what_stays_the_same_is_not(void **state)
{
    (void)state;
    struct resolver_srv *s = watch();
    SIDE_RUN_UNTIL(&loop, told.n);
    say(0, 8002, "two.test");
    say(1, 8001, "one.test");
    ask_again(s);
    assert_int_equal(told.n, 1);
    say(2, 8003, "three.test");
    ask_again(s);
    assert_int_equal(told.n, 2);
    assert_int_equal(told.last.n, 3);
    say(0, 8003, "three.test");
    ask_again(s);
    assert_int_equal(told.n, 3);
    assert_int_equal(told.last.n, 1);
}

static void a_name_that_stops_resolving_keeps_its_targets(void **state)
{
    (void)state;
    struct resolver_srv *s = watch();
    SIDE_RUN_UNTIL(&loop, told.n);
    for (stub.code = 2; stub.code <= 3; stub.code++) { /* SERVFAIL, NXDOMAIN */
        ask_again(s);
        assert_in_range(s->question.again.due_ms - loop.now_ms, 4000, 5000);
    }
    stub.code = 0;
    stub.is_silent = true;
    ask_again(s);
    stub.is_silent = false;
    stub.n_records = 0;
    ask_again(s);
    say(0, 80, ""); /* the root: decidedly not there (RFC 2782) */
    ask_again(s);
    assert_in_range(s->question.again.due_ms - loop.now_ms, 4000, 5000);
    assert_int_equal(told.n, 1);
    assert_int_equal(s->known.n, 2);
    say(0, 8009, "nine.test");
    ask_again(s);
    assert_int_equal(told.n, 2);
    assert_string_equal(told.last.at[0].host, "nine.test");
}

static void an_unwatched_name_is_silent(void **state)
{
    (void)state;
    resolver_srv_unwatch(watch());
    struct resolver_srv *s = watch();
    SIDE_RUN_UNTIL(&loop, s->question.is_asking);
    resolver_srv_unwatch(s);
    told.unwatches = watch();
    SIDE_RUN_UNTIL(&loop, told.n);
    SIDE_RUN_UNTIL(&loop, list_is_empty(&resolver->questions));
    assert_int_equal(told.n, 1);
}

int main(void)
{
#define SRV_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        SRV_TEST(targets_are_told_and_asked_for_again_at_their_time_to_live),
        SRV_TEST(a_change_is_told_and_what_stays_the_same_is_not),
        SRV_TEST(a_name_that_stops_resolving_keeps_its_targets),
        SRV_TEST(an_unwatched_name_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
