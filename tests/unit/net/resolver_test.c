/* resolver_test.c - names against a server of the test's own, on loopback */
#include "../unit.h"
#include "base/random.h"
#include "name_server.h"
#include "net/resolver.c"
#include "side.h"

enum {
    OURS = 0x7f000100, /* 127.0.1.0 */
    N_RUBBISH = 50     /* answers to one question */
};

enum stub_mode {
    STUB_ANSWERS,
    STUB_KNOWS_NOTHING, /* NXDOMAIN */
    STUB_FAILS,         /* SERVFAIL */
    STUB_IS_SILENT,
    STUB_TALKS_RUBBISH
};

/* A name server that gives every name the same addresses: 127.0.1.first, and those that follow. */
static struct {
    struct name_server server;
    struct name_server renewed; /* perhaps another one, which answers */
    enum stub_mode mode;
    unsigned n_addresses;
    uint8_t first;
    bool turns; /* the order of its addresses */
    uint8_t ttl_s;
    struct random random;
} stub;

static struct loop loop;
static struct resolver *resolver;

static struct {
    unsigned n;
    struct addresses last;
    struct resolver_name *unwatches;
} told;

static void on_change(void *context, const struct addresses *a)
{
    assert_ptr_equal(context, &told);
    told.n++;
    told.last = *a;
    if (told.unwatches)
        resolver_unwatch(told.unwatches);
    told.unwatches = NULL;
}

static size_t add_record(uint8_t *at, unsigned i)
{
    uint8_t last = (uint8_t)(stub.first + i);
    const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, stub.ttl_s, 0, 4, 127, 0, 1, last};
    memcpy(at, record, sizeof record);
    return sizeof record;
}

/* Turns the question into its answer; there are addresses for type A alone. */
static size_t make_answer(uint8_t *at, size_t n)
{
    bool is_a = at[n - 3] == 1;
    unsigned n_records = is_a && stub.mode == STUB_ANSWERS ? stub.n_addresses : 0;
    unsigned code = stub.mode == STUB_KNOWS_NOTHING ? 3 : 0;
    name_server_begin(at, stub.mode == STUB_FAILS ? 2 : code, n_records);
    for (unsigned i = 0; i < n_records; i++)
        n += add_record(at + n, stub.turns ? (i + stub.server.n_asked) % n_records : i);
    return n;
}

/* The right id and perhaps the right flags, and whatever comes. */
static size_t make_rubbish(uint8_t *at, size_t n)
{
    make_answer(at, n);
    size_t kept = 2 + random_below(&stub.random, 2 * n);
    for (size_t i = kept; i < 200; i++)
        at[i] = (uint8_t)random_next(&stub.random);
    return random_below(&stub.random, 200);
}

static size_t answer(uint8_t *at, size_t n)
{
    if (stub.mode == STUB_IS_SILENT)
        return 0;
    return stub.mode == STUB_TALKS_RUBBISH ? make_rubbish(at, n) : make_answer(at, n);
}

static void open_stub(void)
{
    memset(&stub, 0, sizeof stub);
    stub.n_addresses = stub.first = 1;
    stub.ttl_s = 30;
    random_init_seeded(&stub.random, 53);
    name_server_open(&stub.server, &loop, answer);
}

static int setup(void **state)
{
    (void)state;
    memset(&told, 0, sizeof told);
    loop_init(&loop, NULL, 0, NULL);
    open_stub();
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
    if (stub.renewed.loop)
        name_server_close(&stub.renewed);
    side_finish(&loop);
    name_server_end(&stub.server);
    if (stub.renewed.loop)
        name_server_end(&stub.renewed);
    return 0;
}

static struct resolver_name *watch(const char *host)
{
    struct resolver_name *name = resolver_watch(resolver, host, 80, on_change, &told);
    assert_int_equal(told.n, 0);
    return name;
}

static void expect_address(const struct addresses *a, unsigned i, uint32_t address)
{
    const struct sockaddr_in *at = (const struct sockaddr_in *)&a->at[i];
    assert_int_equal(at->sin_family, AF_INET);
    assert_int_equal(ntohs(at->sin_port), 80);
    assert_int_equal(ntohl(at->sin_addr.s_addr), address);
}

/* Asks without waiting for the time to live, and waits for the answer. */
static void ask_again(struct resolver_name *name)
{
    loop_arm(&loop, &name->question.again, loop.now_ms);
    SIDE_RUN_UNTIL(&loop, name->question.is_asking);
    SIDE_RUN_UNTIL(&loop, !name->question.is_asking && wheel_is_armed(&name->question.again));
}

