/* demo_pass_test.c - what the page asks is passed on, and so is how its answer ends */
#include "../http/caller.h"
#include "app/demo_pass.h"
#include "http/collector.h"

struct page {
    struct caller *caller; /* the gateway is the test */
    struct exchange_pool exchanges;
    struct demo_pass pass;
    struct collector *collector;
    unsigned status;
    bool is_done, is_whole;
    char body[64];
    size_t n; /* of the body */
};

static void ignore(struct exchange *e)
{
    (void)e;
}

static const struct exchange_handlers handlers = {
    .on_gone = demo_pass_on_gone, .on_room = demo_pass_on_room, .on_finished = ignore};

static void on_done(void *owner, const struct collected *answer)
{
    struct page *p = owner;
    assert_true(answer->body.n < sizeof p->body);
    p->is_done = true;
    p->is_whole = answer->is_whole;
    p->status = answer->status;
    p->n = answer->body.n;
    memcpy(p->body, answer->body.at, p->n);
}

static int set_up(void **state)
{
    static struct page p;
    void *caller;
    caller_setup(&caller);
    p = (struct page){.caller = caller};
    p.pass.gateway = p.caller->pool;
    exchange_pool_init(&p.exchanges);
    *state = &p;
    return 0;
}

static int tear_down(void **state)
{
    struct page *p = *state;
    void *caller = p->caller;
    exchange_pool_done(&p->exchanges);
    return caller_teardown(&caller);
}

/* The page's request has reached the gateway. */
static void ask(struct page *p)
{
    const struct collector_settings settings = {.loop = &p->caller->rig.loop,
                                                .pool = &p->exchanges,
                                                .handlers = &handlers,
                                                .arena_limit = 1 << 20,
                                                .done = on_done,
                                                .owner = p};
    const struct target target = {.path = SLICE_INIT("/api/product")};
    p->collector = collector_open(&settings);
    struct exchange *e = collector_exchange(p->collector);
    e->request.method = SLICE("GET");
    assert_true(demo_pass_begin(&p->pass, e, &target));
    caller_accept(p->caller);
    rig_expect(&p->caller->rig, p->caller->service, &p->caller->heard,
               "GET /api/product HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

static const struct {
    const char *answer;
    unsigned status;
    const char *body; /* NULL: the page's listener has its own */
    bool is_whole;
} answers[] = {
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 200, "hi", true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", true},
    {"HTTP/1.1 200 OK\r\n\r\nhi", 200, "hi", true}, /* its end is the connection's */
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", 200, "hi", false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n!\r\n", 200, "hi", false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", 200, "hi", false},
    {"HTTP/1.1 200 O", 502, NULL, true},
};

static void an_answer_that_breaks_off_is_cut(void **state)
{
    struct page *p = *state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        p->is_done = false;
        ask(p);
        rig_send(p->caller->service, slice_of(answers[i].answer));
        caller_close_service(p->caller);
        RIG_UNTIL(&p->caller->rig, p->is_done);
        assert_int_equal(p->status, answers[i].status);
        assert_int_equal(p->is_whole, answers[i].is_whole);
        if (answers[i].body)
            assert_true(slice_equal((struct slice){p->body, p->n}, slice_of(answers[i].body)));
        rig_turns(&p->caller->rig, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_that_breaks_off_is_cut, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
