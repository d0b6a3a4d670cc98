/* collector_test.c - an answer for nobody in particular, in one piece */
#include <stdlib.h>

#include "http/collector.h"
#include "rig.h"

struct collecting {
    struct rig rig;
    struct exchange_pool pool;
    struct collector *collector;
    struct exchange *exchange;
    unsigned n_done, n_gone, n_room, n_finished;
    unsigned status, n_fields;
    bool is_whole;
    char body[1 << 16];
    size_t n_body;
    size_t n_left; /* slices that on_room has to put yet */
};

static void on_gone(struct exchange *e)
{
    struct collecting *c = e->context;
    c->n_gone++;
}

/* One slice each, as they are too many bytes to be joined by copying. */
static void put_letters(struct collecting *c)
{
    static const char letters[OUTBOX_JOIN_BELOW + 1] = "letters";
    for (; c->n_left; c->n_left--)
        if (!exchange_put(c->exchange, (struct slice){letters, sizeof letters}, NULL))
            return;
    exchange_end(c->exchange);
}

static void on_room(struct exchange *e)
{
    struct collecting *c = e->context;
    c->n_room++;
    put_letters(c);
}

static void on_finished(struct exchange *e)
{
    struct collecting *c = e->context;
    c->n_finished++;
}

static const struct exchange_handlers handlers = {
    .on_gone = on_gone, .on_room = on_room, .on_finished = on_finished};

static void done(void *owner, const struct collected *a)
{
    struct collecting *c = owner;
    assert_int_equal(c->n_finished, 0);
    c->n_done++;
    c->status = a->status;
    c->n_fields = a->n_fields;
    c->is_whole = a->is_whole;
    c->n_body = a->body.n;
    memcpy(c->body, a->body.at, a->body.n < sizeof c->body ? a->body.n : sizeof c->body);
}

static int setup(void **state)
{
    struct collecting *c = calloc(1, sizeof *c);
    assert_non_null(c);
    rig_init(&c->rig);
    exchange_pool_init(&c->pool);
    const struct collector_settings settings = {.loop = &c->rig.loop,
                                                .pool = &c->pool,
                                                .handlers = &handlers,
                                                .arena_limit = 1 << 20,
                                                .done = done,
                                                .owner = c};
    c->collector = collector_open(&settings);
    c->exchange = collector_exchange(c->collector);
    c->exchange->context = c;
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    struct collecting *c = *state;
    assert_int_equal(c->n_finished, 1);
    exchange_pool_done(&c->pool);
    rig_done(&c->rig);
    free(c);
    return 0;
}

static void begin(struct collecting *c, int64_t length)
{
    const struct field fields[] = {{SLICE("Content-Type"), SLICE("application/json")},
                                   {SLICE("X-A"), SLICE("a")}};
    exchange_begin(c->exchange, 203, fields, 2, length);
}

static void an_answer_comes_in_one_piece_and_in_a_later_turn(void **state)
{
    struct collecting *c = *state;
    begin(c, 7);
    assert_true(exchange_put(c->exchange, SLICE("{\"a\""), NULL));
    struct blob *b = blob_take(&c->rig.loop.blobs, 3);
    memcpy(b->at, ":1}", 3);
    assert_true(exchange_put(c->exchange, (struct slice){b->at, 3}, b));
    exchange_end(c->exchange);
    assert_int_equal(c->n_done, 0);
    RIG_UNTIL(&c->rig, c->n_finished);
    assert_int_equal(c->n_done, 1);
    assert_int_equal(c->status, 203);
    assert_int_equal(c->n_fields, 2);
    assert_true(c->is_whole);
    assert_int_equal(c->n_body, 7);
    assert_memory_equal(c->body, "{\"a\":1}", 7);
    assert_int_equal(c->n_gone, 0);
}

static void an_answer_without_a_body_is_one(void **state)
{
    struct collecting *c = *state;
    begin(c, 0);
    exchange_end(c->exchange);
    RIG_UNTIL(&c->rig, c->n_finished);
    assert_int_equal(c->n_done, 1);
    assert_true(c->is_whole);
    assert_int_equal(c->n_body, 0);
}

static void a_long_answer_is_collected_as_there_is_room(void **state)
{
    struct collecting *c = *state;
    c->n_left = 2 * OUTBOX_MAX_SLICES;
    begin(c, EXCHANGE_LENGTH_UNKNOWN);
    put_letters(c);
    assert_true(c->n_left > 0);
    RIG_UNTIL(&c->rig, c->n_finished);
    assert_true(c->n_room > 0);
    assert_true(c->is_whole);
    assert_int_equal(c->n_body, 2 * OUTBOX_MAX_SLICES * (OUTBOX_JOIN_BELOW + 1));
    assert_memory_equal(c->body, "letters", 7);
}

static void one_that_breaks_off_is_not_whole(void **state)
{
    struct collecting *c = *state;
    begin(c, 7);
    assert_true(exchange_put(c->exchange, SLICE("{\"a\""), NULL));
    exchange_end(c->exchange);
    RIG_UNTIL(&c->rig, c->n_finished);
    assert_int_equal(c->n_done, 1);
    assert_false(c->is_whole);
}

static void what_is_cancelled_hears_that_its_client_left_and_nobody_else_does(void **state)
{
    struct collecting *c = *state;
    begin(c, 7);
    assert_true(exchange_put(c->exchange, SLICE("{\"a\""), NULL));
    collector_cancel(c->collector);
    collector_cancel(c->collector);
    assert_int_equal(c->n_gone, 1);
    assert_int_equal(c->n_finished, 0);
    RIG_UNTIL(&c->rig, c->n_finished);
    assert_int_equal(c->n_done, 0);
}

static void a_request_is_copied_whole(void **state)
{
    struct collecting *c = *state;
    char target[] = "/a?b=1", name[] = "X-A", value[] = "a", body[] = "{}", host[] = "h",
         peer[] = "p";
    struct field fields[] = {{{name, 3}, {value, 1}}};
    const struct request r = {.method = SLICE("HEAD"),
                              .target = {target, 6},
                              .fields = fields,
                              .n_fields = 1,
                              .body = {body, 2},
                              .host = {host, 1},
                              .peer = {peer, 1},
                              .is_tls = true};
    assert_true(collector_ask_alike(c->collector, &r));
    memset(target, 'x', sizeof target);
    memset(name, 'x', sizeof name);
    memset(value, 'x', sizeof value);
    memset(body, 'x', sizeof body);
    memset(host, 'x', sizeof host);
    memset(peer, 'x', sizeof peer);
    const struct request *q = &c->exchange->request;
    assert_true(slice_equal(q->method, SLICE("HEAD")));
    assert_true(slice_equal(q->target, SLICE("/a?b=1")));
    assert_true(slice_equal(exchange_field(q, SLICE("x-a"))->value, SLICE("a")));
    assert_true(slice_equal(q->body, SLICE("{}")));
    assert_true(slice_equal(q->host, SLICE("h")));
    assert_true(slice_equal(q->peer, SLICE("p")));
    assert_true(q->is_tls);
    begin(c, 0);
    exchange_end(c->exchange);
    RIG_UNTIL(&c->rig, c->n_finished);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_comes_in_one_piece_and_in_a_later_turn),
        TEST(an_answer_without_a_body_is_one),
        TEST(a_long_answer_is_collected_as_there_is_room),
        TEST(one_that_breaks_off_is_not_whole),
        TEST(what_is_cancelled_hears_that_its_client_left_and_nobody_else_does),
        TEST(a_request_is_copied_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