static void literals_need_no_asking(void **state)
{
    (void)state;
    struct addresses a;
    assert_true(resolver_literal("192.0.2.7", 8080, &a));
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a.at[0];
    assert_int_equal(a.n, 1);
    assert_int_equal(v4->sin_family, AF_INET);
    assert_int_equal(ntohs(v4->sin_port), 8080);
    assert_int_equal(ntohl(v4->sin_addr.s_addr), 0xc0000207);
    assert_true(resolver_literal("::1", 443, &a));
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a.at[0];
    assert_int_equal(v6->sin6_family, AF_INET6);
    assert_int_equal(ntohs(v6->sin6_port), 443);
    assert_true(IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr));
    static const char *const names[] = {"localhost", "", "1.2.3", "1.2.3.4.5", "::g", "1.2.3.4 "};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        assert_false(resolver_literal(names[i], 80, &a));
}

static void a_watched_literal_is_told_once(void **state)
{
    (void)state;
    struct resolver_name *name = watch("127.0.1.9");
    SIDE_RUN_UNTIL(&loop, told.n);
    expect_address(&told.last, 0, OURS + 9);
    assert_false(wheel_is_armed(&name->question.again));
    assert_int_equal(stub.server.n_asked, 0);
}

static void localhost_is_known_without_a_server(void **state)
{
    (void)state;
    stub.mode = STUB_IS_SILENT;
    watch("localhost");
    SIDE_RUN_UNTIL(&loop, told.n);
    assert_int_equal(stub.server.n_asked, 0);
    for (unsigned i = 0; i < told.last.n; i++) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&told.last.at[i];
        if (v6->sin6_family == AF_INET6)
            assert_true(IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr));
        else
            expect_address(&told.last, i, INADDR_LOOPBACK);
    }
}

static void a_name_is_asked_for_again_at_the_end_of_its_time_to_live(void **state)
{
    (void)state;
    static const struct {
        uint8_t ttl_s, asked_after_s;
    } rows[] = {{30, 30}, {0, 1}, {200, 60}, {1, 1}, {60, 60}};
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        told.n = 0;
        stub.ttl_s = rows[i].ttl_s;
        struct resolver_name *name = watch("name.test");
        SIDE_RUN_UNTIL(&loop, told.n);
        expect_address(&told.last, 0, OURS + 1);
        uint64_t after_ms = name->question.again.due_ms - loop.now_ms;
        uint64_t expected_ms = rows[i].asked_after_s * UINT64_C(1000);
        assert_in_range(after_ms, expected_ms - 500, expected_ms);
        resolver_unwatch(name);
    }
}

static void a_change_is_told_and_what_stays_the_same_is_not(void **state)
{
    (void)state;
    stub.n_addresses = 3;
    stub.turns = true;
    struct resolver_name *name = watch("name.test");
    SIDE_RUN_UNTIL(&loop, told.n);
    ask_again(name);
    ask_again(name);
    assert_int_equal(told.n, 1);
    assert_int_equal(told.last.n, 3);
    stub.first = 77;
    ask_again(name);
    assert_int_equal(told.n, 2);
    assert_int_equal(told.last.n, 3);
    stub.n_addresses = 1;
    ask_again(name);
    assert_int_equal(told.n, 3);
    expect_address(&told.last, 0, OURS + 77);
}

static void a_name_that_stops_resolving_keeps_its_addresses(void **state)
{
    (void)state;
    struct resolver_name *name = watch("name.test");
    SIDE_RUN_UNTIL(&loop, told.n);
    static const enum stub_mode modes[] = {STUB_KNOWS_NOTHING, STUB_FAILS, STUB_IS_SILENT};
    for (unsigned i = 0; i < 3; i++) {
        stub.mode = modes[i];
        ask_again(name);
        assert_int_equal(told.n, 1);
        assert_int_equal(name->known.n, 1);
        assert_in_range(name->question.again.due_ms - loop.now_ms, 4000, 5000);
    }
    stub.mode = STUB_ANSWERS;
    stub.first = 5;
    ask_again(name);
    assert_int_equal(told.n, 2);
    expect_address(&told.last, 0, OURS + 5);
}

static void a_name_of_nobody_is_asked_for_again_after_a_while(void **state)
{
    (void)state;
    stub.mode = STUB_KNOWS_NOTHING;
    struct resolver_name *name = watch("nobody.test");
    SIDE_RUN_UNTIL(&loop, stub.server.n_asked > 0 && wheel_is_armed(&name->question.again) &&
                              !name->question.is_asking);
    assert_int_equal(told.n, 0);
    assert_in_range(name->question.again.due_ms - loop.now_ms, 4000, 5000);
}

static void addresses_beyond_the_bound_are_left_out(void **state)
{
    (void)state;
    stub.n_addresses = 28;
    struct resolver_name *name = watch("many.test");
    stub.turns = true;
    SIDE_RUN_UNTIL(&loop, told.n);
    assert_int_equal(told.last.n, RESOLVER_MAX_ADDRESSES);
    ask_again(name);
    assert_int_equal(told.n, 1); /* the same are kept, whatever stands first in an answer */
}

static void rubbish_is_no_answer_and_does_no_harm(void **state)
{
    (void)state;
    stub.mode = STUB_TALKS_RUBBISH;
    resolver->timeout_ms = 1;
    struct resolver_name *name = watch("name.test");
    SIDE_RUN_UNTIL(&loop, stub.server.n_asked > 0);
    SIDE_RUN_UNTIL(&loop, wheel_is_armed(&name->question.again) && !name->question.is_asking);
    ask_again(name);
    ask_again(name);
    stub.mode = STUB_ANSWERS;
    stub.first = 200;
    ask_again(name);
    expect_address(&told.last, 0, OURS + 200);
}

static void an_unwatched_name_is_silent(void **state)
{
    (void)state;
    resolver_unwatch(watch("first.test"));
    struct resolver_name *asked = watch("second.test");
    SIDE_RUN_UNTIL(&loop, asked->question.is_asking);
    resolver_unwatch(asked);
    told.unwatches = watch("third.test");
    SIDE_RUN_UNTIL(&loop, told.n);
    SIDE_RUN_UNTIL(&loop, list_is_empty(&resolver->questions));
    assert_int_equal(told.n, 1);
}

static size_t say_nothing(uint8_t *at, size_t n)
{
    (void)at, (void)n;
    return 0;
}

/* Asks as soon as it is not being asked, as a time to live of nothing would have it. */
static bool keep_asking(struct resolver_name *name)
{
    if (!name->question.is_asking && wheel_is_armed(&name->question.again))
        loop_arm(&loop, &name->question.again, loop.now_ms);
    return true;
}

static void names_out_of_step_are_asked_of_the_servers_that_came_to_be(void **state)
{
    (void)state;
    struct resolver_name *first = watch("first.test");
    struct resolver_name *second = watch("second.test");
    SIDE_RUN_UNTIL(&loop, told.n == 2);
    stub.server.answer = say_nothing;
    stub.first = 9;
    name_server_open(&stub.renewed, &loop, make_answer);
    resolver->servers = stub.renewed.servers;
    loop_arm(&loop, &first->question.again, loop.now_ms);
    SIDE_RUN_UNTIL(&loop, first->question.is_asking);
    uint64_t soon_ms = loop.now_ms + 3 * resolver->timeout_ms;
    SIDE_RUN_UNTIL(&loop, loop.now_ms >= soon_ms); /* now one of the two is always being asked */
    SIDE_RUN_UNTIL(&loop, keep_asking(first) && keep_asking(second) && told.n == 4);
    expect_address(&first->known, 0, OURS + 9);
    expect_address(&second->known, 0, OURS + 9);
}

static void closing_in_the_middle_of_a_question_is_silent(void **state)
{
    (void)state;
    stub.mode = STUB_IS_SILENT;
    struct resolver_name *name = watch("first.test");
    SIDE_RUN_UNTIL(&loop, stub.server.n_asked > 0);
    resolver_unwatch(name);
    struct resolver_name *asked = watch("second.test");
    SIDE_RUN_UNTIL(&loop, asked->question.is_asking);
    /* teardown() closes the resolver; on_change would fail for want of memory that is right */
}

int main(void)
{
#define RESOLVER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        RESOLVER_TEST(literals_need_no_asking),
        RESOLVER_TEST(a_watched_literal_is_told_once),
        RESOLVER_TEST(localhost_is_known_without_a_server),
        RESOLVER_TEST(a_name_is_asked_for_again_at_the_end_of_its_time_to_live),
        RESOLVER_TEST(a_change_is_told_and_what_stays_the_same_is_not),
        RESOLVER_TEST(a_name_that_stops_resolving_keeps_its_addresses),
        RESOLVER_TEST(a_name_of_nobody_is_asked_for_again_after_a_while),
        RESOLVER_TEST(addresses_beyond_the_bound_are_left_out),
        RESOLVER_TEST(rubbish_is_no_answer_and_does_no_harm),
        RESOLVER_TEST(an_unwatched_name_is_silent),
        RESOLVER_TEST(names_out_of_step_are_asked_of_the_servers_that_came_to_be),
        RESOLVER_TEST(closing_in_the_middle_of_a_question_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
